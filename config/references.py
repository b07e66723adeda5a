"""Compute the exercises' references beside the site: what is missing, in the order of the courses.

``python -m config.references`` computes all of them. It is a process of its own, since shap, lime
and scikit-learn never enter the site's. The site can be open meanwhile: a worker computes on demand
what is not there yet, so that only a first verdict takes longer.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from typing import IO, TYPE_CHECKING

import django
from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

PATIENT = ("nice", "-n", "19")
"""Whatever a learner waits for goes first."""


def build(slugs: Sequence[str] | None = None) -> int:
    """Compute the references of `slugs`, or of every exercise; return the exit status."""
    return subprocess.call(_command(slugs or _in_order_of_courses()), env=_environment())


@contextlib.contextmanager
def building(log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Compute every reference in the background, as patiently as can be, and stop with the site."""
    with log.open("wb") as words, _started(words) as process:
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):  # its own session: its children too
                os.killpg(process.pid, signal.SIGTERM)


def _started(words: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*PATIENT, *_command(_in_order_of_courses()), "--jobs", "1"],
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=words,
        stderr=words,
        start_new_session=True,
    )


def _command(slugs: Sequence[str]) -> list[str]:
    folders = [str(settings.CONTENT_DIR / "exercises" / slug) for slug in slugs]
    keep = ["--references", str(settings.REFERENCES_DIR)]
    return [sys.executable, "-m", "grader", "build", *folders, *keep]


def _environment() -> dict[str, str]:
    return os.environ | {"WHYBOX_VARIANT_SECRET": settings.VARIANT_SECRET}


def _in_order_of_courses() -> list[str]:
    """Return the exercises that are offered: those that a path teaches first come first."""
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
