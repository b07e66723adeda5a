# Everything that can be done with a checkout. `make` alone lists it.
PYTHON ?= python3
PORT ?= 8000
JOBS ?= 2
SITE := .venv/bin
export PYTHONWARNINGS ?= ignore::SyntaxWarning
export OMP_NUM_THREADS ?= 1
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check --require-hashes
PARALLEL := @$(MAKE) --no-print-directory --jobs $(JOBS)
PYTEST := $(SITE)/pytest -n $(JOBS)
# What depends on the database and the broker; the journeys have their own target.
ON_SERVICES := $(PYTEST) tests --dist worksteal -m "not browser" --database-only \
  --ignore tests/config --ignore tests/grader --ignore tests/journeys
FUZZ := tests/exercises/fuzz tests/exercises/api/test_api_robustness.py tests/hostile/test_fuzz_answers.py \
  tests/hostile/test_fuzz_forms.py tests/hostile/test_fuzz_frames.py tests/hostile/test_fuzz_parsers.py \
  tests/classes/lti/test_fuzz_launches.py
# The longest first.
CHECKS := check-types check-content-files check-spelling check-lint check-format check-imports \
  check-migrations check-deployment check-api check-typos check-alerts

.PHONY: help machine environments site-environments run demo test test-browser test-services fuzz fuzz-guided \
  chaos chaos-short load image-steps check \
  $(CHECKS) check-content check-short bench doctor lock sbom audit figures models messages editor-bundle clean

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

# --- the two environments: one for the site, one for notebooks --------------------------------
machine:
	@$(PYTHON) config/machine.py run

.venv/site: requirements/site.txt | machine
	@test -x .venv/bin/python || $(PYTHON) -m venv .venv
	@echo "Installing the packages of the site (once, a few minutes)"
	@.venv/bin/python $(PIP_INSTALL) -r $<
	@touch $@

.venv/dev: requirements/dev.txt .venv/site
	@echo "Installing the tools for checks and tests (once)"
	@.venv/bin/python $(PIP_INSTALL) -r requirements/site.txt -r $<
	@touch $@

.venv-sandbox/ready: requirements/sandbox.txt | machine
	@test -x .venv-sandbox/bin/python || $(PYTHON) -m venv .venv-sandbox
	@echo "Installing the packages for notebooks (once)"
	@.venv-sandbox/bin/python $(PIP_INSTALL) -r $<
	@touch $@

site-environments:
	$(PARALLEL) .venv/site .venv-sandbox/ready

environments:
	$(PARALLEL) .venv/dev .venv-sandbox/ready

# --- use ---------------------------------------------------------------------------------------
run: site-environments  ## start the site on this machine, with demo accounts
	@PORT=$(PORT) $(SITE)/python -m config.run

demo: site-environments  ## run a scripted learner, from sign-up to certificate, on a temporary site
	@$(SITE)/python -m config.run --demo

doctor: site-environments  ## show which isolation features work on this machine
	@$(SITE)/python -m grader doctor

# --- development -------------------------------------------------------------------------------
check: environments models  ## format, lint, types, import contracts, migrations, content, spelling
	$(PARALLEL) --output-sync=target --keep-going $(CHECKS)

check-types:
	$(SITE)/mypy
check-content-files:
	$(SITE)/python manage.py check_content
check-spelling:
	$(SITE)/python manage.py check_spelling
check-lint:
	$(SITE)/ruff check --quiet .
check-format:
	$(SITE)/ruff format --check --quiet .
check-imports:
	$(SITE)/lint-imports
check-migrations:
	$(SITE)/python manage.py makemigrations --check --dry-run
check-deployment:
	WHYBOX_SECRET_KEY=$$(head -c 48 /dev/urandom | base64 -w0) WHYBOX_VARIANT_SECRET=check \
	  WHYBOX_CERTIFICATE_KEY=$$(head -c 32 /dev/urandom | base64 -w0 | tr +/ -_) \
	  DJANGO_SETTINGS_MODULE=config.settings.production \
	  $(SITE)/python manage.py check --deploy --fail-level WARNING
check-api:
	$(SITE)/python manage.py spectacular --validate --fail-on-warn --file /dev/null
check-typos:
	$(SITE)/codespell
check-alerts:
	@if command -v promtool >/dev/null; then cd docker/prometheus && promtool check config prometheus.yml \
	  && promtool test rules alerts_test.yml; else echo "promtool is not installed: rules are checked by name only"; fi

check-content: environments models  ## check every exercise thoroughly (many minutes)
	$(SITE)/python -m grader check content --report docs/features/exercise-check.md

check-short: environments models  ## check every exercise as CI does: one hidden variant, few seeds
	$(SITE)/python -m grader check content --short

test: environments models  ## all tests, with real worker and sandbox; on PostgreSQL and Redis too if installed
	@$(PYTHON) config/machine.py test
	$(PYTEST) tests --dist worksteal -m "not browser"
	$(SITE)/python tests/services.py --where-installed $(ON_SERVICES)

test-services: environments  ## the tests that use the database, on PostgreSQL and Redis
	@$(PYTHON) config/machine.py services
	$(SITE)/python tests/services.py $(ON_SERVICES)

fuzz: environments  ## malformed uploads, answers, frames, forms and API calls; counts by kind (ten minutes)
	$(PYTEST) $(FUZZ) --hypothesis-profile fuzz -p no:randomly

fuzz-guided: environments  ## the same for two readers of learners' bytes, led by the code that is reached (two minutes)
	$(SITE)/python -m bench.coverage_guided frames
	$(SITE)/python -m bench.coverage_guided notebooks

chaos: environments  ## kill the site's processes for ten minutes while learners work; nothing may be lost
	$(SITE)/python -m bench.chaos --seconds 600

chaos-short: environments  ## the same for half a minute
	$(SITE)/python -m bench.chaos --seconds 30 --learners 4

load: environments  ## 500 submissions in a minute on 1, 2 and 4 workers (half an hour)
	$(SITE)/python -m bench.load

image-steps: .venv/site  ## run the steps of docker/Dockerfile without Docker and start the result (root; minutes)
	@$(PYTHON) config/machine.py images
	$(SITE)/python tests/image_steps.py

test-browser: environments  ## the journeys in Chromium, on a site per test process
	@$(PYTHON) config/machine.py browser
	$(PYTEST) tests/journeys --dist loadfile --no-loadscope-reorder -m browser

bench: environments  ## benchmarks: sandbox and site beside other tools, grading, pages
	$(SITE)/python -m bench.sandbox
	$(SITE)/python -m bench.simulated_learners content
	$(SITE)/python -m bench.pages
	$(SITE)/python -m bench.classes
	$(SITE)/python -m bench.workbench
	$(SITE)/python -m bench.notebook_edits

figures: environments  ## draw the figures of all lessons
	$(SITE)/python manage.py build_figures

messages: environments  ## extract the strings to translate and compile the translations (needs gettext)
	$(SITE)/python manage.py makemessages --locale fr --no-wrap --no-obsolete --add-location file \
	  --ignore "tests/*" --ignore "docs/*" --ignore ".venv*" --ignore "var/*" --ignore "content/*" --ignore "config/editor/node_modules/*"
	for messages in config/locale*/*/LC_MESSAGES; do msgfmt --check-format -o $$messages/django.mo $$messages/django.po || exit 1; done

editor-bundle:  ## bundle the code editor (needs Node and npm; the bundle is committed)
	cd config/editor && npm ci --ignore-scripts --no-audit --no-fund && node build.mjs

models: site-environments  ## fetch the real networks' weights (190 MB, once; make run does it in the background)
	$(SITE)/python -m grader models

sbom:  ## list what is installed from the lock files, as CycloneDX (var/sbom)
	@test -x var/sbom/tool/bin/cyclonedx-py || { $(PYTHON) -m venv var/sbom/tool && \
	  var/sbom/tool/bin/python -m pip install --quiet cyclonedx-bom; }
	@for name in site sandbox; do \
	  var/sbom/tool/bin/cyclonedx-py requirements requirements/$$name.txt --output-reproducible --no-validate \
	    | $(PYTHON) requirements/bill_of_materials.py $$name > var/sbom/$$name.json || exit 1; done
	@ls -l var/sbom/*.json

audit:  ## ask the package index for known vulnerabilities of the pinned packages (pip-audit)
	@test -x var/audit/bin/pip-audit || { $(PYTHON) -m venv var/audit && \
	  var/audit/bin/python -m pip install --quiet pip-audit; }
	@for name in site sandbox; do \
	  var/audit/bin/pip-audit --strict --disable-pip --require-hashes --progress-spinner off \
	    --requirement requirements/$$name.txt || exit 1; done

lock:  ## resolve requirements/*.in into requirements/*.txt with hashes
	@test -x var/lock/bin/uv || { $(PYTHON) -m venv var/lock && var/lock/bin/python -m pip install --quiet uv; }
	@for name in site sandbox reporting dev; do \
	  constraint=; test $$name = site || constraint="--constraints requirements/site.txt"; \
	  var/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	    --no-header --no-annotate --no-strip-extras $$constraint \
	    requirements/$$name.in --output-file requirements/$$name.txt; done

clean:  ## delete the environments and all local data, accounts and submissions included
	rm -rf .venv .venv-sandbox var .mypy_cache .ruff_cache .import_linter_cache
