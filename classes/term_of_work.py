"""A class filled with a term of made-up work, to look at, to measure and to show.

Simulated learners: each has an ability and a habit of being late, each part a difficulty; they try
until they pass or give up. The same seed makes the same class.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils import timezone

from classes.dates import later_instant
from classes.making import make_class
from classes.membership import new_member, next_number
from classes.models import Class, Extension, Member, Override, ScheduledPart
from courses.models import Course, Lesson, Quiz, QuizAttempt, User
from exercises.models import Exercise, Submission

if TYPE_CHECKING:
    from datetime import date

WEEKS: Final = 14
DUE_AT: Final = time(20)
MOST_TRIES: Final = 6
BATCH: Final = 2_000
SECTIONS: Final = ("A", "B", "C", "D")
FIRST: Final = ("Ada", "Bo", "Chen", "Dalia", "Emre", "Farah", "Gita", "Hugo", "Ines", "Jun")
MISCONCEPTIONS: Final = (
    ("sign", "the wrong sign"),
    ("other_class", "the other class explained"),
    ("few_samples", "too few samples"),
    ("shifted_rows", "the neighbouring rows explained"),
)
NAMED: Final = 0.8
"""How many failed submissions are diagnosed."""
LAST: Final = ("Abel", "Berg", "Costa", "Diallo", "Eriksen", "Fischer", "Garcia", "Haddad", "Ito")


@dataclass(frozen=True)
class Simulated:
    """A learner who does not exist.

    Attributes:
        ability: 0 to 1, as the chance to pass an easy part at the first try.
        lateness: the share of parts that come after their due date.
        diligence: the share of parts that are begun at all.
    """

    member: Member
    ability: float
    lateness: float
    diligence: float


@transaction.atomic
def fill(*, instructor: User, learners: int, parts: int, starts_on: date, seed: int = 14) -> Class:
    """Make a class of simulated learners who are two thirds through the term's schedule.

    Args:
        instructor: whose class it becomes.
        learners: how many; each gets an account without a password.
        parts: how many parts are scheduled, as far as the courses have so many.
        starts_on: the first day of the term.
        seed: of everything that is drawn.
    """
    chance = random.Random(seed)  # noqa: S311  # nothing here is secret
    klass = make_class(
        actor=instructor,
        courses=list(Course.objects.listed()),
        title=f"Explainable machine learning ({learners} learners)",
        term=f"{starts_on:%Y}",
        time_zone="America/New_York",
        starts_on=starts_on,
        ends_on=starts_on + timedelta(weeks=WEEKS),
        late_percent=10.0,
        late_floor=50.0,
        grace_days=3,
        drop_lowest=2,
    )
    scheduled = _dated(klass, parts)
    people = _people(klass, learners, chance)
    _work(klass, scheduled, people, chance)
    _decisions(klass, scheduled, people, instructor, chance)
    return klass


def _dated(klass: Class, number: int) -> list[ScheduledPart]:
    everything = list(klass.parts.scheduled())
    kept = everything[:number]
    klass.parts.exclude(pk__in=[part.pk for part in kept]).delete()
    for at, part in enumerate(kept):
        week = 1 + at * (WEEKS - 1) // max(1, len(kept))
        day = klass.starts_on + timedelta(weeks=week)
        due = later_instant(datetime.combine(day, DUE_AT), klass.zone)
        part.opens_at = due - timedelta(weeks=3)
        part.due_at, part.late_until = due, due + timedelta(days=7)
        part.save(update_fields=["opens_at", "due_at", "late_until"])
    return kept


def _people(klass: Class, number: int, chance: random.Random) -> list[Simulated]:
    mark = klass.pk.hex[:8]
    users = User.objects.bulk_create(
        [
            User(
                email=f"{mark}.{at:04d}@class.example",
                name=f"{chance.choice(FIRST)} {chance.choice(LAST)}",
                password="!",  # noqa: S106  # as set_unusable_password, without its cost for each
            )
            for at in range(number)
        ],
        batch_size=BATCH,
    )
    EmailAddress.objects.bulk_create(
        [EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in users],
        batch_size=BATCH,
    )
    first = next_number(klass)
    joined = later_instant(datetime.combine(klass.starts_on, time(9)), klass.zone)
    members = Member.objects.bulk_create(
        [
            new_member(
                klass,
                first + at,
                user=user,
                email=user.email,
                name=user.name,
                number=f"{700_000 + at}",
                section=SECTIONS[at % len(SECTIONS)],
                joined_at=joined,
            )
            for at, user in enumerate(users)
        ],
        batch_size=BATCH,
    )
    return [
        Simulated(
            member,
            ability=chance.betavariate(4, 2),
            lateness=chance.betavariate(1, 6),
            diligence=1 - chance.betavariate(1, 8),
        )
        for member in members
    ]


def _work(
    klass: Class, parts: list[ScheduledPart], people: list[Simulated], chance: random.Random
) -> None:
    exercises = Exercise.objects.in_bulk(field_name="slug")
    lessons = {
        f"lesson:{lesson.course.slug}/{lesson.slug}": lesson.quiz
        for lesson in Lesson.objects.filter(course__in=klass.courses.all(), quiz__isnull=False)
        .select_related("course", "quiz")
        .defer("html", "text")
    }
    reached = len(parts) * 2 // 3
    submissions: list[Submission] = []
    attempts: list[QuizAttempt] = []
    for part in parts[:reached]:
        difficulty = chance.uniform(0.0, 0.4)
        for person in people:
            if chance.random() > person.diligence or part.due_at is None:
                continue
            late = chance.random() < person.lateness
            shift = chance.uniform(0, 4 * 24) if late else -chance.expovariate(1 / 30)
            at = part.due_at + timedelta(hours=max(-400.0, shift))
            chance_to_pass = max(0.1, person.ability - difficulty)
            if part.is_exercise and part.slug in exercises:
                submissions += _tries(person, exercises[part.slug], at, chance_to_pass, chance)
            elif part.subject in lessons:
                attempts += _answers(person, lessons[part.subject], at, chance_to_pass, chance)
    Submission.objects.bulk_create(submissions, batch_size=BATCH)
    times = {attempt.pk: attempt.created_at for attempt in attempts}
    QuizAttempt.objects.bulk_create(attempts, batch_size=BATCH)
    for attempt in attempts:  # the column sets itself when a row is made
        attempt.created_at = times[attempt.pk]
    QuizAttempt.objects.bulk_update(attempts, ["created_at"], batch_size=200)


def _tries(
    person: Simulated, exercise: Exercise, last: datetime, passing: float, chance: random.Random
) -> list[Submission]:
    made = []
    for number in range(1, MOST_TRIES + 1):
        passed = chance.random() < passing
        low, high = (exercise.pass_score, exercise.max_score) if passed else (0.0, 79.0)
        at = last - timedelta(hours=2 * (MOST_TRIES - number))
        made.append(
            Submission(
                user_id=person.member.user_id or 0,
                exercise=exercise,
                attempt=number,
                state="graded",
                verdict="ok",
                score=round(chance.uniform(min(low, exercise.max_score), high)),
                max_score=exercise.max_score,
                passed=passed,
                created_at=at,
                notified_at=at,
                started_at=at,
                finished_at=at + timedelta(seconds=2),
                run_seconds=1.0,
                mark_seconds=0.2,
                review_due=passed and exercise.reviewed,
                report=_report(exercise, passed=passed, chance=chance),
            )
        )
        if passed or chance.random() < 0.1:  # noqa: PLR2004  # one in ten gives up
            break
    return made


def _report(exercise: Exercise, *, passed: bool, chance: random.Random) -> dict[str, Any]:
    """Return what a grader would have said: which criteria fail, and often by which misconception.

    Each learner who fails meets one of a few misconceptions, the first most often.
    """
    lines = exercise.description.get("criteria", ())
    fails = set() if passed else {chance.randrange(len(lines)) for _ in range(2) if lines}
    named = chance.choices(MISCONCEPTIONS, weights=(5, 3, 2, 1))[0]
    return {
        "criteria": [
            {
                "id": line["id"],
                "title": line["title"],
                "points": 0.0 if at in fails else line["points"],
                "max_points": line["points"],
                "passed": at not in fails,
                "message_id": "criterion.disagrees" if at in fails else "criterion.passed",
                "facts": {"output": line["id"]} if at in fails else {},
            }
            for at, line in enumerate(lines)
        ],
        "misconception": {
            "ids": [named[0]],
            "certainty": "match",
            "message_id": "diagnosis.match",
            "facts": {"mistake": named[1], "message": "", "question": ""},
        }
        if fails and chance.random() < NAMED
        else None,
    }


def _answers(
    person: Simulated, quiz: Quiz, last: datetime, passing: float, chance: random.Random
) -> list[QuizAttempt]:
    made = []
    asked = [one for one in quiz.questions if one["kind"] != "explain"]
    for number in (1, 2):
        results, answers = {}, {}
        for at, question in enumerate(asked):
            # Later questions are harder, and a second attempt knows more.
            knows = min(0.97, 0.25 + 0.75 * passing - 0.06 * at + 0.15 * (number - 1))
            right = chance.random() < knows
            results[question["id"]] = right
            answers[question["id"]] = _given(question, right=right, chance=chance)
        correct = sum(results.values())
        made.append(
            QuizAttempt(
                user_id=person.member.user_id or 0,
                quiz=quiz,
                number=number,
                seed=chance.getrandbits(30),
                answers=answers,
                results=results,
                correct=correct,
                total=len(asked),
                passed=100 * correct >= quiz.pass_percent * len(asked),
                quiz_digest="",
                created_at=last - timedelta(hours=2 - number),
            )
        )
        if made[-1].passed:
            break
    return made


def _given(question: dict[str, Any], *, right: bool, chance: random.Random) -> Any:
    """Return choices that are right or wrong; nothing for a question that has none."""
    keys = [one["id"] for one in question["choices"] if one["correct"] == right]
    if not keys:
        return None
    return chance.choice(keys) if question["kind"] == "single" else keys


def _decisions(
    klass: Class,
    parts: list[ScheduledPart],
    people: list[Simulated],
    instructor: User,
    chance: random.Random,
) -> None:
    """Grant some extensions and override some marks."""
    few = max(1, len(people) // 25)
    for person in chance.sample(people, min(few, len(people))):
        part = chance.choice(parts)
        Extension.objects.create(
            klass=klass,
            part=part,
            member=person.member,
            days=chance.randint(1, 7),
            reason="Illness, certificate seen",
            granted_by=instructor,
        )
        Override.objects.create(
            member=person.member,
            part=chance.choice(parts),
            points=float(chance.randint(0, 10)),
            reason="Shown in person",
            made_by=instructor,
        )


def term_start() -> date:
    """Return a first day by which two thirds of the term are over today."""
    return timezone.localdate() - timedelta(weeks=WEEKS * 2 // 3)
