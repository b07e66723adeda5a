"""The files of a submission: compressed and bounded, behind Django's storage interface.

A file is written before the row that names it, and deleted after the row no longer does, so that
a row never names a file that is not there. What a crash leaves between the two is removed by
`delete_unnamed`.
"""

from __future__ import annotations

import errno
import gzip
import io
import logging
import os
import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import transaction
from django.utils import timezone

from courses.models import Certificate
from exercises.models import SubmissionFiles
from exercises.models.submission import STORAGE
from grader.errors import SandboxUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.core.files.storage import Storage

MIB: Final = 2**20
MAX_BYTES: Final = 32 * MIB
"""Of one file before compression; the grader's own bounds are lower."""
KINDS: Final = ("notebook", "executed", "page", "answers")
COMPRESSION: Final = 5
UNNAMED_AFTER: Final = timedelta(days=1)
"""A file that no row names is kept this long: its transaction may not have ended yet."""
EXPIRE_AT_ONCE: Final = 500
PROBE_BYTES: Final = MIB
"""Of the file that `check_storage` writes: as much as a large page."""

logger = logging.getLogger(__name__)


def storage() -> Storage:
    """Return where submissions' files are kept."""
    return storages[STORAGE]


def write(submission_id: uuid.UUID, kind: str, data: bytes) -> str:
    """Store `data` compressed and return its name; empty data is not stored.

    Raises:
        ValueError: it is larger than `MAX_BYTES`.
    """
    if len(data) > MAX_BYTES:
        message = f"{kind} of submission {submission_id}: {len(data)} bytes, {MAX_BYTES} allowed"
        raise ValueError(message)
    if not data:
        return ""
    # A try's file has a name of its own: one that lost its lease must not replace another's.
    name = f"{str(submission_id)[:2]}/{submission_id}/{kind}-{uuid.uuid4().hex[:12]}.gz"
    packed = gzip.compress(data, COMPRESSION, mtime=0)
    try:
        return storage().save(name, ContentFile(packed))
    except OSError:
        delete([name])  # a full disk leaves half of it
        raise


def check_storage() -> None:
    """Write, read and delete a file, as a grade needs it.

    Raises:
        SandboxUnavailable: that is not possible.
    """
    place, data = storage(), os.urandom(PROBE_BYTES)
    name = f"probe-{uuid.uuid4()}"
    try:
        stored = place.save(name, ContentFile(data))
        with place.open(stored) as file:
            if file.read() != data:
                raise OSError("what was written cannot be read")  # noqa: TRY301  # as any other fault
    except OSError as fault:
        raise unavailable(fault) from fault
    finally:
        delete([name])


def unavailable(fault: OSError) -> SandboxUnavailable:
    """Return why nothing can be graded where no file can be stored."""
    if fault.errno == errno.ENOSPC:
        return SandboxUnavailable(
            "No space is left for the files of submissions.",
            fix="free space where WHYBOX_VAR or WHYBOX_SUBMISSION_STORAGE_OPTIONS lead",
        )
    return SandboxUnavailable(f"The files of submissions cannot be stored: {fault}")


def read(name: str) -> bytes:
    """Return the content of a file; empty when there is none.

    Raises:
        ValueError: it unfolds beyond `MAX_BYTES`.
    """
    if not name:
        return b""
    try:
        with storage().open(name) as file:
            packed = file.read()
    except FileNotFoundError:
        logger.warning("the file %s of a submission is missing", name)
        return b""
    with gzip.open(io.BytesIO(packed)) as unpacked:
        data = unpacked.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        message = f"{name} unfolds beyond {MAX_BYTES} bytes"
        raise ValueError(message)
    return data


def notebook(submission_id: uuid.UUID) -> bytes:
    """Return the submitted notebook."""
    return _read_kind(submission_id, "notebook")


def executed(submission_id: uuid.UUID) -> bytes:
    """Return the executed notebook as nbformat JSON; empty when there is none."""
    return _read_kind(submission_id, "executed")


def page(submission_id: uuid.UUID) -> str:
    """Return the executed notebook as sanitised HTML; empty when there is none."""
    return _read_kind(submission_id, "page").decode()


def answers(submission_id: uuid.UUID) -> bytes:
    """Return the packed outputs, for regrading."""
    return _read_kind(submission_id, "answers")


def _read_kind(submission_id: uuid.UUID, kind: str) -> bytes:
    names = SubmissionFiles.objects.filter(pk=submission_id).values_list(kind, flat=True)
    return read(names.first() or "")


def delete(names: Iterable[str]) -> None:
    """Delete files that no row names any more; one that cannot be deleted is logged."""
    for name in names:
        if name:
            try:
                storage().delete(name)
            except OSError:
                logger.exception("the file %s could not be deleted", name)


def delete_after_commit(names: Iterable[str]) -> None:
    """Delete files once the transaction that drops their rows has been committed."""
    kept = [name for name in names if name]
    if kept:
        transaction.on_commit(lambda: delete(kept))


def expire(*, now: datetime | None = None) -> int:
    """Delete files of submissions finished longer ago than the retention; return how many rows.

    Grade and feedback stay; a project keeps its files while it is due for review, and while the
    holder of a certificate lets everybody read it.
    """
    days: int = settings.SUBMISSION_FILES_DAYS
    if days <= 0:
        return 0
    before = (now or timezone.now()) - timedelta(days=days)
    old = SubmissionFiles.objects.filter(
        submission__finished_at__lt=before, submission__review_due=False
    ).exclude(notebook="", executed="", page="", answers="")
    found = list(old.exclude(pk__in=_shown_as_evidence()).order_by("pk")[:EXPIRE_AT_ONCE])
    for files in found:
        with transaction.atomic():
            SubmissionFiles.objects.filter(pk=files.pk).update(**dict.fromkeys(KINDS, ""))
            delete_after_commit(getattr(files, kind).name for kind in KINDS)
    return len(found)


def _shown_as_evidence() -> set[uuid.UUID]:
    """Return the ids of the submissions that certificates link."""
    public = Certificate.objects.filter(evidence_public=True, revoked_at=None)
    linked = (
        str(entry.get("evidence") or "")
        for passed in public.values_list("passed", flat=True)
        for entry in passed
    )
    return {uuid.UUID(one) for one in linked if one}


def delete_unnamed(*, now: datetime | None = None) -> int:
    """Delete files that no row names: what a crash or a lost lease left; return how many."""
    before = (now or timezone.now()) - UNNAMED_AFTER
    place = storage()
    found = 0
    for shelf in _folders(place, ""):
        for folder in _folders(place, shelf):
            named = _named(folder.rpartition("/")[2])
            for file in place.listdir(folder)[1]:
                name = f"{folder}/{file}"
                if name not in named and place.get_modified_time(name) < before:
                    delete([name])
                    found += 1
    return found


def _named(key: str) -> set[str]:
    try:
        submission_id = uuid.UUID(key)
    except ValueError:
        return set()
    rows = SubmissionFiles.objects.filter(pk=submission_id).values_list(*KINDS)
    return {name for row in rows for name in row if name}


def _folders(place: Storage, folder: str) -> list[str]:
    try:
        names = place.listdir(folder)[0]
    except FileNotFoundError:
        return []
    return [f"{folder}/{name}" if folder else name for name in names]
