"""Scripts and styles as a site serves them, in a browser: they load, and mean what sources mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from config.static_files import minified
from tests.journeys.live_site import CHECKOUT

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.journeys.live_site import Site

pytestmark = pytest.mark.browser

STATIC: Final = CHECKOUT / "config" / "static"
RULES: Final = """([source, small]) => {
  const rules = (text) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    // A value with a variable keeps its text, where spaces at a comma say nothing.
    return [...sheet.cssRules].map(({ cssText }) => cssText.replace(/\\s*,\\s*/g, ","));
  };
  return [rules(source), rules(small)];
}"""
LOAD: Final = """(addresses) => Promise.all(addresses.map((address) =>
  import(address).then(() => "", ({ name, message }) => `${address}: ${name}: ${message}`)))"""
BROKEN: Final = ("SyntaxError", "Failed to fetch", "Failed to resolve", "Importing a module")
"""How a browser names a module that it cannot read, or one of whose imports leads nowhere. Other
errors are those of scripts on a page that has nothing for them."""


def test_minified_styles_have_the_rules_of_their_sources(chromium: Browser) -> None:
    """Each rule, as the browser has understood it, in the same order."""
    page = chromium.new_page()
    differ: dict[str, Any] = {}
    for style in sorted((STATIC / "css").glob("*.css")):
        source = style.read_text()
        wanted, found = page.evaluate(RULES, [source, minified(style.name, source)])
        assert wanted, style.name
        if found != wanted:
            differ[style.name] = [
                pair for pair in zip(wanted, found, strict=False) if len({*pair}) > 1
            ]
    page.close()

    assert differ == {}


def test_every_script_that_is_served_is_read_with_all_that_it_imports(
    site: Site, chromium: Browser
) -> None:
    """Under plain names and under those with a digest."""
    served = site.folder / "static" / "js"
    names = [file.relative_to(served) for file in sorted(served.rglob("*.js"))]
    sources = {file.relative_to(STATIC / "js") for file in (STATIC / "js").rglob("*.js")}
    assert sources < set(names)
    page = chromium.new_page()
    page.goto(site.address)
    told = page.evaluate(LOAD, [f"/static/js/{name}" for name in names])
    page.close()

    assert [one for one in told if any(words in one for words in BROKEN)] == []
