"""The search: words of courses and lessons, text included, on whatever database there is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from courses.authoring.loading import load
from courses.catalogue.search import corrected, find

if TYPE_CHECKING:
    from courses.models import Course
    from tests.courses.material import Material


def subjects(text: str, language: str = "en") -> list[str]:
    """Return what is found."""
    return [hit.subject for hit in find(text, language)]


def test_the_text_of_lessons_is_found(course: Course, material: Material) -> None:
    """A word that stands only in the middle of one lesson finds that lesson."""
    material.replace("courses/tiny/02-page-2/lesson.md", "Words before", "Quokkas before")
    load(material.root)

    assert subjects("quokka") == ["lesson:tiny/page-2"]
    assert subjects("QUOKKAS before") == ["lesson:tiny/page-2"]
    assert subjects("quok") == ["lesson:tiny/page-2"]
    assert subjects("quokka nowhere") == []


def test_titles_come_before_texts(course: Course, material: Material) -> None:
    """What is named so stands before what mentions it."""
    material.replace(
        "courses/tiny/01-page-1/lesson.md", "Words before", "A wombat and words before"
    )
    material.replace("courses/tiny/02-page-2/lesson.md", "title: Page 2", "title: The wombat")
    load(material.root)

    assert subjects("wombat") == ["lesson:tiny/page-2", "lesson:tiny/page-1"]


def test_a_snippet_marks_the_word_and_is_safe(course: Course, material: Material) -> None:
    """Only <mark> is markup in a snippet; code with angle brackets is text."""
    material.replace("courses/tiny/01-page-1/lesson.md", 'print("zebra")', 'print("<b>okapi</b>")')
    load(material.root)

    snippet = find("okapi", "en")[0].snippet

    assert "<mark>okapi</mark>" in snippet
    assert "<b>" not in snippet


def test_a_translation_is_found_in_its_language(course: Course, material: Material) -> None:
    """French finds French text first, and English where there is no French."""
    material.lesson("l10n/fr/courses/tiny/01-page-1", "Le kangourou")
    load(material.root)

    assert subjects("kangourou", "fr") == ["lesson:tiny/page-1"]
    assert subjects("kangourou", "en") == []
    assert [hit.language for hit in find("zebra", "fr")] == ["fr", "en"]


def test_what_is_gone_is_not_found(course: Course, material: Material) -> None:
    """A withdrawn course leaves the index."""
    (material.root / "courses/tiny/course.yaml").rename(material.root / "course.yaml")
    (material.root / "courses/tiny").rename(material.root / "gone")
    load(material.root)

    assert subjects("zebra") == []


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(max_size=40))
def test_no_text_breaks_the_search(course: Course, text: str) -> None:
    """Whatever is typed, quotes and operators included, there is a list."""
    assert isinstance(find(text, "en"), list)


@pytest.mark.parametrize(
    "text", ['"', "a AND", "NOT", "x* NEAR(y", "title:a", "'; DROP TABLE", "-"]
)
def test_operators_are_words(course: Course, text: str) -> None:
    """The databases' own query languages cannot be reached."""
    assert isinstance(find(text, "en"), list)


def test_the_catalogue_shows_what_was_found(course: Course, material: Material) -> None:
    """Courses and pieces of lessons; nothing found is said, with the way back."""
    page = Client().get("/courses/?q=zebra").content.decode()
    assert "The tiny course" in page
    assert "<mark>zebra</mark>" in page
    assert 'href="/courses/tiny/page-1/"' in page

    page = Client().get('/courses/?q=<script>"').content.decode()
    assert "No results for" in page
    assert "<script>&quot;" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize("typo", ["zbera", "zeba", "zebbra", "zeabra", "ZEBRQ", "zebrra reason"])
def test_a_typo_is_forgiven(course: Course, typo: str) -> None:
    """One wrong, missing, doubled or swapped letter finds what was meant, and the page says so."""
    page = Client().get(f"/courses/?q={typo}").content.decode()

    assert "<mark>zebra</mark>" in page
    assert f"No results for “{typo}”. These are for “zebra" in page


@pytest.mark.parametrize("text", ["zebra", "xyzzy", "q", "", "12345", "zeb", "z(.*", "a" * 5000])
def test_what_is_known_or_too_strange_is_not_corrected(course: Course, text: str) -> None:
    """Nothing is guessed for a right word, its beginning, a number or a word that is like none."""
    assert corrected(text) is None


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(max_size=60))
def test_no_text_breaks_the_correction(course: Course, text: str) -> None:
    """Whatever is typed, there is a text or none."""
    assert corrected(text) is None or find(corrected(text) or "", "en") is not None


def test_an_index_from_before_the_words_is_rebuilt(course: Course, material: Material) -> None:
    """The first load after an upgrade fills the words, though no file has changed."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM courses_search_words")
    assert corrected("zbera") is None

    load(material.root)

    assert corrected("zbera") == "zebra"


def test_a_term_is_found_where_it_is_explained(course: Course, material: Material) -> None:
    """What a lesson sets in bold leads to that part of the lesson and says what it is."""
    material.replace(
        "courses/tiny/01-page-1/lesson.md", "Words before", "A **wombat burrow** is deep. Words"
    )
    load(material.root)

    hit = find("wombat burrow", "en")[0]
    page = Client().get("/courses/?q=wombat+burrow").content.decode()

    assert (hit.kind, hit.title, hit.anchor) == ("term", "wombat burrow", "why-it-matters")
    assert 'href="/courses/tiny/page-1/#why-it-matters"' in page
    assert ">Concept</span>" in page


def test_one_kind_of_thing_can_be_asked_for(course: Course, material: Material) -> None:
    """Only concepts, say; the links keep the words and the filters, a strange kind is none."""
    material.replace(
        "courses/tiny/01-page-1/lesson.md", "Words before", "A **wombat burrow** is deep. Words"
    )
    load(material.root)

    def kinds(query: str) -> list[str]:
        page = Client().get(f"/courses/?q=wombat+burrow{query}").content.decode()
        return re.findall(r'class="hit" data-kind="(\w+)"', page)

    assert set(kinds("")) == set(kinds("&kind=' OR 1")) == {"lesson", "term"}
    assert kinds("&kind=term") == ["term"]
    assert kinds("&kind=exercise") == []
    page = Client().get("/courses/?q=wombat&level=introductory&kind=exercise").content.decode()
    assert 'href="?q=wombat&amp;level=introductory&amp;kind=term"' in page
    assert page.count('aria-current="true">Exercises') == 1
    assert "There may be some of another kind." in page


def test_a_term_is_found_once_in_the_visitor_s_language(course: Course, material: Material) -> None:
    """Where a lesson is translated, the term of the original is not shown beside its own."""
    material.replace("courses/tiny/01-page-1/lesson.md", "Words before", "A **dingo** is wild")
    material.lesson("l10n/fr/courses/tiny/01-page-1", "Le chien")
    material.replace(
        "l10n/fr/courses/tiny/01-page-1/lesson.md", "Words before", "Un **dingo** court"
    )
    load(material.root)

    assert [hit.language for hit in find("dingo", "fr") if hit.kind == "term"] == ["fr"]


@pytest.mark.parametrize("bold", ["“Said by one.”", "A whole sentence of words", "Answer.", "12"])
def test_not_all_that_is_bold_is_a_term(course: Course, material: Material, bold: str) -> None:
    """Quotations, sentences, headings within a paragraph and numbers are none."""
    material.replace("courses/tiny/01-page-1/lesson.md", "Words before", f"**{bold}** It is.")
    load(material.root)

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM courses_search WHERE subject LIKE 'term:%'")
        assert cursor.fetchone() == (0,)


def test_swapped_letters_are_the_likeliest_slip(course: Course, material: Material) -> None:
    """Of two words that are as near, the one of the same letters is meant."""
    material.replace(
        "courses/tiny/01-page-1/lesson.md", "Words before", "A lime. A line, a line, a line. Words"
    )
    load(material.root)

    assert corrected("lmie") == "lime"


@pytest.mark.parametrize("address", ["/", "/courses/tiny/", "/courses/tiny/page-1/"])
def test_the_header_searches_from_every_page(course: Course, address: str) -> None:
    """A form in the header leads to the catalogue, which has its own instead."""
    header = Client().get(address).content.decode()
    header = header[header.index('class="masthead"') : header.index("</header>")]
    catalogue = Client().get("/courses/").content.decode()

    assert header.count('role="search"') == 1
    assert 'action="/courses/"' in header
    assert catalogue.count('role="search"') == 1
