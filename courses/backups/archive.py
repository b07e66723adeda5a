"""The archive of a backup: a tar file with the database, stored files, secrets, and a manifest.

::

    database.sqlite3 | database.dump     a consistent copy: SQLite's backup, or pg_dump's own format
    storage/<alias>/<name>               every file of a storage, as it is kept (compressed already)
    secrets/<name>                       what a site on one machine has generated in WHYBOX_VAR
    manifest.json                        the last: versions, counts, and the digest of each member

The database is copied first. A file is written before its row and deleted after it, so a file that
a copied row names is there, unless retention or its owner deleted it in between: those are counted.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import tarfile
import tempfile
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from django.conf import settings
from django.core.files.storage import storages
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from courses.backups import databases

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.core.files.storage import Storage

FORMAT: Final = 1
ALIASES: Final = ("submissions", "exports")
SECRETS: Final = ("secret-key", "variant-secret", "certificate-key")
MANIFEST: Final = "manifest.json"
MEMBER: Final = re.compile(
    r"database\.(sqlite3|dump)|secrets/[a-z-]+|storage/(submissions|exports)/[^/\x00-\x1f][^\x00-\x1f]*"
)
MANIFEST_BYTES: Final = 2**30
CHUNK: Final = 2**20


class BackupError(Exception):
    """The backup cannot be made or used; the text is for the operator."""


@dataclass
class Manifest:
    """What a backup holds.

    Attributes:
        vendor: ``sqlite`` or ``postgresql``.
        migrations: the applied ones, by app.
        fingerprints: of the secrets that the site had, so that another secret is noticed.
        digests: SHA-256 of each member.
    """

    vendor: str
    made_at: str
    migrations: dict[str, list[str]]
    fingerprints: dict[str, str]
    digests: dict[str, str] = field(default_factory=dict)
    bytes: int = 0
    missing: int = 0
    format: int = FORMAT


def fingerprints() -> dict[str, str]:
    """Return what tells the site's secrets apart without giving them away; they are random."""
    secrets = {
        "secret-key": settings.SECRET_KEY,
        "variant-secret": settings.VARIANT_SECRET,
        "certificate-key": settings.CERTIFICATE_KEY,
    }
    return {
        name: hashlib.sha256(f"whybox backup {name} {value}".encode()).hexdigest()[:16]
        for name, value in secrets.items()
        if value
    }


def make(path: Path) -> Manifest:
    """Write a backup to `path`, readable by its owner only; the site may be running.

    Raises:
        BackupError: the file is there already or cannot be written.
        DatabaseToolError: the database cannot be copied.
    """
    if path.exists():
        raise BackupError(f"{path} exists already; a backup never replaces a file.")
    manifest = Manifest(
        vendor=connection.vendor,
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        migrations=_applied(),
        fingerprints=fingerprints(),
    )
    partial = path.with_name(f"{path.name}.part")
    try:
        number = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise BackupError(f"{partial} cannot be written: {error.strerror}.") from error
    try:
        with os.fdopen(number, "wb") as out, tarfile.open(fileobj=out, mode="w") as archive:
            _add_database(archive, manifest)
            for alias in ALIASES:
                _add_storage(archive, manifest, alias)
            _add_secrets(archive, manifest)
            text = json.dumps(asdict(manifest), indent=1).encode()
            _add(archive, MANIFEST, io.BytesIO(text), len(text))
            out.flush()
            os.fsync(out.fileno())
        partial.rename(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    return manifest


def read_manifest(path: Path) -> Manifest:
    """Return the manifest of a backup after every member was compared with its digest.

    Raises:
        BackupError: it is no backup, of another format, damaged or incomplete.
    """
    found: dict[str, str] = {}
    text: bytes | None = None
    try:
        with tarfile.open(path, mode="r:") as archive:
            for member, content in _members(archive):
                if member.name == MANIFEST:
                    text = content.read(MANIFEST_BYTES)
                else:
                    found[member.name] = _digest(content)
    except (OSError, tarfile.TarError) as error:
        raise BackupError(f"{path} cannot be read as a backup: {error}") from error
    if text is None:
        raise BackupError(f"{path} has no manifest: the backup is incomplete.")
    try:
        facts: dict[str, Any] = json.loads(text)
        manifest = Manifest(**facts)
    except (ValueError, TypeError) as error:
        raise BackupError(f"{path} has a manifest that cannot be read.") from error
    if manifest.format != FORMAT:
        raise BackupError(f"This backup has format {manifest.format}; this is {FORMAT}.")
    if manifest.digests != found:
        differing = {name for name, _digest in manifest.digests.items() ^ found.items()}
        raise BackupError(f"The backup is damaged: {len(differing)} members differ.")
    return manifest


@contextmanager
def opened(path: Path) -> Iterator[Iterator[tuple[str, IO[bytes]]]]:
    """Yield name and content of each member but the manifest, in order."""
    with tarfile.open(path, mode="r:") as archive:
        yield ((one.name, content) for one, content in _members(archive) if one.name != MANIFEST)


def storage_names(storage: Storage, folder: str = "") -> Iterator[str]:
    """Return the names of all files of a storage; nothing where its folder does not exist yet."""
    try:
        folders, names = storage.listdir(folder)
    except FileNotFoundError:
        return
    prefix = f"{folder}/" if folder else ""
    for name in sorted(names):
        if name:
            yield f"{prefix}{name}"
    for one in sorted(folders):
        yield from storage_names(storage, f"{prefix}{one}")


def _members(archive: tarfile.TarFile) -> Iterator[tuple[tarfile.TarInfo, IO[bytes]]]:
    for member in archive:
        known = member.name == MANIFEST or MEMBER.fullmatch(member.name)
        if not (known and member.isreg()) or ".." in Path(member.name).parts:
            raise BackupError(f"The backup holds something that no backup holds: {member.name!r}.")
        content = archive.extractfile(member)
        if content is not None:
            yield member, content


def _add_database(archive: tarfile.TarFile, manifest: Manifest) -> None:
    with tempfile.TemporaryDirectory(prefix="whybox-backup-") as folder:
        copy = databases.dump(Path(folder))
        with copy.open("rb") as content:
            _add_counted(archive, manifest, copy.name, content, copy.stat().st_size)


def _add_storage(archive: tarfile.TarFile, manifest: Manifest, alias: str) -> None:
    storage = storages[alias]
    for name in storage_names(storage):
        try:
            # A copy first: a file that grows or goes while it is read would spoil the archive.
            with storage.open(name, "rb") as content, tempfile.TemporaryFile() as copy:
                shutil.copyfileobj(content, copy)
                size = copy.tell()
                copy.seek(0)
                _add_counted(archive, manifest, f"storage/{alias}/{name}", copy, size)
        except FileNotFoundError:  # deleted since it was listed
            manifest.missing += 1


def _add_secrets(archive: tarfile.TarFile, manifest: Manifest) -> None:
    for name in SECRETS:
        path = settings.VAR_DIR / name
        if path.is_file():
            data = path.read_bytes()
            _add_counted(archive, manifest, f"secrets/{name}", io.BytesIO(data), len(data))


def _add_counted(
    archive: tarfile.TarFile, manifest: Manifest, name: str, content: IO[bytes], size: int
) -> None:
    manifest.digests[name] = _digest(content)
    manifest.bytes += size
    content.seek(0)
    _add(archive, name, content, size)


def _add(archive: tarfile.TarFile, name: str, content: IO[bytes], size: int) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    archive.addfile(member, content)


def _digest(content: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := content.read(CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def _applied() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for app, name in sorted(MigrationRecorder(connection).applied_migrations()):
        found.setdefault(app, []).append(name)
    return found
