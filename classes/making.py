"""Making a class, changing its settings and policy, copying it to a new term, archiving it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from classes.audit import difference, locked, record
from classes.dates import add_days
from classes.membership import enrol_all, new_member, next_number
from classes.models import Class, Member, Role, ScheduledPart
from classes.models.klass import new_code
from courses.models import Part

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from courses.models import Course, User

QUIZ_POINTS = 10.0
EXERCISE_POINTS = 100.0
POLICY = (
    "late_unit",
    "late_percent",
    "late_floor",
    "grace_days",
    "early_percent",
    "attempts",
    "drop_lowest",
)
COPIED = ("title", "time_zone", "email_domains", *POLICY)
DATED = ("opens_at", "early_until", "due_at", "late_until", "closes_at")
COUNTED = ("opens_after", "due_after", "late_after", "closes_after")


@transaction.atomic
def make_class(*, actor: User, courses: Iterable[Course], **facts: Any) -> Class:
    """Make a class whose maker is its instructor, with the graded parts of its courses scheduled.

    Exercises and quizzes are scheduled without dates; texts to read are not.
    """
    klass = Class.objects.create(**facts)
    chosen = list(courses)
    klass.courses.set(chosen)
    _instructor(klass, actor)
    record(klass, actor, "class.made", facts={"courses": [one.slug for one in chosen], **facts})
    for part in graded_parts(chosen):
        _schedule(klass, part)
    return klass


@transaction.atomic
def change_class(
    *, klass: Class, actor: User, version: int, courses: Iterable[Course], **facts: Any
) -> Class:
    """Change settings or policy; members are enrolled in courses that are new.

    Raises:
        ChangeRefused: the class is archived, or has changed since `version`.
    """
    current = locked(klass, version=version)
    chosen = list(courses)
    before = {name: getattr(current, name) for name in facts}
    before["courses"] = sorted(current.courses.values_list("slug", flat=True))
    after = {**facts, "courses": sorted(one.slug for one in chosen)}
    changed = difference(before, after)
    if not changed:
        return current
    for name, value in facts.items():
        setattr(current, name, value)
    current.version += 1
    current.save()
    current.courses.set(chosen)
    record(current, actor, "class.changed", facts=changed)
    if "courses" in changed:
        enrol_all(current.members.present().select_related("klass"))
    return current


@transaction.atomic
def archive(*, klass: Class, actor: User) -> None:
    """Make a class read-only.

    Raises:
        ChangeRefused: it is archived already.
    """
    current = locked(klass)
    current.archived_at = timezone.now()
    current.save(update_fields=["archived_at"])
    record(current, actor, "class.archived")


@transaction.atomic
def reopen(*, klass: Class, actor: User) -> None:
    """Make an archived class one that can be changed again."""
    current = Class.objects.select_for_update().get(pk=klass.pk)
    if current.archived_at is not None:
        current.archived_at = None
        current.save(update_fields=["archived_at"])
        record(current, actor, "class.reopened")


@transaction.atomic
def replace_code(*, klass: Class, actor: User) -> None:
    """Give the class a new join code; the old code and link stop working.

    Raises:
        ChangeRefused: the class is archived.
    """
    current = locked(klass)
    current.join_code = new_code()
    current.save(update_fields=["join_code"])
    record(current, actor, "code.replaced")


@transaction.atomic
def copy_class(
    *, klass: Class, actor: User, title: str, term: str, starts_on: date, with_staff: bool
) -> Class:
    """Copy courses, policy and schedule to a new term, its dates shifted by whole days.

    The time of day stays, also over a change of the clocks. Learners, marks, extensions and
    messages are not copied; an archived class can be copied too.
    """
    days = (starts_on - klass.starts_on).days
    copied = Class.objects.create(
        **{name: getattr(klass, name) for name in COPIED} | {"title": title},
        term=term,
        starts_on=starts_on,
        ends_on=starts_on + (klass.ends_on - klass.starts_on),
        copied_from=klass,
    )
    copied.courses.set(klass.courses.all())
    _instructor(copied, actor)
    if with_staff:
        _copy_staff(klass, copied, actor)
    for part in klass.parts.scheduled():
        dates = {
            name: moment and add_days(moment, days, klass.zone)
            for name in DATED
            for moment in [getattr(part, name)]
        }
        same = ("position", "subject", "title", "counting", "points", "relative", *COUNTED)
        ScheduledPart.objects.create(
            klass=copied, **{name: getattr(part, name) for name in same}, **dates
        )
    record(copied, actor, "class.copied", facts={"from": klass.pk, "days": days})
    return copied


def graded_parts(courses: Iterable[Course]) -> list[Part]:
    """Return the exercises and quizzes of courses, in order: one query."""
    found = (
        Part.objects.for_outlines()
        .select_related("course")
        .filter(course__in=list(courses))
        .order_by("course__position", "course__slug", "position")
    )
    return [part for part in found if part.lesson is None or hasattr(part.lesson, "quiz")]


def default_points(part: Part) -> float:
    """Return what a part is worth where nobody has said otherwise."""
    return EXERCISE_POINTS if part.lesson_id is None else QUIZ_POINTS


def _schedule(klass: Class, part: Part) -> None:
    ScheduledPart.objects.get_or_create(
        klass=klass,
        subject=part.subject,
        defaults={
            "position": klass.parts.count() + 1,
            "title": part.title,
            "points": default_points(part),
            "counting": "required" if part.required else "optional",
        },
    )


def _instructor(klass: Class, user: User) -> Member:
    member = new_member(
        klass,
        next_number(klass),
        user=user,
        email=user.email.lower(),
        role=Role.INSTRUCTOR,
        joined_at=timezone.now(),
    )
    member.save()
    return member


def _copy_staff(klass: Class, copied: Class, actor: User) -> None:
    staff = klass.members.staff().filter(user__isnull=False).exclude(user=actor)
    for member in staff:
        new_member(
            copied,
            next_number(copied),
            user_id=member.user_id,
            email=member.email,
            name=member.name,
            role=member.role,
            joined_at=timezone.now(),
        ).save()
