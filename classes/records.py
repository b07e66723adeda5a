"""Marks of a whole class, or of some of its members, derived from what the database holds.

The number of queries depends neither on members nor on parts.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import Case, CharField, F, FloatField, Q, Value, When
from django.db.models.functions import Cast, Coalesce, Concat
from django.utils import timezone

from classes.dates import Dates, add_days, later_instant, with_extension
from classes.marks import Attempt, Mark, Overriding, PartFacts, Record, derive
from classes.models import Extension, Member, Override
from courses.catalogue.translations import with_titles
from courses.models import Completion, Part, QuizAttempt
from exercises.models import State, Submission

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from django.db.models import QuerySet

    from classes.models import Class, MemberQuerySet, ScheduledPart

END_OF_DAY = time(23, 59)
"""When a day counted from joining ends."""


class Column(NamedTuple):
    """A scheduled part with what the content says about it; `part` None when it is gone."""

    scheduled: ScheduledPart
    part: Part | None

    @property
    def title(self) -> str:
        """Return the title in the reader's language, else the one that was scheduled."""
        return self.part.title if self.part is not None else self.scheduled.title

    @property
    def address(self) -> str:
        """Return the address of the part's page; empty when the content has lost it."""
        return self.part.get_absolute_url() if self.part is not None else ""


class Row(NamedTuple):
    """One member's dates and marks, in the order of the columns."""

    member: Member
    dates: tuple[Dates, ...]
    record: Record

    def mark(self, number: int) -> Mark:
        """Return the mark in a column."""
        return self.record.marks[number]


@dataclass(frozen=True)
class Gradebook:
    """What the gradebook, exports and learners' pages show."""

    klass: Class
    columns: list[Column]
    rows: list[Row]

    def row_of(self, member: Member) -> Row | None:
        """Return one member's row."""
        return next((row for row in self.rows if row.member.pk == member.pk), None)


def gradebook(
    klass: Class,
    members: MemberQuerySet | None = None,
    *,
    now: datetime | None = None,
    assuming: Mapping[tuple[uuid.UUID, int], Overriding | None] | None = None,
    unsaved: Sequence[Member] = (),
) -> Gradebook:
    """Derive the marks of `members`, by default of all present learners by name.

    Args:
        klass: the class.
        members: of this class, `user` selected.
        now: decides what is missing; the present by default.
        assuming: by member and part: overrides as if they were so, None as if there were none.
        unsaved: members instead of those of the database, to show what one would see.
    """
    chosen = list(unsaved or (klass.members.learning() if members is None else members))
    columns = columns_of(klass)
    facts = _Facts.read(klass, chosen, columns)
    present = now or timezone.now()
    for key, override in (assuming or {}).items():
        facts.overrides.pop(key, None)
        if override is not None:
            facts.overrides[key] = override
    return Gradebook(klass, columns, [facts.row(member, present) for member in chosen])


def columns_of(klass: Class) -> list[Column]:
    """Return the schedule in order, with titles in the reader's language: two queries."""
    scheduled = list(klass.parts.scheduled())
    taught = Part.objects.for_outlines().select_related("course")
    parts = with_titles(taught.filter(course__in=klass.courses.all()))
    found: dict[str, Part] = {}
    for part in parts:
        found.setdefault(part.subject, part)
    return [Column(one, found.get(one.subject)) for one in scheduled]


def dates_for(
    part: ScheduledPart, member: Member, extensions: Iterable[Extension], zone: ZoneInfo
) -> Dates:
    """Return one member's dates of one part, extensions of the member or the section included."""
    dates = _own_dates(part, member, zone)
    if dates.due is None:
        return dates
    longest = dates.due
    for extension in extensions:
        if extension.part_id not in {None, part.pk} or not _concerns(extension, member):
            continue
        due = extension.due_at or add_days(dates.due, extension.days or 0, zone)
        longest = max(longest, due)
    return with_extension(dates, longest)


def _concerns(extension: Extension, member: Member) -> bool:
    if extension.member_id is not None:
        return extension.member_id == member.pk
    return extension.section == member.section


def _calendar_dates(part: ScheduledPart) -> Dates:
    return Dates(part.opens_at, part.early_until, part.due_at, part.late_until, part.closes_at)


def _own_dates(part: ScheduledPart, member: Member, zone: ZoneInfo) -> Dates:
    if not part.relative:
        return _calendar_dates(part)
    if member.joined_at is None:
        return Dates()
    joined = member.joined_at.astimezone(zone).date()

    def day(number: int | None, at: time) -> datetime | None:
        if number is None:
            return None
        return later_instant(datetime.combine(joined + timedelta(days=number), at), zone)

    return Dates(
        opens=day(part.opens_after, time.min),
        due=day(part.due_after, END_OF_DAY),
        late_until=day(part.late_after, END_OF_DAY),
        closes=day(part.closes_after, END_OF_DAY),
    )


class _Facts:
    """What was read, by the keys under which `row` looks it up."""

    def __init__(self, klass: Class, columns: Sequence[Column]) -> None:
        self.policy = klass.policy
        self.parts = [column.scheduled for column in columns]
        self.attempts: dict[tuple[int, str], list[Attempt]] = defaultdict(list)
        self.overrides: dict[tuple[Any, int], Overriding] = {}
        self.of_member: dict[Any, list[Extension]] = defaultdict(list)
        self.of_section: dict[str, list[Extension]] = defaultdict(list)
        self.common = (
            ()
            if any(part.relative for part in self.parts)
            else tuple(_calendar_dates(part) for part in self.parts)
        )

    @classmethod
    def read(cls, klass: Class, members: Sequence[Member], columns: Sequence[Column]) -> _Facts:
        facts = cls(klass, columns)
        few = [member.pk for member in members] if len(members) <= _FEW else None
        users = [member.user_id for member in members] if few is not None else None
        for extension in Extension.objects.filter(klass=klass, revoked_at=None):
            if extension.member_id is not None:
                facts.of_member[extension.member_id].append(extension)
            else:
                facts.of_section[extension.section].append(extension)
        overrides = Override.objects.filter(part__klass=klass, withdrawn_at=None)
        if few is not None:
            overrides = overrides.filter(member__in=few)
        for member, part, points in overrides.values_list("member_id", "part_id", "points"):
            facts.overrides[member, part] = Overriding(points)
        facts.read_attempts(klass, columns, users)
        return facts

    def read_attempts(
        self, klass: Class, columns: Sequence[Column], users: list[int | None] | None
    ) -> None:
        """Read what was submitted, answered and read: one query."""
        slugs = [part.slug for part in self.parts if part.is_exercise]
        subjects = {f"exercise:{slug}": f"exercise:{slug}" for slug in slugs}
        quizzes: list[int] = []
        texts: list[int] = []
        for column in columns:
            lesson = column.part.lesson if column.part is not None else None
            if lesson is not None:
                (quizzes if hasattr(lesson, "quiz") else texts).append(lesson.pk)
                subjects[f"lesson:{lesson.pk}"] = column.scheduled.subject
        queries = [
            *([_submitted(slugs)] if slugs else ()),
            *([_answered(quizzes)] if quizzes else ()),
            *([_read(texts)] if texts else ()),
        ]
        if not queries:
            return
        first, *more = (_of(query, klass, users).values_list(*_ATTEMPT) for query in queries)
        reviewed: dict[tuple[int, str], list[Attempt]] = defaultdict(list)
        for user, what, at, got, most, reviewed_got, reviewed_most, waits in first.union(
            *more, all=True
        ):
            key = (user, subjects[what])
            if reviewed_got is not None:
                reviewed[key].append(Attempt(at, _share(reviewed_got, reviewed_most)))
            else:
                self.attempts[key].append(Attempt(at, None if waits else _share(got, most)))
        for key, attempts in reviewed.items():
            # Where a person has reviewed a project, only reviews make the mark.
            waiting = [one for one in self.attempts[key] if one.fraction is None]
            self.attempts[key] = attempts + waiting

    def row(self, member: Member, now: datetime) -> Row:
        """Derive one member's marks."""
        extensions = [
            *self.of_member.get(member.pk, ()),
            *(self.of_section.get(member.section, ()) if member.section else ()),
        ]
        zone = self.policy.zone
        if self.common and not extensions:
            dates = self.common
        else:
            dates = tuple(dates_for(part, member, extensions, zone) for part in self.parts)
        user = member.user_id
        facts = [
            PartFacts(
                part.points,
                part.counting,
                dates[at],
                self.attempts.get((user, part.subject), ()) if user is not None else (),
                self.overrides.get((member.pk, part.pk)),
            )
            for at, part in enumerate(self.parts)
        ]
        return Row(member, dates, derive(facts, self.policy, now=now))


_FEW = 100
"""Up to so many members are named in the queries; more are found by a join."""
_ATTEMPT = (
    "user_id",
    "what",
    "created_at",
    "got",
    "most",
    "reviewed_got",
    "reviewed_most",
    "waits",
)
"""What each kind of attempt is read as; `what` is a part's subject, a lesson's with its key."""
_NOTHING = Cast(Value(None), FloatField())


def _submitted(slugs: Sequence[str]) -> QuerySet[Any]:
    """Return the submissions for exercises; those that the platform failed are no attempts."""
    return (
        Submission.objects.filter(exercise__slug__in=slugs)
        .exclude(state=State.FAILED)
        .order_by()
        .annotate(
            what=Concat(Value("exercise:"), "exercise__slug", output_field=CharField()),
            got=F("score"),
            most=F("max_score"),
            reviewed_got=F("review__score"),
            reviewed_most=F("review__max_score"),
            waits=_says(Q(score=None) | Q(exercise__reviewed=True, passed=True)),
        )
    )


def _answered(lessons: Sequence[int]) -> QuerySet[Any]:
    """Return the attempts at the quizzes of lessons."""
    return (
        QuizAttempt.objects.filter(quiz__lesson__in=lessons)
        .order_by()
        .annotate(
            what=_lesson("quiz__lesson_id"),
            got=Coalesce("credit", Cast("correct", FloatField())),
            most=Cast("total", FloatField()),
            reviewed_got=_NOTHING,
            reviewed_most=_NOTHING,
            waits=Value(value=False),
        )
    )


def _read(lessons: Sequence[int]) -> QuerySet[Any]:
    """Return who has read lessons that have no quiz."""
    return (
        Completion.objects.filter(kind="lesson", lesson__in=lessons)
        .order_by()
        .annotate(
            what=_lesson("lesson_id"),
            got=Cast(Value(1), FloatField()),
            most=Cast(Value(1), FloatField()),
            reviewed_got=_NOTHING,
            reviewed_most=_NOTHING,
            waits=Value(value=False),
        )
    )


def _lesson(field: str) -> Concat:
    return Concat(Value("lesson:"), Cast(field, CharField()), output_field=CharField())


def _says(condition: Q) -> Case:
    return Case(When(condition, then=Value(value=True)), default=Value(value=False))


def _share(got: float | None, most: float | None) -> float:
    return (got or 0.0) / most if most else 0.0


def _of(rows: QuerySet[Any], klass: Class, users: list[int | None] | None) -> QuerySet[Any]:
    if users is not None:
        return rows.filter(user__in=[user for user in users if user is not None])
    return rows.filter(user__memberships__klass=klass)
