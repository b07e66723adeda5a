"""The lines of the log: text for people, JSON for programs, ids on each."""

from __future__ import annotations

import json
import logging
import sys
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from structlog.contextvars import bound_contextvars

from config.logs import logging_settings
from tests.exercises.test_one_id import formatter

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings


def record(message: str, *, error: bool = False) -> logging.LogRecord:
    """A record as the standard library's loggers make it."""
    caught = None
    if error:
        try:
            int("no such thing")
        except ValueError:
            caught = sys.exc_info()
    made = logging.LogRecord("exercises.x", logging.WARNING, "x.py", 1, message, (), caught)
    made.__dict__["facts"] = {"route": "status/"}
    return made


def test_a_json_line_holds_the_event_its_facts_and_what_is_bound() -> None:
    """Level, logger, time, facts and ids are keys of one object."""
    with bound_contextvars(request_id="r-1", submission="s-1"):
        line = json.loads(formatter("json").format(record("it is late")))
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "it is late",
        "level": "warning",
        "logger": "exercises.x",
        "route": "status/",
        "request_id": "r-1",
        "submission": "s-1",
    }


def test_an_error_is_one_json_line_with_its_traceback() -> None:
    """A program that reads line by line never meets half an event."""
    line = formatter("json").format(record("broken", error=True))
    assert "\n" not in line
    assert (
        "ValueError: invalid literal for int() with base 10: 'no such thing'"
        in json.loads(line)["exception"]
    )


def test_a_text_line_reads_as_a_sentence() -> None:
    """Time, level, logger, event, then what is bound; a traceback follows."""
    with bound_contextvars(request_id="r-1"):
        line = formatter("text").format(record("it is late", error=True))
    head, *rest = line.splitlines()
    assert head.partition(" ")[2] == "WARNING exercises.x: it is late request_id=r-1 route=status/"
    assert rest[-1] == "ValueError: invalid literal for int() with base 10: 'no such thing'"


@pytest.mark.parametrize(("form", "level"), [("xml", "INFO"), ("json", "LOUD")])
def test_an_unknown_setting_is_refused(form: str, level: str) -> None:
    """The message names both variables and what they may be."""
    with pytest.raises(ValueError, match="WHYBOX_LOG_FORMAT is one of text, json"):
        logging_settings(form=form, level=level)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("proxies", "given", "kept"),
    [
        (1, "abcdef-0123456789", True),
        (1, "short", False),
        (1, "a b\tc d e f g", False),
        (0, "abcdef-0123456789", False),
    ],
)
def test_a_response_names_its_id_and_only_a_trusted_proxy_chooses_it(
    settings: Settings, proxies: int, given: str, kept: object
) -> None:
    """Without a proxy, or with an id of another form, the site makes its own."""
    settings.TRUSTED_PROXIES = proxies
    answer = Client().get("/status/", headers={"X-Request-ID": given})
    assert (answer["X-Request-ID"] == given) is kept
    assert len(answer["X-Request-ID"]) >= 8
