"""The API of moderators, of what a person was told, and of roles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.pagination import PageNumberPagination
from rest_framework.response import Response
from rest_framework.views import APIView

from courses.accounts.role_giving import role_holders, set_roles
from courses.accounts.roles import SiteRight, SiteRole
from courses.api.access import signed_in
from courses.api.discussion import CONFLICT, PostSerializer, attempt, find_post, show_post
from courses.discussion import inbox, moderation
from courses.discussion.authority import may_moderate
from courses.discussion.models import Outcome
from courses.discussion.moderation import LONGEST_WARNING
from courses.discussion.reports import LONGEST_REASON, resolve
from courses.models import Post, SiteChange, User

if TYPE_CHECKING:
    import uuid

    from django.db.models import QuerySet
    from rest_framework.request import Request

MOST_LISTED = 50


class WaitingPostSerializer(serializers.Serializer[Any]):
    """A post that waits for an answer or a decision."""

    id = serializers.UUIDField()
    subject = serializers.CharField()
    question = serializers.UUIDField(source="question_id", allow_null=True)
    title = serializers.CharField()
    body = serializers.CharField()
    created_at = serializers.DateTimeField()
    edited_at = serializers.DateTimeField(allow_null=True)


class ReportSerializer(serializers.Serializer[Any]):
    """A report; who made it is for the page of moderators only."""

    reason = serializers.CharField()
    created_at = serializers.DateTimeField()
    settled_at = serializers.DateTimeField(allow_null=True)
    outcome = serializers.ChoiceField(choices=["", *Outcome.values])
    note = serializers.CharField()


class ReportedPostSerializer(WaitingPostSerializer):
    """A post with its open reports."""

    reports = ReportSerializer(source="open_reports", many=True)


class CountsSerializer(serializers.Serializer[Any]):
    """How much waits; 101 stands for more than 100."""

    questions = serializers.IntegerField()
    reports = serializers.IntegerField()
    edited = serializers.IntegerField()


class InboxSerializer(serializers.Serializer[Any]):
    """What waits, each list with the longest waiting first and at most 50 entries."""

    counts = CountsSerializer()
    unanswered = WaitingPostSerializer(many=True)
    reported = ReportedPostSerializer(many=True)
    edited_while_hidden = WaitingPostSerializer(many=True)


def inbox_of(posts: QuerySet[Post], *, moderates: bool) -> dict[str, Any]:
    """Return what waits among posts, without reports for those who do not moderate."""
    found = inbox.counts(posts)
    counts = {"questions": found.questions, "reports": 0, "edited": 0}
    if moderates:
        counts |= {"reports": found.reports, "edited": found.edited}
    return {
        "counts": counts,
        "unanswered": inbox.unanswered(posts)[:MOST_LISTED],
        "reported": inbox.reported(posts)[:MOST_LISTED] if moderates else [],
        "edited_while_hidden": inbox.edited_while_hidden(posts)[:MOST_LISTED] if moderates else [],
    }


class HideRequestSerializer(serializers.Serializer[Any]):
    """Why a post is hidden; its author reads it."""

    reason = serializers.CharField(max_length=LONGEST_REASON)


class ResolveRequestSerializer(serializers.Serializer[Any]):
    """What was found about the open reports of a post."""

    outcome = serializers.ChoiceField(choices=Outcome.choices)
    note = serializers.CharField(max_length=LONGEST_REASON, default="", allow_blank=True)


class WarningRequestSerializer(serializers.Serializer[Any]):
    """A message to the author of a post."""

    message = serializers.CharField(max_length=LONGEST_WARNING)


class WarningSerializer(serializers.Serializer[Any]):
    """A moderator's message."""

    id = serializers.UUIDField()
    post = serializers.UUIDField(source="post_id", allow_null=True)
    message = serializers.CharField()
    given_at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)


class PostVersionSerializer(serializers.Serializer[Any]):
    """What a post said before an edit."""

    number = serializers.IntegerField()
    title = serializers.CharField()
    body = serializers.CharField()
    spoiler = serializers.BooleanField()
    replaced_at = serializers.DateTimeField()


class SiteChangeSerializer(serializers.Serializer[Any]):
    """An entry of the site's audit."""

    at = serializers.DateTimeField()
    action = serializers.CharField()
    actor = serializers.EmailField(source="actor.email", default=None, allow_null=True)
    person = serializers.EmailField(source="person.email", default=None, allow_null=True)
    post = serializers.UUIDField(source="post_id", allow_null=True)
    facts = serializers.JSONField()


class RolesSerializer(serializers.Serializer[Any]):
    """An account and all its roles."""

    email = serializers.EmailField()
    roles = serializers.ListField(child=serializers.ChoiceField(choices=SiteRole.choices))


class InboxView(APIView):
    """``GET moderation/``."""

    @extend_schema(operation_id="moderation_inbox", responses=InboxSerializer)
    def get(self, request: Request) -> Response:
        """Return what waits on the whole site; reports only for moderators."""
        user = with_right(request, SiteRight.ANSWER)
        moderates = user.may(SiteRight.MODERATE)
        return Response(InboxSerializer(inbox_of(Post.objects.all(), moderates=moderates)).data)


class ChangesView(APIView):
    """``GET moderation/changes/``."""

    @extend_schema(operation_id="moderation_changes", responses=SiteChangeSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Return the audit of the site, the latest first."""
        with_right(request, SiteRight.MODERATE)
        pages = PageNumberPagination()
        found = SiteChange.objects.select_related("actor", "person")
        page = pages.paginate_queryset(found, request, view=self)
        return pages.get_paginated_response(SiteChangeSerializer(page, many=True).data)


class HidingView(APIView):
    """``PUT`` and ``DELETE posts/<id>/hiding/``."""

    @extend_schema(
        operation_id="hide_post",
        request=HideRequestSerializer,
        responses={200: PostSerializer, 409: CONFLICT},
    )
    def put(self, request: Request, key: uuid.UUID) -> Response:
        """Hide a post with a reason; its open reports are resolved as justified."""
        user, post = moderated(request, key)
        sent = HideRequestSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        attempt(lambda: moderation.hide(actor=user, post=post, **sent.validated_data))
        return show_post(request, post)

    @extend_schema(operation_id="show_post", responses={200: PostSerializer, 409: CONFLICT})
    def delete(self, request: Request, key: uuid.UUID) -> Response:
        """Show a hidden post again."""
        user, post = moderated(request, key)
        attempt(lambda: moderation.show(actor=user, post=post))
        return show_post(request, post)


class ClosingView(APIView):
    """``PUT`` and ``DELETE questions/<id>/closing/``."""

    @extend_schema(
        operation_id="close_thread", request=None, responses={200: PostSerializer, 409: CONFLICT}
    )
    def put(self, request: Request, key: uuid.UUID) -> Response:
        """Close a thread: it takes neither answers nor edits."""
        user, post = moderated(request, key)
        attempt(lambda: moderation.close(actor=user, question=post))
        return show_post(request, post)

    @extend_schema(operation_id="reopen_thread", responses={200: PostSerializer, 409: CONFLICT})
    def delete(self, request: Request, key: uuid.UUID) -> Response:
        """Open a closed thread again."""
        user, post = moderated(request, key)
        attempt(lambda: moderation.reopen(actor=user, question=post))
        return show_post(request, post)


class OutcomeView(APIView):
    """``POST posts/<id>/reports/outcome/``."""

    @extend_schema(
        operation_id="resolve_reports",
        request=ResolveRequestSerializer,
        responses={200: ReportSerializer(many=True), 409: CONFLICT},
    )
    def post(self, request: Request, key: uuid.UUID) -> Response:
        """Resolve all open reports about a post; answer with all of them."""
        user, post = moderated(request, key)
        sent = ResolveRequestSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        attempt(lambda: resolve(actor=user, post=post, **sent.validated_data))
        return Response(ReportSerializer(post.reports.all(), many=True).data)


class WarnView(APIView):
    """``POST posts/<id>/warnings/``."""

    @extend_schema(
        operation_id="warn_author",
        request=WarningRequestSerializer,
        responses={201: WarningSerializer},
    )
    def post(self, request: Request, key: uuid.UUID) -> Response:
        """Send the author of a post a message, which is kept."""
        user, post = moderated(request, key)
        sent = WarningRequestSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        given = attempt(lambda: moderation.warn(actor=user, post=post, **sent.validated_data))
        return Response(WarningSerializer(given).data, status=status.HTTP_201_CREATED)


class HistoryView(APIView):
    """``GET posts/<id>/history/``."""

    @extend_schema(operation_id="post_history", responses=PostVersionSerializer(many=True))
    def get(self, request: Request, key: uuid.UUID) -> Response:
        """Return what a post said before each edit, the latest first, to its moderators."""
        _user, post = moderated(request, key)
        pages = PageNumberPagination()
        page = pages.paginate_queryset(post.versions.all(), request, view=self)
        return pages.get_paginated_response(PostVersionSerializer(page, many=True).data)


class OwnWarningsView(APIView):
    """``GET warnings/``."""

    @extend_schema(operation_id="own_warnings", responses=WarningSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Return what moderators told the caller, the latest first."""
        found = signed_in(request).warnings.all()[:MOST_LISTED]
        return Response(WarningSerializer(found, many=True).data)


class WarningReadView(APIView):
    """``PUT warnings/<id>/reading/``."""

    @extend_schema(operation_id="warning_read", request=None, responses=WarningSerializer)
    def put(self, request: Request, key: uuid.UUID) -> Response:
        """Note that the caller has read a warning."""
        user = signed_in(request)
        found = get_object_or_404(user.warnings, pk=key)
        moderation.note_read(person=user, key=key)
        found.refresh_from_db()
        return Response(WarningSerializer(found).data)


class RolesView(APIView):
    """``GET`` and ``PUT roles/``."""

    @extend_schema(operation_id="roles", responses=RolesSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the accounts that have roles; for superusers."""
        with_right(request, SiteRight.GIVE_ROLES)
        return Response(
            RolesSerializer([one for one in role_holders() if one.roles], many=True).data
        )

    @extend_schema(operation_id="set_roles", request=RolesSerializer, responses=RolesSerializer)
    def put(self, request: Request) -> Response:
        """Give an account exactly these roles; for superusers."""
        actor = with_right(request, SiteRight.GIVE_ROLES)
        sent = RolesSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        person = User.objects.filter(email__iexact=sent.validated_data["email"]).first()
        if person is None:
            raise ValidationError({"email": ["There is no account with this address."]})
        roles = sent.validated_data["roles"]
        changed = attempt(lambda: set_roles(actor=actor, person=person, roles=roles))
        return Response(RolesSerializer(changed).data)


def with_right(request: Request, right: SiteRight) -> User:
    """Return the caller, who has a right on the whole site.

    Raises:
        PermissionDenied: the caller has not.
    """
    user = signed_in(request)
    if not user.may(right):
        raise PermissionDenied
    return user


def moderated(request: Request, key: uuid.UUID) -> tuple[User, Post]:
    """Return the caller and a post that the caller may moderate.

    Raises:
        Http404: there is no such post.
        PermissionDenied: the caller may not.
    """
    user, post = signed_in(request), find_post(key)
    if not may_moderate(user, post):
        raise PermissionDenied
    return user, post
