"""The notebook page's templates: a form without JavaScript, and all that the scripts ask for."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from django.template.loader import render_to_string

from config.environment import BASE_DIR

if TYPE_CHECKING:
    from django.test import Client

SCRIPTS = BASE_DIR / "config" / "static" / "js" / "workbench"
SCRIPT = "\n".join(file.read_text() for file in sorted(SCRIPTS.glob("*.js")))
CELLS = [
    {"id": "text-1", "type": "markdown", "source": "# Title", "html": "", "rows": 1},
    {
        "id": "explain",
        "type": "code",
        "number": 1,
        "source": "\nx = '</textarea><script>'",
        "rows": 2,
        "outputs": [
            {"type": "stream", "name": "stdout", "text": "<b>printed</b>"},
            {"type": "text", "text": "array([<1>])"},
            {"type": "image", "src": "data:image/png;base64,AA==", "alt": ""},
            {"type": "error", "name": "NameError", "message": "no 'y'", "line": 2},
            {"type": "note", "text": "12 more lines were not shown."},
        ],
    },
]
WORKBENCH = {
    "api": "/api/v1/exercises/one/draft/",
    "page": "/exercises/one/notebook/",
    "login": "/accounts/login/?next=/exercises/one/",
    "cells": CELLS,
    "attempts": "2 attempts left",
    "submission_html": "",
    "limits": {"wall_seconds": 60.0},
    "facts": {
        "version": 3,
        "saved_at": "2026-11-29T01:44:10Z",
        "person": "1",
        "scope": "one",
        "can_submit": True,
        "starter": {"explain": "</script>"},
        "run": None,
        "submission": None,
    },
}


class Page(HTMLParser):
    """The tags of a page with their attributes, and the text within text areas."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.typed: list[str] = []
        self._open = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append((tag, dict(attrs)))
        self._open = tag
        if tag == "textarea":
            self.typed.append("")

    def handle_endtag(self, tag: str) -> None:
        """Leave the text area."""
        if tag == self._open:
            self._open = ""

    def handle_data(self, data: str) -> None:
        """Keep what a text area holds, as a browser does: without the first line break."""
        if self._open == "textarea":
            self.typed[-1] += data

    def having(self, name: str) -> set[str]:
        """Return the values that an attribute has on the page."""
        return {attributes[name] or "" for _, attributes in self.tags if name in attributes}


def _rendered(template: str = "exercises/_workbench.html", **facts: Any) -> str:
    return render_to_string(template, {"workbench": WORKBENCH, **facts})


def test_without_javascript_it_is_a_form_of_text_areas() -> None:
    """Each code cell is a text area with its id; the buttons save, run and submit."""
    page = Page(_rendered())
    names = [attributes.get("name") for tag, attributes in page.tags if tag == "textarea"]
    buttons = {
        (attributes.get("name"), attributes.get("value"))
        for tag, attributes in page.tags
        if tag == "button" and attributes.get("name")
    }

    assert [name for name in names if name] == ["source-explain"]
    assert buttons == {("run", "explain"), *(("action", to) for to in ("save", "run", "submit"))}
    assert ("/exercises/one/notebook/", "post") in {
        (attributes.get("action"), attributes.get("method")) for _, attributes in page.tags
    }


def test_what_a_learner_wrote_is_text() -> None:
    """Code and outputs are escaped; a text area keeps a leading empty line."""
    html = _rendered()
    page = Page(html)

    assert "\n\nx = '</textarea><script>'" in page.typed
    assert "&lt;b&gt;printed&lt;/b&gt;" in html
    assert "array([&lt;1&gt;])" in html


def test_the_facts_cannot_close_their_script() -> None:
    """What the script starts from is JSON that no cell can break out of."""
    facts = re.search(r'<script id="workbench-facts"[^>]*>(.*?)</script>', _rendered())

    assert facts
    assert json.loads(facts[1]) == WORKBENCH["facts"]


def test_nothing_needs_an_inline_style_or_script() -> None:
    """The policy refuses style attributes, handlers and inline scripts; there are none."""
    html = _rendered() + _rendered("courses/_live_code.html")
    names = {name for _, attributes in Page(html).tags for name in attributes}
    scripts = {attributes.get("type") for tag, attributes in Page(html).tags if tag == "script"}

    assert "style" not in names
    assert not {name for name in names if name.startswith("on")}
    assert scripts == {"application/json"}


@pytest.mark.parametrize("template", ["exercises/_workbench.html", "courses/_live_code.html"])
def test_each_word_that_the_scripts_say_is_there(template: str) -> None:
    """A key given to say() is a data attribute of the element with the words."""
    calls = re.findall(r"\bsay\(([^)]*)", SCRIPT)
    keys = {key for call in calls for key in re.findall(r'"([a-z][A-Za-z]+)"', call)}
    attributes = {"data-" + re.sub("([A-Z])", r"-\1", key).lower() for key in keys}
    words = next(
        attributes
        for _, attributes in Page(_rendered(template)).tags
        if "data-workbench-words" in attributes
    )

    assert len(keys) > 60
    assert attributes - words.keys() == set()


def test_each_word_for_the_scripts_is_said() -> None:
    """No word is translated that nothing says."""
    page = Page(_rendered())
    words = next(attributes for _, attributes in page.tags if "data-workbench-words" in attributes)
    camel = {
        re.sub("-([a-z])", lambda found: found[1].upper(), name.removeprefix("data-"))
        for name in words.keys() - {"hidden", "data-workbench-words"}
    }

    assert {key for key in camel if f'"{key}"' not in SCRIPT} == set()


def test_the_page_has_each_part_and_action_that_its_script_knows() -> None:
    """Parts, dialogs and actions are named alike on both sides."""
    html = _rendered()
    page = Page(html)
    script = (SCRIPTS / "page.js").read_text()
    block = script.split("const actions = {", 1)[1].split("\n};", 1)[0]
    actions = set(re.findall(r"^  \"?([a-z-]+)\"?:", block, flags=re.MULTILINE))

    assert set(re.findall(r'part\("([a-z-]+)"\)', script)) == page.having("data-part")
    assert set(re.findall(r'dialog\("([a-z]+)"\)', script)) == page.having("data-dialog")
    assert actions == page.having("data-action")


def test_only_a_page_that_asks_for_the_nonce_allows_styles_by_it(client: Client) -> None:
    """The editor's styles are allowed where its script is; other pages keep the strict policy."""
    policy = client.get("/offline/")["Content-Security-Policy"]
    styles = next(part for part in policy.split("; ") if part.startswith("style-src"))

    assert styles == "style-src 'self'"
