"""The API of micro-tasks: those of a lesson with one's own answers, and answering one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.response import Response
from rest_framework.views import APIView

from courses.api.access import find_lesson, signed_in
from courses.api.quizzes import AnswerField
from courses.microtasks.answers import answer_task, find_task, kept_answers
from courses.microtasks.definitions import Task
from courses.microtasks.task_form import TaskForm
from courses.quizzes.grading import AnswerError

if TYPE_CHECKING:
    from rest_framework.request import Request


class TaskOptionSerializer(serializers.Serializer[Any]):
    """A choice, or a line of the shown code or report."""

    id = serializers.SlugField()
    text = serializers.CharField(source="html", help_text="HTML, sanitised.")


class MicroTaskSerializer(serializers.Serializer[Any]):
    """A micro-task with one's latest answer."""

    id = serializers.SlugField(source="task.id")
    kind = serializers.ChoiceField(
        source="task.kind", choices=["predict", "find-the-fault", "complete-the-line", "defend"]
    )
    form = serializers.ChoiceField(
        source="task.form",
        choices=["number", "choice", "line", "text"],
        help_text="What an answer is: a number, the id of an option, a piece of code, or a text.",
    )
    prompt = serializers.CharField(source="task.prompt", help_text="HTML, sanitised.")
    options = TaskOptionSerializer(source="task.choices", many=True)
    unit = serializers.CharField(source="task.unit")
    answer = serializers.CharField(source="kept.answer", default=None, allow_null=True)
    correct = serializers.BooleanField(source="kept.correct", default=None, allow_null=True)
    tries = serializers.IntegerField(source="kept.tries", default=0)
    told = serializers.BooleanField(help_text="Whether the solution is shown.")
    solution = serializers.SerializerMethodField()
    explanations = serializers.ListField(
        child=serializers.CharField(), help_text="HTML: what is said about the answer."
    )

    def get_solution(self, form: TaskForm) -> str | None:
        """Return the solution once it is told: a number, an option as HTML, a line, or a text."""
        if not form.told:
            return None
        if form.task.form == "line":
            return form.task.accepted[0]
        return form.task.model if form.task.form == "text" else form.solution


class TaskAnswerSerializer(serializers.Serializer[Any]):
    """An answer to a micro-task."""

    answer = AnswerField(help_text="The id of an option, a number, a piece of code, or a text.")

    def validate_answer(self, answer: Any) -> str | float:
        """Refuse lists.

        Raises:
            ValidationError: the answer is a list.
        """
        if isinstance(answer, list):
            raise serializers.ValidationError("One answer, not a list.")
        given: str | float = answer
        return given


class TasksView(APIView):
    """``GET lessons/<course>/<lesson>/tasks/``."""

    @extend_schema(operation_id="lesson_tasks", responses=MicroTaskSerializer(many=True))
    def get(self, request: Request, course: str, lesson: str) -> Response:
        """List the micro-tasks of a lesson with one's own answers."""
        user, found = signed_in(request), find_lesson(course, lesson)
        kept = kept_answers(user, found)
        forms = [TaskForm(Task.from_json(one), kept.get(one["id"])) for one in found.tasks]
        return Response(MicroTaskSerializer(forms, many=True).data)


class TaskView(APIView):
    """``POST lessons/<course>/<lesson>/tasks/<task>/``."""

    @extend_schema(
        operation_id="answer_lesson_task",
        request=TaskAnswerSerializer,
        responses=MicroTaskSerializer,
    )
    def post(self, request: Request, course: str, lesson: str, task: str) -> Response:
        """Answer a micro-task; the solution is told when it is solved or twice missed."""
        user, place = signed_in(request), find_lesson(course, lesson)
        found = find_task(place, task)
        if found is None:
            raise NotFound("This lesson has no such task.")
        given = TaskAnswerSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        answer = given.validated_data["answer"]
        try:
            kept = answer_task(user=user, lesson=place, task=found, given=answer)
        except AnswerError as error:
            raise ValidationError({"answer": list(error.reasons.values())}) from error
        return Response(MicroTaskSerializer(TaskForm(found, kept)).data)
