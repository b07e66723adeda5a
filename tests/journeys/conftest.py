"""Fixtures of the journeys: a site and a Chromium per test process, a visitor per test."""

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

PASSED = pytest.StashKey[bool]()
FAILURES = CHECKOUT / "var" / "journeys"
"""Where the last screenshot of a failed journey is saved."""

QUIET = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    # No other host resolves, even for a request that no route intercepts.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
]


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    """Start a site for this test process, with real content, queue, worker and sandbox."""
    # A run that is terminated stops its site too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    running = Site(Path(tempfile.mkdtemp(prefix="whybox-journeys-")))
    try:
        running.open()
        yield running
    finally:
        running.close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Start Debian's Chromium, with its own sandbox unless root runs it, where it cannot work."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=[*QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else [])],
        )
        yield browser
        browser.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start the longest journey first, so that no process waits for it at the end."""
    items.sort(key=lambda item: "test_whole_route" not in item.nodeid)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let the fixtures know whether the test passed."""
    report = yield
    if call.when == "call":
        item.stash[PASSED] = report.passed
    return report


@pytest.fixture
def welcome(
    site: Site, chromium: Browser, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Visitor]]:
    """Open browser contexts with the options of the test, and fail it for any fault they saw."""
    visitors: list[Visitor] = []

    def new_visitor(**browser: object) -> Visitor:
        size = {"viewport": {"width": 1280, "height": 860}}
        context = chromium.new_context(**{"locale": "en-GB", **size, **browser})  # type: ignore[arg-type]
        visitors.append(Visitor(site, context))
        return visitors[-1]

    yield new_visitor
    for number, visitor in enumerate(visitors):
        if not request.node.stash.get(PASSED, False):
            FAILURES.mkdir(parents=True, exist_ok=True)
            visitor.page.screenshot(path=FAILURES / f"{request.node.name}-{number}.png")
        visitor.context.close()
    faults = [fault for visitor in visitors for fault in visitor.faults]
    assert not faults, "\n".join(faults)


@pytest.fixture
def visitor(welcome: Callable[..., Visitor]) -> Visitor:
    """A visitor with a desktop window who has not signed in."""
    return welcome()


@pytest.fixture
def email() -> str:
    """A new email address."""
    return f"{uuid.uuid4().hex[:12]}@example.org"
