"""What `collectstatic` makes of the site's scripts and styles: less to send, and the same meaning.

That styles have the same rules and that scripts run is seen in a browser, by
`tests/journeys/test_minified_files.py`.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Final

import pytest
from django.contrib.staticfiles.finders import find
from django.templatetags.static import static
from pygments.lexers.javascript import JavascriptLexer
from pygments.token import Comment

from bench.page_weight import IMPORTED, IMPORTED_LATER, imports
from config.environment import BASE_DIR
from config.static_files import minified
from tests.config.collected import STORAGE, collect

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_django.fixtures import Settings

SOURCES: Final = BASE_DIR / "config" / "static"
SCRIPTS: Final = sorted((SOURCES / "js").rglob("*.js"))
NOTICE: Final = "/* By others. MIT. */\nlet  kept;\n"
STYLE: Final = "/* a note */\na :hover { color : red; }\n"
SCRIPT: Final = '// a note\nimport { one } from "./one.js";\n\none(`kept  as is`);\n'


def _tokens(script: str) -> list[str]:
    """Return what a script consists of, without comments and without spaces between."""
    found = JavascriptLexer().get_tokens(script)
    return [text.strip() for kind, text in found if text.strip() and Comment not in kind.split()]


def _served(name: str) -> str:
    """Return the name, with its digest, by which pages name a file."""
    return static(name).removeprefix("/static/")


def _read(folder: Path) -> dict[str, bytes]:
    files = (file for file in folder.rglob("*") if file.is_file())
    return {str(file.relative_to(folder)): file.read_bytes() for file in files}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_minified_script_says_what_its_source_says(script: Path) -> None:
    """Every name, number, string, template and regular expression stays, in its order."""
    source = script.read_text()
    small = minified(script.name, source)

    assert _tokens(small) == _tokens(source)
    assert len(small) < len(source)


def test_own_files_are_minified_and_those_of_others_stay(
    settings: Settings, tmp_path: Path
) -> None:
    """Under the plain name, by which modules import each other, and under the one with a digest."""
    source = tmp_path / "source"
    for name, text in (("a.css", STYLE), ("js/b.js", SCRIPT), ("vendor/c.js", NOTICE)):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(text)
    collect(settings, tmp_path / "static", source)

    wanted = {
        "a.css": "a :hover{color:red}",
        "js/b.js": 'import{one}from"./one.js";one(`kept  as is`);',
        "vendor/c.js": NOTICE,
    }
    for name, text in wanted.items():
        served = _served(name)
        assert served != name
        assert (tmp_path / "static" / name).read_text() == text
        assert (tmp_path / "static" / served).read_text() == text


def test_a_changed_source_is_collected_anew_and_nothing_else_changes(
    settings: Settings, tmp_path: Path
) -> None:
    """Collecting again gives the same files; an edit gives new names and new contents."""
    source, collected = tmp_path / "source", tmp_path / "static"
    source.mkdir()
    (source / "a.css").write_text(STYLE)
    (source / "b.css").write_text("b { color: blue; }")
    collect(settings, collected, source)
    first, name = _read(collected), _served("a.css")
    collect(settings, collected, source)
    assert _read(collected) == first

    (source / "a.css").write_text(STYLE.replace("red", "green"))
    later = (collected / "a.css").stat().st_mtime + 10
    os.utime(source / "a.css", (later, later))
    collect(settings, collected, source)
    assert _served("a.css") != name
    assert (collected / "a.css").read_text() == "a :hover{color:green}"
    assert (collected / "b.css").read_bytes() == first["b.css"]


def test_every_module_finds_what_it_imports(settings: Settings, tmp_path: Path) -> None:
    """From its copy under the plain name and from the one with a digest."""
    collected = tmp_path / "static"
    collect(settings, collected)
    manifest = json.loads((collected / "staticfiles.json").read_text())["paths"]
    lost, followed = [], 0
    for script in SCRIPTS:
        name = str(script.relative_to(SOURCES))
        wanted = imports(script.read_text(), IMPORTED, IMPORTED_LATER)
        for copy in (collected / name, collected / manifest[name]):
            found = imports(copy.read_text(), IMPORTED, IMPORTED_LATER)
            assert found == wanted
            followed += len(found)
            lost += [f"{copy}: {one}" for one in found if not (copy.parent / one).exists()]

    assert lost == []
    assert followed > 2 * 40


def test_without_collecting_the_sources_are_served(settings: Settings, tmp_path: Path) -> None:
    """With `WHYBOX_DEBUG` a page names the files as they are, which are found where they lie."""
    settings.DEBUG = True
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": STORAGE}}

    assert static("js/site.js") == "/static/js/site.js"
    assert find("js/site.js") == str(SOURCES / "js" / "site.js")
