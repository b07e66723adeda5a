"""What the API returns of exercises and submissions, field by field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework import serializers

from exercises.feedback.messages import feedback_for
from exercises.models import State
from grader.sandbox.job import Verdict

if TYPE_CHECKING:
    from exercises.models import Exercise, Submission
    from exercises.submissions.attempts import Standing


class OutputSerializer(serializers.Serializer[Any]):
    """A variable that the notebook must define; null in `shape` means any length."""

    name = serializers.CharField()
    dtype = serializers.CharField()
    shape = serializers.ListField(child=serializers.IntegerField(allow_null=True))
    meaning = serializers.CharField()
    unit = serializers.CharField(allow_blank=True)
    columns = serializers.ListField(child=serializers.CharField())


class ParameterSerializer(serializers.Serializer[Any]):
    """A name that the notebook's parameters cell sets."""

    name = serializers.CharField()
    meaning = serializers.CharField()


class RubricLineSerializer(serializers.Serializer[Any]):
    """A grading criterion, and what it is worth."""

    id = serializers.CharField()
    title = serializers.CharField()
    points = serializers.FloatField()


class LimitsSerializer(serializers.Serializer[Any]):
    """The bounds of one run."""

    wall_seconds = serializers.FloatField()
    cpu_seconds = serializers.FloatField()
    memory_bytes = serializers.IntegerField()
    answer_bytes = serializers.IntegerField()


class ExerciseSerializer(serializers.Serializer[Any]):
    """An exercise: the task, the required outputs, and the caller's standing."""

    slug = serializers.CharField()
    title = serializers.CharField()
    summary = serializers.CharField()
    version = serializers.CharField()
    level = serializers.CharField()
    minutes = serializers.IntegerField()
    statement = serializers.CharField(help_text="The task, Markdown.")
    outputs = OutputSerializer(many=True)
    parameters = ParameterSerializer(many=True)
    criteria = RubricLineSerializer(many=True)
    limits = LimitsSerializer()
    max_score = serializers.FloatField()
    pass_score = serializers.FloatField()
    max_attempts = serializers.IntegerField(allow_null=True)
    attempts_left = serializers.IntegerField(allow_null=True, help_text="Null: no limit.")
    best_score = serializers.FloatField(allow_null=True)
    passed = serializers.BooleanField()


class UploadSerializer(serializers.Serializer[Any]):
    """A notebook to submit."""

    notebook = serializers.FileField(help_text="The .ipynb file.")
    mail_wanted = serializers.BooleanField(
        allow_null=True,
        default=None,
        help_text="Email me when it's graded; the default is the setting in my profile.",
    )


class CriterionSerializer(serializers.Serializer[Any]):
    """The result of one criterion."""

    id = serializers.CharField()
    title = serializers.CharField()
    points = serializers.FloatField()
    max_points = serializers.FloatField()
    passed = serializers.BooleanField()
    message = serializers.CharField()
    figures = serializers.DictField(child=serializers.FloatField())


class MisconceptionSerializer(serializers.Serializer[Any]):
    """The misconception that an output matches."""

    id = serializers.CharField(
        allow_blank=True,
        help_text="Several ids, joined by |, when none can be told apart; empty when unknown.",
    )
    title = serializers.CharField(allow_blank=True)
    message = serializers.CharField()
    certainty = serializers.ChoiceField(choices=["match", "resembles", "unknown"])
    question = serializers.CharField(allow_blank=True)
    output = serializers.CharField(allow_blank=True)


class ErrorSerializer(serializers.Serializer[Any]):
    """Why the run ended early; `cell` counts code cells from 0."""

    cell = serializers.IntegerField(allow_null=True)
    name = serializers.CharField()
    message = serializers.CharField(allow_blank=True)


class TimingsSerializer(serializers.Serializer[Any]):
    """How long each step took; null for steps that have not ended."""

    queued_seconds = serializers.FloatField(allow_null=True)
    run_seconds = serializers.FloatField(allow_null=True)
    mark_seconds = serializers.FloatField(allow_null=True)


class ReviewSerializer(serializers.Serializer[Any]):
    """What a reviewer says about a project."""

    passed = serializers.BooleanField()
    score = serializers.FloatField()
    max_score = serializers.FloatField()
    points = serializers.DictField(
        child=serializers.FloatField(), help_text="By the id of the rubric's criterion."
    )
    comment = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()


class SubmissionSerializer(serializers.Serializer[Any]):
    """A submission: its state, and once it is graded, the reasons for its grade."""

    id = serializers.UUIDField()
    exercise = serializers.CharField()
    state = serializers.ChoiceField(choices=State.choices)
    verdict = serializers.ChoiceField(
        choices=[(str(verdict), str(verdict)) for verdict in Verdict], allow_null=True
    )
    score = serializers.FloatField(allow_null=True)
    max_score = serializers.FloatField()
    passed = serializers.BooleanField()
    criteria = CriterionSerializer(many=True)
    misconception = MisconceptionSerializer(allow_null=True)
    further_misconceptions = MisconceptionSerializer(
        many=True, help_text="Those of further outputs, one for each."
    )
    error = ErrorSerializer(allow_null=True)
    timings = TimingsSerializer()
    review = ReviewSerializer(required=False, help_text="Projects only, once reviewed.")
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


def exercise_facts(exercise: Exercise, standing: Standing) -> dict[str, Any]:
    """Return what `ExerciseSerializer` shows."""
    return {
        **exercise.description,
        "slug": exercise.slug,
        "title": exercise.title,
        "summary": exercise.summary,
        "version": exercise.version,
        "minutes": exercise.minutes,
        "max_score": exercise.max_score,
        "pass_score": exercise.pass_score,
        "max_attempts": exercise.max_attempts,
        "attempts_left": standing.attempts_left,
        "best_score": standing.best,
        "passed": standing.passed,
    }


def submission_facts(submission: Submission) -> dict[str, Any]:
    """Return what `SubmissionSerializer` shows; an exceeded limit is shown as an error."""
    feedback = feedback_for(submission)
    review = getattr(submission, "review", None)
    error: Any = feedback.error
    if feedback.explanation:
        cell = error.cell if error else None
        error = {"cell": cell, "name": submission.verdict, "message": feedback.explanation}
    return {
        "id": submission.pk,
        "exercise": submission.exercise.slug,
        "state": submission.state,
        "verdict": submission.verdict or None,
        "score": submission.score,
        "max_score": submission.max_score,
        "passed": submission.passed,
        "criteria": feedback.criteria,
        "misconception": feedback.misconception,
        "further_misconceptions": feedback.further,
        "error": error,
        "timings": {
            "queued_seconds": submission.queued_seconds,
            "run_seconds": submission.run_seconds,
            "mark_seconds": submission.mark_seconds,
        },
        **({"review": review} if review else {}),
        "created_at": submission.created_at,
        "finished_at": submission.finished_at,
    }
