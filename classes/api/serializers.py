"""What the API returns of classes, field by field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework import serializers

from classes.models import Role
from classes.models.schedule import MAX_POINTS

if TYPE_CHECKING:
    from classes.records import Gradebook, Row


class ClassSerializer(serializers.Serializer[Any]):
    """A class as its members see it."""

    id = serializers.UUIDField(source="klass.pk")
    title = serializers.CharField(source="klass.title")
    term = serializers.CharField(source="klass.term")
    time_zone = serializers.CharField(source="klass.time_zone")
    starts_on = serializers.DateField(source="klass.starts_on")
    ends_on = serializers.DateField(source="klass.ends_on")
    role = serializers.ChoiceField(choices=Role.choices)
    archived = serializers.BooleanField(source="klass.archived")


class MemberSerializer(serializers.Serializer[Any]):
    """Somebody on the roster."""

    id = serializers.UUIDField(source="pk")
    name = serializers.CharField(source="shown_name")
    email = serializers.EmailField()
    number = serializers.CharField(allow_blank=True)
    section = serializers.CharField(allow_blank=True)
    role = serializers.ChoiceField(choices=Role.choices)
    joined_at = serializers.DateTimeField(allow_null=True)


class ClassPartSerializer(serializers.Serializer[Any]):
    """A part of the schedule, with its dates for everybody."""

    id = serializers.IntegerField(source="scheduled.pk")
    subject = serializers.CharField(source="scheduled.subject")
    title = serializers.CharField()
    points = serializers.FloatField(source="scheduled.points")
    counting = serializers.CharField(source="scheduled.counting")
    opens_at = serializers.DateTimeField(source="scheduled.opens_at", allow_null=True)
    due_at = serializers.DateTimeField(source="scheduled.due_at", allow_null=True)
    late_until = serializers.DateTimeField(source="scheduled.late_until", allow_null=True)
    closes_at = serializers.DateTimeField(source="scheduled.closes_at", allow_null=True)


class MarkSerializer(serializers.Serializer[Any]):
    """One mark: what counts, and the platform's score beside it."""

    part = serializers.IntegerField()
    points = serializers.FloatField(allow_null=True)
    score = serializers.FloatField(allow_null=True)
    due_at = serializers.DateTimeField(allow_null=True)
    late = serializers.IntegerField()
    grace_days = serializers.IntegerField()
    attempts = serializers.IntegerField()
    missing = serializers.BooleanField()
    pending = serializers.IntegerField()
    overridden = serializers.BooleanField()
    excused = serializers.BooleanField()
    extended = serializers.BooleanField()
    dropped = serializers.BooleanField()

    def to_representation(self, instance: dict[str, Any]) -> dict[str, Any]:
        """Return the fields of `record_facts`, which are plain already but for the date.

        A class of 500 has 30,000 marks; asked field by field they take three times as long.
        """
        shown = {name: instance[name] for name in _MARK_FIELDS}
        due = instance["due_at"]
        if due is not None:
            shown["due_at"] = self.fields["due_at"].to_representation(due)
        return shown


_MARK_FIELDS = tuple(MarkSerializer().fields)


class RecordSerializer(serializers.Serializer[Any]):
    """One learner's marks and total so far."""

    member = MemberSerializer()
    earned = serializers.FloatField()
    possible = serializers.FloatField()
    percent = serializers.FloatField(allow_null=True)
    marks = MarkSerializer(many=True)


class GradebookSerializer(serializers.Serializer[Any]):
    """All learners by all parts."""

    parts = ClassPartSerializer(many=True)
    records = RecordSerializer(many=True)


class OverrideSerializer(serializers.Serializer[Any]):
    """A person's decision about a mark; null points excuse."""

    points = serializers.FloatField(min_value=0, max_value=MAX_POINTS, allow_null=True)
    reason = serializers.CharField(max_length=500)


class ExtensionRequestSerializer(serializers.Serializer[Any]):
    """More time for members, or a section; by days or to a date."""

    part = serializers.IntegerField(allow_null=True)
    members = serializers.ListField(
        child=serializers.UUIDField(), required=False, default=list, max_length=1000
    )
    section = serializers.CharField(max_length=80, required=False, default="")
    days = serializers.IntegerField(
        min_value=1, max_value=365, required=False, allow_null=True, default=None
    )
    due_at = serializers.DateTimeField(required=False, allow_null=True, default=None)
    reason = serializers.CharField(max_length=500)


class GrantedSerializer(serializers.Serializer[Any]):
    """An extension that was granted."""

    id = serializers.IntegerField(source="pk")
    part = serializers.IntegerField(source="part_id", allow_null=True)
    member = serializers.UUIDField(source="member_id", allow_null=True)
    section = serializers.CharField(allow_blank=True)
    days = serializers.IntegerField(allow_null=True)
    due_at = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField()
    granted_at = serializers.DateTimeField()


def record_facts(book: Gradebook, row: Row) -> dict[str, Any]:
    """Return what `RecordSerializer` shows; points as everywhere, with two decimals."""
    marks = [
        mark._asdict()
        | {
            "part": column.scheduled.pk,
            "points": _rounded(mark.points),
            "score": _rounded(mark.score),
            "due_at": dates.due,
        }
        for column, dates, mark in zip(book.columns, row.dates, row.record.marks, strict=True)
    ]
    record = row.record
    return {
        "member": row.member,
        "earned": _rounded(record.earned),
        "possible": _rounded(record.possible),
        "percent": _rounded(record.percent),
        "marks": marks,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
