"""Loading content files into rows: all or none; unchanged rows are not written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import models, transaction

from courses.authoring import search_index
from courses.authoring.fields import (
    course_fields,
    lesson_fields,
    part_fields,
    path_fields,
    reading_fields,
    translation_fields,
)
from courses.authoring.tree import read_tree
from courses.markup.problems import InvalidContentError, Problem
from courses.models import (
    Course,
    Figure,
    Lesson,
    Part,
    Path,
    PathStep,
    Quiz,
    Reading,
    Translation,
)
from courses.quizzes.reviews import forget_removed

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Callable, Mapping

    from courses.authoring.content_files import CourseFile, LessonFile, Tree
    from courses.authoring.lesson_page import LessonPage

Row = TypeVar("Row", bound=models.Model)
Made = TypeVar("Made")
OUT_OF_THE_WAY = 10_000
"""Added to the positions of parts that are about to get others, since a position is taken once."""


@dataclass
class Report:
    """What a loading did: rows written, rows removed, rows that were right already."""

    written: int = 0
    removed: int = 0
    unchanged: int = 0


def load(root: pathlib.Path) -> Report:
    """Bring the rows in line with a content folder, in one transaction.

    Raises:
        InvalidContentError: with every problem of every file; nothing was written.
    """
    tree = read_tree(root)
    with transaction.atomic():
        return _Loading(tree).run()


def check(root: pathlib.Path) -> None:
    """Read and render a content folder without a database.

    Raises:
        InvalidContentError: with every problem of every file.
    """
    tree = read_tree(root)
    problems: list[Problem] = []
    for course in tree.courses:
        _try(problems, course_fields, course)
        for lesson in course.lessons.values():
            _render(problems, lesson)
    for path in tree.paths:
        _try(problems, path_fields, path)
    for translation in tree.translations:
        _try(problems, translation_fields, translation)
    if problems:
        raise InvalidContentError(problems)


class _Loading:
    """One loading of one tree: everything is rendered before the first row is written."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.report = Report()
        self.problems: list[Problem] = []

    def run(self) -> Report:
        pages = self._rendered_lessons()
        translations = self._rendered_translations()
        courses = {course.slug: self._try(course_fields, course) for course in self.tree.courses}
        paths = [self._try(path_fields, path) for path in self.tree.paths]
        if self.problems:
            raise InvalidContentError(self.problems)
        self._write_courses(courses, pages)
        self._write_paths(paths)
        self._write_reading()
        self._write_translations(translations)
        if self.report.written or self.report.removed or not search_index.is_complete():
            search_index.rebuild()
        return self.report

    # --- rendering ---

    def _try(self, make: Callable[[Any], Made], file: Any) -> Made | None:
        return _try(self.problems, make, file)

    def _rendered_lessons(self) -> dict[tuple[str, str], _Rendered]:
        """Return the lessons whose files differ from what the rows were made from, rendered."""
        known = {
            (course, slug): (digest, quiz)
            for course, slug, digest, quiz in Lesson.objects.values_list(
                "course__slug", "slug", "digest", "quiz__digest"
            )
        }
        rendered = {}
        for course in self.tree.courses:
            for lesson in course.lessons.values():
                old = known.get((course.slug, lesson.slug), ("", None))
                rendered[course.slug, lesson.slug] = _render(self.problems, lesson, *old)
        return rendered

    def _rendered_translations(self) -> dict[tuple[str, str], dict[str, Any] | None]:
        known = {
            (language, subject): digest
            for language, subject, digest in Translation.objects.values_list(
                "language", "subject", "digest"
            )
        }
        rendered: dict[tuple[str, str], dict[str, Any] | None] = {}
        for file in self.tree.translations:
            key = (file.language, file.subject)
            same = known.get(key) == file.digest
            rendered[key] = None if same else self._try(translation_fields, file)
        return rendered

    # --- writing ---

    def _put(self, model: type[Row], row: Row | None, **facts: Any) -> Row:
        """Make a row or change what differs in it; count which of the two, or neither."""
        if row is None:
            row = model(**facts)
            row.save(force_insert=True)
            self.report.written += 1
            return row
        changed = [name for name, value in facts.items() if getattr(row, name) != value]
        for name in changed:
            setattr(row, name, facts[name])
        if changed:
            row.save(update_fields=changed)
            self.report.written += 1
        else:
            self.report.unchanged += 1
        return row

    def _remove(self, rows: models.QuerySet[Any]) -> None:
        self.report.removed += rows.count()
        rows.delete()

    def _write_courses(
        self,
        facts: Mapping[str, dict[str, Any] | None],
        pages: Mapping[tuple[str, str], _Rendered],
    ) -> None:
        rows = {course.slug: course for course in Course.objects.all()}
        order = self._positions()
        for file in self.tree.courses:
            course = self._put(
                Course,
                rows.get(file.slug),
                slug=file.slug,
                position=order[file.slug],
                withdrawn=False,
                **(facts[file.slug] or {}),
            )
            lessons = self._write_lessons(course, file, pages)
            minutes = self._write_parts(course, file, lessons)
            if course.minutes != minutes:
                course.minutes = minutes
                course.save(update_fields=["minutes"])
        gone = Course.objects.filter(withdrawn=False).exclude(slug__in=order)
        if gone.exists():
            self.report.removed += gone.update(withdrawn=True)

    def _positions(self) -> dict[str, int]:
        """Return each course's place in the catalogue: as on the paths, then by name."""
        on_paths = [slug for path in self.tree.paths for slug in path.value["courses"]]
        others = [course.slug for course in self.tree.courses]
        return {slug: at for at, slug in enumerate(dict.fromkeys([*on_paths, *others]))}

    def _write_lessons(
        self, course: Course, file: CourseFile, pages: Mapping[tuple[str, str], _Rendered]
    ) -> dict[str, Lesson]:
        rows = {
            lesson.slug: lesson
            for lesson in course.lessons.select_related("quiz").prefetch_related("figures")
        }
        written = {}
        for lesson in file.lessons.values():
            rendered = pages[file.slug, lesson.slug]
            row = rows.get(lesson.slug)
            if row is None or rendered.page is not None:
                row = self._put(Lesson, row, course=course, **lesson_fields(lesson, rendered.page))
            else:
                self.report.unchanged += 1
            self._write_quiz(row, lesson, rendered)
            self._write_figures(row, lesson)
            written[lesson.folder] = row
        return written

    def _write_quiz(self, row: Lesson, lesson: LessonFile, rendered: _Rendered) -> None:
        quiz: Quiz | None = getattr(row, "quiz", None)
        if lesson.quiz is None:
            if quiz is not None:
                self._remove(Quiz.objects.filter(pk=quiz.pk))
        elif rendered.questions is None:
            self.report.unchanged += 1
        else:
            written = self._put(
                Quiz,
                quiz,
                lesson=row,
                pass_percent=lesson.quiz.pass_percent,
                questions=rendered.questions,
                digest=lesson.quiz.digest,
            )
            forget_removed(written)

    def _write_figures(self, row: Lesson, lesson: LessonFile) -> None:
        files = {entry.path: entry.digest for entry in lesson.figures.values()}
        for translation in self.tree.translations:
            if translation.lesson and translation.subject == row.subject:
                files |= {one.path: one.digest for one in translation.lesson.figures.values()}
        figures = {figure.path: figure for figure in row.figures.all()}
        for path, digest in files.items():
            self._put(Figure, figures.get(path), lesson=row, path=path, digest=digest)
        if gone := [figure.pk for path, figure in figures.items() if path not in files]:
            self._remove(Figure.objects.filter(pk__in=gone))

    def _write_parts(self, course: Course, file: CourseFile, lessons: dict[str, Lesson]) -> int:
        """Write a course's parts in their order and return the minutes of those it requires."""
        wanted = [
            part_fields(entry.get("lesson"), entry.get("exercise"), position, file, lessons)
            | {"required": entry.get("required", True)}
            for position, entry in enumerate(file.document.value["parts"], start=1)
        ]
        rows = {(part.lesson_id, part.exercise_slug): part for part in course.parts.all()}
        keys = [(facts["lesson_id"], facts["exercise_slug"]) for facts in wanted]
        if gone := [part.pk for key, part in rows.items() if key not in keys]:
            self._remove(Part.objects.filter(pk__in=gone))
        moved = [
            part.pk
            for key, facts in zip(keys, wanted, strict=True)
            if (part := rows.get(key)) and part.position != facts["position"]
        ]
        if moved:
            Part.objects.filter(pk__in=moved).update(position=models.F("position") + OUT_OF_THE_WAY)
        for key, facts in zip(keys, wanted, strict=True):
            self._put(Part, rows.get(key), course=course, **facts)
        return sum(facts["minutes"] for facts in wanted if facts["required"])

    def _write_paths(self, facts: list[dict[str, Any] | None]) -> None:
        rows = {path.slug: path for path in Path.objects.prefetch_related("steps__course")}
        for position, (file, fields) in enumerate(zip(self.tree.paths, facts, strict=True)):
            row = rows.pop(file.value["slug"], None)
            steps = [step.course.slug for step in row.steps.all()] if row else []
            row = self._put(Path, row, position=position, **(fields or {}))
            if steps != file.value["courses"]:
                row.steps.all().delete()
                courses = Course.objects.in_bulk(file.value["courses"], field_name="slug")
                PathStep.objects.bulk_create(
                    PathStep(path=row, course=courses[slug], position=at)
                    for at, slug in enumerate(file.value["courses"], start=1)
                )
                self.report.written += len(courses)
        if rows:
            self._remove(Path.objects.filter(slug__in=rows))

    def _write_reading(self) -> None:
        entries = self.tree.reading.value if self.tree.reading else []
        rows = {reading.position: reading for reading in Reading.objects.all()}
        for position, entry in enumerate(entries, start=1):
            self._put(Reading, rows.pop(position, None), **reading_fields(position, entry))
        if rows:
            self._remove(Reading.objects.filter(position__in=rows))

    def _write_translations(self, fields: Mapping[tuple[str, str], dict[str, Any] | None]) -> None:
        rows = {(row.language, row.subject): row for row in Translation.objects.defer("fields")}
        for file in self.tree.translations:
            key = (file.language, file.subject)
            row = rows.pop(key, None)
            new = fields[key]
            if new is None:
                self.report.unchanged += 1
                continue
            self._put(
                Translation,
                row,
                language=file.language,
                subject=file.subject,
                fields=new,
                digest=file.digest,
            )
        if rows:
            self._remove(Translation.objects.filter(pk__in=[row.pk for row in rows.values()]))


@dataclass(frozen=True)
class _Rendered:
    """What of a lesson was rendered; None: it is as it was."""

    page: LessonPage | None
    questions: list[dict[str, Any]] | None


def _try(problems: list[Problem], make: Callable[..., Made], *arguments: Any) -> Made | None:
    try:
        return make(*arguments)
    except InvalidContentError as error:
        problems.extend(error.problems)
        return None


def _render(
    problems: list[Problem], lesson: LessonFile, page: str = "", quiz: str | None = None
) -> _Rendered:
    """Render a lesson and its quiz where their digests differ from those given."""
    made = None if lesson.digest == page else _try(problems, lesson.page)
    questions = None
    if lesson.quiz is not None and lesson.quiz.digest != quiz:
        questions = [one.to_json() for one in _try(problems, lesson.quiz.questions) or []]
    return _Rendered(made, questions)
