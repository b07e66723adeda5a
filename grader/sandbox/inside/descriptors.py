"""Receives descriptors over a socket: `socket.recv_fds` of Python 3.11 ignores its flags."""

from __future__ import annotations

import array
import socket


def receive(line: socket.socket, size: int, count: int, flags: int = 0) -> tuple[bytes, list[int]]:
    """Return a message of at most `size` bytes and up to `count` descriptors, closed on exec.

    Raises:
        OSError: as `socket.recvmsg` does.
    """
    received = array.array("i")
    message, extra, _, _ = line.recvmsg(
        size, socket.CMSG_LEN(count * received.itemsize), flags | socket.MSG_CMSG_CLOEXEC
    )
    for level, kind, data in extra:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            received.frombytes(data[: len(data) - len(data) % received.itemsize])
    return message, list(received)
