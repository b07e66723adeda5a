"""Lessons and their figures, as loaded from content/."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.urls import reverse

from courses.catalogue.models import DIGEST_LENGTH, Translatable


class Lesson(Translatable, models.Model):
    """A page of a course, rendered when it was loaded.

    Attributes:
        slug: the folder's name without its number, so that lessons can be renumbered.
        folder: the folder's name.
        html: sanitised; `text` is the same without marks, for the search.
        contents: the table of contents, a list of {id, title, level}.
        minutes: reading time, computed from words, code, formulas and figures.
        tasks: its micro-tasks; a placeholder stands in `html` for each.
    """

    course = models.ForeignKey("courses.Course", on_delete=models.CASCADE, related_name="lessons")
    slug = models.SlugField(max_length=80)
    folder = models.CharField(max_length=90)
    title = models.CharField(max_length=200)
    summary = models.TextField()
    objectives = models.JSONField(default=list)
    topics = models.JSONField(default=list)
    sources = models.JSONField(default=list)
    html = models.TextField()
    text = models.TextField()
    contents = models.JSONField(default=list)
    minutes = models.PositiveSmallIntegerField()
    tasks = models.JSONField(default=list)
    digest = models.CharField(max_length=DIGEST_LENGTH)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["course", "slug"], name="lesson_slug_once_a_course"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return the address of the lesson's page."""
        return reverse("courses:lesson", args=[self.course.slug, self.slug])

    @property
    def subject(self) -> str:
        """Return the key under which translations are stored."""
        return f"lesson:{self.course.slug}/{self.slug}"

    @property
    def original_language(self) -> str:
        """Return the language that the lesson was written in."""
        return self.course.language


class Figure(models.Model):
    """A figure's file that a lesson names: only these are served.

    Attributes:
        path: below the content folder.
        digest: SHA-256 of the file; a part of its address, so that it can be cached for ever.
    """

    lesson = models.ForeignKey(Lesson, on_delete=models.CASCADE, related_name="figures")
    path = models.CharField(max_length=300)
    digest = models.CharField(max_length=DIGEST_LENGTH)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["lesson", "path"], name="figure_once_a_lesson"),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["digest"])]

    def __str__(self) -> str:
        return self.path
