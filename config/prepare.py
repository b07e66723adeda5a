"""Bring a site up to date before it starts: tables, content, static files.

``python -m config.prepare [--demo]`` can be run again at any time: what is up to date stays.
"""

from __future__ import annotations

import argparse
import os

import django
from django.core.management import CommandError, call_command


def prepare(*, demo: bool) -> None:
    """Do everything that a start needs; with `demo`, make the demo accounts too.

    Raises:
        SystemExit: content is wrong; its words say where.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.development")
    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    try:
        call_command("load_content")
        call_command("load_exercises")
        if demo:
            call_command("create_demo")
    except CommandError as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--demo", action="store_true", help="make the demo accounts too")
    prepare(demo=parser.parse_args().demo)
