"""Quizzes, as loaded from content/, and learners' attempts at them."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models

from courses.catalogue.models import DIGEST_LENGTH


class Quiz(models.Model):
    """The questions at the end of a lesson.

    Attributes:
        questions: the rendered questions; `courses.quizzes.questions` reads them.
    """

    lesson = models.OneToOneField("courses.Lesson", on_delete=models.CASCADE, related_name="quiz")
    pass_percent = models.PositiveSmallIntegerField()
    questions = models.JSONField()
    digest = models.CharField(max_length=DIGEST_LENGTH)

    class Meta:
        verbose_name_plural = "quizzes"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(pass_percent__gte=1, pass_percent__lte=100),
                name="quiz_pass_percent_is_a_percentage",
            ),
        ]

    def __str__(self) -> str:
        return str(self.lesson)


class QuizAttempt(models.Model):
    """A quiz answered once by one learner, with its marking.

    Attributes:
        number: counts the learner's attempts at this quiz from 1; with `seed` it fixes the
            numbers that were drawn.
        answers: what was answered, by question id.
        results: the marking as it was shown, by question id.
        recalled: the old questions that came with it, with answers; `courses.quizzes.reviews` reads
            them. They count for nothing.
        credit: the right answers with parts of partly right ones, which decides; None in attempts
            from before there was any.
        quiz_digest: which state of the quiz was answered.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="quiz_attempts"
    )
    quiz = models.ForeignKey(Quiz, on_delete=models.CASCADE, related_name="attempts")
    number = models.PositiveIntegerField()
    seed = models.PositiveBigIntegerField()
    answers = models.JSONField()
    results = models.JSONField()
    correct = models.PositiveSmallIntegerField()
    credit = models.FloatField(null=True, blank=True)
    total = models.PositiveSmallIntegerField()
    passed = models.BooleanField()
    recalled = models.JSONField(default=list, blank=True)
    quiz_digest = models.CharField(max_length=DIGEST_LENGTH)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "quiz", "number"], name="attempt_number_once"),
            models.CheckConstraint(
                condition=models.Q(correct__lte=models.F("total")), name="attempt_within_total"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.quiz}, {self.number}"

    @property
    def percent(self) -> int:
        """Return the share of right answers in whole per cent, rounded down."""
        credit = self.correct if self.credit is None else round(self.credit, 6)
        return int(100 * credit / self.total + 1e-6)


class QuizSitting(models.Model):
    """What a learner has answered of a quiz so far, question by question.

    Attributes:
        number: of the attempt that it will be.
        answers: by question id, as an attempt keeps them; an empty list: skipped.
        old: the cards of the old questions that are asked with it, with their stamps.
        quiz_digest: which state of the quiz is answered.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="quiz_sittings"
    )
    quiz = models.ForeignKey(Quiz, on_delete=models.CASCADE, related_name="sittings")
    number = models.PositiveIntegerField()
    answers = models.JSONField(default=dict)
    old = models.JSONField(default=dict)
    quiz_digest = models.CharField(max_length=DIGEST_LENGTH)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "quiz"], name="one_sitting_a_quiz"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in attempt {self.number} of quiz {self.quiz_id}"


class ReviewCard(models.Model):
    """What one learner remembers of one question, and when it is asked again.

    Attributes:
        question: its id in the quiz.
        question_digest: of what was asked; a question that asks something else starts anew.
        reviewed_on: the learner's day on which a review, not a quiz, asked it last.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="review_cards"
    )
    quiz = models.ForeignKey(Quiz, on_delete=models.CASCADE, related_name="+")
    question = models.CharField(max_length=80)
    question_digest = models.CharField(max_length=DIGEST_LENGTH)
    stability = models.FloatField()
    difficulty = models.FloatField()
    due = models.DateTimeField()
    answered_at = models.DateTimeField()
    reviewed_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["due", "pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["user", "due"], name="review_cards_due"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "quiz", "question"], name="review_card_once"),
        ]

    def __str__(self) -> str:
        return f"{self.question} of {self.quiz_id}"
