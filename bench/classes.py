"""Asks for the large pages of a class of 500 with a term of work, and prints times and queries.

``python -m bench.classes [--rounds N] [--learners N] [--parts N]`` prints a table and writes it
into docs/features/classes.md. The whole stack answers, as in `bench.pages`; the site is made once,
in var/bench/classes, and kept.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from typing import TYPE_CHECKING, Final

from bench.pages import BEGIN, CHECKOUT, END, Asked, _cookie, _machine, _measure

if TYPE_CHECKING:
    from classes.models import Class

SITE: Final = CHECKOUT / "var" / "bench" / "classes"
PAGE: Final = CHECKOUT / "docs" / "features" / "classes.md"
MOST_QUERIES: Final = 12
"""Of the gradebook itself; the site's frame (session, user, membership) asks three more."""
FRAME_QUERIES: Final = 3
MOST_MILLISECONDS: Final = 1000.0
INSTRUCTOR: Final = "bench@example.org"


def main() -> int:
    """Fill the site where that is needed, measure, print and write down."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=10)
    arguments.add_argument("--learners", type=int, default=500)
    arguments.add_argument("--parts", type=int, default=60)
    arguments.add_argument("--dry", action="store_true", help="leave the page as it is")
    chosen = arguments.parse_args()
    klass = _open(chosen.learners, chosen.parts)
    pages = _pages(klass)
    load = os.getloadavg()[0]
    _measure(pages, rounds=chosen.rounds)
    what = f"`python -m bench.classes --rounds {chosen.rounds}`, {time.strftime('%Y-%m-%d')}"
    text = "\n".join(
        [
            f"{what}; {_machine()}; load before the start {load:.1f}.",
            f"A class of {chosen.learners} learners and {klass.parts.count()} parts: {_work()}.",
            "",
            *_table(pages),
        ]
    )
    sys.stdout.write(text + "\n")
    if not chosen.dry:
        before, _begin, rest = PAGE.read_text().partition(BEGIN)
        _old, _end, after = rest.partition(END)
        PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")
    return 0


def _open(learners: int, parts: int) -> Class:
    SITE.mkdir(parents=True, exist_ok=True)
    os.environ |= {
        "WHYBOX_VAR": str(SITE),
        "WHYBOX_DATABASE_URL": f"sqlite:///{SITE.resolve() / 'whybox.sqlite3'}",
        "WHYBOX_DEBUG": "no",
        "DJANGO_SETTINGS_MODULE": "config.settings.development",
    }
    import django  # noqa: PLC0415  # reads the environment that was just written

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415  # needs Django to be set up

    from classes.models import Class  # noqa: PLC0415  # the same
    from courses.models import User  # noqa: PLC0415  # the same

    call_command("migrate", interactive=False, verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("load_content", verbosity=0)
    call_command("load_exercises", verbosity=0)
    title = f"({learners} learners)"
    found = Class.objects.filter(title__endswith=title).first()
    if found is None:
        if not User.objects.filter(email=INSTRUCTOR).exists():
            User.objects.create_user(INSTRUCTOR, is_staff=True)
        call_command("fill_class", INSTRUCTOR, learners=learners, parts=parts, verbosity=0)
        found = Class.objects.get(title__endswith=title)
    return found


def _pages(klass: Class) -> list[Asked]:
    from django.urls import reverse  # noqa: PLC0415  # needs Django to be set up

    teacher = klass.members.staff().get().user
    learner = klass.members.learning()[0]
    cookie = _cookie(teacher)

    def address(name: str, *more: object) -> str:
        return reverse(f"classes:{name}", args=[klass.pk, *more])

    gradebook, by_api = address("gradebook"), f"/api/v1/classes/{klass.pk}/gradebook/"
    missing = f"{gradebook}?sort=total&state=missing"
    return [
        Asked("gradebook, all rows", "instructor", f"{gradebook}?size=500", cookie),
        Asked("gradebook, 50 rows", "instructor", gradebook, cookie),
        Asked(
            "gradebook, by total, missing",
            "instructor",
            missing,
            cookie,
        ),
        Asked("gradebook as CSV", "instructor", address("gradebook_file", "csv"), cookie),
        Asked("gradebook as XLSX", "instructor", address("gradebook_file", "xlsx"), cookie),
        Asked("progress matrix", "instructor", address("progress"), cookie),
        Asked("class home", "instructor", address("home"), cookie),
        Asked("submissions", "instructor", address("submissions"), cookie),
        Asked("roster", "instructor", address("roster"), cookie),
        Asked("one learner's record", "instructor", address("record", learner.pk), cookie),
        Asked("my class", "learner", address("home"), _cookie(learner.user)),
        Asked("gradebook by the API", "instructor", by_api, cookie),
    ]


def _work() -> str:
    from courses.models import QuizAttempt  # noqa: PLC0415  # needs Django to be set up
    from exercises.models import Submission  # noqa: PLC0415  # the same

    return (
        f"{Submission.objects.count():,} submissions, {QuizAttempt.objects.count():,} quiz attempts"
    )


def _table(pages: list[Asked]) -> list[str]:
    lines = [
        "| page | queries | kB sent | p50, ms | p95, ms | processor, ms |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for page in pages:
        worked = sorted(page.processor)[len(page.processor) // 2]
        lines.append(
            f"| {page.name} | {page.queries} | {page.body_bytes / 1000:.0f} | {page.p50:.0f} "
            f"| {page.p95:.0f} | {worked:.0f} |"
        )
    return lines


if __name__ == "__main__":
    sys.exit(main())
