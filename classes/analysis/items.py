"""Item analysis of a quiz: how hard each question is, whether it tells, and what was chosen."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.utils.html import strip_tags
from django.utils.translation import gettext as _

from classes.analysis.figures import Estimate, discrimination, kr20, share, thirds
from courses.models import QuizAttempt

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from courses.models import Quiz

FEWEST: Final = 5
"""Of fewer learners nothing is shown, since answers could be traced to persons."""
ENOUGH: Final = 30
"""With fewer learners every figure is said to be uncertain."""
TOO_HARD, TOO_EASY = 0.3, 0.95
WEAK: Final = 0.2
"""Discrimination below it is a reason to look at the question."""


@dataclass(frozen=True)
class ChoiceCount:
    """How often a choice was chosen, over all and by third of the class (lowest first)."""

    id: str
    text: str
    correct: bool
    count: int
    percent: int
    by_third: tuple[int, int, int]


@dataclass(frozen=True)
class Item:
    """One question's figures.

    Attributes:
        position: in the quiz, from 1.
        facility: the share of right answers.
        discrimination: point-biserial correlation with the rest of the score.
        guess: the share that blind choice gets right; None where nothing is chosen.
        empty: learners who gave no answer.
        flags: sentences that say what to do.
    """

    id: str
    position: int
    prompt: str
    kind: str
    facility: Estimate
    discrimination: Estimate | None
    guess: float | None
    empty: int
    choices: tuple[ChoiceCount, ...]
    flags: tuple[str, ...]


@dataclass(frozen=True)
class QuizAnalysis:
    """A quiz's figures.

    Attributes:
        learners: whose answers were counted.
        suppressed: there are too few to show anything.
        uncertain: there are too few to rely on a single figure.
        mean: the mean share of right answers.
        reliability: KR-20.
    """

    learners: int
    suppressed: bool
    uncertain: bool
    mean: float | None
    reliability: float | None
    items: tuple[Item, ...] = ()


def analyse_quiz(quiz: Quiz, users: Iterable[int], *, first_only: bool = True) -> QuizAnalysis:
    """Return the figures of a quiz over a group of learners: one query.

    Args:
        quiz: as it stands now; attempts at earlier states count for the questions they share.
        users: primary keys of the learners.
        first_only: count each learner's first attempt, else the latest.
    """
    attempts = QuizAttempt.objects.filter(quiz=quiz, user__in=list(users))
    ordered = attempts.order_by("user_id", "number" if first_only else "-number")
    chosen: dict[int, tuple[Mapping[str, Any], Mapping[str, bool]]] = {}
    for user, answers, results in ordered.values_list("user_id", "answers", "results"):
        chosen.setdefault(user, (answers, results))
    return figures_of(quiz.questions, list(chosen.values()))


def figures_of(
    questions: Sequence[Mapping[str, Any]],
    attempts: Sequence[tuple[Mapping[str, Any], Mapping[str, bool]]],
) -> QuizAnalysis:
    """Return the figures of questions over attempts, one a learner.

    Args:
        questions: as `Quiz.questions` stores them.
        attempts: what was given, and whether it was right, by question id.
    """
    counted = [one for one in questions if one["kind"] != "explain"]
    names = [one["id"] for one in counted]
    whole = [(given, right) for given, right in attempts if all(name in right for name in names)]
    if len(whole) < FEWEST or not names:
        return QuizAnalysis(
            len(whole), suppressed=True, uncertain=True, mean=None, reliability=None
        )
    rows = [[bool(right[name]) for name in names] for _given, right in whole]
    scores = [sum(row) for row in rows]
    third = thirds(scores)
    items = tuple(
        _item(
            question,
            at,
            [row[at] for row in rows],
            [score - row[at] for score, row in zip(scores, rows, strict=True)],
            [_ids(given.get(question["id"])) for given, _right in whole],
            third,
        )
        for at, question in enumerate(counted)
    )
    return QuizAnalysis(
        learners=len(whole),
        suppressed=False,
        uncertain=len(whole) < ENOUGH,
        mean=sum(scores) / len(scores) / len(names),
        reliability=kr20(rows),
        items=items,
    )


def _ids(given: Any) -> tuple[str, ...]:
    if given is None or given == "":
        return ()
    return tuple(str(one) for one in given) if isinstance(given, list) else (str(given),)


def _item(  # noqa: PLR0917  # one row of each list is one learner
    question: Mapping[str, Any],
    at: int,
    right: list[bool],
    rest: list[int],
    given: list[tuple[str, ...]],
    third: list[int],
) -> Item:
    facility = share(sum(right), len(right))
    told = discrimination(right, rest)
    choices = _choices(question, given, third)
    return Item(
        id=question["id"],
        position=at + 1,
        prompt=" ".join(strip_tags(question["prompt"]).split()),
        kind=question["kind"],
        facility=facility,
        discrimination=told,
        guess=_guess(question),
        empty=sum(not one for one in given),
        choices=choices,
        flags=tuple(_flags(facility, told, choices, len(right))),
    )


def _guess(question: Mapping[str, Any]) -> float | None:
    """Return the share of blind answers that are right."""
    if question["kind"] == "single":
        return 1 / len(question["choices"])
    if question["kind"] == "multiple":
        return float(1 / (2 ** len(question["choices"]) - 1))  # any set but the empty one
    return None


def _choices(
    question: Mapping[str, Any], given: list[tuple[str, ...]], third: list[int]
) -> tuple[ChoiceCount, ...]:
    found = []
    for choice in question["choices"]:
        by = Counter(place for one, place in zip(given, third, strict=True) if choice["id"] in one)
        count = sum(by.values())
        found.append(
            ChoiceCount(
                id=choice["id"],
                text=" ".join(strip_tags(choice["html"]).split()),
                correct=choice["correct"],
                count=count,
                percent=round(100 * count / len(given)),
                by_third=(by[0], by[1], by[2]),
            )
        )
    return tuple(found)


def _flags(
    facility: Estimate, told: Estimate | None, choices: tuple[ChoiceCount, ...], learners: int
) -> Iterable[str]:
    if facility.value < TOO_HARD:
        yield _("Few get it right: check the key, then whether the lesson teaches it.")
    elif facility.value > TOO_EASY:
        yield _("Almost all get it right: it tells learners little; ask for more.")
    if told is not None and told.value < 0:
        yield _("Those who know the rest get it wrong: check the key and the wording.")
    elif told is not None and told.value < WEAK:
        yield _(
            "It hardly tells those who know the rest from those who do not: look at the wording."
        )
    unused = [one for one in choices if not one.correct and not one.count]
    if unused and learners >= ENOUGH:
        yield _("Choices that nobody takes tempt no one: replace them by a common mistake.")
