"""Messages between caller and child: small JSON objects, with files for everything large.

Both ends check what they receive: the caller never unpickles anything, and reads no more of a file
than its kind may have.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
from typing import TYPE_CHECKING, Any, Final

from grader.errors import PlatformError
from grader.sandbox.inside import descriptors

if TYPE_CHECKING:
    from collections.abc import Sequence

MIB: Final = 2**20
MESSAGE_BYTES: Final = 64 * 1024
MAX_FILES: Final = 4
REPORT_BYTES: Final = 4 * MIB
EXECUTED_BYTES: Final = 16 * MIB
ANSWER_BYTES: Final = 16 * MIB
MATCHES: Final = 20
NAME_CHARACTERS: Final = 100
PAGE_BYTES: Final = 24 * MIB
"""Of a page of four million characters, whatever its alphabet."""
GRADE: Final = "job"
"""The caller's: run a notebook and grade it; the files are the notebook and the exercise."""
REGRADE: Final = "regrade"
"""The caller's: grade stored answers again; the files are the answers and the exercise."""
READY: Final = "ready"
FORK: Final = "fork"
"""The child asks for an isolated process; the file is the channel for it."""
EVENT: Final = "event"
LOG: Final = "log"
"""A line for the caller's log, which knows whose job this is; before the grade only."""
GRADED: Final = "graded"
"""The grade: report, executed notebook, answers."""
PAGE: Final = "page"
"""The executed notebook as HTML, and answers that are another variant's; it ends a job."""
BORROW: Final = "borrow"
"""The child asks for a reference that another host may have; the answer has it as its file, or no
file: the child computes it."""
LEND: Final = "lend"
"""The child has computed what it asked for; the file is it."""
REFERENCE_BYTES: Final = 256 * MIB
REFUSED: Final = "refused"
"""The job ended without a grade: kind, text, fix."""


class ChildError(PlatformError):
    """The grading process died, took too long, or sent something that it never sends."""


def send(line: socket.socket, message: dict[str, Any], files: Sequence[bytes] = ()) -> None:
    """Send a message with the contents of `files`.

    Raises:
        OSError: the other end is closed.
    """
    with contextlib.ExitStack() as opened:
        numbers = [_memory_file(content, opened) for content in files]
        send_open(line, message, numbers)


def send_open(line: socket.socket, message: dict[str, Any], numbers: Sequence[int]) -> None:
    """Send a message with open descriptors.

    Raises:
        OSError: the other end is closed.
    """
    body = json.dumps(message).encode()
    if numbers:
        socket.send_fds(line, [body], list(numbers))
    else:
        line.send(body)


def receive(line: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """Receive a message and its open descriptors, which the caller closes.

    Raises:
        ChildError: the other end is gone or silent, or this is not a message.
    """
    try:
        body, numbers = descriptors.receive(line, MESSAGE_BYTES, MAX_FILES)
    except OSError as error:
        raise ChildError(f"the grading process does not answer: {error}") from error
    try:
        message = json.loads(body)
    except (ValueError, RecursionError) as error:
        close(numbers)
        reason = "the grading process has ended" if not body else "an unreadable message"
        raise ChildError(reason) from error
    if not isinstance(message, dict) or not isinstance(message.get("kind"), str):
        close(numbers)
        raise ChildError("a message without a kind")
    return message, numbers


def read_file(number: int, *, most: int) -> bytes:
    """Return the content of a received file.

    Raises:
        ChildError: it has more than `most` bytes.
    """
    size = os.fstat(number).st_size
    if size > most:
        raise ChildError(f"a file of {size} bytes, {most} allowed")
    os.lseek(number, 0, os.SEEK_SET)
    parts: list[bytes] = []
    while size > 0 and (part := os.read(number, size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def close(numbers: Sequence[int]) -> None:
    """Close descriptors."""
    for number in numbers:
        os.close(number)


def _memory_file(content: bytes, opened: contextlib.ExitStack) -> int:
    number = os.memfd_create("content", os.MFD_CLOEXEC)
    opened.callback(os.close, number)
    view = memoryview(content)
    while view:
        view = view[os.write(number, view) :]
    return number
