"""A consistent copy of the database while the site runs, and a database made of one.

SQLite: its own backup, page by page, which a writer restarts at most. PostgreSQL: pg_dump and
pg_restore of the installed client, which see one moment of the database.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

from django.db import connection

if TYPE_CHECKING:
    from collections.abc import Sequence

FILES: Final = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}


class DatabaseToolError(Exception):
    """The database cannot be copied or restored; the text is for the operator."""


def dump(folder: Path) -> Path:
    """Write a copy of the database into `folder` and return its path.

    Raises:
        DatabaseToolError: no tool for this database, or it failed.
    """
    target = folder / _file()
    if connection.vendor == "sqlite":
        with (
            closing(sqlite3.connect(_sqlite_path())) as source,
            closing(sqlite3.connect(target)) as copy,
        ):
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
        return target
    _run(["pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={target}"])
    return target


def is_empty() -> bool:
    """Whether nobody has an account here, or there are no tables yet."""
    if "courses_user" not in connection.introspection.table_names():
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM courses_user")
        return bool(cursor.fetchone() == (0,))


def load(copy: Path) -> None:
    """Replace the database by a copy, all or nothing.

    Raises:
        DatabaseToolError: the copy is of another kind of database, or the tool failed.
    """
    if copy.name != _file():
        raise DatabaseToolError(
            f"The backup has {copy.name}; a restore here needs {_file()}. A backup is restored "
            "into the kind of database that it was made of."
        )
    connection.close()
    if connection.vendor == "sqlite":
        path = Path(_sqlite_path())
        path.parent.mkdir(parents=True, exist_ok=True)
        # Into the database that is there: what has it open sees the new content, not an old file.
        with closing(sqlite3.connect(copy)) as source, closing(sqlite3.connect(path)) as target:
            target.execute("PRAGMA journal_mode=WAL")
            source.backup(target)
        return
    arguments = ["pg_restore", "--clean", "--if-exists", "--no-owner", "--no-privileges"]
    arguments += ["--single-transaction", "--exit-on-error"]
    _run([*arguments, f"--dbname={connection.settings_dict['NAME']}", str(copy)])


def _file() -> str:
    try:
        return FILES[connection.vendor]
    except KeyError as error:
        message = f"There is no backup of {connection.display_name} databases."
        raise DatabaseToolError(message) from error


def _sqlite_path() -> str:
    return str(connection.settings_dict["NAME"])


def _run(command: Sequence[str]) -> None:
    """Run a client of PostgreSQL, with the connection in the environment: never in `ps`."""
    facts = connection.settings_dict
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD"}
    environment = os.environ | {
        variable: str(facts[name]) for variable, name in names.items() if facts.get(name)
    }
    environment["PGDATABASE"] = str(facts["NAME"])
    try:
        done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    except FileNotFoundError as error:
        message = f"{command[0]} is not installed (Debian: postgresql-client)."
        raise DatabaseToolError(message) from error
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or ["no message"]
        raise DatabaseToolError(f"{command[0]} failed: {lines[-1]}")
