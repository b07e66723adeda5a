"""Error reports to Sentry (or what speaks its protocol), for sites that set `WHYBOX_SENTRY_DSN`.

What is reported is what the log says at level ERROR, and less: the kind of the exception and where
it was raised, the ids of request and submission, no words of an exception, no variables, nothing of
the request. The words stay in the site's own log, where the ids find them.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from structlog import contextvars

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

KEPT: Final = frozenset({"event_id", "timestamp", "level", "logger", "platform", "server_name"})
"""Facts of an event that are reported as they are."""
FRAME: Final = frozenset({"filename", "module", "function", "lineno", "in_app"})
"""Facts of a frame of a traceback that are reported."""


def report_to(dsn: str) -> None:
    """Report errors from now on, in the background.

    Raises:
        ImportError: the packages of requirements/reporting.txt are not installed.
        ValueError: `dsn` is none.
    """
    import sentry_sdk  # noqa: PLC0415  # optional
    from sentry_sdk.integrations.logging import LoggingIntegration  # noqa: PLC0415  # the same
    from sentry_sdk.utils import BadDsn  # noqa: PLC0415  # the same

    try:
        sentry_sdk.init(
            dsn,
            default_integrations=False,  # each would add what it finds of requests and variables
            integrations=[LoggingIntegration(level=None, event_level=logging.ERROR)],
            before_send=screened,
            send_client_reports=False,
            auto_session_tracking=False,
        )
    except BadDsn as error:
        message = "WHYBOX_SENTRY_DSN is no address of the form https://key@host/project."
        raise ValueError(message) from error


def screened(event: Event, _hint: Hint) -> Event:
    """Return an event of what may leave the site; what is not named here is left out."""
    facts: dict[str, Any] = dict(event)
    kept = {key: value for key, value in facts.items() if key in KEPT}
    # The template of a line, without what was put into it.
    kept["logentry"] = {"message": (facts.get("logentry") or {}).get("message", "")}
    kept["tags"] = dict(contextvars.get_contextvars())
    values = (facts.get("exception") or {}).get("values") or []
    if values:
        kept["exception"] = {"values": [_place(value) for value in values]}
    return kept  # type: ignore[return-value]  # a typed dictionary, made of its own parts


def _place(value: dict[str, Any]) -> dict[str, Any]:
    """Return the kind of an exception, and where it was raised."""
    frames = (value.get("stacktrace") or {}).get("frames") or []
    return {
        "type": value.get("type"),
        "module": value.get("module"),
        "stacktrace": {
            "frames": [{key: frame[key] for key in FRAME & frame.keys()} for frame in frames]
        },
    }
