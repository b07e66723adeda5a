"""The environment's variables and their documentation."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from config.environment import BASE_DIR, env, stored_secret


def test_every_variable_is_documented_and_every_documented_one_exists() -> None:
    """docs/settings.md lists exactly the variables that `config.environment` declares."""
    page = (BASE_DIR / "docs" / "settings.md").read_text()

    documented = set(re.findall(r"^\| `(WHYBOX_\w+)`", page, flags=re.MULTILINE))

    assert documented == set(env.scheme)


def test_a_secret_is_generated_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    """The second call returns the first call's secret."""
    first = stored_secret("secret-key", tmp_path / "var")

    assert stored_secret("secret-key", tmp_path / "var") == first
    assert len(first) >= 48
    assert (tmp_path / "var" / "secret-key").stat().st_mode & 0o077 == 0


def test_production_does_not_start_without_its_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing secret stops the start and names the variable."""
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "config.settings.production")
    monkeypatch.setenv("WHYBOX_SECRET_KEY", "")

    run = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=BASE_DIR,
        check=False,
        capture_output=True,
        text=True,
    )

    assert run.returncode != 0
    assert "WHYBOX_SECRET_KEY is not set" in run.stderr


def test_an_empty_variable_is_one_that_is_not_set() -> None:
    """Compose and systemd pass variables on that nobody has set."""
    empty = {name: "" for name, (kind, _default) in env.scheme.items() if kind not in {list, dict}}
    script = (
        "from django.conf import settings;"
        "print(settings.DATABASES['default']['ENGINE'], settings.SANDBOX_CONCURRENCY)"
    )

    run = subprocess.run(
        [sys.executable, "-c", script],
        cwd=BASE_DIR,
        env=os.environ | empty | {"DJANGO_SETTINGS_MODULE": "config.settings.development"},
        check=False,
        capture_output=True,
        text=True,
    )

    assert run.stdout.split() == ["django.db.backends.sqlite3", "2"], run.stderr
