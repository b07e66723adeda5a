"""The API of accounts' tokens, courses, lessons, quizzes and certificates."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth import authenticate
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.authtoken.models import Token
from rest_framework.exceptions import AuthenticationFailed, NotFound, PermissionDenied
from rest_framework.exceptions import ValidationError as Invalid
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from courses.api.serializers import (
    AnswersSerializer,
    AttemptSerializer,
    CertificateSerializer,
    CourseSerializer,
    CourseSummarySerializer,
    EnrolmentSerializer,
    LessonCompletionSerializer,
    QuizSerializer,
    TokenRequestSerializer,
    TokenSerializer,
    attempt_facts,
    certificate_facts,
    course_facts,
    course_summary,
    progress_facts,
    quiz_facts,
)
from courses.learners.enrolment import enrol
from courses.learners.overview import CourseCard, cards, outline
from courses.learners.progress import Done, done_by, progress_in, record_lesson_read
from courses.models import Certificate, Course, Enrolment, Lesson, Quiz, User
from courses.quizzes.attempts import ask, attempt, regrade
from courses.quizzes.grading import AnswerError

if TYPE_CHECKING:
    import uuid

    from rest_framework.request import Request


class TokenAddressThrottle(SimpleRateThrottle):
    """Guessing from one address: a class behind one address still gets in."""

    scope = "token_address"
    rate = "60/min"

    def get_cache_key(self, request: Request, view: APIView) -> str:  # noqa: ARG002  # the framework's
        """Count by network address."""
        return f"throttle-token-address-{self.get_ident(request)}"


class TokenNameThrottle(SimpleRateThrottle):
    """Guessing one account's password, from wherever."""

    scope = "token_name"
    rate = "10/min"

    def get_cache_key(self, request: Request, view: APIView) -> str | None:  # noqa: ARG002  # the framework's
        """Count by the name that is tried."""
        data = request.data if isinstance(request.data, dict) else {}
        name = data.get("username")
        if not isinstance(name, str):
            return None
        digest = hashlib.sha256(name.strip().lower().encode()).hexdigest()
        return f"throttle-token-name-{digest}"


class TokenView(APIView):
    """``POST auth/token/``."""

    permission_classes = (AllowAny,)
    authentication_classes = ()
    throttle_classes = (TokenAddressThrottle, TokenNameThrottle)

    @extend_schema(
        operation_id="token",
        request=TokenRequestSerializer,
        responses={
            200: TokenSerializer,
            401: OpenApiResponse(description="Wrong name or password."),
            403: OpenApiResponse(description="The account has a second factor."),
            429: OpenApiResponse(description="Too many tries."),
        },
    )
    def post(self, request: Request) -> Response:
        """Exchange e-mail address and password for a token."""
        asked = TokenRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        user = authenticate(
            request._request,  # noqa: SLF001  # the backends want Django's own request
            username=asked.validated_data["username"],
            password=asked.validated_data["password"],
        )
        if not isinstance(user, User):
            raise AuthenticationFailed("This name and password do not belong together.")
        if is_mfa_enabled(user):
            raise PermissionDenied(
                "This account has a second factor, so a password alone gets no token. "
                "Sign in on the site and make one on your profile page."
            )
        token, _created = Token.objects.get_or_create(user=user)
        return Response({"token": token.key})

    def get_authenticate_header(self, request: Request) -> str:  # noqa: ARG002  # the framework's
        """Return what makes a wrong password a 401."""
        return "Token"


class CoursesView(APIView):
    """``GET courses/``."""

    permission_classes = (AllowAny,)

    @extend_schema(operation_id="courses", responses=CourseSummarySerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the courses that are taught, in order."""
        listed = cards(Course.objects.listed().with_parts(), request.user)
        return Response(
            CourseSummarySerializer([course_summary(card) for card in listed], many=True).data
        )


class CourseView(APIView):
    """``GET courses/<slug>/``."""

    permission_classes = (AllowAny,)

    @extend_schema(operation_id="course", responses=CourseSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """Show a course with its outline and one's own progress."""
        course = _course(slug)
        progress = outline(course, request.user)
        user = request.user if isinstance(request.user, User) else None
        enrolled = bool(user) and Enrolment.objects.filter(user=user, course=course).exists()
        done = done_by(user) if user else Done()
        facts = course_facts(
            CourseCard(course, progress, enrolled), progress, done, _certificate(user, course)
        )
        return Response(CourseSerializer(facts).data)


class EnrolmentView(APIView):
    """``POST courses/<slug>/enrolment/``."""

    @extend_schema(
        operation_id="enrol",
        request=None,
        responses={201: EnrolmentSerializer, 200: EnrolmentSerializer},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Take a course: 201, or 200 when one takes it already."""
        enrolment, created = enrol(user=_user(request), course=_course(slug))
        return Response(
            EnrolmentSerializer({"course": slug, "created_at": enrolment.created_at}).data,
            status=status.HTTP_201_CREATED if created else status.HTTP_200_OK,
        )


class LessonCompletionView(APIView):
    """``POST lessons/<course>/<lesson>/completion/``."""

    @extend_schema(
        operation_id="complete_lesson", request=None, responses=LessonCompletionSerializer
    )
    def post(self, request: Request, course: str, lesson: str) -> Response:
        """Mark a lesson as read."""
        user, found = _user(request), _lesson(course, lesson)
        record_lesson_read(user=user, lesson=found)
        facts = {"course": course, "lesson": lesson, "progress": _progress(user, found.course)}
        return Response(LessonCompletionSerializer(facts).data)


class QuizView(APIView):
    """``GET quizzes/<course>/<lesson>/``."""

    @extend_schema(operation_id="quiz", responses=QuizSerializer)
    def get(self, request: Request, course: str, lesson: str) -> Response:
        """Show a quiz as one's next attempt asks it."""
        quiz = _quiz(course, lesson)
        asked = ask(user=_user(request), quiz=quiz)
        return Response(QuizSerializer(quiz_facts(asked, quiz.pass_percent)).data)


class AttemptsView(APIView):
    """``POST quizzes/<course>/<lesson>/attempts/``."""

    @extend_schema(
        operation_id="attempt_quiz", request=AnswersSerializer, responses={201: AttemptSerializer}
    )
    def post(self, request: Request, course: str, lesson: str) -> Response:
        """Answer a quiz; the answer is the marking, with a word on each choice."""
        user, quiz = _user(request), _quiz(course, lesson)
        given = AnswersSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        try:
            made = attempt(user=user, quiz=quiz, answers=given.validated_data["answers"])
        except AnswerError as error:
            raise Invalid({"answers": {error.question: [error.reason]}}) from error
        facts = attempt_facts(made, regrade(made) or (), _progress(user, quiz.lesson.course))
        return Response(AttemptSerializer(facts).data, status=status.HTTP_201_CREATED)


class CertificateView(APIView):
    """``GET certificates/<id>/``: public. The signed credential will be answered here."""

    permission_classes = (AllowAny,)

    @extend_schema(operation_id="certificate", responses=CertificateSerializer)
    def get(self, request: Request, key: uuid.UUID) -> Response:  # noqa: ARG002  # the framework's
        """Show everything that a certificate says."""
        found = get_object_or_404(Certificate.objects.select_related("course"), pk=key)
        answer = Response(CertificateSerializer(certificate_facts(found)).data)
        answer["X-Robots-Tag"] = "noindex, nofollow"
        return answer


def _user(request: Request) -> User:
    if not isinstance(request.user, User):
        raise AuthenticationFailed
    return request.user


def _course(slug: str) -> Course:
    return get_object_or_404(Course, slug=slug, withdrawn=False)


def _lesson(course: str, lesson: str) -> Lesson:
    return get_object_or_404(
        Lesson.objects.select_related("course", "quiz"),
        course__slug=course,
        course__withdrawn=False,
        slug=lesson,
        part__isnull=False,
    )


def _quiz(course: str, lesson: str) -> Quiz:
    found = _lesson(course, lesson)
    quiz: Quiz | None = getattr(found, "quiz", None)
    if quiz is None:
        raise NotFound("This lesson has no quiz.")
    quiz.lesson = found
    return quiz


def _certificate(user: User | None, course: Course) -> Certificate | None:
    return Certificate.objects.filter(user=user, course=course).first() if user else None


def _progress(user: User, course: Course) -> dict[str, Any]:
    progress = progress_in(course.parts.for_outlines(), done_by(user))
    return progress_facts(progress, _certificate(user, course))
