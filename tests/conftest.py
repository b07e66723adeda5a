"""Options that hold for all tests."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from django.core.cache import caches
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

settings.register_profile("fuzz", max_examples=2000)  # of `make fuzz`
OF_PROCESSES: Counter[str] = Counter()
"""How many malformed inputs the processes of pytest-xdist have sent, by kind."""
DATABASE_FIXTURES = {"db", "transactional_db", "live_server"}


@pytest.fixture(autouse=True)
def empty_caches() -> Iterator[None]:
    """Leave nothing of a test, such as counted requests or a shown status, to the next one."""
    yield
    for cache in caches.all(initialized_only=True):
        cache.clear()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option by which the tests on PostgreSQL and Redis leave out all others."""
    parser.addoption(
        "--database-only", action="store_true", help="run only the tests that use the database"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With ``--database-only``, deselect what no other database or broker could change."""
    if not config.getoption("--database-only"):
        return
    selected = [item for item in items if _uses_database(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in selected])
    items[:] = selected


def _uses_database(item: pytest.Item) -> bool:
    fixtures = set(getattr(item, "fixturenames", ()))
    return bool(fixtures & DATABASE_FIXTURES) or item.get_closest_marker("django_db") is not None


def _sent() -> Counter[str]:
    """Return the counts of malformed inputs.

    Their module is imported by whoever sends some, after the profile was chosen: its settings have
    that profile's number of examples.
    """
    module = sys.modules.get("tests.malformed")
    return module.SENT if module else Counter()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand what a test process has sent to the one that prints it."""
    told = getattr(session.config, "workeroutput", None)
    if told is not None:
        told["sent"] = dict(_sent())


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object | None) -> None:
    """Add what a test process has sent; one that died tells nothing, and pytest says so."""
    if error is None:
        OF_PROCESSES.update(node.workeroutput.get("sent", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how many malformed inputs were sent, by kind."""
    told = OF_PROCESSES + _sent()
    if not told:
        return
    terminalreporter.section("malformed inputs")
    for kind, number in sorted(told.items()):
        terminalreporter.line(f"{number:8,}  {kind}")
    terminalreporter.line(f"{told.total():8,}  in all")
