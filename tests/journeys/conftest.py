"""The fixtures of the journeys: one site and one Chromium a session, one visitor a test."""

from __future__ import annotations

import os
import signal
import tempfile
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.journeys.live_site import CHECKOUT, Site, Visitor

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

WENT_WELL = pytest.StashKey[bool]()
LAST_SIGHTS = CHECKOUT / "var" / "journeys"
"""Where the last sight of a journey that failed is kept."""

QUIET = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    # Even a request that no route sees finds no other host.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
]


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    """Open a site of its own with real content, queue, worker and sandbox."""
    # A run that is told to stop takes its site down, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    running = Site(Path(tempfile.mkdtemp(prefix="whybox-journeys-")))
    try:
        running.open()
        yield running
    finally:
        running.close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Start Debian's Chromium; root cannot have its sandbox, everybody else has it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=[*QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else [])],
        )
        yield browser
        browser.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let the fixtures know whether the test went well."""
    report = yield
    if call.when == "call":
        item.stash[WENT_WELL] = report.passed
    return report


@pytest.fixture
def welcome(
    site: Site, chromium: Browser, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Visitor]]:
    """Let visitors in, each with a browser as the test describes it, and judge them at the end."""
    visitors: list[Visitor] = []

    def let_in(**browser: object) -> Visitor:
        size = {"viewport": {"width": 1280, "height": 860}}
        context = chromium.new_context(**{"locale": "en-GB", **size, **browser})  # type: ignore[arg-type]
        visitors.append(Visitor(site, context))
        return visitors[-1]

    yield let_in
    for number, visitor in enumerate(visitors):
        if not request.node.stash.get(WENT_WELL, False):
            LAST_SIGHTS.mkdir(parents=True, exist_ok=True)
            visitor.page.screenshot(path=LAST_SIGHTS / f"{request.node.name}-{number}.png")
        visitor.context.close()
    faults = [fault for visitor in visitors for fault in visitor.faults]
    assert not faults, "\n".join(faults)


@pytest.fixture
def visitor(welcome: Callable[..., Visitor]) -> Visitor:
    """Let in somebody with an ordinary window, who has not signed in."""
    return welcome()


@pytest.fixture
def email() -> str:
    """Make an address that nobody has yet."""
    return f"{uuid.uuid4().hex[:12]}@example.org"
