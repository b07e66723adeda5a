"""Connections to the database: a process that falls silent keeps nobody waiting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection

from courses.database import CONNECTION_FAULTS, end_silent_sessions

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

LOCK = 0x57_42_73_6C


class _File:
    """A database that is a file."""

    vendor = "sqlite"

    def cursor(self) -> Any:
        """Refuse: there is nobody to tell."""
        raise AssertionError("a database without sessions was told about them")


def test_a_database_without_sessions_is_told_nothing() -> None:
    """SQLite has a file, whose locks end with the process."""
    file: Any = _File()
    end_silent_sessions(file)


def test_a_transaction_that_falls_silent_keeps_no_lock(transactional_db: None) -> None:
    """PostgreSQL ends it, and whoever waits for its lock goes on; SQLite has only a file."""
    silent: BaseDatabaseWrapper = connection.copy()
    try:
        with silent.cursor() as cursor:
            if silent.vendor != "postgresql":
                cursor.execute("PRAGMA journal_mode")
                assert cursor.fetchone()
                return
            cursor.execute("SHOW idle_in_transaction_session_timeout")
            assert cursor.fetchone() == ("1min",)
            cursor.execute("SET idle_in_transaction_session_timeout = '100ms'")
            cursor.execute("BEGIN")
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        with connection.cursor() as cursor:  # waits until the other session has been ended
            cursor.execute("SELECT pg_advisory_lock(%s), pg_advisory_unlock(%s)", [LOCK, LOCK])
        with pytest.raises(CONNECTION_FAULTS), silent.cursor() as cursor:
            cursor.execute("SELECT 1")
    finally:
        silent.close()
