"""A mail server process that tests can start, stop and let misbehave."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path


class MailServer:
    """A real mail server on a port of its own, which can be down, and can misbehave."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._process: subprocess.Popen[str] | None = None

    def start(self, mode: str) -> None:
        """Start it; return when it accepts connections."""
        self.stop()
        program = Path(__file__).with_name("smtp_server.py")
        self._process = subprocess.Popen(
            [sys.executable, str(program), mode, str(self.port), str(self.folder)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    def stop(self) -> None:
        """Kill it."""
        if self._process is not None:
            assert self._process.stdout is not None
            self._process.kill()
            self._process.wait()
            self._process.stdout.close()
            self._process = None

    def received(self) -> list[str]:
        """Return the emails that it took."""
        return [mail.read_text() for mail in self.folder.glob("*.eml")]
