"""Restoring a backup into a site that has no accounts yet."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import storages
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from courses.backups import databases
from courses.backups.archive import (
    CHUNK,
    SECRETS,
    BackupError,
    Manifest,
    fingerprints,
    opened,
    read_manifest,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Restored:
    """What a restore did.

    Attributes:
        files: how many stored files were written.
        warnings: what the operator has to look at.
    """

    manifest: Manifest
    files: int
    warnings: list[str]


def restore(path: Path) -> Restored:
    """Restore a backup: its files, its secrets, and last its database.

    The whole backup is checked before anything is written, and the database comes last: a restore
    that was interrupted leaves a site without accounts, and can be repeated.

    Raises:
        BackupError: it is damaged, too new, or this site has accounts.
        DatabaseToolError: the database could not be restored.
    """
    manifest = read_manifest(path)
    if not databases.is_empty():
        raise BackupError("This site has accounts. A backup is restored into an empty site only.")
    unknown = _unknown_migrations(manifest.migrations)
    if unknown:
        raise BackupError(
            f"The backup is of a newer version: {unknown[0]} is unknown here. Upgrade first."
        )
    files = 0
    with tempfile.TemporaryDirectory(prefix="whybox-restore-") as folder, opened(path) as members:
        copy: Path | None = None
        for name, content in members:
            kind, _slash, rest = name.partition("/")
            if kind == "storage":
                alias, _slash, stored = rest.partition("/")
                _store(alias, stored, content)
                files += 1
            elif kind == "secrets":
                _keep_secret(rest, content)
            else:
                copy = Path(folder) / name
                _write(copy, content)
        if copy is None:
            raise BackupError("The backup has no database.")
        databases.load(copy)
    return Restored(manifest, files, _warnings(manifest))


def _store(alias: str, name: str, content: IO[bytes]) -> None:
    """Write a stored file under exactly its name: rows name it."""
    storage = storages[alias]
    if storage.exists(name):
        storage.delete(name)
    kept = storage.save(name, File(content))
    if kept != name:
        raise BackupError(f"The storage renamed {name} to {kept}; rows would not find it.")


def _keep_secret(name: str, content: IO[bytes]) -> None:
    """Write a secret that a site on one machine generates; one that is there already is replaced.

    An empty site has protected nothing with its own yet.
    """
    if name not in SECRETS:
        raise BackupError(f"The backup holds a secret that no backup holds: {name!r}.")
    path = settings.VAR_DIR / name
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{name}.part")
    number = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(number, "wb") as out:
        out.write(content.read())
    partial.rename(path)


def _write(path: Path, content: IO[bytes]) -> None:
    with path.open("wb") as out:
        while chunk := content.read(CHUNK):
            out.write(chunk)


def _unknown_migrations(applied: Mapping[str, list[str]]) -> list[str]:
    known = set(MigrationLoader(connection).disk_migrations)
    apps = {app for app, _name in known}
    return [
        f"{app}.{name}"
        for app, names in applied.items()
        for name in names
        if app in apps and (app, name) not in known
    ]


def _warnings(manifest: Manifest) -> list[str]:
    stored = {name.partition("/")[2] for name in manifest.digests if name.startswith("secrets/")}
    found = fingerprints()
    return [
        f"The backup's {name} is another one: set the variable to the old site's."
        for name, fingerprint in manifest.fingerprints.items()
        if name not in stored and found.get(name) != fingerprint
    ]
