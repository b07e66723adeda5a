"""The API of classes: one's classes, schedule, roster, gradebook, overrides, extensions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.views import APIView

from classes import extensions, overrides
from classes.api.access import Refused, find_access
from classes.api.serializers import (
    ClassPartSerializer,
    ClassSerializer,
    ExtensionRequestSerializer,
    GradebookSerializer,
    GrantedSerializer,
    MemberSerializer,
    OverrideSerializer,
    RecordSerializer,
    record_facts,
)
from classes.audit import ChangeRefused
from classes.models import Member
from classes.moderation import posts_of
from classes.records import columns_of, gradebook
from classes.rights import Right
from courses.api.moderation import InboxSerializer, inbox_of

if TYPE_CHECKING:
    import uuid

    from rest_framework.request import Request

    from classes.models import ScheduledPart
    from classes.rights import Access

REFUSED = OpenApiResponse(OpenApiTypes.OBJECT, "The change is not possible now.")


class ClassesView(APIView):
    """``GET classes/``."""

    @extend_schema(operation_id="classes", responses=ClassSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the caller's classes, with the caller's role in each."""
        mine = Member.objects.present().filter(user=request.user.pk).select_related("klass")
        return Response(ClassSerializer(mine.order_by("-klass__starts_on"), many=True).data)


class ScheduleView(APIView):
    """``GET classes/<id>/schedule/``."""

    @extend_schema(operation_id="class_schedule", responses=ClassPartSerializer(many=True))
    def get(self, request: Request, key: uuid.UUID) -> Response:
        """List the scheduled parts in order; a learner's own dates stand in `record/`."""
        access = find_access(request, key, Right.BELONG)
        return Response(ClassPartSerializer(columns_of(access.klass), many=True).data)


class OwnRecordView(APIView):
    """``GET classes/<id>/record/``."""

    @extend_schema(operation_id="class_own_record", responses=RecordSerializer)
    def get(self, request: Request, key: uuid.UUID) -> Response:
        """Return the caller's own marks and dates in the class."""
        access = find_access(request, key, Right.BELONG)
        if access.member is None:
            raise ValidationError("You are not a member of this class.")
        book = gradebook(access.klass, unsaved=[access.member])
        return Response(RecordSerializer(record_facts(book, book.rows[0])).data)


class RosterView(APIView):
    """``GET classes/<id>/members/``."""

    @extend_schema(operation_id="class_members", responses=MemberSerializer(many=True))
    def get(self, request: Request, key: uuid.UUID) -> Response:
        """List everybody who is in the class now."""
        access = find_access(request, key, Right.SEE)
        return Response(MemberSerializer(access.klass.members.present().in_order(), many=True).data)


class ModerationView(APIView):
    """``GET classes/<id>/moderation/``."""

    @extend_schema(operation_id="class_moderation", responses=InboxSerializer)
    def get(self, request: Request, key: uuid.UUID) -> Response:
        """Return open questions of the class's learners, and reports about their posts."""
        klass = find_access(request, key, Right.MODERATE).klass
        return Response(InboxSerializer(inbox_of(posts_of(klass), moderates=True)).data)


class GradebookView(APIView):
    """``GET classes/<id>/gradebook/``."""

    @extend_schema(operation_id="class_gradebook", responses=GradebookSerializer)
    def get(self, request: Request, key: uuid.UUID) -> Response:
        """Return all learners by all parts, derived now."""
        book = gradebook(find_access(request, key, Right.SEE).klass)
        records = [record_facts(book, row) for row in book.rows]
        return Response(GradebookSerializer({"parts": book.columns, "records": records}).data)


class OverrideView(APIView):
    """``PUT`` and ``DELETE classes/<id>/members/<member>/parts/<part>/override/``."""

    @extend_schema(
        operation_id="class_override",
        request=OverrideSerializer,
        responses={200: RecordSerializer, 409: REFUSED},
    )
    def put(
        self, request: Request, key: uuid.UUID, member_key: uuid.UUID, part_pk: int
    ) -> Response:
        """Let these points count instead of the platform's score; null excuses."""
        access = find_access(request, key, Right.CHANGE)
        member, part = _learner(access, member_key), _part(access, part_pk)
        sent = OverrideSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        try:
            overrides.override(
                member=member,
                part=part,
                actor=access.user,
                points=sent.validated_data["points"],
                reason=sent.validated_data["reason"],
            )
        except ChangeRefused as refusal:
            raise Refused(refusal) from refusal
        book = gradebook(access.klass, unsaved=[member])
        return Response(RecordSerializer(record_facts(book, book.rows[0])).data)

    @extend_schema(operation_id="class_override_withdraw", responses={204: None, 409: REFUSED})
    def delete(
        self, request: Request, key: uuid.UUID, member_key: uuid.UUID, part_pk: int
    ) -> Response:
        """Let the platform's score count again."""
        access = find_access(request, key, Right.CHANGE)
        member, part = _learner(access, member_key), _part(access, part_pk)
        try:
            overrides.withdraw(member=member, part=part, actor=access.user)
        except ChangeRefused as refusal:
            raise Refused(refusal) from refusal
        return Response(status=status.HTTP_204_NO_CONTENT)


class ExtensionsView(APIView):
    """``GET`` and ``POST classes/<id>/extensions/``."""

    @extend_schema(operation_id="class_extensions", responses=GrantedSerializer(many=True))
    def get(self, request: Request, key: uuid.UUID) -> Response:
        """List the extensions that are in force."""
        access = find_access(request, key, Right.SEE)
        found = access.klass.extensions.filter(revoked_at=None)
        return Response(GrantedSerializer(found, many=True).data)

    @extend_schema(
        operation_id="class_extensions_grant",
        request=ExtensionRequestSerializer,
        responses={201: GrantedSerializer(many=True), 409: REFUSED},
    )
    def post(self, request: Request, key: uuid.UUID) -> Response:
        """Grant more time to members, or a section."""
        access = find_access(request, key, Right.CHANGE)
        sent = ExtensionRequestSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        facts = sent.validated_data
        members = list(access.klass.members.filter(pk__in=facts["members"]))
        if len(members) != len(set(facts["members"])):
            raise ValidationError({"members": ["Somebody is not of this class."]})
        try:
            granted = extensions.grant(
                klass=access.klass,
                actor=access.user,
                reason=facts["reason"],
                part=None if facts["part"] is None else _part(access, facts["part"]),
                members=members,
                section=facts["section"],
                days=facts["days"],
                due_at=facts["due_at"],
            )
        except ChangeRefused as refusal:
            raise Refused(refusal) from refusal
        return Response(GrantedSerializer(granted, many=True).data, status=status.HTTP_201_CREATED)


def _learner(access: Access, key: uuid.UUID) -> Member:
    found = get_object_or_404(access.klass.members.select_related("user", "klass"), pk=key)
    if not found.learns:
        raise ValidationError("This member has no marks.")
    return found


def _part(access: Access, pk: int) -> ScheduledPart:
    return get_object_or_404(access.klass.parts.scheduled(), pk=pk)
