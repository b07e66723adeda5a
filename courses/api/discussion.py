"""The API of the discussion: questions, answers, edits, reports, and following a thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from django.core.exceptions import ValidationError as Invalid
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.exceptions import APIException, PermissionDenied, ValidationError
from rest_framework.pagination import PageNumberPagination
from rest_framework.response import Response
from rest_framework.views import APIView

from courses.api.access import signed_in
from courses.discussion import posts, reports, subscriptions
from courses.discussion.posts import LONGEST_POST
from courses.discussion.reports import LONGEST_REASON, PostRefused
from courses.discussion.showing import ShownPost, shown_posts
from courses.discussion.subjects import find_subject, subject_of
from courses.models import Post, User

if TYPE_CHECKING:
    import uuid
    from collections.abc import Callable

    from rest_framework.request import Request

    from courses.discussion.subjects import Subject

Result = TypeVar("Result")

CONFLICT = OpenApiResponse(
    OpenApiTypes.OBJECT,
    "The post's state does not allow this: `code` is closed, conflict, hidden, deleted, own, "
    "already_reported, already_hidden, not_hidden, already_closed, not_closed or resolved.",
)


class Refused(APIException):
    """The state of a post does not allow this now."""

    status_code = status.HTTP_409_CONFLICT


def attempt(change: Callable[[], Result]) -> Result:
    """Make a change; a refusal becomes a problem document.

    Raises:
        Refused: the state does not allow it.
        ValidationError: something that was sent is wrong.
    """
    try:
        return change()
    except PostRefused as error:
        raise Refused(error.messages[0], code=error.reason) from error
    except Invalid as error:
        told: Any = error.message_dict if hasattr(error, "error_dict") else error.messages
        raise ValidationError(told) from error


class AuthorSerializer(serializers.Serializer[Any]):
    """Who wrote a post."""

    name = serializers.CharField()
    staff = serializers.BooleanField(source="privileged")


class PostSerializer(serializers.Serializer[Any]):
    """A post as the caller sees it; text that the caller may not read is null."""

    id = serializers.UUIDField(source="post.pk")
    subject = serializers.CharField(source="post.subject")
    question = serializers.UUIDField(source="post.question_id", allow_null=True)
    state = serializers.ChoiceField(choices=["visible", "hidden", "deleted"])
    title = serializers.SerializerMethodField()
    body = serializers.SerializerMethodField()
    html = serializers.SerializerMethodField()
    hidden_reason = serializers.SerializerMethodField()
    author = AuthorSerializer(source="post.author", allow_null=True)
    own = serializers.BooleanField()
    spoiler = serializers.BooleanField(source="post.spoiler")
    accepted = serializers.BooleanField()
    closed = serializers.BooleanField()
    moderates = serializers.BooleanField(help_text="Whether the caller may moderate it.")
    version = serializers.IntegerField(source="post.version")
    created_at = serializers.DateTimeField(source="post.created_at")
    edited_at = serializers.DateTimeField(source="post.edited_at", allow_null=True)

    @extend_schema_field({"type": "string", "nullable": True})
    def get_title(self, shown: ShownPost) -> str | None:
        """Return a question's title; empty for an answer."""
        return shown.post.title if shown.readable else None

    @extend_schema_field({"type": "string", "nullable": True})
    def get_body(self, shown: ShownPost) -> str | None:
        """Return the text as it was written."""
        return shown.post.body if shown.readable_text else None

    @extend_schema_field({"type": "string", "nullable": True})
    def get_html(self, shown: ShownPost) -> str | None:
        """Return the text as HTML, sanitised."""
        return shown.post.html if shown.readable_text else None

    @extend_schema_field({"type": "string", "nullable": True})
    def get_hidden_reason(self, shown: ShownPost) -> str | None:
        """Return why a post is hidden, to its author and moderators."""
        return shown.post.hidden_reason if shown.hidden and shown.readable else None


class ThreadSerializer(serializers.Serializer[Any]):
    """A question with a page of its answers."""

    question = PostSerializer()
    following = serializers.BooleanField()
    answer_count = serializers.IntegerField()
    next = serializers.IntegerField(allow_null=True, help_text="The next page, if there is one.")
    answers = PostSerializer(many=True)


class AnswerRequestSerializer(serializers.Serializer[Any]):
    """A new answer."""

    body = serializers.CharField(max_length=LONGEST_POST)
    spoiler = serializers.BooleanField(default=False)


class QuestionRequestSerializer(AnswerRequestSerializer):
    """A new question."""

    title = serializers.CharField(max_length=200)


class EditRequestSerializer(serializers.Serializer[Any]):
    """An edit; what is left out stays."""

    version = serializers.IntegerField(min_value=1, help_text="The version that was read.")
    title = serializers.CharField(max_length=200, required=False)
    body = serializers.CharField(max_length=LONGEST_POST, required=False)
    spoiler = serializers.BooleanField(required=False)


class ReportRequestSerializer(serializers.Serializer[Any]):
    """A report."""

    reason = serializers.CharField(max_length=LONGEST_REASON)


class FollowSerializer(serializers.Serializer[Any]):
    """Whether one is mailed the answers."""

    following = serializers.BooleanField()


def show_post(request: Request, post: Post) -> Response:
    """Answer with one post as the caller sees it."""
    return Response(PostSerializer(shown_post(request, post)).data)


def shown_post(request: Request, post: Post) -> ShownPost:
    """Return one post as the caller sees it."""
    found = find_post(post.pk)
    subject = subject_of(found.subject)
    return shown_posts(signed_in(request), subject, [found], question=found.question or found)[0]


def find_post(key: uuid.UUID) -> Post:
    """Return a post with its author and question.

    Raises:
        Http404: there is none.
    """
    return get_object_or_404(Post.objects.select_related("author", "question__author"), pk=key)


class _QuestionsView(APIView):
    """The questions on a lesson or an exercise."""

    def list_on(self, request: Request, subject: Subject) -> Response:
        """Answer with a page of questions, the latest first."""
        pages = PageNumberPagination()
        found = Post.objects.questions(subject.key).select_related("author")
        page = pages.paginate_queryset(found, request, view=self) or []
        shown = shown_posts(signed_in(request), subject, page)
        return pages.get_paginated_response(PostSerializer(shown, many=True).data)

    def ask_on(self, request: Request, subject: Subject) -> Response:
        """Ask, and answer with the question."""
        sent = QuestionRequestSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        user = signed_in(request)
        made = attempt(lambda: posts.ask(author=user, subject=subject.key, **sent.validated_data))
        shown = PostSerializer(shown_post(request, made))
        return Response(shown.data, status=status.HTTP_201_CREATED)


class LessonQuestionsView(_QuestionsView):
    """``GET`` and ``POST lessons/<course>/<lesson>/questions/``."""

    @extend_schema(operation_id="lesson_questions", responses=PostSerializer(many=True))
    def get(self, request: Request, course: str, lesson: str) -> Response:
        """List the questions on a lesson, the latest first."""
        return self.list_on(request, find_subject(course=course, lesson=lesson))

    @extend_schema(
        operation_id="ask_on_lesson",
        request=QuestionRequestSerializer,
        responses={201: PostSerializer},
    )
    def post(self, request: Request, course: str, lesson: str) -> Response:
        """Ask a question on a lesson."""
        return self.ask_on(request, find_subject(course=course, lesson=lesson))


class ExerciseQuestionsView(_QuestionsView):
    """``GET`` and ``POST exercises/<slug>/questions/``."""

    @extend_schema(operation_id="exercise_questions", responses=PostSerializer(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """List the questions on an exercise, the latest first."""
        return self.list_on(request, find_subject(exercise=slug))

    @extend_schema(
        operation_id="ask_on_exercise",
        request=QuestionRequestSerializer,
        responses={201: PostSerializer},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Ask a question on an exercise."""
        return self.ask_on(request, find_subject(exercise=slug))


class ThreadView(APIView):
    """``GET questions/<id>/``."""

    @extend_schema(operation_id="question", responses=ThreadSerializer)
    def get(self, request: Request, key: uuid.UUID) -> Response:
        """Return a question with a page of its answers, the accepted one first."""
        user, found = signed_in(request), find_question(key)
        pages = PageNumberPagination()
        answers = Post.objects.answers_to(found).select_related("author")
        page = pages.paginate_queryset(answers, request, view=self) or []
        shown = shown_posts(user, subject_of(found.subject), [found, *page], question=found)
        current: Any = pages.page
        thread = {
            "question": shown[0],
            "following": subscriptions.follows(user, found),
            "answer_count": current.paginator.count,
            "next": current.next_page_number() if current.has_next() else None,
            "answers": shown[1:],
        }
        return Response(ThreadSerializer(thread).data)


class AnswersView(APIView):
    """``POST questions/<id>/answers/``."""

    @extend_schema(
        operation_id="answer_question",
        request=AnswerRequestSerializer,
        responses={201: PostSerializer, 409: CONFLICT},
    )
    def post(self, request: Request, key: uuid.UUID) -> Response:
        """Answer a question; whoever follows it is told by email."""
        user, question = signed_in(request), find_question(key)
        sent = AnswerRequestSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        made = attempt(lambda: posts.answer(author=user, question=question, **sent.validated_data))
        shown = PostSerializer(shown_post(request, made))
        return Response(shown.data, status=status.HTTP_201_CREATED)


class FollowView(APIView):
    """``PUT questions/<id>/following/``."""

    @extend_schema(
        operation_id="follow_question", request=FollowSerializer, responses=FollowSerializer
    )
    def put(self, request: Request, key: uuid.UUID) -> Response:
        """Say whether answers to a question are mailed to the caller."""
        sent = FollowSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        subscriptions.follow(
            user=signed_in(request), question=find_question(key), **sent.validated_data
        )
        return Response(sent.validated_data)


class PostView(APIView):
    """``GET``, ``PATCH`` and ``DELETE posts/<id>/``."""

    @extend_schema(operation_id="post", responses=PostSerializer)
    def get(self, request: Request, key: uuid.UUID) -> Response:
        """Return a post as the caller sees it."""
        return show_post(request, find_post(key))

    @extend_schema(
        operation_id="edit_post",
        request=EditRequestSerializer,
        responses={200: PostSerializer, 409: CONFLICT},
    )
    def patch(self, request: Request, key: uuid.UUID) -> Response:
        """Edit one's own post; 409 with code `conflict` when it was edited meanwhile."""
        user, post = signed_in(request), find_post(key)
        if post.author_id != user.pk:
            raise PermissionDenied
        sent = EditRequestSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        facts = {"title": post.title, "body": post.body, "spoiler": post.spoiler}
        attempt(lambda: posts.edit(author=user, post=post, **(facts | sent.validated_data)))
        return show_post(request, post)

    @extend_schema(operation_id="delete_post", responses={204: None})
    def delete(self, request: Request, key: uuid.UUID) -> Response:
        """Delete one's own post, or as a moderator; it can be restored on its page."""
        posts.delete(user=signed_in(request), post=find_post(key))
        return Response(status=status.HTTP_204_NO_CONTENT)


class AcceptanceView(APIView):
    """``PUT`` and ``DELETE posts/<id>/acceptance/``."""

    @extend_schema(
        operation_id="accept_answer", request=None, responses={200: PostSerializer, 409: CONFLICT}
    )
    def put(self, request: Request, key: uuid.UUID) -> Response:
        """Mark an answer as the one that helped."""
        return self._set(request, key, accepted=True)

    @extend_schema(
        operation_id="unmark_answer", request=None, responses={200: PostSerializer, 409: CONFLICT}
    )
    def delete(self, request: Request, key: uuid.UUID) -> Response:
        """Take the mark away."""
        return self._set(request, key, accepted=False)

    def _set(self, request: Request, key: uuid.UUID, *, accepted: bool) -> Response:
        post = find_post(key)
        user: User = signed_in(request)
        question = post.question
        if question is None or not posts.may_accept(user, question):
            raise PermissionDenied
        if (question.accepted_id == post.pk) is not accepted:
            attempt(lambda: posts.accept(user=user, post=post))
        return show_post(request, post)


class ReportsView(APIView):
    """``POST posts/<id>/reports/``."""

    @extend_schema(
        operation_id="report_post",
        request=ReportRequestSerializer,
        responses={204: None, 409: CONFLICT},
    )
    def post(self, request: Request, key: uuid.UUID) -> Response:
        """Report a post to the moderators."""
        sent = ReportRequestSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        user, post = signed_in(request), find_post(key)
        attempt(lambda: reports.report(reporter=user, post=post, **sent.validated_data))
        return Response(status=status.HTTP_204_NO_CONTENT)


def find_question(key: uuid.UUID) -> Post:
    """Return a question.

    Raises:
        Http404: there is none.
    """
    return get_object_or_404(Post.objects.select_related("author"), pk=key, question=None)
