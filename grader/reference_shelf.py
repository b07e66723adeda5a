"""References of several hosts in one object storage: computed once, by whoever needs one first.

An object is a file of the `grader.reference.ReferenceStore` and never changes. Beside a missing one
lies a lock while it is computed: an object that only one writer can create (a conditional PUT) and
that its holder renews. Ages are the storage's own, so that hosts may disagree about the time.
Without the storage, or when a holder dies, a reference is computed again: that costs time and
changes nothing.
"""

from __future__ import annotations

import logging
import threading
import time
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import urlsplit

from grader.errors import PlatformError

if TYPE_CHECKING:
    from datetime import datetime

STALE_SECONDS: Final = 30.0
"""A lock that was not renewed for so long is a dead process's."""
RENEW_SECONDS: Final = 5.0
LOOK_SECONDS: Final = 0.5
MOST_BYTES: Final = 256 * 2**20
CONNECT_SECONDS: Final = 5
READ_SECONDS: Final = 20
TAKEN: Final = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})
MISSING: Final = frozenset({"NoSuchKey", "404", "NotFound"})

logger = logging.getLogger(__name__)


class Shelf(Protocol):
    """Where several hosts keep the references that any of them has computed."""

    def borrow(self, name: str) -> bytes | None:
        """Return a file, once whoever computes it has done so.

        None means that the caller computes it, and calls `lend` or `give_up`.
        """

    def lend(self, name: str, data: bytes) -> None:
        """Keep a file for the others, who go on."""

    def give_up(self, name: str) -> None:
        """Leave it to the others to compute it."""


def shelf_at(address: str) -> Shelf | None:
    """Return the shelf at an address such as ``s3://bucket/prefix``; None without one.

    Raises:
        PlatformError: the address is none.
    """
    if not address:
        return None
    parts = urlsplit(address)
    if parts.scheme != "s3" or not parts.netloc or parts.query or parts.fragment:
        raise PlatformError(f"{address} is no address of shared references: s3://bucket/prefix")
    return S3Shelf(bucket=parts.netloc, prefix=parts.path.strip("/"))


class S3Shelf:
    """A bucket of S3, or of whatever speaks its protocol; boto3 finds account and address.

    Safe for threads.
    """

    def __init__(self, *, bucket: str, prefix: str = "") -> None:
        self._bucket, self._prefix = bucket, f"{prefix}/" if prefix else ""
        self._held: dict[str, threading.Event] = {}

    def borrow(self, name: str) -> bytes | None:
        """Return a file, or None when the caller is to compute it."""
        try:
            while (found := self._read(name)) is None:
                if self._lock(name):
                    found = self._read(name)  # it may have come between the two looks
                    if found is not None:
                        self._unlock(name)
                    return found
                self._end_stale(name)
                time.sleep(LOOK_SECONDS)
        except self._faults as fault:
            logger.warning("shared references do not answer, computing %s: %s", name, fault)
            return None
        return found

    def lend(self, name: str, data: bytes) -> None:
        """Keep a file for the others."""
        try:
            self._client.put_object(Bucket=self._bucket, Key=self._key(name), Body=data)
        except self._faults as fault:
            logger.warning("%s could not be shared: %s", name, fault)
        self._unlock(name)

    def give_up(self, name: str) -> None:
        """Leave it to the others to compute it."""
        self._unlock(name)

    @cached_property
    def _client(self) -> Any:
        import boto3  # noqa: PLC0415  # only sites with an object storage need it
        from botocore.config import Config  # noqa: PLC0415  # the same

        config = Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"max_attempts": 3, "mode": "standard"},
        )
        return boto3.client("s3", config=config)

    @cached_property
    def _faults(self) -> tuple[type[Exception], ...]:
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  # as above

        return BotoCoreError, ClientError

    def _key(self, name: str) -> str:
        return f"{self._prefix}{name}"

    def _read(self, name: str) -> bytes | None:
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=self._key(name))
        except self._client.exceptions.ClientError as fault:
            if _code(fault) in MISSING:
                return None
            raise
        with answer["Body"] as body:
            if answer["ContentLength"] > MOST_BYTES:
                logger.warning("%s has %d bytes: too many", name, answer["ContentLength"])
                return None
            data: bytes = body.read()
        return data

    def _lock(self, name: str) -> bool:
        """Create the lock, unless somebody else has it."""
        place = {"Bucket": self._bucket, "Key": f"{self._key(name)}.lock"}
        try:
            self._client.put_object(**place, Body=b"", IfNoneMatch="*")
        except self._client.exceptions.ClientError as fault:
            if _code(fault) in TAKEN:
                return False
            raise
        ended = self._held[name] = threading.Event()
        renewal = threading.Thread(target=self._renew, args=(place, ended), daemon=True)
        renewal.start()
        return True

    def _renew(self, place: dict[str, str], ended: threading.Event) -> None:
        while not ended.wait(RENEW_SECONDS):
            try:
                self._client.put_object(**place, Body=b"")
            except self._faults as fault:
                logger.warning("a lock of shared references was not renewed: %s", fault)

    def _unlock(self, name: str) -> None:
        ended = self._held.pop(name, None)
        if ended is None:
            return
        ended.set()
        self._delete_lock(name)

    def _end_stale(self, name: str) -> None:
        """Remove a lock that nobody renews any more."""
        try:
            facts = self._client.head_object(Bucket=self._bucket, Key=f"{self._key(name)}.lock")
        except self._client.exceptions.ClientError as fault:
            if _code(fault) in MISSING:
                return
            raise
        if _age(facts) > STALE_SECONDS:
            logger.warning("%s was locked by a process that is gone", name)
            self._delete_lock(name)

    def _delete_lock(self, name: str) -> None:
        try:
            self._client.delete_object(Bucket=self._bucket, Key=f"{self._key(name)}.lock")
        except self._faults as fault:  # it is stale after a while
            logger.warning("a lock of shared references was not removed: %s", fault)


def _code(fault: Any) -> str:
    return str(fault.response.get("Error", {}).get("Code", ""))


def _age(facts: dict[str, Any]) -> float:
    """Return how long ago an object was written, both times by the storage's clock."""
    written: datetime = facts["LastModified"]
    now = parsedate_to_datetime(facts["ResponseMetadata"]["HTTPHeaders"]["date"])
    return (now - written).total_seconds()
