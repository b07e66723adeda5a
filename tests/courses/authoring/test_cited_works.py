"""References of lessons and reading list: one form, one work cited in one way, fitting volumes."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import yaml

CONTENT = Path(__file__).resolve().parents[3] / "content"
LESSONS = sorted(CONTENT.rglob("lesson.md"))
WORK = re.compile(r"(?P<authors>.+?) \((?P<year>\d{4})\)\. (?P<title>.+?[.?!]\"?)( |$)")
NO_YEAR = (
    "Regulation ",
    "Directive ",
    "United States",
    "New York City",
    "ISO ",
    "The shap",
)
"""How laws, standards and software begin; they are cited without a year in brackets."""
FIRST_YEAR = {"NeurIPS": 1987, "JMLR": 1999, "Journal of Machine Learning Research": 1999}
"""Year of volume 0; a volume appears in its year or in the next."""
ARXIV = re.compile(r"https://arxiv\.org/abs/(?P<id>(?P<year>\d\d)(0[1-9]|1[0-2])\.\d{4,5})")
DOI = re.compile(r"https://doi\.org/10\.\d{4,9}/\S+")


def sources() -> list[dict[str, str]]:
    """Return the sources of all lessons, in all languages."""
    found: list[dict[str, str]] = []
    for path in LESSONS:
        front: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8").split("---")[1])
        found += front.get("sources", [])
    return found


def works() -> list[tuple[str, int, str, str]]:
    """Return authors, year, title and link of each source that has a year."""
    found = []
    for source in sources():
        if not source["text"].startswith(NO_YEAR):
            work = WORK.match(source["text"])
            assert work, source["text"]
            title = re.sub(r"\W", "", work["title"].lower())
            found.append((work["authors"], int(work["year"]), title, source.get("url", "")))
    return found


def test_every_source_has_authors_a_year_and_a_title() -> None:
    """Each is "Authors (year). Title. Where.", or a law, a standard or a package."""
    assert all(1900 <= year <= 2026 for _, year, _, _ in works())
    assert all(source["text"].rstrip().endswith((".", ")")) for source in sources())


def test_one_work_has_one_year_one_first_author_and_is_linked_everywhere_or_nowhere() -> None:
    """Two lessons that cite the same title agree on it."""
    seen = defaultdict(set)
    for authors, year, title, link in works():
        seen[title].add((authors.split(",")[0], year, bool(link)))

    assert {title: found for title, found in seen.items() if len(found) > 1} == {}


@pytest.mark.parametrize("venue", FIRST_YEAR)
def test_volumes_fit_their_years(venue: str) -> None:
    """A volume of a yearly series determines the year, but for those that appear in the next."""
    wrong = []
    for source in sources():
        cited = re.search(rf"\b{venue} (\d+)\b", source["text"])
        if cited:
            year = int(WORK.match(source["text"])["year"])  # type: ignore[index]  # tested above
            if year - FIRST_YEAR[venue] - int(cited[1]) not in {0, 1}:
                wrong.append(source["text"])

    assert wrong == []


def test_links_have_the_form_of_their_registries() -> None:
    """A DOI begins with 10., an arXiv id with its month; no preprint is younger than its paper."""
    reading = yaml.safe_load((CONTENT / "reading/reading.yaml").read_text(encoding="utf-8"))
    links = [(year, link) for _, year, _, link in works()]
    links += [(one["year"], one.get("url", "")) for one in reading]
    wrong = []
    for year, link in links:
        if "doi.org" in link and not DOI.fullmatch(link):
            wrong.append(link)
        if "arxiv.org" in link:
            arxiv = ARXIV.fullmatch(link)
            if arxiv is None or 2000 + int(arxiv["year"]) > year + 2:
                wrong.append(link)

    assert wrong == []


def test_an_arxiv_number_in_the_text_is_the_linked_one() -> None:
    """Where the text names a preprint, the link leads to it."""
    wrong = []
    for source in sources():
        named = re.search(r"arXiv[: ](\d{4}\.\d{4,5})", source["text"])
        if named and source.get("url") != f"https://arxiv.org/abs/{named[1]}":
            wrong.append(source["text"])

    assert wrong == []
