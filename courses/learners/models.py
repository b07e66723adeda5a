"""The rows of one learner: enrolments, completions, bookmarks, notes, ratings."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from courses.catalogue.models import COURSE_TEXTS, LESSON_TEXTS, below


class Enrolment(models.Model):
    """A learner takes a course.

    Attributes:
        last_part: where the learner was last, to resume there.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="enrolments"
    )
    course = models.ForeignKey(
        "courses.Course", on_delete=models.CASCADE, related_name="enrolments"
    )
    last_part = models.ForeignKey(
        "courses.Part", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    last_seen_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-last_seen_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "course"], name="enrolment_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.course}"


class CompletionKind(models.TextChoices):
    """What was completed."""

    LESSON = "lesson"
    QUIZ = "quiz"
    EXERCISE = "exercise"


class Completion(models.Model):
    """A learner has read a lesson, passed its quiz, or passed an exercise."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="completions"
    )
    kind = models.CharField(max_length=10, choices=CompletionKind.choices)
    lesson = models.ForeignKey(
        "courses.Lesson", on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    exercise_slug = models.SlugField(max_length=80, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["user", "kind", "lesson"],
                condition=models.Q(lesson__isnull=False),
                name="completion_of_a_lesson_once",
            ),
            models.UniqueConstraint(
                fields=["user", "exercise_slug"],
                condition=~models.Q(exercise_slug=""),
                name="completion_of_an_exercise_once",
            ),
            models.CheckConstraint(
                condition=(
                    (models.Q(kind="exercise", lesson__isnull=True) & ~models.Q(exercise_slug=""))
                    | models.Q(kind__in=["lesson", "quiz"], lesson__isnull=False, exercise_slug="")
                ),
                name="completion_names_its_subject",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.lesson or self.exercise_slug}"


class KeptQuerySet(models.QuerySet[Any]):
    """Bookmarks or notes, in the shape that lists need."""

    def with_parts(self) -> KeptQuerySet:
        """Return those on lessons that are taught, with titles and addresses, without texts."""
        return (
            self.filter(lesson__part__isnull=False)
            .select_related("lesson__part__course", "lesson__course")
            .defer(*below("lesson", LESSON_TEXTS))
            .defer(
                *below("lesson__part__course", COURSE_TEXTS), *below("lesson__course", COURSE_TEXTS)
            )
        )


class Bookmark(models.Model):
    """A lesson that a learner wants to find again."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="bookmarks"
    )
    lesson = models.ForeignKey("courses.Lesson", on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = KeptQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "lesson"], name="bookmark_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} keeps {self.lesson_id}"


class Note(models.Model):
    """What a learner wrote beside a lesson; nobody else sees it."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notes"
    )
    lesson = models.ForeignKey("courses.Lesson", on_delete=models.CASCADE, related_name="+")
    text = models.TextField(max_length=10_000)
    updated_at = models.DateTimeField(auto_now=True)

    objects = KeptQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-updated_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "lesson"], name="note_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} on {self.lesson_id}"


class Rating(models.Model):
    """How a learner who did at least half of a course found it."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="ratings"
    )
    course = models.ForeignKey("courses.Course", on_delete=models.CASCADE, related_name="ratings")
    stars = models.PositiveSmallIntegerField()
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "course"], name="rating_once"),
            models.CheckConstraint(
                condition=models.Q(stars__gte=1, stars__lte=5), name="rating_of_one_to_five"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.course}, {self.stars}/5"
