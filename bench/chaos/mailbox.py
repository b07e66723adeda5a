"""A mail server that counts the emails about each submission."""

from __future__ import annotations

import re
import socket
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from aiosmtpd.controller import Controller

if TYPE_CHECKING:
    from aiosmtpd.smtp import SMTP, Envelope, Session

SUBMISSION: Final = re.compile(rb"/submissions/([0-9a-f-]{36})/")


class Mailbox:
    """Takes every email; `count` says how many came about a submission."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.count: Counter[str] = Counter()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)

    def start(self) -> None:
        """Take emails from now on."""
        self._controller.start()

    def stop(self) -> None:
        """Take no more."""
        self._controller.stop()

    async def handle_DATA(  # noqa: N802  # the name that aiosmtpd calls
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Count an email."""
        content: Any = envelope.content or b""
        joined = content.replace(b"=\r\n", b"")  # quoted-printable breaks long lines so
        found = SUBMISSION.search(joined)
        self.count[found[1].decode() if found else ""] += 1
        return "250 OK"
