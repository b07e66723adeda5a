"""A real mail server that does what it is told: ``python smtp_server.py MODE PORT FOLDER``.

Modes: ``accept`` stores each email as a file, ``refuse`` answers 550, ``busy`` answers 451,
``silent`` takes connections and never says a word, ``stuck`` takes the email and never answers.
"""

from __future__ import annotations

import asyncio
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from aiosmtpd.smtp import SMTP

if TYPE_CHECKING:
    from aiosmtpd.smtp import Envelope, Session


class Handler:
    """Answers as its mode says."""

    def __init__(self, mode: str, folder: Path) -> None:
        self.mode, self.folder = mode, folder

    async def handle_RCPT(  # noqa: N802  # aiosmtpd calls it so
        self,
        server: SMTP,  # noqa: ARG002  # the same
        session: Session,  # noqa: ARG002  # the same
        envelope: Envelope,
        address: str,
        rcpt_options: list[str],  # noqa: ARG002  # the same
    ) -> str:
        """Take the recipient, or not."""
        if self.mode == "refuse":
            return "550 no such mailbox"
        if self.mode == "busy":
            return "451 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802  # aiosmtpd calls it so
        self,
        server: SMTP,  # noqa: ARG002  # the same
        session: Session,  # noqa: ARG002  # the same
        envelope: Envelope,
    ) -> str:
        """Store the email, and answer or not."""
        content = envelope.original_content or b""
        (self.folder / f"{uuid.uuid4()}.eml").write_bytes(content)
        if self.mode == "stuck":
            await asyncio.sleep(3600)
        return "250 OK"


class Silent(asyncio.Protocol):
    """Takes a connection and says nothing."""


async def main(mode: str, port: int, folder: Path) -> None:
    """Serve until killed."""
    loop = asyncio.get_running_loop()
    handler = Handler(mode, folder)

    def protocol() -> asyncio.Protocol:
        return Silent() if mode == "silent" else SMTP(handler, hostname="localhost")

    server = await loop.create_server(protocol, "127.0.0.1", port)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])))
