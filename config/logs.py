"""Logging: one line per event, as text or JSON, with the ids of the request and the submission.

`structlog.contextvars` holds what belongs to whatever a thread is doing: ``request_id`` from the
request that submitted something to the verdict, ``submission`` while it is graded. Every line of
the standard library's loggers carries them, so modules log as usual and no library needs to know.
Nothing that a learner wrote is logged: no bodies, no query strings, no addresses with keys in them,
no outputs, no messages of exceptions raised by a learner's code.
"""

from __future__ import annotations

import logging
import logging.config
from typing import TYPE_CHECKING, Any, Final

import structlog

if TYPE_CHECKING:
    from structlog.typing import EventDict, Processor, WrappedLogger

FORMATS: Final = ("text", "json")
LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR")
QUIET: Final = ("celery", "kombu", "amqp", "asyncio")
"""Libraries whose INFO lines tell of each message and connection."""


def logging_settings(*, form: str, level: str) -> dict[str, Any]:
    """Return Django's `LOGGING`: standard error, as `form` says, from `level` on.

    Raises:
        ValueError: there is no such form or level.
    """
    if form not in FORMATS or level not in LEVELS:
        message = (
            f"WHYBOX_LOG_FORMAT is one of {', '.join(FORMATS)}, "
            f"WHYBOX_LOG_LEVEL one of {', '.join(LEVELS)}."
        )
        raise ValueError(message)
    last: list[Processor] = [_as_text]
    if form == "json":
        last = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
                "foreign_pre_chain": [
                    structlog.contextvars.merge_contextvars,
                    structlog.stdlib.add_log_level,
                    structlog.stdlib.add_logger_name,
                    _add_facts,
                    structlog.processors.TimeStamper(fmt="iso", utc=True),
                ],
            }
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # A line for each request is for programs that read logs, not for a terminal.
            "config.request_ids": {"level": level if form == "json" else "WARNING"},
            **{name: {"level": "WARNING"} for name in QUIET},
        },
    }


def keep_logging(**_facts: object) -> None:
    """Leave logging as the settings have it; connected to Celery's `setup_logging`."""


def _add_facts(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Add what a logger's call gave as ``extra={"facts": {...}}``."""
    return {**event, **getattr(event["_record"], "facts", {})}


def _as_text(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    """Return a line for people: time, level, logger, event, what is bound; then any traceback."""
    error = event.pop("exc_info", None)
    head = [event.pop(key, "") for key in ("timestamp", "level", "logger", "event")]
    head[1] = str(head[1]).upper()
    bound = [f"{name}={value}" for name, value in event.items()]
    line = " ".join([*map(str, head[:2]), f"{head[2]}: {head[3]}", *bound])
    if not error:
        return line
    return f"{line}\n{logging.Formatter().formatException(error)}"
