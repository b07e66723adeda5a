"""The site's own static files, collected as a site does it before it starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.management import call_command

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_django.fixtures import Settings

STORAGE = "config.static_files.MinifiedStaticFilesStorage"


def collect(settings: Settings, folder: Path, *sources: Path) -> None:
    """Collect the files of the checkout, or those of `sources`, for the pages of this test.

    Those of packages, such as Django's admin, are left out.
    """
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    if sources:
        settings.STATICFILES_DIRS = list(sources)
    folder.mkdir(exist_ok=True)
    settings.STATIC_ROOT = folder
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": STORAGE}}
    call_command("collectstatic", interactive=False, verbosity=0)
