"""A line between the host and one process of a chain of checkpoints, and who answers on it.

The process is in the hands of the learner's code: its messages are bounded, and its identity is
what the kernel says.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from grader.sandbox import policy
from grader.sandbox.inside import orders

if TYPE_CHECKING:
    from collections.abc import Sequence

CREDENTIALS: Final = struct.Struct("3i")
"""What the kernel says of a sender: process, user and group id."""
REPORTS: Final = 100
"""How many reports of a checkpoint are read in search of one."""


class ChainBroken(Exception):  # noqa: N818 - it says what happened to the chain, not what failed here
    """The chain is of no use any more; a run from the top is."""


@dataclass(frozen=True)
class Link:
    """One process of a chain, by handles that cannot come to mean another.

    Attributes:
        pid: as the host sees it; valid while the chain's init lives.
        pidfd: the process itself.
        line: the host's end of its line.
    """

    pid: int
    pidfd: int
    line: socket.socket

    def close(self) -> None:
        """Close the handles."""
        self.line.close()
        os.close(self.pidfd)

    def forget(self) -> None:
        """Read what the process has said and nobody wanted to know; bounded."""
        self.line.settimeout(0)
        with contextlib.suppress(OSError):
            for _ in range(REPORTS):
                if not self.line.recv(1 << 16):
                    return


def new_line() -> tuple[socket.socket, socket.socket]:
    """Return the host's end of a new line, which tells who sends, and the other end."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    return ours, theirs


def send(line: socket.socket, body: bytes, given: Sequence[int]) -> None:
    """Send an order; a process that does not read it costs a bounded time.

    Raises:
        ChainBroken: it was not taken.
    """
    line.settimeout(policy.CHECKPOINT_SECONDS)
    try:
        sent = socket.send_fds(line, [body], list(given)) if given else line.send(body)
        line.sendall(body[sent:])
    except OSError as error:
        raise ChainBroken(f"an order was not taken: {error}") from error


def hello(line: socket.socket, seconds: float) -> tuple[bytes, int]:
    """Return the first message on a line and who sent it, as the kernel says.

    Raises:
        ChainBroken: there is none.
    """
    line.settimeout(seconds)
    try:
        # Room for the credentials only: descriptors that came along would be closed by the kernel.
        message, extra, _, _ = line.recvmsg(orders.REPLY.size, socket.CMSG_SPACE(CREDENTIALS.size))
    except OSError as error:
        raise ChainBroken(f"no answer: {error}") from error
    for level, kind, data in extra:
        is_sender = level == socket.SOL_SOCKET and kind == socket.SCM_CREDENTIALS
        if is_sender and len(message) == orders.REPLY.size:
            return message[:1], CREDENTIALS.unpack(data[: CREDENTIALS.size])[0]
    raise ChainBroken("no answer")
