"""The content files as values: courses, lessons, quizzes and translations, with their digests.

Nothing here knows the database. Markdown is rendered only on request, so that an unchanged lesson
costs one hash.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import courses.authoring.lesson_boxes
import courses.authoring.lesson_page
import courses.authoring.lesson_parts
import courses.authoring.lesson_tasks
import courses.authoring.quiz_files
import courses.markup.cleaning
import courses.markup.figures
import courses.markup.highlighting
import courses.markup.markdown
import courses.markup.mathematics
import courses.markup.rendering
import courses.microtasks.definitions
import courses.quizzes.questions
from courses.authoring.lesson_page import render_lesson
from courses.authoring.quiz_files import read_questions
from courses.markup.rendering import Source

if TYPE_CHECKING:
    from collections.abc import Mapping

    from courses.authoring.files import Document
    from courses.authoring.lesson_page import LessonPage
    from courses.markup.figures import FigureFile
    from courses.quizzes.questions import Question


@dataclass(frozen=True)
class FigureEntry:
    """A figure's file in the content folder, with its digest."""

    path: str
    digest: str
    file: FigureFile


@dataclass(frozen=True)
class QuizFile:
    """A quiz.yaml."""

    document: Document
    language: str
    figures: Mapping[str, FigureEntry] = field(repr=False)

    @property
    def pass_percent(self) -> int:
        """Return the least share of right answers that passes, in per cent."""
        return int(self.document.value["pass_percent"])

    @property
    def digest(self) -> str:
        """Return the digest of all that the rendered quiz is made from."""
        return _digest(self.document.value, self.figures)

    def questions(self) -> list[Question]:
        """Return the rendered questions.

        Raises:
            InvalidContentError: a formula, figure or link is wrong.
        """
        return read_questions(self.document, self.language, _files(self.figures))


@dataclass(frozen=True)
class LessonFile:
    """A lesson.md with what lies beside it."""

    folder: str
    front: Document
    body: str = field(repr=False)
    skipped_lines: int
    language: str
    figures: Mapping[str, FigureEntry] = field(repr=False)
    quiz: QuizFile | None = None

    @property
    def slug(self) -> str:
        """Return the folder's name without its number."""
        return self.folder.partition("-")[2]

    @property
    def digest(self) -> str:
        """Return the digest of all that the rendered lesson is made from."""
        return _digest([self.folder, self.front.value, self.body, self.language], self.figures)

    def page(self) -> LessonPage:
        """Return the rendered lesson.

        Raises:
            InvalidContentError: a formula, figure, link or heading is wrong.
        """
        source = Source(self.front.file, self.skipped_lines, self.language, _files(self.figures))
        return render_lesson(self.body, source)


@dataclass(frozen=True)
class PartFile:
    """An entry of a course's parts."""

    kind: str
    key: str
    title: str
    summary: str
    minutes: int


@dataclass(frozen=True)
class CourseFile:
    """A course.yaml with its lessons."""

    slug: str
    document: Document
    lessons: Mapping[str, LessonFile]
    exercises: Mapping[str, PartFile]

    @property
    def digest(self) -> str:
        """Return the digest of the course's own file."""
        return _digest(self.document.value, {})


@dataclass(frozen=True)
class TranslationFile:
    """The translation of a course, a lesson or a path."""

    language: str
    subject: str
    document: Document
    lesson: LessonFile | None = None

    @property
    def digest(self) -> str:
        """Return the digest of all that the translation is made from."""
        if self.lesson is None:
            return _digest(self.document.value, {})
        quiz = self.lesson.quiz.digest if self.lesson.quiz else ""
        return _digest([self.lesson.digest, quiz], {})


@dataclass(frozen=True)
class Tree:
    """All that the content folder holds, checked."""

    courses: tuple[CourseFile, ...]
    paths: tuple[Document, ...]
    reading: Document | None
    translations: tuple[TranslationFile, ...]


def _files(figures: Mapping[str, FigureEntry]) -> dict[str, FigureFile]:
    return {name: entry.file for name, entry in figures.items()}


def _digest(value: Any, figures: Mapping[str, FigureEntry]) -> str:
    pictures = sorted((name, entry.digest) for name, entry in figures.items())
    text = json.dumps([value, pictures, _renderer_digest()], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def _renderer_digest() -> str:
    """Return a digest of the code that renders: other code makes other pages."""
    modules = (
        courses.authoring.lesson_boxes,
        courses.authoring.lesson_page,
        courses.authoring.lesson_parts,
        courses.authoring.lesson_tasks,
        courses.authoring.quiz_files,
        courses.markup.cleaning,
        courses.markup.figures,
        courses.markup.highlighting,
        courses.markup.markdown,
        courses.markup.mathematics,
        courses.markup.rendering,
        courses.microtasks.definitions,
        courses.quizzes.questions,
    )
    files = (Path(str(module.__file__)).read_bytes() for module in modules)
    return hashlib.sha256(b"\0".join(files)).hexdigest()
