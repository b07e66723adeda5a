"""Bring a site up to date before it starts: tables, content, references, static files.

``python -m config.prepare [--demo]`` can be run again at any time: what is up to date stays.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys

import django
from django.conf import settings
from django.core.management import CommandError, call_command


def prepare(*, demo: bool) -> None:
    """Do everything that a start needs; with `demo`, make the demo accounts too.

    Raises:
        SystemExit: content is wrong or the sandbox's walls are missing; it has been said which.
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
    # A process of its own: shap, lime and scikit-learn never enter the site's.
    build = [sys.executable, "-m", "grader", "build", str(settings.CONTENT_DIR)]
    build += ["--references", str(settings.REFERENCES_DIR)]
    secret = {"WHYBOX_VARIANT_SECRET": settings.VARIANT_SECRET}
    if status := subprocess.call(build, env=os.environ | secret):
        raise SystemExit(status)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--demo", action="store_true", help="make the demo accounts too")
    prepare(demo=parser.parse_args().demo)
