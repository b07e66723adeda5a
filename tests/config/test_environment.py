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


def test_an_empty_address_means_the_embedded_database(tmp_path: Path) -> None:
    """As an unset one does: a file of variables may name what it leaves empty."""
    program = "from config.settings import base; print(base.DATABASES['default']['NAME'])"
    variables = os.environ | {"WHYBOX_DATABASE_URL": "", "WHYBOX_VAR": str(tmp_path)}

    found = subprocess.run(
        [sys.executable, "-c", program],
        cwd=BASE_DIR,
        env=variables,
        check=True,
        capture_output=True,
        text=True,
    )

    assert found.stdout.strip() == str(tmp_path / "whybox.sqlite3")
