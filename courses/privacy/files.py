"""What an export holds besides rows: files, from packages that this one knows nothing of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from courses.accounts.models import User


class PersonalFile(NamedTuple):
    """A file of an export.

    Attributes:
        name: its path in the zip.
        read: returns its content; bounded by whoever stored it.
        address: where on the site it can be had too, if it does not fit.
    """

    name: str
    read: Callable[[], bytes]
    address: str = ""


FileSource = Callable[["User"], Iterator[PersonalFile]]
"""Yields the files of one person, the most important first."""

_sources: dict[str, FileSource] = {}


def register(name: str, source: FileSource) -> None:
    """Add a source of files; the same name again replaces it."""
    _sources[name] = source


def files_of(user: User) -> Iterator[PersonalFile]:
    """Yield all files of one person."""
    for _name, source in sorted(_sources.items()):
        yield from source(user)
