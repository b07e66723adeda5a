"""Options that hold for all tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.cache import caches
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

settings.register_profile("fuzz", max_examples=3000)  # of `make fuzz`
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
