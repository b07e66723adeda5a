"""Reading the content folder: every file checked against its schema and the files it names."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from django.urls import reverse

from courses.authoring import schema
from courses.authoring.content_files import (
    CourseFile,
    FigureEntry,
    LessonFile,
    PartFile,
    QuizFile,
    TranslationFile,
    Tree,
)
from courses.authoring.exercise_translations import exercise_differences
from courses.authoring.files import (
    Document,
    parse_yaml,
    read_text,
    schema_problems,
    split_front_matter,
)
from courses.authoring.quiz_files import quiz_problems
from courses.markup.figures import FigureFile, read_figure_data
from courses.markup.problems import InvalidContentError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from courses.authoring.shapes import Schema

FIGURE_DIGEST_CHARACTERS: Final = 20
DEFAULT_EXERCISE_MINUTES: Final = 45
_SVG_SIZE: Final = re.compile(r'<svg[^>]*\bwidth="([\d.]+)pt"[^>]*\bheight="([\d.]+)pt"')
_PIXELS_PER_POINT: Final = 96 / 72


def read_tree(root: Path) -> Tree:
    """Return the content folder as values; rendering is left to the caller.

    Raises:
        InvalidContentError: with every problem that was found.
    """
    return _Reader(root).read()


class _Reader:
    """Reads one content folder, collecting problems instead of stopping at the first."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.problems: list[Problem] = []

    def read(self) -> Tree:
        courses = tuple(self._courses())
        paths = tuple(self._paths({course.slug for course in courses}))
        reading = self._reading()
        translations = tuple(self._translations(courses, paths))
        if self.problems:
            raise InvalidContentError(self.problems)
        return Tree(courses, paths, reading, translations)

    # --- single files ---

    def _name(self, path: Path) -> str:
        return f"{self.root.name}/{path.relative_to(self.root).as_posix()}"

    def _yaml(self, path: Path, shape: Schema) -> Document | None:
        try:
            document = parse_yaml(read_text(path, self._name(path)), self._name(path))
        except InvalidContentError as error:
            self.problems.extend(error.problems)
            return None
        return document if self._fits(document, shape) else None

    def _fits(self, document: Document, shape: Schema) -> bool:
        found = schema_problems(document, shape)
        self.problems.extend(found)
        return not found

    def _folders(self, *parts: str) -> list[Path]:
        folder = self.root.joinpath(*parts)
        return sorted(path for path in folder.glob("*") if path.is_dir())

    # --- courses ---

    def _courses(self) -> Iterator[CourseFile]:
        for folder in self._folders("courses"):
            document = self._yaml(folder / "course.yaml", schema.COURSE)
            if document is not None:
                yield self._course(folder, document)

    def _course(self, folder: Path, document: Document) -> CourseFile:
        lessons: dict[str, LessonFile] = {}
        exercises: dict[str, PartFile] = {}
        slugs: dict[str, str] = {}
        for position, part in enumerate(document.value["parts"]):
            key = part.get("lesson") or part["exercise"]
            where = ("parts", position)
            if key in lessons or key in exercises:
                self.problems.append(document.problem(where, f"{key!r} appears twice."))
            elif "exercise" in part:
                exercise = self._exercise(key, document, where)
                if exercise is not None:
                    exercises[key] = exercise
            elif not (folder / key).is_dir():
                reason = f"The folder {self._name(folder / key)} is missing."
                self.problems.append(document.problem(where, reason))
            else:
                lesson = self._lesson(folder / key, document.value["language"])
                if lesson is None:
                    continue
                if lesson.slug in slugs:
                    reason = f"{key!r} and {slugs[lesson.slug]!r} have the same address."
                    self.problems.append(document.problem(where, reason))
                slugs[lesson.slug] = key
                lessons[key] = lesson
        return CourseFile(folder.name, document, lessons, exercises)

    def _exercise(self, slug: str, document: Document, where: tuple[str, int]) -> PartFile | None:
        path = self.root / "exercises" / slug / "exercise.yaml"
        if not path.exists():
            reason = f"There is no exercise {slug!r}: {self._name(path)} is missing."
            self.problems.append(document.problem(where, reason))
            return None
        exercise = self._yaml(path, schema.EXERCISE)
        if exercise is None:
            return None
        return PartFile(
            kind="exercise",
            key=slug,
            title=exercise.value["title"],
            summary=str(exercise.value.get("summary", "")).strip(),
            minutes=exercise.value.get("minutes", DEFAULT_EXERCISE_MINUTES),
        )

    def _lesson(
        self, folder: Path, language: str, original: LessonFile | None = None
    ) -> LessonFile | None:
        path = folder / "lesson.md"
        try:
            front, body, skipped = split_front_matter(
                read_text(path, self._name(path)), self._name(path)
            )
        except InvalidContentError as error:
            self.problems.extend(error.problems)
            return None
        shape = schema.LESSON if original is None else schema.LESSON_TRANSLATION
        if not self._fits(front, shape):
            return None
        figures = dict(original.figures) if original else {}
        figures.update(self._figures(folder / "figures"))
        quiz = self._quiz(folder / "quiz.yaml", language, figures, original)
        return LessonFile(folder.name, front, body, skipped, language, figures, quiz)

    def _quiz(
        self,
        path: Path,
        language: str,
        figures: Mapping[str, FigureEntry],
        original: LessonFile | None,
    ) -> QuizFile | None:
        if not path.exists():
            return None
        document = self._yaml(path, schema.QUIZ)
        if document is None:
            return None
        source = original.quiz.document if original and original.quiz else None
        found = quiz_problems(document, original=source)
        if original is not None and original.quiz is None:
            found = [document.problem((), "The original lesson has no quiz.")]
        self.problems.extend(found)
        return None if found else QuizFile(document, language, figures)

    def _figures(self, folder: Path) -> dict[str, FigureEntry]:
        found = {}
        for path in sorted([*folder.glob("*.svg"), *folder.glob("*.json")]):
            content = path.read_bytes()
            digest = hashlib.sha256(content).hexdigest()[:FIGURE_DIGEST_CHARACTERS]
            address = reverse("courses:figure", args=[digest, path.name])
            text = content.decode(errors="replace")
            try:
                file = _figure_file(path.name, text, address, self._name(path))
            except InvalidContentError as error:
                self.problems.extend(error.problems)
                continue
            found[path.name] = FigureEntry(path.relative_to(self.root).as_posix(), digest, file)
        return found

    # --- paths, reading list, translations ---

    def _paths(self, courses: set[str]) -> Iterator[Document]:
        for path in sorted((self.root / "paths").glob("*.yaml")):
            document = self._yaml(path, schema.PATH)
            if document is None:
                continue
            if document.value["slug"] != path.stem:
                reason = f"The file's name must be the slug: {document.value['slug']}.yaml."
                self.problems.append(document.problem(("slug",), reason))
            for position, slug in enumerate(document.value["courses"]):
                if slug not in courses:
                    reason = f"There is no course {slug!r}."
                    self.problems.append(document.problem(("courses", position), reason))
            yield document

    def _reading(self) -> Document | None:
        path = self.root / "reading" / "reading.yaml"
        return self._yaml(path, schema.READING) if path.exists() else None

    def _translations(
        self, courses: Iterable[CourseFile], paths: Iterable[Document]
    ) -> Iterator[TranslationFile]:
        for folder in self._folders("l10n"):
            language = folder.name
            for document in paths:
                file = folder / "paths" / f"{document.value['slug']}.yaml"
                yield from self._translation(
                    file, schema.PATH_TRANSLATION, language, f"path:{document.value['slug']}"
                )
            for course in courses:
                yield from self._course_translations(folder, course)

    def _course_translations(self, folder: Path, course: CourseFile) -> Iterator[TranslationFile]:
        language, below = folder.name, folder / "courses" / course.slug
        subject = f"course:{course.slug}"
        yield from self._translation(
            below / "course.yaml", schema.COURSE_TRANSLATION, language, subject
        )
        for slug in course.exercises:
            yield from self._exercise_translation(folder, slug)
        for lesson in course.lessons.values():
            if not (below / lesson.folder / "lesson.md").exists():
                continue
            translated = self._lesson(below / lesson.folder, language, original=lesson)
            if translated is not None:
                subject = f"lesson:{course.slug}/{lesson.slug}"
                yield TranslationFile(language, subject, translated.front, translated)

    def _exercise_translation(self, folder: Path, slug: str) -> Iterator[TranslationFile]:
        file = Path("exercises", slug, "exercise.yaml")
        original = self._yaml(self.root / file, schema.EXERCISE)
        for translation in self._translation(
            folder / file, schema.EXERCISE_TRANSLATION, folder.name, f"exercise:{slug}"
        ):
            if original is not None:
                self.problems.extend(exercise_differences(translation.document, original))
            yield translation

    def _translation(
        self, path: Path, shape: Schema, language: str, subject: str
    ) -> Iterator[TranslationFile]:
        if path.exists() and (document := self._yaml(path, shape)) is not None:
            yield TranslationFile(language, subject, document)


def _figure_file(name: str, text: str, address: str, file: str) -> FigureFile:
    if name.endswith(".json"):
        return FigureFile(address, data=read_figure_data(text, file))
    size = _SVG_SIZE.search(text[:2000])
    if size is None:
        return FigureFile(address)
    width, height = (round(float(points) * _PIXELS_PER_POINT) for points in size.groups())
    return FigureFile(address, width, height)
