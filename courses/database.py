"""The database's clock, and operations that outlast a lost connection or a locked database.

Workers on several hosts write to one database. A deadline that one of them sets and another
compares comes from one clock: the database has the only one that they all share.
"""

from __future__ import annotations

import itertools
import logging
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TypeVar

from django.db import InterfaceError, InternalError, OperationalError, connection

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.backends.base.base import BaseDatabaseWrapper

T = TypeVar("T")

CONNECTION_FAULTS: Final = (OperationalError, InterfaceError, InternalError)
"""What a locked database, a restarted server, a broken connection and a database that is read-only
for a while (`InternalError` on PostgreSQL) raise; all may pass."""

PATIENCE_SECONDS: Final = 10.0
"""How long an operation is tried again; half a worker's lease."""

LEAST_TRIES: Final = 3
"""One try alone can outlast the patience: SQLite waits 20 s for a lock."""

FIRST_PAUSE_SECONDS: Final = 0.05
LONGEST_PAUSE_SECONDS: Final = 2.0

_CLOCK: Final = {
    "sqlite": "STRFTIME('%Y-%m-%d %H:%M:%f', 'NOW')",
    "postgresql": "STATEMENT_TIMESTAMP()",
}
"""The same expressions as Django's `Now`."""

SILENT_SESSIONS: Final = """
SET idle_in_transaction_session_timeout = '60s';
SET tcp_keepalives_idle = 10;
SET tcp_keepalives_interval = 5;
SET tcp_keepalives_count = 3;
SET tcp_user_timeout = '25s';
"""
"""PostgreSQL ends the session, and with it the locks, of a process that does not answer any more.

By default it waits for two hours: a host that is cut off while it claims a submission would keep
every other worker waiting for as long.
"""

logger = logging.getLogger(__name__)


def end_silent_sessions(connection: BaseDatabaseWrapper, **_facts: object) -> None:
    """Let the database end this connection when nobody answers at its other end."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(SILENT_SESSIONS)


def database_now() -> datetime:
    """Return the database's time, which may differ from this host's."""
    clock = _CLOCK.get(connection.vendor, "CURRENT_TIMESTAMP")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {clock}")  # one of three constants
        (value,) = cursor.fetchone()
    now = datetime.fromisoformat(value) if isinstance(value, str) else value  # SQLite has text
    return now.astimezone(UTC) if now.tzinfo else now.replace(tzinfo=UTC)


def outlast_faults(operation: Callable[[], T], *, seconds: float = PATIENCE_SECONDS) -> T:
    """Call `operation`, again after each fault of the connection, until `seconds` have passed.

    It is tried at least `LEAST_TRIES` times.

    Each further try has a new connection. The operation is one transaction, so that a failed try
    has written nothing. Within a transaction of the caller nothing is tried again.

    Raises:
        OperationalError, InterfaceError, InternalError: the last try's, when the database stayed
            unusable.
    """
    deadline, pause = time.monotonic() + seconds, FIRST_PAUSE_SECONDS
    for number in itertools.count(1):
        try:
            return operation()
        except CONNECTION_FAULTS as fault:
            is_late = number >= LEAST_TRIES and time.monotonic() + pause > deadline
            if is_late or connection.in_atomic_block:
                raise
            logger.warning("the database did not answer, trying again: %s", fault)
            connection.close()
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
    raise AssertionError  # the count has no end
