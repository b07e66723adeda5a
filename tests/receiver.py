"""A program outside the site that takes what is sent to it, on a port of its own."""

from __future__ import annotations

import contextlib
import gzip
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Receiver(ThreadingHTTPServer):
    """Answers each POST with 200 and keeps its body, decompressed."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.bodies: list[bytes] = []
        self.arrived = threading.Condition()

    def wait_for(self, wanted: bytes, *, seconds: float = 60.0) -> None:
        """Wait until something that contains these bytes has arrived.

        Raises:
            AssertionError: nothing such came in time.
        """
        with self.arrived:
            came = self.arrived.wait_for(
                lambda: any(wanted in body for body in self.bodies), timeout=seconds
            )
        assert came, self.bodies


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def log_message(self, *_words: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        """Keep the body."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        with self.server.arrived:
            self.server.bodies.append(body)
            self.server.arrived.notify_all()
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()


@contextlib.contextmanager
def receiver() -> Iterator[Receiver]:
    """Run one."""
    with Receiver() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()
