"""Answering a micro-task: graded at once, kept for the learner, the solution held back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from courses.accounts.models import User
from courses.microtasks.definitions import LONGEST_LINE, Task, plain_line
from courses.microtasks.models import TaskAnswer
from courses.quizzes.grading import AnswerError, grade

if TYPE_CHECKING:
    from collections.abc import Iterable

    from courses.lessons.models import Lesson

TRIES_BEFORE_TELLING: Final = 2
"""After so many wrong answers the solution is shown."""


def find_task(lesson: Lesson, name: str) -> Task | None:
    """Return a micro-task of a lesson, in the language that the lesson is shown in."""
    return next((Task.from_json(one) for one in lesson.tasks if one["id"] == name), None)


def kept_answers(user: User, lesson: Lesson) -> dict[str, TaskAnswer]:
    """Return a learner's latest answers to the tasks of a lesson, by task."""
    return {one.task: one for one in TaskAnswer.objects.filter(user=user, lesson=lesson)}


def check_answer(task: Task, given: str | float) -> tuple[str, bool | None]:
    """Return an answer as it is kept, and whether it is correct; None: the learner marks it.

    Raises:
        AnswerError: there is no answer, or it has a wrong form.
    """
    if task.form == "line":
        if not isinstance(given, str) or len(given) > LONGEST_LINE or "\0" in given:
            reason = _("Answer in at most %(most)s characters.") % {"most": LONGEST_LINE}
            raise AnswerError({task.id: reason})
        typed = given.strip()
        correct: bool | None = plain_line(typed) in set(map(plain_line, task.accepted))
    else:
        [graded] = grade([task.question], {task.id: given})
        typed = graded.value
        correct = None if task.form == "text" else graded.right
    if not typed:
        raise AnswerError({task.id: _("Answer the question first.")})
    return typed, correct


def tells_solution(task: Task, kept: TaskAnswer | None) -> bool:
    """Say whether the learner may see the solution.

    A prediction is made once, and an explanation compared with the model answer; other tasks are
    told when they are solved or twice missed.
    """
    if kept is None:
        return False
    once = task.kind in {"predict", "defend"}
    return once or kept.solved or kept.tries >= TRIES_BEFORE_TELLING


def is_open(task: Task, kept: TaskAnswer | None) -> bool:
    """Say whether another answer counts: never after a prediction, or once the task is solved."""
    if kept is None or task.kind == "defend":
        return True
    return task.kind != "predict" and not kept.solved


@transaction.atomic
def answer_task(*, user: User, lesson: Lesson, task: Task, given: str | float) -> TaskAnswer:
    """Grade an answer and keep it; what does not count any more leaves the kept one as it is.

    Raises:
        AnswerError: there is no answer, or it has a wrong form.
    """
    User.objects.select_for_update().get(pk=user.pk)  # answers of one learner come in turn
    kept = TaskAnswer.objects.filter(user=user, lesson=lesson, task=task.id).first()
    if kept is not None and not is_open(task, kept):
        return kept
    typed, correct = check_answer(task, given)
    tries, solved = (kept.tries + 1, kept.solved) if kept else (1, False)
    made, _is_new = TaskAnswer.objects.update_or_create(
        user=user,
        lesson=lesson,
        task=task.id,
        defaults={
            "answer": typed,
            "correct": correct,
            "solved": solved or bool(correct),
            "tries": tries,
            "answered_at": timezone.now(),
        },
    )
    return made


def explanations(task: Task, kept: TaskAnswer) -> list[str]:
    """Return what is said about a kept answer: to the answer itself, then why it is so."""
    found: Iterable[str] = ()
    if task.form == "choice":
        found = (one.explanation for one in task.choices if one.id == kept.answer)
    elif task.form == "line":
        given = plain_line(kept.answer)
        found = (one.explanation for one in task.wrong_texts if plain_line(one.text) == given)
    elif task.form == "number":
        [graded] = grade([task.question], {task.id: kept.answer})
        found = () if graded.explanation == task.explanation else (graded.explanation,)
    why = [task.explanation] if tells_solution(task, kept) else []
    return [one for one in [*found, *why] if one]
