"""Bring a site up to date before it starts: database, content, static files, demo accounts.

``python -m config.prepare`` is idempotent: it changes only what is out of date.
"""

from __future__ import annotations

import os

import django
from django.conf import settings
from django.core.management import CommandError, call_command


def prepare() -> None:
    """Migrate the database, collect static files, load the content, set the demo accounts.

    Raises:
        SystemExit: the content has an error; the message names file and line.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.development")
    django.setup()
    call_command("check")
    call_command("migrate", interactive=False, verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    try:
        call_command("load_content")
        call_command("load_exercises")
    except CommandError as error:
        raise SystemExit(str(error)) from error
    set_demo_accounts()
    delete_old_metrics()


def delete_old_metrics() -> None:
    """Delete what processes counted that ended long ago."""
    from courses.metrics import delete_old_files  # noqa: PLC0415  # needs the settings

    delete_old_files()


def set_demo_accounts() -> None:
    """Create the demo accounts, or deactivate them where `DEMO_ACCOUNTS` is off."""
    from courses.accounts.demo import deactivate_demo_accounts  # noqa: PLC0415  # needs django.setup()

    if settings.DEMO_ACCOUNTS:
        call_command("create_demo")
    else:
        deactivate_demo_accounts()


if __name__ == "__main__":
    prepare()
