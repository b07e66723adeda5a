"""Whatever is sent to the API, it never answers with a server error."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error

from config.wsgi import application
from tests.exercises.worker_process import SLUG
from tests.malformed import sent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from courses.models import User
    from exercises.models import Exercise


EXAMPLES = max(12, settings.default.max_examples // 30 if settings.default else 0)
"""Requests to each operation: a look at each kind of input, within seconds; more in `make fuzz`."""


@pytest.fixture
def api(db: None) -> Iterator[Any]:
    """The API by its own OpenAPI document; requests keep the test's connection, as Django's do."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield schemathesis.openapi.from_wsgi("/api/v1/schema/?format=json", application)
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def header(
    exercise: Exercise, learner: User, token_of: Callable[[User], dict[str, str]]
) -> dict[str, str]:
    """A learner's token; the exercise makes one of the addresses real."""
    return token_of(learner)


def test_no_server_error(api: Any, header: dict[str, str]) -> None:
    """Every operation survives whatever its document allows, and much that it does not.

    Slow: each operation gets many generated requests.
    """
    operations = [found.ok() for found in api.get_all_operations()]
    assert len(operations) >= 12  # those that ARCHITECTURE promises
    for operation in operations:
        _attack(operation, header)


def _attack(operation: Any, header: dict[str, str]) -> None:
    turns = itertools.count()

    @given(case=operation.as_strategy())
    @settings(
        max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )
    def attack(case: Any) -> None:
        sent("calls of the API")
        if "slug" in (case.path_parameters or {}) and next(turns) % 2:
            case.path_parameters["slug"] = SLUG  # or every request would end at "not found"
        case.call_and_validate(headers=header, checks=[not_a_server_error])

    attack()
