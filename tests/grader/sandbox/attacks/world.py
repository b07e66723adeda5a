"""What there is outside for an attack to reach: real listeners, files and processes."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CHECKOUT = Path(__file__).resolve().parents[4]


@contextlib.contextmanager
def standing() -> Iterator[Mapping[str, object]]:
    """Put up the targets and give their names."""
    secret = secrets.token_hex(8)
    folder = Path(tempfile.mkdtemp(prefix="whybox-world-"))
    folder.chmod(0o755)
    (folder / "secret.txt").write_text(secret)
    (folder / "open").mkdir()
    (folder / "open").chmod(0o777)
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder)
        tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind(("127.0.0.1", 0))
        abstract = stack.enter_context(socket.socket(socket.AF_UNIX))
        abstract.bind(f"\0whybox-{secret}")
        abstract.listen()
        path = stack.enter_context(socket.socket(socket.AF_UNIX))
        path.bind(str(folder / "socket"))
        (folder / "socket").chmod(0o777)
        path.listen()
        victim = subprocess.Popen(
            [sys.executable, "-S", "-c", "import time; time.sleep(600)"],
            env={"WHYBOX_TEST_SECRET": secret},
        )
        stack.callback(victim.wait)
        stack.callback(victim.kill)
        yield {
            "tcp": tcp.getsockname()[1],
            "udp": udp.getsockname()[1],
            "abstract": f"whybox-{secret}",
            "folder": folder,
            "secret": secret,
            "victim": victim.pid,
            "host": os.getpid(),
            "checkout": CHECKOUT,
            "hostname": socket.gethostname(),
            "packages": CHECKOUT / ".venv-sandbox",
        }
