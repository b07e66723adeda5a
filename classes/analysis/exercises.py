"""What submissions say: who is stuck on which misconception, what fails, how long it takes."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from classes.analysis.figures import Estimate, share
from exercises.feedback.messages import feedback_for
from exercises.models import DiagnosisAnswer, State, Submission

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from classes.models import Member
    from exercises.feedback.messages import MisconceptionFeedback
    from exercises.models import Exercise

STUCK_ATTEMPTS: Final = 3
"""After so many attempts without a pass a learner counts as stuck."""
FEWEST: Final = 5
"""Times of fewer learners are not shown."""


@dataclass(frozen=True)
class CriterionFigures:
    """How often a criterion was failed.

    Attributes:
        failed: submissions that ran and failed it.
        graded: submissions that ran and have it.
    """

    id: str
    title: str
    failed: int
    graded: int
    percent: int


@dataclass
class MisconceptionFigures:
    """One named misconception in the class.

    Attributes:
        title: as the exercise's author named it.
        submissions: in which it was diagnosed.
        learners: whose submissions these are.
        stuck: members whose latest submission shows it and who have not passed.
        confirmed, answered: of those who said whether the diagnosis was right.
    """

    id: str
    title: str
    submissions: int = 0
    learners: set[int] = field(default_factory=set)
    stuck: list[Member] = field(default_factory=list)
    confirmed: int = 0
    answered: int = 0

    @property
    def count(self) -> int:
        """Return how many learners have had it."""
        return len(self.learners)

    @property
    def certain(self) -> Estimate | None:
        """Return how often learners called the diagnosis right."""
        return share(self.confirmed, self.answered) if self.answered else None


@dataclass(frozen=True)
class Stuck:
    """A learner who is stuck; `misconception` is what the latest submission shows, if named."""

    member: Member
    attempts: int
    since: datetime
    latest: Submission
    misconception: str


@dataclass(frozen=True)
class ExerciseAnalysis:
    """What one exercise's submissions say about a class.

    Attributes:
        members: learners of the class.
        submitted, passed: how many of them have submitted, have passed.
        attempts: the median number of attempts of those who passed, up to and with the pass.
        hours: the median hours from the first submission to the pass, of learners with more
            than one attempt; None of fewer than five.
        spread: how many passed at the first, second, ... attempt.
    """

    members: int
    submitted: int
    passed: int
    attempts: float | None
    hours: float | None
    spread: tuple[tuple[int, int], ...]
    criteria: tuple[CriterionFigures, ...]
    misconceptions: tuple[MisconceptionFigures, ...]
    stuck: tuple[Stuck, ...]
    errors: tuple[tuple[str, int], ...]

    @property
    def waiting(self) -> int:
        """Return how many have not submitted."""
        return self.members - self.submitted


def analyse_exercise(exercise: Exercise, members: Sequence[Member]) -> ExerciseAnalysis:
    """Return what the submissions of `members` for `exercise` say: one query."""
    by_user = {member.user_id: member for member in members if member.user_id is not None}
    rows = Submission.objects.filter(
        exercise=exercise, user__in=list(by_user), state=State.GRADED
    ).order_by("user_id", "created_at", "pk")
    own: dict[int, list[Submission]] = defaultdict(list)
    for row in rows:
        own[row.user_id].append(row)
    until = [_until_pass(mine) for mine in own.values()]
    passed = [mine for mine in until if mine[-1].passed]
    again = [mine for mine in passed if len(mine) > 1]
    waits = [(m[-1].created_at - m[0].created_at).total_seconds() / 3600 for m in again]
    return ExerciseAnalysis(
        members=len(members),
        submitted=len(own),
        passed=len(passed),
        attempts=statistics.median(len(mine) for mine in passed) if passed else None,
        hours=statistics.median(waits) if len(waits) >= FEWEST else None,
        spread=tuple(sorted(Counter(len(mine) for mine in passed).items())),
        criteria=_criteria(row for mine in until for row in mine),
        misconceptions=_misconceptions(until, by_user),
        stuck=tuple(_stuck(until, by_user)),
        errors=tuple(
            Counter(
                row.verdict for mine in until for row in mine if row.verdict != "ok"
            ).most_common()
        ),
    )


@dataclass(frozen=True)
class Trouble:
    """Learners whose last submission for one exercise shows the same thing, and who must go on.

    Attributes:
        slug: of the exercise.
        title: of the misconception; empty: none was named.
        members: who, the longest stuck first.
    """

    slug: str
    title: str
    members: tuple[Member, ...]


def stuck_now(slugs: Sequence[str], members: Sequence[Member]) -> list[Trouble]:
    """Return who is stuck on which misconception now, the most common first: two queries.

    Stuck is whoever has not passed after `STUCK_ATTEMPTS` graded submissions.
    """
    by_user = {member.user_id: member for member in members if member.user_id is not None}
    rows = (
        Submission.objects.filter(
            exercise__slug__in=list(slugs), user__in=list(by_user), state=State.GRADED
        )
        .order_by("created_at", "pk")
        .values_list("pk", "user_id", "exercise__slug", "passed")
    )
    tries: dict[tuple[int, str], list[uuid.UUID]] = defaultdict(list)
    done: set[tuple[int, str]] = set()
    for key, user, slug, passed in rows:
        tries[user, slug].append(key)
        if passed:
            done.add((user, slug))
    latest = {
        keys[-1]: place
        for place, keys in tries.items()
        if place not in done and len(keys) >= STUCK_ATTEMPTS
    }
    grouped: dict[tuple[str, str], list[Member]] = defaultdict(list)
    for row in Submission.objects.filter(pk__in=list(latest)).order_by("created_at"):
        user, slug = latest[row.pk]
        for title in [str(one.title) for one in diagnoses_of(row)] or [""]:
            grouped[slug, title].append(by_user[user])
    found = [Trouble(slug, title, tuple(who)) for (slug, title), who in grouped.items()]
    return sorted(found, key=lambda one: (-len(one.members), not one.title, one.slug, one.title))


@dataclass(frozen=True)
class TroubleRow:
    """One misconception over the exercises that show it.

    Attributes:
        title: of the misconception; empty: none was named.
        members: who is stuck on it somewhere, each once.
        places: the trouble in each of the exercises asked for; None where nobody is stuck on it.
    """

    title: str
    members: tuple[Member, ...]
    places: tuple[Trouble | None, ...]


def by_misconception(troubles: Sequence[Trouble], slugs: Sequence[str]) -> list[TroubleRow]:
    """Return a row for each misconception, of most learners first; what has no name comes last.

    Args:
        troubles: what `stuck_now` found.
        slugs: of the exercises, in the order of a row's places.
    """
    found: dict[str, dict[str, Trouble]] = defaultdict(dict)
    for one in troubles:
        found[one.title][one.slug] = one
    rows = [
        TroubleRow(
            title,
            tuple(dict.fromkeys(who for one in places.values() for who in one.members)),
            tuple(places.get(slug) for slug in slugs),
        )
        for title, places in found.items()
    ]
    return sorted(rows, key=lambda row: (not row.title, -len(row.members), row.title))


def _until_pass(rows: list[Submission]) -> list[Submission]:
    """Return a learner's submissions up to the first that passed; later ones are practice."""
    for at, row in enumerate(rows):
        if row.passed:
            return rows[: at + 1]
    return rows


def diagnoses_of(row: Submission) -> list[MisconceptionFeedback]:
    """Return the diagnoses of a submission that name one misconception each."""
    feedback = feedback_for(row)
    found = (feedback.misconception, *feedback.further)
    return [one for one in found if one is not None and one.id and "|" not in one.id]


def _criteria(rows: Iterable[Submission]) -> tuple[CriterionFigures, ...]:
    titles: dict[str, str] = {}
    failed: Counter[str] = Counter()
    graded: Counter[str] = Counter()
    for row in rows:
        for line in (row.report or {}).get("criteria", ()):
            titles[line["id"]] = line["title"]
            graded[line["id"]] += 1
            failed[line["id"]] += not line["passed"]
    return tuple(
        CriterionFigures(
            name, titles[name], failed[name], graded[name], round(100 * failed[name] / graded[name])
        )
        for name in titles
    )


def _misconceptions(
    learners: Iterable[list[Submission]], members: dict[int, Member]
) -> tuple[MisconceptionFigures, ...]:
    found: dict[str, MisconceptionFigures] = {}
    for rows in learners:
        for row in rows:
            for at, diagnosis in enumerate(diagnoses_of(row)):
                figures = found.setdefault(
                    diagnosis.id, MisconceptionFigures(diagnosis.id, diagnosis.title)
                )
                figures.submissions += 1
                figures.learners.add(row.user_id)
                if row.diagnosis_answer and at == 0:  # the question is about the first one
                    figures.answered += 1
                    figures.confirmed += row.diagnosis_answer == DiagnosisAnswer.YES
                if row is rows[-1] and not row.passed:
                    figures.stuck.append(members[row.user_id])
    return tuple(sorted(found.values(), key=lambda one: (-len(one.stuck), -one.count, one.title)))


def _stuck(learners: Iterable[list[Submission]], members: dict[int, Member]) -> Iterable[Stuck]:
    for rows in learners:
        latest = rows[-1]
        if latest.passed or len(rows) < STUCK_ATTEMPTS:
            continue
        named = [one.title for one in diagnoses_of(latest)]
        yield Stuck(
            members[latest.user_id], len(rows), rows[0].created_at, latest, "; ".join(named)
        )
