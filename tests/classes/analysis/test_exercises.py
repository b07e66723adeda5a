"""What a class's submissions say about an exercise and about who is stuck."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from classes.analysis.exercises import Trouble, analyse_exercise, by_misconception, stuck_now
from exercises.models import Exercise
from tests.classes.material import DUE, make_class, make_course, make_member, submit

if TYPE_CHECKING:
    from classes.models import Class, Member

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def report(misconception: str = "", *, failed: bool = True) -> dict[str, Any]:
    """Return a report as the grader writes it, with one criterion."""
    return {
        "criteria": [
            {
                "id": "values",
                "title": "The attributions",
                "points": 0,
                "max_points": 100,
                "passed": not failed,
                "message_id": "criterion.passed",
            }
        ],
        "misconception": {
            "ids": [misconception],
            "certainty": "match",
            "message_id": "misconception.match",
            "facts": {"mistake": misconception.replace("_", " ")},
        }
        if misconception
        else None,
    }


@pytest.fixture
def klass() -> Class:
    """A class of one course."""
    return make_class(make_course())


def learners(klass: Class, number: int) -> list[Member]:
    """Make so many learners."""
    return [make_member(klass, f"learner{at}@example.org") for at in range(number)]


def test_misconceptions_are_counted_by_learner_and_by_who_is_stuck(klass: Class) -> None:
    """Two had the sign wrong, one of them still has; what came after the pass is practice."""
    one, two, idle = learners(klass, 3)
    submit(one.user, "treeshap", 20, DUE, report=report("sign"), diagnosis_answer="yes")
    submit(one.user, "treeshap", 90, DUE + 2 * HOUR, report=report(failed=False))
    submit(one.user, "treeshap", 10, DUE + 3 * HOUR, report=report("class_zero"))
    submit(two.user, "treeshap", 20, DUE, report=report("sign"), diagnosis_answer="no")
    figures = analyse_exercise(Exercise.objects.get(slug="treeshap"), [one, two, idle])

    (sign,) = figures.misconceptions
    assert (sign.id, sign.title, sign.count, sign.submissions) == ("sign", "sign", 2, 2)
    assert sign.stuck == [two]
    assert (sign.confirmed, sign.answered) == (1, 2)
    assert (figures.members, figures.submitted, figures.passed, figures.waiting) == (3, 2, 1, 1)
    assert (figures.attempts, figures.spread) == (2, ((2, 1),))
    (criterion,) = figures.criteria
    assert (criterion.failed, criterion.graded, criterion.percent) == (2, 3, 67)


def test_times_of_few_learners_are_not_shown(klass: Class) -> None:
    """The median of five is; of four it is None."""
    members = learners(klass, 5)
    for at, member in enumerate(members):
        submit(member.user, "treeshap", 20, DUE, report=report())
        submit(member.user, "treeshap", 90, DUE + (at + 1) * HOUR, report=report(failed=False))
    exercise = Exercise.objects.get(slug="treeshap")

    assert analyse_exercise(exercise, members).hours == pytest.approx(3)
    assert analyse_exercise(exercise, members[:4]).hours is None


def test_stuck_is_who_failed_three_times_and_not_yet_passed(klass: Class) -> None:
    """Grouped by what the last submission shows; a pass ends it; two failures are not enough."""
    one, two, passed, twice, unnamed = learners(klass, 5)
    for member in (one, two, passed, unnamed):
        for at in range(3):
            named = "" if member is unnamed else "absolute" if at < 2 else "sign"
            submit(member.user, "lime", 20, DUE + at * HOUR, report=report(named))
    submit(passed.user, "lime", 90, DUE + 4 * HOUR, report=report(failed=False))
    for at in range(2):
        submit(twice.user, "lime", 20, DUE + at * HOUR, report=report("sign"))
    everybody = [one, two, passed, twice, unnamed]

    found = stuck_now(["treeshap", "lime"], everybody)

    assert [(each.slug, each.title, set(each.members)) for each in found] == [
        ("lime", "sign", {one, two}),
        ("lime", "", {unnamed}),
    ]
    stuck = analyse_exercise(Exercise.objects.get(slug="lime"), everybody).stuck
    assert {each.member: each.misconception for each in stuck} == {
        one: "sign",
        two: "sign",
        unnamed: "",
    }


def test_a_misconception_is_one_row_over_the_exercises_that_show_it(klass: Class) -> None:
    """Of most learners first, each counted once; what has no name comes last."""
    one, two, three = learners(klass, 3)
    troubles = [
        Trouble("lime", "", (one, two, three)),
        Trouble("lime", "Sign", (one,)),
        Trouble("lime", "Absolute", (one, two)),
        Trouble("treeshap", "Absolute", (two,)),
    ]

    rows = by_misconception(troubles, ["treeshap", "lime"])

    assert [(row.title, row.members) for row in rows] == [
        ("Absolute", (one, two)),
        ("Sign", (one,)),
        ("", (one, two, three)),
    ]
    assert rows[0].places == (troubles[3], troubles[2])
    assert rows[1].places == (None, troubles[1])


def test_names_that_cannot_be_told_apart_are_not_counted(klass: Class) -> None:
    """A hedge between two misconceptions is no evidence for either."""
    (one,) = learners(klass, 1)
    hedged = report("sign")
    hedged["misconception"]["ids"] = ["sign", "class_zero"]
    submit(one.user, "treeshap", 20, DUE, report=hedged)

    assert analyse_exercise(Exercise.objects.get(slug="treeshap"), [one]).misconceptions == ()
