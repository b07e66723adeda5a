"""What the host and the processes of a chain of checkpoints say to each other on their lines.

A line is a stream socket that the host makes, one for each process of a chain. Its other end is
within reach of the learner's code, so the host believes nothing that comes from it: it takes the
sender's process id from the kernel and looks whether that process is one of the chain.
"""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any, Final

from . import descriptors

if TYPE_CHECKING:
    import socket

HEADER: Final = struct.Struct(">cI")
RUN: Final = b"R"
"""From the host, with a pipe and a line for the child: fork, and run cells in the child."""
ASK: Final = b"Q"
"""From the host, the same: fork, and answer an editor's question in the child."""
GRANT: Final = b"K"
"""From the host, with a line for the child: keep this state, carry on in a fork of it."""
REFUSE: Final = b"N"
"""From the host: keep nothing, carry on."""
GO: Final = b"G"
"""From the host: the child is known to it, and may begin."""

REPLY: Final = struct.Struct(">cIid")
"""To the host: a kind, the serial number of an order, an exit code, seconds of CPU."""
HELLO: Final = b"H"
"""A child is ready to carry out the order."""
NO_FORK: Final = b"F"
"""There is no child; the process that was to fork carries on."""
EXIT: Final = b"E"
"""The child of the order has ended."""


def pack(kind: bytes, body: dict[str, Any]) -> bytes:
    """Return the bytes of one order."""
    raw = json.dumps(body).encode()
    return HEADER.pack(kind, len(raw)) + raw


def receive(line: socket.socket) -> tuple[bytes, dict[str, Any], list[int]]:
    """Return the next order and the descriptors that came with it.

    Raises:
        EOFError: the host has closed the line.
    """
    head, given = descriptors.receive(line, HEADER.size, 2)
    head += _exactly(line, HEADER.size - len(head)) if head else b""
    if not head:
        raise EOFError("the host has closed the line")
    kind, size = HEADER.unpack(head)
    return kind, json.loads(_exactly(line, size)), given


def _exactly(line: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        chunk = line.recv(min(1 << 20, size - len(data)))
        if not chunk:
            raise EOFError("the host has closed the line")
        data += chunk
    return bytes(data)
