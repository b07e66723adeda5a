"""The prose of content files: each passage of Markdown with its file, line and language."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from courses.authoring.lesson_parts import ROLE_MARK
from courses.authoring.lesson_tasks import task_fences
from courses.markup.markdown import markdown_parser

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from markdown_it.token import Token

    from courses.authoring.content_files import LessonFile, Tree
    from courses.authoring.files import Document, Keys

SPOKEN: Final = frozenset(
    {
        *("title", "summary", "description", "text", "objectives", "skills", "prerequisites"),
        *("background", "practice", "about", "prompt", "explanation", "unit", "blurb"),
        *("model", "rubric", "report"),
    }
)
"""Entries of YAML files that a reader sees as words; others are names, numbers and settings."""


@dataclass(frozen=True)
class Figure:
    """An image as the text shows it: its address, what is to be seen, and its caption."""

    line: int
    target: str
    alternative: str
    caption: str


@dataclass(frozen=True)
class Passage:
    """A piece of Markdown.

    Attributes:
        line: of the file, at which the text begins.
        lesson: the lesson that it belongs to; empty when it belongs to none.
    """

    file: str
    line: int
    language: str
    text: str
    lesson: str = ""

    def blocks(self, *, verbatim: bool = False) -> Iterator[tuple[int, str]]:
        """Return line and words of each paragraph, heading and cell; images are left out.

        Args:
            verbatim: code and formulas inside the words stand in them too, not only a mark.
        """
        tokens = _parsed(self.text)
        for before, token in zip((None, *tokens), tokens, strict=False):
            if token.type == "inline":
                words = " ".join("".join(_words(token.children or [], verbatim)).split())
                if before is not None and before.type == "heading_open":
                    words = ROLE_MARK.sub("", words)
                if words:
                    yield self._line(token), words

    def spoken(self) -> Iterator[tuple[int, str]]:
        """Return line and words of all that is read or heard, images' texts included."""
        yield from self.blocks()
        for figure in self.figures():
            yield figure.line, figure.alternative
            if figure.caption:
                yield from ((figure.line, words) for _, words in _as_words(figure.caption))

    def figures(self) -> Iterator[Figure]:
        """Return each image."""
        for token in _parsed(self.text):
            for child in token.children or []:
                if child.type == "image":
                    title = str(child.attrs.get("title", ""))
                    target = str(child.attrs.get("src", ""))
                    yield Figure(self._line(token), target, child.content.strip(), title.strip())

    def _line(self, token: Token) -> int:
        return self.line + (token.map[0] if token.map else 0)


def passages(tree: Tree) -> Iterator[Passage]:
    """Return all that the content folder says, originals before translations."""
    for course in tree.courses:
        language = course.document.value["language"]
        yield from _spoken(course.document, language)
        for lesson in course.lessons.values():
            yield from lesson_passages(lesson, f"{course.slug}/{lesson.folder}")
    for path in tree.paths:
        yield from _spoken(path, "en")
    if tree.reading is not None:
        yield from _spoken(tree.reading, "en")
    for translation in tree.translations:
        if translation.lesson is None:
            yield from _spoken(translation.document, translation.language)
        else:
            yield from lesson_passages(translation.lesson, translation.subject)


def lesson_passages(lesson: LessonFile, name: str) -> Iterator[Passage]:
    """Return what one lesson says: its front matter, its body, its quiz."""
    yield from _spoken(lesson.front, lesson.language, name)
    yield Passage(lesson.front.file, lesson.skipped_lines + 1, lesson.language, lesson.body, name)
    for fence in task_fences(_parsed(lesson.body), lesson.front.file, lesson.skipped_lines)[0]:
        yield from _spoken(fence.document, lesson.language, name)
    if lesson.quiz is not None:
        yield from _spoken(lesson.quiz.document, lesson.language, name)


def _spoken(document: Document, language: str, lesson: str = "") -> Iterator[Passage]:
    for keys, text in _texts(document.value, ()):
        yield Passage(document.file, document.line(keys), language, text, lesson)


def _texts(value: Any, keys: Keys) -> Iterator[tuple[Keys, str]]:
    """Return each text that is spoken, with the way to it; sources are named, not spoken."""
    if isinstance(value, dict):
        entries: Mapping[str, Any] = value
        for key, inner in entries.items():
            if key != "sources":
                yield from _texts(inner, (*keys, key))
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from _texts(inner, (*keys, position))
    elif isinstance(value, str) and SPOKEN & {key for key in keys[-2:] if isinstance(key, str)}:
        yield keys, value


@cache
def _parsed(text: str) -> tuple[Token, ...]:
    return tuple(markdown_parser().parse(text))


def _as_words(text: str) -> Iterator[tuple[int, str]]:
    """Return the words of a piece of Markdown that stands by itself."""
    return Passage("", 1, "", text).blocks()


def _words(tokens: list[Token], verbatim: bool) -> Iterator[str]:  # noqa: FBT001  # private
    for token in tokens:
        if token.type == "text":
            yield token.content
        elif token.type in {"softbreak", "hardbreak"}:
            yield " "
        elif token.type in {"code_inline", "math_inline"}:
            yield token.content if verbatim else " \N{HORIZONTAL ELLIPSIS} "
