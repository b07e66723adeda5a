"""Compute missing references in the background, in the order in which courses teach them.

``python -m config.references`` computes all of them. It is a separate process, since shap, lime and
scikit-learn are never imported by the web process. The site is open meanwhile: a worker computes a
missing reference on demand, so that only a first verdict takes longer.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import django
from django.conf import settings

from config.background import in_background

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


def build(slugs: Sequence[str] | None = None) -> int:
    """Compute the references of `slugs`, or of every exercise; return the exit status."""
    return subprocess.call(_command(slugs or _in_course_order()), env=_environment())


@contextlib.contextmanager
def background_build(log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Compute every reference at the lowest priority until the block ends; output goes to `log`."""
    command = [*_command(_in_course_order()), "--jobs", "1"]
    with in_background(command, log, environment=_environment()) as process:
        yield process


def _command(slugs: Sequence[str]) -> list[str]:
    folders = [str(settings.CONTENT_DIR / "exercises" / slug) for slug in slugs]
    store = ["--references", str(settings.REFERENCES_DIR), "--shared", settings.REFERENCES_SHARED]
    return [sys.executable, "-m", "grader", "build", *folders, *store]


def _environment() -> dict[str, str]:
    return os.environ | {"WHYBOX_VARIANT_SECRET": settings.VARIANT_SECRET}


def _in_course_order() -> list[str]:
    """Return the active exercises, those that a path teaches first at the beginning."""
    from courses.models import PathStep  # noqa: PLC0415  # once Django is set up
    from exercises.models import Exercise  # noqa: PLC0415  # the same

    taught = PathStep.objects.order_by("path", "position", "course__parts__position")
    offered = list(Exercise.objects.active().values_list("slug", flat=True))
    ordered = [*taught.values_list("course__parts__exercise_slug", flat=True), *offered]
    return [slug for slug in dict.fromkeys(ordered) if slug in offered]


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.development")
    django.setup()
    sys.exit(build())
