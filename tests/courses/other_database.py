"""A second database beside the tests' own, of the same kind, read without Django in between."""

from __future__ import annotations

import sqlite3
import uuid
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
from django.db import connection

from tests.exercises.worker_process import database_url

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def other_database(folder: Path) -> Iterator[str]:
    """Yield the address of a database that holds nothing yet."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{folder / 'other.sqlite3'}"
        return
    name = f"other_{uuid.uuid4().hex[:12]}"
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    yield database_url().rpartition("/")[0] + "/" + name
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def rows(database: str, query: str) -> list[tuple[str, ...]]:
    """Return what a query finds there, sorted, every value as text."""
    found: list[Any]
    if database.startswith("sqlite:///"):
        with closing(sqlite3.connect(database.removeprefix("sqlite:///"), timeout=60)) as there:
            found = there.execute(query).fetchall()
    else:
        facts = connection.get_connection_params() | {"dbname": database.rpartition("/")[2]}
        facts = {name: facts[name] for name in ("dbname", "user", "host", "port") if name in facts}
        with psycopg.connect(**facts) as here, here.cursor() as cursor:
            cursor.execute(query.encode())
            found = cursor.fetchall()
    return sorted(tuple(map(str, row)) for row in found)
