# Everything that one does with a checkout. `make` alone lists it.
PYTHON ?= python3
PORT ?= 8000
SITE := .venv/bin
export PYTHONWARNINGS ?= ignore::SyntaxWarning
export OMP_NUM_THREADS ?= 1
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check --require-hashes

.PHONY: help run demo test test-browser test-services check check-content check-short bench doctor lock figures messages editor-bundle clean

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

# --- the two environments: the site's own, and the one that notebooks run in -----------------
.venv/site: requirements/site.txt
	@$(PYTHON) config/machine.py run
	@test -x .venv/bin/python || $(PYTHON) -m venv .venv
	@echo "Installing the site's packages (once, a few minutes)"
	@.venv/bin/python $(PIP_INSTALL) -r $<
	@touch $@

.venv/dev: requirements/dev.txt .venv/site
	@echo "Installing the tools for checks and tests (once)"
	@.venv/bin/python $(PIP_INSTALL) -r requirements/site.txt -r $<
	@touch $@

.venv-sandbox/ready: requirements/sandbox.txt
	@$(PYTHON) config/machine.py run
	@test -x .venv-sandbox/bin/python || $(PYTHON) -m venv .venv-sandbox
	@echo "Installing the packages that notebooks may use (once)"
	@.venv-sandbox/bin/python $(PIP_INSTALL) -r $<
	@touch $@

# --- to use it -------------------------------------------------------------------------------
run: .venv/site .venv-sandbox/ready  ## start the site on this machine, with demo accounts
	@$(PYTHON) config/machine.py run
	@PORT=$(PORT) $(SITE)/python -m config.run

demo: .venv/site .venv-sandbox/ready  ## play a learner from sign-up to certificate on a site of its own
	@$(PYTHON) config/machine.py run
	@$(SITE)/python -m config.run --demo

doctor: .venv/site .venv-sandbox/ready  ## say which pieces of the sandbox work here
	@$(SITE)/python -m grader doctor

# --- to change it ----------------------------------------------------------------------------
check: .venv/dev .venv-sandbox/ready  ## format, lint, types, import contracts, migrations, content, docs
	$(SITE)/ruff format --check --quiet .
	$(SITE)/ruff check --quiet .
	$(SITE)/mypy
	$(SITE)/lint-imports
	$(SITE)/python manage.py makemigrations --check --dry-run
	WHYBOX_SECRET_KEY=$$(head -c 48 /dev/urandom | base64 -w0) WHYBOX_VARIANT_SECRET=check \
	  DJANGO_SETTINGS_MODULE=config.settings.production \
	  $(SITE)/python manage.py check --deploy --fail-level WARNING
	$(SITE)/python manage.py spectacular --validate --fail-on-warn --file /dev/null
	$(SITE)/python manage.py check_content
	$(SITE)/python manage.py check_spelling
	$(SITE)/codespell

check-content: .venv/dev .venv-sandbox/ready  ## prove every exercise sound (the whole of it; minutes)
	$(SITE)/python -m grader check content --report docs/features/exercise-check.md

check-short: .venv/dev .venv-sandbox/ready  ## the same in short, as CI does: one variant and few seeds each
	$(SITE)/python -m grader check content --short

test: .venv/dev .venv-sandbox/ready  ## the tests, with real worker and sandbox; PostgreSQL and Redis where installed
	@$(PYTHON) config/machine.py test
	$(SITE)/pytest tests -n 2 --dist worksteal -m "not browser"
	$(SITE)/python tests/services.py --where-installed \
	  $(SITE)/pytest tests/courses tests/exercises -n 2 --dist worksteal -m "not browser"

test-services: .venv/dev .venv-sandbox/ready  ## the tests of database and queue on PostgreSQL and Redis
	@$(PYTHON) config/machine.py services
	$(SITE)/python tests/services.py $(SITE)/pytest tests/courses tests/exercises -n 2 --dist worksteal -m "not browser"

test-browser: .venv/dev .venv-sandbox/ready  ## the journeys, in Chromium
	@$(PYTHON) config/machine.py browser
	$(SITE)/pytest tests/journeys -m browser

bench: .venv/dev .venv-sandbox/ready  ## measure, side by side in one run
	$(SITE)/python -m bench.sandbox
	$(SITE)/python -m bench.simulated_learners content
	$(SITE)/python -m bench.pages

figures: .venv/dev .venv-sandbox/ready  ## draw the figures of all lessons anew
	$(SITE)/python manage.py build_figures

messages: .venv/dev  ## collect the words to translate, and compile the translations (needs gettext)
	$(SITE)/python manage.py makemessages --locale fr --no-wrap --no-obsolete --add-location file \
	  --ignore "tests/*" --ignore "docs/*" --ignore ".venv*" --ignore "var/*" --ignore "content/*"
	msgfmt --check-format -o config/locale/fr/LC_MESSAGES/django.mo config/locale/fr/LC_MESSAGES/django.po

editor-bundle:  ## bundle the code editor anew (needs Node and npm; the bundle is committed)
	cd config/editor && npm ci --ignore-scripts --no-audit --no-fund && node build.mjs

lock:  ## resolve requirements/*.in into hash-locked requirements/*.txt
	@test -x var/lock/bin/uv || { $(PYTHON) -m venv var/lock && var/lock/bin/python -m pip install --quiet uv; }
	@for name in site sandbox dev; do \
	  constraint=; test $$name = site || constraint="--constraints requirements/site.txt"; \
	  var/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	    --no-header --no-annotate --no-strip-extras $$constraint \
	    requirements/$$name.in --output-file requirements/$$name.txt; done

clean:  ## remove the environments and all local state (accounts and submissions too)
	rm -rf .venv .venv-sandbox var .mypy_cache .ruff_cache .import_linter_cache
