"""The API of the catalogue: all courses, and one course with its outline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from courses.api.access import find_course
from courses.api.progress import ProgressSerializer, certificate_for
from courses.catalogue.models import Level, PartKind
from courses.learners.overview import CourseCard, cards, outline
from courses.models import Certificate, Course, Enrolment, User

if TYPE_CHECKING:
    from rest_framework.request import Request


@dataclass(frozen=True)
class CourseDetail(CourseCard):
    """A course with everything that its outline shows."""

    certificate: Certificate | None


class CourseSummarySerializer(serializers.Serializer[Any]):
    """A course in the catalogue."""

    slug = serializers.SlugField(source="course.slug")
    title = serializers.CharField(source="course.title")
    summary = serializers.CharField(source="course.summary")
    level = serializers.ChoiceField(choices=Level.choices, source="course.level")
    language = serializers.CharField(source="course.language")
    topics = serializers.ListField(child=serializers.SlugField(), source="course.topics")
    careers = serializers.ListField(child=serializers.SlugField(), source="course.careers")
    minutes = serializers.IntegerField(source="course.minutes")
    lessons = serializers.IntegerField()
    exercises = serializers.IntegerField()
    enrolled = serializers.BooleanField()


class PartSerializer(serializers.Serializer[Any]):
    """A lesson or an exercise of a course, with what one has done of it."""

    kind = serializers.ChoiceField(choices=PartKind.choices, source="part.kind")
    slug = serializers.SlugField(source="part.slug")
    title = serializers.CharField(source="part.title")
    summary = serializers.CharField(source="part.summary")
    minutes = serializers.IntegerField(source="part.minutes")
    required = serializers.BooleanField(  # type: ignore[assignment]  # a field, by its metaclass
        source="part.required", help_text="The course is not complete without it."
    )
    done = serializers.BooleanField()
    read = serializers.BooleanField(allow_null=True, help_text="Of a lesson: marked as read.")
    quiz_passed = serializers.BooleanField(
        allow_null=True, help_text="Of a lesson with a quiz; null where there is none."
    )


class CourseSerializer(CourseSummarySerializer):
    """A course with its outline and one's own progress."""

    version = serializers.CharField(source="course.version")
    description = serializers.CharField(
        source="course.description_html", help_text="HTML, sanitised."
    )
    author = serializers.CharField(source="course.author_name")
    skills = serializers.ListField(source="course.skills", child=serializers.CharField())
    prerequisites = serializers.ListField(
        source="course.prerequisites", child=serializers.CharField()
    )
    parts = PartSerializer(source="progress.states", many=True)
    progress = ProgressSerializer(source="*")


class CoursesView(APIView):
    """``GET courses/``."""

    permission_classes = (AllowAny,)

    @extend_schema(operation_id="courses", responses=CourseSummarySerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the courses that are taught, in order."""
        listed = cards(Course.objects.listed().with_parts(), request.user)
        return Response(CourseSummarySerializer(listed, many=True).data)


class CourseView(APIView):
    """``GET courses/<slug>/``."""

    permission_classes = (AllowAny,)

    @extend_schema(operation_id="course", responses=CourseSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """Show a course with its outline and one's own progress."""
        course = find_course(slug)
        user = request.user if isinstance(request.user, User) else None
        enrolled = bool(user) and Enrolment.objects.filter(user=user, course=course).exists()
        shown = CourseDetail(
            course, outline(course, request.user), enrolled, certificate_for(user, course)
        )
        return Response(CourseSerializer(shown).data)
