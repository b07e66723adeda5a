"""Faults of a real database, whichever the tests run on."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from typing import TYPE_CHECKING

import psycopg
from django.db import connection, connections

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TIMEOUT_SECONDS = 0.1
"""How long SQLite waits for a lock in these tests; 20 s on a site."""

PATIENCE_SECONDS = 30.0
"""How long a test waits for what must happen; longer than any of it takes on a busy machine."""


@contextlib.contextmanager
def broken_database() -> Iterator[None]:
    """Make every write of other threads fail: a locked SQLite, a PostgreSQL that hangs up."""
    if connection.vendor == "sqlite":
        with _locked_sqlite():
            yield
    else:
        with _hanging_up_postgresql():
            yield


@contextlib.contextmanager
def _locked_sqlite() -> Iterator[None]:
    options = connections.settings["default"]["OPTIONS"]
    before, options["timeout"] = options["timeout"], TIMEOUT_SECONDS
    holder = sqlite3.connect(str(connection.settings_dict["NAME"]), isolation_level=None)
    try:
        holder.execute("BEGIN IMMEDIATE")
        yield
    finally:
        holder.rollback()
        holder.close()
        options["timeout"] = before


@contextlib.contextmanager
def _hanging_up_postgresql() -> Iterator[None]:
    """End every other connection to the test's database, again and again."""
    ended = threading.Event()
    name = connection.settings_dict["NAME"]
    address = os.environ["WHYBOX_DATABASE_URL"].removeprefix("postgres://whybox@/")
    mine = connection.connection.info.backend_pid if connection.connection else 0

    def hang_up() -> None:
        folder = address.rpartition("/")[0]
        with psycopg.connect(
            host=folder, user="whybox", dbname="postgres", autocommit=True
        ) as control:
            while not ended.is_set():
                control.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = %s AND pid <> %s",
                    [name, mine],
                )
                time.sleep(0.001)

    thread = threading.Thread(target=hang_up)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def eventually(condition: Callable[[], object], *, seconds: float = PATIENCE_SECONDS) -> bool:
    """Wait until `condition` holds; False when it did not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
