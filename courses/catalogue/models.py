"""Paths, courses and their parts, translations and the reading list, as loaded from content/."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from collections.abc import Iterable

DIGEST_LENGTH = 64
"""Characters of a SHA-256 in hexadecimal: what a row was made from."""


ORIGINAL_LANGUAGE = "en"


class Translatable:
    """A row whose text can be translated; see `courses.catalogue.translations`."""

    shown_language: str = ""
    """What the text is in; empty: in the language of the page."""


class Level(models.TextChoices):
    """How much a course asks for beforehand."""

    BEGINNER = "beginner", _("Beginner")
    INTERMEDIATE = "intermediate", _("Intermediate")
    ADVANCED = "advanced", _("Advanced")


class Career(models.TextChoices):
    """Whom a course is for."""

    DATA_SCIENTIST = "data-scientist", _("Data scientist")
    ML_ENGINEER = "ml-engineer", _("ML engineer")
    RESEARCHER = "researcher", _("AI researcher")
    MLOPS = "mlops", _("MLOps specialist")
    GOVERNANCE = "governance", _("AI ethics and governance consultant")


COURSE_TEXTS: Final = (
    "description_html",
    "author_about",
    "topics",
    "careers",
    "skills",
    "prerequisites",
    "background",
    "practice",
)
"""What only a course's own page and the catalogue show; reading it takes most of a row's time."""
LESSON_TEXTS: Final = (
    "folder",
    "title",
    "summary",
    "objectives",
    "topics",
    "sources",
    "html",
    "text",
    "contents",
    "minutes",
    "tasks",
    "digest",
)
"""What only a lesson's own page shows; its part has its title, summary and minutes."""
QUIZ_TEXTS: Final = ("pass_percent", "questions", "digest")


def below(relation: str, names: Iterable[str]) -> list[str]:
    """Return fields of a row that is read along with another, as `defer` names them."""
    return [f"{relation}__{name}" for name in names]


class CourseQuerySet(models.QuerySet["Course"]):
    """Courses, in the shapes that pages need."""

    def listed(self) -> CourseQuerySet:
        """Return the courses that are taught now, in the catalogue's order."""
        return self.filter(withdrawn=False).order_by("position", "slug")

    def with_parts(self) -> CourseQuerySet:
        """Return the courses with their parts and lessons' titles: two queries in all."""
        return self.prefetch_related(models.Prefetch("parts", Part.objects.for_outlines()))


class Course(Translatable, models.Model):
    """A course; its lessons and exercises are its parts, in order.

    Attributes:
        withdrawn: its files are gone; certificates and progress still refer to it.
        minutes: reading and exercises together, computed.
        rating_mean, rating_count: kept here, since lists show them and ratings are many.
    """

    slug = models.SlugField(max_length=80, unique=True)
    position = models.PositiveSmallIntegerField(default=0)
    title = models.CharField(max_length=200)
    summary = models.TextField()
    description_html = models.TextField(blank=True)
    level = models.CharField(max_length=20, choices=Level.choices)
    version = models.CharField(max_length=20)
    language = models.CharField(max_length=10, default="en")
    author_name = models.CharField(max_length=120)
    author_about = models.TextField(blank=True)
    topics = models.JSONField(default=list)
    careers = models.JSONField(default=list)
    skills = models.JSONField(default=list)
    prerequisites = models.JSONField(default=list)
    background = models.TextField(blank=True)
    practice = models.TextField(blank=True)
    minutes = models.PositiveIntegerField(default=0)
    withdrawn = models.BooleanField(default=False)
    rating_mean = models.FloatField(default=0.0)
    rating_count = models.PositiveIntegerField(default=0)

    objects = CourseQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["position", "slug"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return the address of the course's outline."""
        return reverse("courses:course", args=[self.slug])

    @property
    def subject(self) -> str:
        """Return the key under which translations are stored."""
        return f"course:{self.slug}"

    @property
    def original_language(self) -> str:
        """Return the language that the course was written in."""
        return self.language


class PartKind(models.TextChoices):
    """What a part of a course is."""

    LESSON = "lesson", _("Lesson")
    EXERCISE = "exercise", _("Exercise")


class PartQuerySet(models.QuerySet["Part"]):
    """Parts, in the shapes that pages need."""

    def for_outlines(self) -> PartQuerySet:
        """Return the parts in order, each with its lesson's slug and whether that has a quiz."""
        return (
            self.select_related("lesson", "lesson__quiz")
            .defer(*below("lesson", LESSON_TEXTS), *below("lesson__quiz", QUIZ_TEXTS))
            .order_by("position")
        )


class Part(Translatable, models.Model):
    """One step of a course: a lesson, or an exercise named by its slug.

    `title`, `summary` and `minutes` are copied from the lesson or from exercise.yaml, so that an
    outline needs neither.

    Attributes:
        required: the course is not complete without it, and neither is the certificate earned.
    """

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="parts")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=PartKind.choices)
    lesson = models.OneToOneField(
        "courses.Lesson", on_delete=models.CASCADE, null=True, blank=True, related_name="part"
    )
    exercise_slug = models.SlugField(max_length=80, blank=True)
    title = models.CharField(max_length=200)
    summary = models.TextField(blank=True)
    minutes = models.PositiveSmallIntegerField(default=0)
    required = models.BooleanField(default=True)

    objects = PartQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["course", "position"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["course", "position"], name="part_position_once"),
            models.UniqueConstraint(
                fields=["course", "exercise_slug"],
                condition=~models.Q(exercise_slug=""),
                name="part_exercise_once_a_course",
            ),
            models.CheckConstraint(
                condition=(
                    models.Q(kind="lesson", lesson__isnull=False, exercise_slug="")
                    | (models.Q(kind="exercise", lesson__isnull=True) & ~models.Q(exercise_slug=""))
                ),
                name="part_is_lesson_or_exercise",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["exercise_slug"])]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return the address of the lesson's or the exercise's page."""
        if self.lesson is not None:
            return reverse("courses:lesson", args=[self.course.slug, self.lesson.slug])
        return reverse("exercises:exercise", args=[self.exercise_slug])

    @property
    def subject(self) -> str:
        """Return the key under which translations are stored."""
        if self.lesson is not None:
            return f"lesson:{self.course.slug}/{self.lesson.slug}"
        return f"exercise:{self.exercise_slug}"

    @property
    def slug(self) -> str:
        """Return the slug of the lesson or of the exercise."""
        return self.lesson.slug if self.lesson is not None else self.exercise_slug


class Path(Translatable, models.Model):
    """A subject's learning path: courses in order, and the topic page that introduces them."""

    slug = models.SlugField(max_length=80, unique=True)
    position = models.PositiveSmallIntegerField(default=0)
    title = models.CharField(max_length=200)
    summary = models.TextField()
    html = models.TextField(blank=True)
    contents = models.JSONField(default=list)
    courses: models.ManyToManyField[Course, PathStep] = models.ManyToManyField(
        Course, through="PathStep", related_name="paths"
    )

    class Meta:
        ordering: ClassVar[list[str]] = ["position", "slug"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return the address of the path's page."""
        return reverse("courses:path", args=[self.slug])

    @property
    def subject(self) -> str:
        """Return the key under which translations are stored."""
        return f"path:{self.slug}"

    @property
    def original_language(self) -> str:
        """Return the language that the path was written in."""
        return ORIGINAL_LANGUAGE


class PathStep(models.Model):
    """A course's place on a path."""

    path = models.ForeignKey(Path, on_delete=models.CASCADE, related_name="steps")
    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="+")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering: ClassVar[list[str]] = ["path", "position"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["path", "position"], name="path_position_once"),
            models.UniqueConstraint(fields=["path", "course"], name="path_course_once"),
        ]

    def __str__(self) -> str:
        return f"{self.path_id}.{self.position}"


class Translation(models.Model):
    """The translation of one row: a dictionary of that row's text fields.

    Attributes:
        subject: ``course:<slug>``, ``lesson:<course>/<slug>``, ``path:<slug>``
            or ``exercise:<slug>``.
    """

    language = models.CharField(max_length=10)
    subject = models.CharField(max_length=200)
    fields = models.JSONField()
    digest = models.CharField(max_length=DIGEST_LENGTH)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["language", "subject"], name="translation_once"),
        ]

    def __str__(self) -> str:
        return f"{self.language}/{self.subject}"


class ReadingKind(models.TextChoices):
    """What an entry of the reading list is."""

    BOOK = "book", _("Book")
    PAPER = "paper", _("Paper")
    SITE = "site", _("Site")


class Reading(models.Model):
    """An entry of the reading list.

    Attributes:
        fits: slugs of the courses, or ``course/lesson``, that it goes with.
    """

    position = models.PositiveSmallIntegerField(unique=True)
    kind = models.CharField(max_length=10, choices=ReadingKind.choices)
    title = models.CharField(max_length=300)
    authors = models.CharField(max_length=300)
    year = models.PositiveSmallIntegerField()
    publisher = models.CharField(max_length=200, blank=True)
    language = models.CharField(max_length=10, default="en")
    url = models.URLField(max_length=500, blank=True)
    blurb = models.TextField(blank=True)
    fits = models.JSONField(default=list)

    class Meta:
        ordering: ClassVar[list[str]] = ["position"]

    def __str__(self) -> str:
        return self.title
