"""Editorial checks of content that loads: links, figures, counts, repetition, leftover markup.

Loading refuses what cannot be shown. This is stricter, and stands in nobody's way who is still
writing: `manage.py check_content` runs it, loading does not.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from django.urls import Resolver404, resolve

from courses.authoring.passages import lesson_passages, passages
from courses.markup.cleaning import plain_text
from courses.markup.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from courses.authoring.content_files import LessonFile, Tree
    from courses.authoring.passages import Passage
    from courses.markup.rendering import Page

LEAST_QUESTIONS: Final = 5
LEAST_KINDS: Final = 3
LEAST_ALTERNATIVE_WORDS: Final = 8
"""Fewer words name a picture and do not say what is to be seen."""
REPEATED_WORDS: Final = 9
"""A sentence of so many words that stands in two lessons was copied."""

_THINGS: Final = {
    "en": r"lessons?|courses?|exercises?|notebooks?|quiz(?:zes)?|books|papers|projects?",
    "fr": r"leçons?|cours|exercices?|carnets?|questionnaires?|livres|projets?",
}
_NUMBERS: Final = {
    "en": r"\d+|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|a dozen",
    "fr": r"\d+|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|une douzaine de",
}
_COUNTED: Final = {
    language: re.compile(
        rf"\b(?:{numbers})\s+(?:[\w-]+\s+)?(?:{_THINGS[language]})\b", re.IGNORECASE
    )
    for language, numbers in _NUMBERS.items()
}
_LEFTOVER_MARKUP: Final = re.compile(
    r"</?[a-zA-Z][^>]*>|<!--|&(?:[a-z]+|#\d+);|\*\*|\]\(|!\[|\$\$|\\[a-zA-Z]{2,}|\bTODO\b|\bXXX\b"
)
_SENTENCE_END: Final = re.compile(r"(?<=[.!?])\s+")
_LINK: Final = re.compile(r'<a [^>]*href="([^"]*)"')
_ANCHOR: Final = re.compile(r'\bid="([^"]*)"')
_HOST: Final = re.compile(r"^[a-z0-9-]+(\.[a-z0-9-]+)+$")
_NAME: Final = r"[A-Z][\w'\N{RIGHT SINGLE QUOTATION MARK}-]+"
_CITED: Final = re.compile(
    rf"\b(?P<who>{_NAME})(?:(?:,| and| et) (?:{_NAME}|colleagues|others|collègues|autres))*"
    r",? \(?(?P<year>(?:19|20)\d\d)\)"
)
_GENITIVE: Final = re.compile("['\N{RIGHT SINGLE QUOTATION MARK}]s$")
_SOME_ADDRESS: Final = "https://example.org/"


def proofread(tree: Tree) -> list[Problem]:
    """Return what a proofreader would mark in the content folder."""
    found: list[Problem] = []
    every = list(passages(tree))
    for passage in every:
        found.extend(_counts(passage))
        found.extend(_leftover_markup(passage))
        found.extend(_pictures(passage))
    found.extend(_repetitions(every))
    pages = {
        (course.slug, lesson.slug): lesson.page()
        for course in tree.courses
        for lesson in course.lessons.values()
    }
    for course in tree.courses:
        if not course.lessons:
            found.append(course.document.problem(("parts",), "The course would have no lesson."))
        for lesson in course.lessons.values():
            page = pages[course.slug, lesson.slug]
            found.extend(_links(lesson, page, pages))
            found.extend(_empty_sections(lesson, page))
            found.extend(_unused_figures(lesson))
            found.extend(_sources(lesson))
            found.extend(_quiz(lesson))
    found.extend(_reading(tree))
    for translation in tree.translations:
        if translation.lesson is not None:
            found.extend(_unused_figures(translation.lesson))
    found.extend(
        path.problem(("text",), "The path's page would be empty.")
        for path in tree.paths
        if not str(path.value.get("text", "")).strip()
    )
    return sorted(set(found))


# --- words ---


def _counts(passage: Passage) -> Iterator[Problem]:
    """Find numbers of lessons, exercises and the like: they change, so the site counts them."""
    pattern = _COUNTED.get(passage.language)
    if pattern is None:
        return
    for line, words in passage.spoken():
        for match in pattern.finditer(words):
            reason = f"{match.group()!r} is a count: the site computes counts, so leave it out."
            yield Problem(passage.file, line, reason)


def _leftover_markup(passage: Passage) -> Iterator[Problem]:
    """Find marks that a reader would see as such: HTML, entities, half a link, a bare command."""
    for line, words in passage.spoken():
        for match in _LEFTOVER_MARKUP.finditer(words):
            yield Problem(passage.file, line, f"{match.group()!r} would be shown literally.")


def _pictures(passage: Passage) -> Iterator[Problem]:
    """Find alternative texts that say nothing, or only what the caption says."""
    for figure in passage.figures():
        if len(figure.alternative.split()) < LEAST_ALTERNATIVE_WORDS:
            reason = f"The text of {figure.target} must describe the figure, not only name it."
            yield Problem(passage.file, figure.line, reason)
        elif _plain(figure.alternative) == _plain(figure.caption):
            reason = f"The text of {figure.target} repeats its caption."
            yield Problem(passage.file, figure.line, reason)


def _repetitions(every: list[Passage]) -> Iterator[Problem]:
    """Find a sentence that stands in two lessons of one language, or twice in one."""
    seen: dict[tuple[str, str], tuple[str, int]] = {}
    for passage in every:
        for line, words in passage.blocks(verbatim=True) if passage.lesson else ():
            for sentence in _SENTENCE_END.split(words):
                if len(sentence.split()) < REPEATED_WORDS:
                    continue
                key = (passage.language, _plain(sentence))
                file, at = seen.setdefault(key, (passage.file, line))
                if (file, at) != (passage.file, line):
                    reason = f"The same sentence appears in {file}:{at}: {sentence[:60]!r}."
                    yield Problem(passage.file, line, reason)


def _plain(text: str) -> str:
    return re.sub(r"\W+", " ", text).strip().lower()


# --- lessons and quizzes ---


def _quiz(lesson: LessonFile) -> Iterator[Problem]:
    """Find a quiz that is missing or poor, and a question of which a part would be empty."""
    if lesson.quiz is None:
        yield lesson.front.problem((), "The lesson has no quiz.")
        return
    document = lesson.quiz.document
    kinds = Counter(question["kind"] for question in document.value["questions"])
    if kinds.total() < LEAST_QUESTIONS or len(kinds) < LEAST_KINDS:
        reason = (
            f"A quiz asks at least {LEAST_QUESTIONS} questions of {LEAST_KINDS} kinds; "
            f"here are {kinds.total()} of {len(kinds)}."
        )
        yield document.problem(("questions",), reason)
    for position, question in enumerate(lesson.quiz.questions()):
        parts = [question.prompt, *(item.html for item in question.items)]
        parts += [text for one in question.choices for text in (one.html, one.explanation)]
        if not all(plain_text(part) or "<img" in part for part in parts):
            yield document.problem(("questions", position), "A part of it would be empty.")


def _empty_sections(lesson: LessonFile, page: Page) -> Iterator[Problem]:
    parts = re.split(r"<(h[23])[^>]*>(.*?)</h[23]>", page.html)
    for level, title, below, following in zip(
        parts[1::3], parts[2::3], parts[3::3], [*parts[4::3], "h2"], strict=True
    ):
        if not plain_text(below) and "<img" not in below and following <= level:
            reason = f"The section {plain_text(title)!r} is empty."
            yield Problem(lesson.front.file, lesson.skipped_lines + 1, reason)


def _unused_figures(lesson: LessonFile) -> Iterator[Problem]:
    """Find files in figures/ that neither the lesson nor its quiz shows."""
    shown = set()
    for passage in lesson_passages(lesson, ""):
        for figure in passage.figures():
            if figure.target.startswith("interactive:"):
                name = figure.target.removeprefix("interactive:") + ".json"
                data = lesson.figures[name].file.data if name in lesson.figures else None
                still = (data or {}).get("still", {}).get("picture")
                shown |= {name, f"{still}.light.svg", f"{still}.dark.svg"}
            else:
                name = figure.target.removeprefix("figures/").removesuffix(".svg")
                shown |= {f"{name}.light.svg", f"{name}.dark.svg"}
    for name in sorted(set(lesson.figures) - shown):
        yield lesson.front.problem((), f"figures/{name} is not shown anywhere.")


def _sources(lesson: LessonFile) -> Iterator[Problem]:
    """Find a lesson without sources, and a work that it cites and its sources do not have."""
    sources = [str(source["text"]) for source in lesson.front.value["sources"]]
    if not sources:
        yield lesson.front.problem(("sources",), "The lesson names no source.")
    for passage in lesson_passages(lesson, ""):
        for line, words in passage.blocks():
            for match in _CITED.finditer(words):
                who, year = _GENITIVE.sub("", match["who"]), match["year"]
                if not any(who in source and year in source for source in sources):
                    reason = f"{who} ({year}) is cited but not listed in the sources."
                    yield Problem(passage.file, line, reason)


# --- links ---


def _links(
    lesson: LessonFile, page: Page, pages: Mapping[tuple[str, str], Page]
) -> Iterator[Problem]:
    """Find links to sections and pages that do not exist, and addresses that are none."""
    for target in _LINK.findall(page.html):
        if reason := _broken(target, page, pages):
            yield Problem(lesson.front.file, lesson.skipped_lines + 1, reason)
    for position, source in enumerate(lesson.front.value["sources"]):
        if not _is_address(source.get("url", _SOME_ADDRESS)):
            yield lesson.front.problem(("sources", position, "url"), "This is not a valid address.")


def _reading(tree: Tree) -> Iterator[Problem]:
    """Find books that go with no course or lesson, or stand at no address."""
    places = {course.slug for course in tree.courses} | {
        f"{course.slug}/{lesson.slug}"
        for course in tree.courses
        for lesson in course.lessons.values()
    }
    for position, entry in enumerate(tree.reading.value if tree.reading else []):
        unknown = set(entry.get("fits", [])) - places
        if tree.reading and unknown:
            reason = f"There is no course or lesson {', '.join(sorted(unknown))}."
            yield tree.reading.problem((position, "fits"), reason)
        if tree.reading and not _is_address(entry.get("url", _SOME_ADDRESS)):
            yield tree.reading.problem((position, "url"), "This is not a valid address.")


def _is_address(target: str) -> bool:
    parts = urlsplit(target)
    if parts.scheme == "mailto":
        return "@" in parts.path
    return parts.scheme in {"http", "https"} and bool(_HOST.match(parts.hostname or ""))


def _broken(target: str, page: Page, pages: Mapping[tuple[str, str], Page]) -> str:
    """Return what is wrong with a link on a lesson's page, or nothing."""
    address, _, anchor = target.partition("#")
    there: Page | None = page
    if address.startswith("/"):
        try:
            match = resolve(address)
        except Resolver404:
            return f"The page {target!r} does not exist."
        keys = match.kwargs
        if match.url_name == "course" and keys["slug"] not in {course for course, _ in pages}:
            return f"The page {target!r} names no course."
        there = pages.get((keys.get("course", ""), keys.get("lesson", "")))
        if match.url_name == "lesson" and there is None:
            return f"The page {target!r} names no lesson."
    elif address:
        return "" if _is_address(target) else f"{target!r} is not a valid address."
    if anchor and there is not None and anchor not in _ANCHOR.findall(there.html):
        return f"The section {target!r} does not exist."
    return ""
