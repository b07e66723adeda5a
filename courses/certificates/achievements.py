"""What was passed for a certificate, one entry a part, copied when the certificate is issued.

What an exercise is worth is known to the app of exercises, which registers itself here.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from courses.accounts.models import User
    from courses.catalogue.models import Part
    from courses.certificates.models import Certificate


@dataclass(frozen=True)
class Achieved:
    """What a learner has reached in one exercise.

    Attributes:
        least: the points that pass.
        reviewed: a person has reviewed it too.
        evidence: the id of the submission that passed with most points.
    """

    score: float
    most: float
    least: float
    reviewed: bool
    evidence: str


@dataclass(frozen=True)
class Passed:
    """One part that counts towards a certificate.

    Attributes:
        kind: lesson, quiz, exercise, project or course.
        least: of a quiz or an exercise: the percentage that passes.
        score: of an exercise: the percentage reached.
        evidence: of a project: the id of the submission.
    """

    kind: str
    title: str
    least: int | None = None
    score: int | None = None
    evidence: str = ""


_providers: list[Callable[[User, Sequence[str]], Mapping[str, Achieved]]] = []


def register(provider: Callable[[User, Sequence[str]], Mapping[str, Achieved]]) -> None:
    """Let another app say what a learner has reached in exercises, by their slugs."""
    if provider not in _providers:
        _providers.append(provider)


def achieved_by(user: User, slugs: Sequence[str]) -> dict[str, Achieved]:
    """Return what a learner has reached in these exercises, as far as anybody knows."""
    found: dict[str, Achieved] = {}
    for provider in _providers:
        found |= provider(user, slugs)
    return found


def passed_parts(user: User, parts: Iterable[Part]) -> list[dict[str, Any]]:
    """Return what these parts are worth to somebody who reads the certificate."""
    parts = list(parts)
    achieved = achieved_by(user, [part.exercise_slug for part in parts if part.exercise_slug])
    return [asdict(_passed(part, achieved.get(part.exercise_slug))) for part in parts]


def _passed(part: Part, achieved: Achieved | None) -> Passed:
    lesson = part.lesson
    if lesson is not None:
        quiz = getattr(lesson, "quiz", None)
        least = quiz.pass_percent if quiz is not None else None
        return Passed("quiz" if quiz is not None else "lesson", part.title, least=least)
    if achieved is None:
        return Passed("exercise", part.title)
    return Passed(
        "project" if achieved.reviewed else "exercise",
        part.title,
        least=_percent(achieved.least, achieved.most),
        score=_percent(achieved.score, achieved.most),
        evidence=achieved.evidence if achieved.reviewed else "",
    )


def _percent(points: float, most: float) -> int:
    return round(100 * points / most) if most > 0 else 0


def passed_courses(certificates: Iterable[Certificate]) -> list[dict[str, Any]]:
    """Return what a path's courses are worth: each has a certificate of its own."""
    return [asdict(Passed("course", one.course_title)) for one in certificates]
