"""The API of one learner's progress: enrolling, and completing a lesson."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.response import Response
from rest_framework.views import APIView

from courses.api.access import find_course, find_lesson, signed_in
from courses.api.progress import ProgressSerializer, Standing, standing
from courses.learners.enrolment import enrol
from courses.learners.progress import record_lesson_read

if TYPE_CHECKING:
    from rest_framework.request import Request

    from courses.models import Lesson


@dataclass(frozen=True)
class LessonCompletion:
    """A lesson that was just completed, and what follows."""

    lesson: Lesson
    standing: Standing


class EnrolmentSerializer(serializers.Serializer[Any]):
    """An enrolment."""

    course = serializers.SlugField(source="course.slug")
    created_at = serializers.DateTimeField()


class LessonCompletionSerializer(serializers.Serializer[Any]):
    """What follows from having read a lesson."""

    course = serializers.SlugField(source="lesson.course.slug")
    lesson = serializers.SlugField(source="lesson.slug")
    progress = ProgressSerializer(source="standing")


class EnrolmentView(APIView):
    """``POST courses/<slug>/enrolment/``."""

    @extend_schema(
        operation_id="enrol",
        request=None,
        responses={201: EnrolmentSerializer, 200: EnrolmentSerializer},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Enrol in a course: 201, or 200 when already enrolled."""
        enrolment, created = enrol(user=signed_in(request), course=find_course(slug))
        return Response(
            EnrolmentSerializer(enrolment).data,
            status=status.HTTP_201_CREATED if created else status.HTTP_200_OK,
        )


class LessonCompletionView(APIView):
    """``POST lessons/<course>/<lesson>/completion/``."""

    @extend_schema(
        operation_id="complete_lesson", request=None, responses=LessonCompletionSerializer
    )
    def post(self, request: Request, course: str, lesson: str) -> Response:
        """Mark a lesson as read."""
        user, found = signed_in(request), find_lesson(course, lesson)
        record_lesson_read(user=user, lesson=found)
        answer = LessonCompletion(found, standing(user, found.course))
        return Response(LessonCompletionSerializer(answer).data)
