"""Comforts that a script adds: reading offline, shortcuts, light pages."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.journeys.answers import LESSON, OPEN_PAGES

if TYPE_CHECKING:
    from playwright.sync_api import Response

    from tests.journeys.live_site import Visitor

pytestmark = pytest.mark.browser
MOST_BYTES = 100_000
"""Of a page with all that it loads, compressed, without figures."""


def test_an_opened_lesson_can_be_read_without_a_connection(visitor: Visitor) -> None:
    """What was opened is kept; what was not is answered with a list of what was."""
    page = visitor.page
    visitor.go("/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    visitor.go(LESSON)
    title = page.get_by_role("heading", level=1).inner_text()
    # Playwright's wait_for_function takes a promise for true before it is kept: ask in a loop.
    page.evaluate(
        """async (path) => {
            const kept = await caches.open('lessons');
            for (let round = 0; round < 200 && !(await kept.match(path)); round++) {
                await new Promise((next) => setTimeout(next, 50));
            }
        }""",
        LESSON,
    )
    visitor.context.set_offline(offline=True)
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page.get_by_text("You're offline.")).to_be_visible()
    page.wait_for_function(
        "() => [...document.querySelectorAll('.prose img.only-light')].every((picture) => {"
        " picture.loading = 'eager'; return picture.complete && picture.naturalWidth > 0; })"
    )
    assert page.evaluate("document.fonts.check('16px \"Whybox Text\"')")
    page.goto(visitor.site.address + "/courses/")
    expect(page.get_by_role("heading", level=1)).to_have_text("You're offline")
    page.get_by_role("list", name="Lessons saved").get_by_role("link", name=title).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    visitor.context.set_offline(offline=False)
    # A browser tells the console about each request that found no connection; that is the test.
    visitor.faults[:] = [fault for fault in visitor.faults if "net::ERR_" not in fault]


def test_the_site_can_be_installed(visitor: Visitor) -> None:
    """The browser finds manifest, icons and service worker in order."""
    visitor.go("/")
    visitor.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    protocol = visitor.context.new_cdp_session(visitor.page)

    assert protocol.send("Page.getAppManifest")["errors"] == []
    errors = protocol.send("Page.getInstallabilityErrors")["installabilityErrors"]
    # The windows of these tests are private ones, which keep no app; nothing else is in the way.
    assert [error["errorId"] for error in errors] == ["in-incognito"]


def test_shortcuts_of_one_key_can_be_switched_off(visitor: Visitor) -> None:
    """The key n turns the page until one says no; keys typed into a field are letters."""
    page = visitor.page
    visitor.go(LESSON)
    with page.expect_navigation():
        page.keyboard.press("n")
    assert not page.url.endswith(LESSON)
    with page.expect_navigation():
        page.keyboard.press("p")
    assert page.url.endswith(LESSON)
    page.keyboard.press("?")
    visitor.look("shortcuts")
    page.get_by_label("Enable shortcuts on this device").uncheck()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("n")
    page.reload()
    page.keyboard.press("n")
    page.wait_for_timeout(300)
    assert page.url.endswith(LESSON)


def _bytes_sent(answer: Response) -> int:
    # WOFF2 is compressed already; the rest is sent as a server in front of the site packs it.
    body = answer.body()
    return len(body) if answer.request.resource_type == "font" else len(gzip.compress(body))


@pytest.mark.parametrize("path", OPEN_PAGES.values(), ids=OPEN_PAGES)
def test_a_page_weighs_at_most_100_kilobytes_without_figures(visitor: Visitor, path: str) -> None:
    """The page, its styles, scripts and fonts, each compressed, stay within the bound."""
    answers: list[Response] = []
    visitor.page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108  # Playwright marks its handlers
    visitor.go(path)
    visitor.page.wait_for_load_state("networkidle")
    weighed = {
        answer.url: _bytes_sent(answer)
        for answer in answers
        if answer.request.resource_type in {"document", "stylesheet", "script", "font"}
        and answer.ok
        and not answer.from_service_worker
    }
    assert weighed
    assert sum(weighed.values()) <= MOST_BYTES, weighed
