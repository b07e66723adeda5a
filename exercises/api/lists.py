"""The API's lists: the exercises with the caller's standing, and the caller's submissions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.views import APIView

from courses.models import Part
from exercises.models import Exercise, State, Submission
from exercises.submissions import attempts
from grader.sandbox.job import Verdict

if TYPE_CHECKING:
    from rest_framework.request import Request

    from courses.models import User
    from exercises.submissions.attempts import Standing

MOST_SUBMISSIONS: Final = 50
"""Submissions in an answer; older ones are found by their id."""
SLUG_CHARACTERS: Final = 80


class ListedExerciseSerializer(serializers.Serializer[Any]):
    """An exercise of a course, and the caller's standing."""

    slug = serializers.CharField()
    title = serializers.CharField()
    course = serializers.CharField(help_text="The slug of the course that it belongs to.")
    minutes = serializers.IntegerField()
    max_score = serializers.FloatField()
    pass_score = serializers.FloatField()
    attempts_left = serializers.IntegerField(allow_null=True, help_text="Null: no limit.")
    best_score = serializers.FloatField(allow_null=True)
    passed = serializers.BooleanField()


class ListedSubmissionSerializer(serializers.Serializer[Any]):
    """A submission without its feedback."""

    id = serializers.UUIDField()
    exercise = serializers.CharField()
    attempt = serializers.IntegerField()
    state = serializers.ChoiceField(choices=State.choices)
    verdict = serializers.ChoiceField(
        choices=[(str(verdict), str(verdict)) for verdict in Verdict], allow_null=True
    )
    score = serializers.FloatField(allow_null=True)
    max_score = serializers.FloatField()
    passed = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class ExercisesView(APIView):
    """``GET exercises/``."""

    @extend_schema(operation_id="exercises", responses=ListedExerciseSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the exercises of all courses, in the order of the courses."""
        parts = Part.objects.exclude(exercise_slug="").filter(course__withdrawn=False)
        courses: dict[str, str] = {}
        for slug, course in parts.order_by("course__position", "position").values_list(
            "exercise_slug", "course__slug"
        ):
            courses.setdefault(slug, course)
        found = {one.slug: one for one in Exercise.objects.active().filter(slug__in=courses)}
        standings = attempts.standings(user=_user(request))
        listed = [
            _facts(found[slug], course, standings.get(found[slug].pk))
            for slug, course in courses.items()
            if slug in found
        ]
        return Response(ListedExerciseSerializer(listed, many=True).data)


class OwnSubmissionsView(APIView):
    """``GET submissions/``."""

    @extend_schema(
        operation_id="submissions",
        parameters=[OpenApiParameter("exercise", str, description="Of this exercise only.")],
        responses=ListedSubmissionSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """List one's own latest submissions, the latest first."""
        slug = str(request.query_params.get("exercise", ""))
        if len(slug) > SLUG_CHARACTERS or not slug.isprintable():
            raise ValidationError({"exercise": ["The slug of an exercise is expected."]})
        mine = Submission.objects.filter(user=_user(request)).order_by("-created_at")
        if slug:
            mine = mine.filter(exercise__slug=slug)
        latest = mine.select_related("exercise").defer("report")[:MOST_SUBMISSIONS]
        listed = [
            {
                "id": one.pk,
                "exercise": one.exercise.slug,
                "attempt": one.attempt,
                "state": one.state,
                "verdict": one.verdict or None,
                "score": one.score,
                "max_score": one.max_score,
                "passed": one.passed,
                "created_at": one.created_at,
                "finished_at": one.finished_at,
            }
            for one in latest
        ]
        return Response(ListedSubmissionSerializer(listed, many=True).data)


def _facts(exercise: Exercise, course: str, standing: Standing | None) -> dict[str, Any]:
    return {
        "slug": exercise.slug,
        "title": exercise.title,
        "course": course,
        "minutes": exercise.minutes,
        "max_score": exercise.max_score,
        "pass_score": exercise.pass_score,
        "attempts_left": standing.attempts_left if standing else exercise.max_attempts,
        "best_score": standing.best if standing else None,
        "passed": bool(standing and standing.passed),
    }


def _user(request: Request) -> User:
    return cast("User", request.user)  # every view here is for those who are signed in
