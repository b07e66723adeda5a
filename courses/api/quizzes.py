"""The API of quizzes: what is asked, and the grading of an attempt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.views import APIView

from courses.api.access import find_quiz, signed_in
from courses.api.progress import ProgressSerializer, Standing, standing
from courses.quizzes.attempts import ask, attempt, regrade
from courses.quizzes.grading import LONGEST_NUMBER, LONGEST_TEXT, AnswerError

if TYPE_CHECKING:
    from rest_framework.request import Request

    from courses.models import QuizAttempt
    from courses.quizzes.grading import GradedAnswer

MOST_ANSWERS = 30
MOST_CHOICES = 10
LONGEST_ID = 80  # characters


@dataclass(frozen=True)
class GradedAttempt:
    """An attempt with the grading of each answer."""

    attempt: QuizAttempt
    graded: tuple[GradedAnswer, ...]
    standing: Standing


@extend_schema_field(
    {
        "oneOf": [
            {"type": "string", "maxLength": LONGEST_TEXT},
            {"type": "number"},
            {"type": "array", "items": {"type": "string", "maxLength": LONGEST_ID}},
        ]
    }
)
class AnswerField(serializers.Field[Any, Any, Any, Any]):
    """A choice's id, a number, a list of ids, or a typed explanation."""

    default_error_messages = {  # noqa: RUF012  # the framework's way
        "invalid": "An answer is a choice's id, a number, or a list of at most 10 ids.",
    }

    def to_internal_value(self, data: Any) -> str | float | list[str]:
        """Return an answer of a form that marking understands."""
        if isinstance(data, str):
            fits = len(data) <= LONGEST_TEXT
        elif isinstance(data, list):
            fits = len(data) <= MOST_CHOICES and all(
                isinstance(one, str) and len(one) <= LONGEST_ID for one in data
            )
        else:
            fits = isinstance(data, int | float) and not isinstance(data, bool)
            fits = fits and len(str(data)) <= LONGEST_NUMBER
        if not fits:
            self.fail("invalid")
        return data  # type: ignore[no-any-return]  # what it is was just looked at

    def to_representation(self, value: Any) -> Any:
        """Return the answer as it is."""
        return value


class AnswersSerializer(serializers.Serializer[Any]):
    """Answers to a quiz."""

    answers = serializers.DictField(
        child=AnswerField(),
        allow_empty=False,
        help_text="By question id: a choice's id, a list of ids, or a number.",
    )

    def validate_answers(self, answers: dict[str, Any]) -> dict[str, Any]:
        """Bound how many answers there are.

        Raises:
            ValidationError: more than any quiz has.
        """
        if len(answers) > MOST_ANSWERS:
            raise serializers.ValidationError(f"At most {MOST_ANSWERS} answers.")
        return answers


class AskedOptionSerializer(serializers.Serializer[Any]):
    """A choice, or an item to be put in order."""

    id = serializers.SlugField()
    text = serializers.CharField(source="html", help_text="HTML, sanitised.")


class AskedQuestionSerializer(serializers.Serializer[Any]):
    """A question as it is asked now."""

    id = serializers.SlugField()
    kind = serializers.ChoiceField(choices=["single", "multiple", "order", "numeric", "explain"])
    prompt = serializers.CharField(help_text="HTML, sanitised.")
    options = AskedOptionSerializer(many=True)
    unit = serializers.CharField()


class QuizSerializer(serializers.Serializer[Any]):
    """A quiz as one's next attempt asks it; numbers are drawn anew for each attempt."""

    pass_percent = serializers.IntegerField()
    number = serializers.IntegerField(help_text="Of the attempt, from 1.")
    questions = AskedQuestionSerializer(many=True)


class MarkedChoiceSerializer(serializers.Serializer[Any]):
    """A choice with what is to be said about it."""

    id = serializers.SlugField(source="choice.id")
    given = serializers.BooleanField()
    correct = serializers.BooleanField(
        allow_null=True, help_text="Null until the quiz is passed or missed twice."
    )
    explanation = serializers.CharField(
        help_text="HTML, sanitised; empty while the right answer is held back."
    )


class MarkedQuestionSerializer(serializers.Serializer[Any]):
    """A question with its marking."""

    id = serializers.SlugField(source="question.id")
    right = serializers.BooleanField()
    answered = serializers.BooleanField()
    credit = serializers.FloatField(help_text="From 0 to 1: an order counts by its right pairs.")
    explanation = serializers.CharField(help_text="HTML, sanitised.")
    choices = MarkedChoiceSerializer(many=True)
    model = serializers.CharField(help_text="HTML: a model answer; empty before one's own.")
    rubric = serializers.ListField(
        child=serializers.CharField(), help_text="HTML: what an explanation should say."
    )


class AttemptSerializer(serializers.Serializer[Any]):
    """A marked attempt."""

    id = serializers.UUIDField(source="attempt.pk")
    course = serializers.SlugField(source="attempt.quiz.lesson.course.slug")
    lesson = serializers.SlugField(source="attempt.quiz.lesson.slug")
    number = serializers.IntegerField(source="attempt.number")
    correct = serializers.IntegerField(source="attempt.correct")
    total = serializers.IntegerField(source="attempt.total")
    percent = serializers.IntegerField(source="attempt.percent")
    pass_percent = serializers.IntegerField(source="attempt.quiz.pass_percent")
    passed = serializers.BooleanField(source="attempt.passed")
    questions = MarkedQuestionSerializer(source="graded", many=True)
    progress = ProgressSerializer(source="standing")
    created_at = serializers.DateTimeField(source="attempt.created_at")


class QuizView(APIView):
    """``GET quizzes/<course>/<lesson>/``."""

    @extend_schema(operation_id="quiz", responses=QuizSerializer)
    def get(self, request: Request, course: str, lesson: str) -> Response:
        """Show a quiz as one's next attempt asks it."""
        asked = ask(user=signed_in(request), quiz=find_quiz(course, lesson))
        return Response(QuizSerializer(asked).data)


class AttemptsView(APIView):
    """``POST quizzes/<course>/<lesson>/attempts/``."""

    @extend_schema(
        operation_id="attempt_quiz", request=AnswersSerializer, responses={201: AttemptSerializer}
    )
    def post(self, request: Request, course: str, lesson: str) -> Response:
        """Answer a quiz; the answer is the marking, with a word on each choice."""
        user, quiz = signed_in(request), find_quiz(course, lesson)
        given = AnswersSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        try:
            made = attempt(user=user, quiz=quiz, answers=given.validated_data["answers"])
        except AnswerError as error:
            reasons = {question: [reason] for question, reason in error.reasons.items()}
            raise ValidationError({"answers": reasons}) from error
        answer = GradedAttempt(made, regrade(made) or (), standing(user, quiz.lesson.course))
        return Response(AttemptSerializer(answer).data, status=status.HTTP_201_CREATED)
