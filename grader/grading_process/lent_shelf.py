"""The references of other hosts, for a child: the caller has the storage's account, and asks it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from grader.grading_process import messages

if TYPE_CHECKING:
    import socket

    from grader.reference_shelf import Shelf

NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,100}/[0-9a-f]{64}\.npz")


class LentShelf:
    """The child's end; implements `grader.reference_shelf.Shelf`."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line

    def borrow(self, name: str) -> bytes | None:
        """Ask the caller for a file; None when it is to be computed here."""
        messages.send(self._line, {"kind": messages.BORROW, "name": name})
        _answer, numbers = messages.receive(self._line)
        try:
            if not numbers:
                return None
            return messages.read_file(numbers[0], most=messages.REFERENCE_BYTES)
        finally:
            messages.close(numbers)

    def lend(self, name: str, data: bytes) -> None:
        """Give the caller what was computed."""
        messages.send(self._line, {"kind": messages.LEND, "name": name}, [data])

    def give_up(self, name: str) -> None:
        """Leave it to others: the job ends without it, which the caller sees."""


class ShelfClerk:
    """The caller's end, for one job: nothing is taken from a child that it was not to compute."""

    def __init__(self, shelf: Shelf, line: socket.socket) -> None:
        self._shelf, self._line = shelf, line
        self._owed: set[str] = set()

    def borrow(self, message: dict[str, Any]) -> None:
        """Send a file, once it is there, or none."""
        name = _name(message)
        data = self._shelf.borrow(name)
        if data is None:
            self._owed.add(name)
        messages.send(self._line, {"kind": messages.BORROW}, [] if data is None else [data])

    def take(self, message: dict[str, Any], number: int) -> None:
        """Take what a child has computed."""
        name = _name(message)
        if name not in self._owed:
            raise messages.ChildError("a reference that nobody asked for")
        data = messages.read_file(number, most=messages.REFERENCE_BYTES)
        self._owed.discard(name)
        self._shelf.lend(name, data)

    def close(self) -> None:
        """Leave to others what the job has not computed."""
        for name in self._owed:
            self._shelf.give_up(name)


def _name(message: dict[str, Any]) -> str:
    name = message.get("name")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise messages.ChildError("a message without a reference's name")
    return name
