"""What learners answered to the micro-tasks of lessons."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class TaskAnswer(models.Model):
    """A learner's latest answer to one micro-task.

    Attributes:
        task: its id within the lesson.
        answer: as it was given: a number as typed, the id of a choice, a line, or a text.
        correct: None when the learner marks it.
        solved: whether any answer was correct.
        tries: how many answers were given.
    """

    user = models.ForeignKey("courses.User", on_delete=models.CASCADE, related_name="task_answers")
    lesson = models.ForeignKey(
        "courses.Lesson", on_delete=models.CASCADE, related_name="task_answers"
    )
    task = models.CharField(max_length=80)
    answer = models.TextField()
    correct = models.BooleanField(null=True)
    solved = models.BooleanField(default=False)
    tries = models.PositiveIntegerField(default=1)
    answered_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["user", "lesson", "task"], name="task_answer_once_a_learner"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.task}: {self.answer[:40]}"
