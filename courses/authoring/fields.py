"""The fields of each row, from its content file."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from courses.authoring.exercise_translations import exercise_fields
from courses.markup.rendering import Source, render_page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from courses.authoring.content_files import CourseFile, LessonFile, TranslationFile
    from courses.authoring.files import Document
    from courses.authoring.lesson_page import LessonPage
    from courses.models import Lesson


def page_fields(page: LessonPage | None) -> dict[str, Any]:
    """Return what a rendered page fills; nothing when it was not rendered."""
    if page is None:
        return {}
    return {
        "html": page.html,
        "text": page.text,
        "contents": [asdict(entry) for entry in page.contents],
        "minutes": page.minutes,
        "tasks": [task.to_json() for task in page.tasks],
    }


def lesson_fields(file: LessonFile, page: LessonPage | None) -> dict[str, Any]:
    """Return the fields of a lesson's row."""
    front = file.front.value
    return {
        "slug": file.slug,
        "folder": file.folder,
        **{key: front[key] for key in ("title", "summary", "objectives", "topics", "sources")},
        **page_fields(page),
        "digest": file.digest,
    }


def markdown(document: Document, key: str, language: str) -> str:
    """Return one Markdown value of a document as HTML."""
    source = Source(document.file, document.line((key,)) - 1, language)
    return render_page(document.value.get(key, ""), source).html


def course_fields(file: CourseFile) -> dict[str, Any]:
    """Return the fields of a course's row, but for position and minutes."""
    facts = file.document.value
    return {
        "description_html": markdown(file.document, "description", facts["language"]),
        "author_name": facts["author"]["name"],
        "author_about": facts["author"].get("about", ""),
        "prerequisites": facts.get("prerequisites", []),
        "background": facts.get("background", ""),
        "practice": facts.get("practice", ""),
        **{
            key: facts[key]
            for key in (
                *("title", "summary", "level", "version", "language"),
                *("topics", "careers", "skills"),
            )
        },
    }


def path_fields(document: Document, language: str = "en") -> dict[str, Any]:
    """Return the fields of a path's row."""
    facts = document.value
    source = Source(document.file, document.line(("text",)) - 1, language)
    page = render_page(facts.get("text", ""), source)
    return {
        **{key: facts[key] for key in ("slug", "title", "summary") if key in facts},
        "html": page.html,
        "contents": [asdict(entry) for entry in page.contents],
    }


def part_fields(
    lesson_folder: str | None,
    exercise_slug: str | None,
    position: int,
    file: CourseFile,
    lessons: Mapping[str, Lesson],
) -> dict[str, Any]:
    """Return the fields of a part's row."""
    if lesson_folder is not None:
        lesson = lessons[lesson_folder]
        return {
            "position": position,
            "kind": "lesson",
            "lesson_id": lesson.pk,
            "exercise_slug": "",
            "title": lesson.title,
            "summary": lesson.summary,
            "minutes": lesson.minutes,
        }
    exercise = file.exercises[exercise_slug or ""]
    return {
        "position": position,
        "kind": "exercise",
        "lesson_id": None,
        "exercise_slug": exercise.key,
        "title": exercise.title,
        "summary": exercise.summary,
        "minutes": exercise.minutes,
    }


def reading_fields(position: int, entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a row of the reading list."""
    return {
        "position": position,
        "publisher": entry.get("publisher") or entry.get("venue", ""),
        "url": entry.get("url", ""),
        "fits": entry.get("fits", []),
        **{key: entry[key] for key in ("kind", "title", "authors", "year", "language", "blurb")},
    }


def translation_fields(file: TranslationFile) -> dict[str, Any]:
    """Return the fields that a translation replaces in its row."""
    facts, kind = file.document.value, file.subject.partition(":")[0]
    if file.lesson is not None:
        quiz = file.lesson.quiz
        return {
            **{key: facts[key] for key in ("title", "summary", "objectives") if key in facts},
            **page_fields(file.lesson.page()),
            **({"questions": [one.to_json() for one in quiz.questions()]} if quiz else {}),
        }
    if kind == "exercise":
        return exercise_fields(file.document, file.language)
    if kind == "path":
        path = path_fields(file.document, file.language)
        return path if "text" in facts else {key: path[key] for key in ("title", "summary")}
    plain = ("title", "summary", "skills", "prerequisites", "background", "practice")
    fields = {key: facts[key] for key in plain if key in facts}
    if "about" in facts.get("author", {}):
        fields["author_about"] = facts["author"]["about"]
    if "description" in facts:
        fields["description_html"] = markdown(file.document, "description", file.language)
    return fields
