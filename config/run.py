"""Start the whole site on one machine, web, worker and beat under one manager: ``make run``.

``python -m config.run`` serves until Ctrl-C. ``--demo`` starts a site of its own in a folder that
is thrown away, runs a scripted learner through its HTTP API, and stops: ``make demo``.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import socket
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

from config.environment import BASE_DIR, env
from config.machine import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

START_SECONDS = 60.0
"""How long the web process may take before the first page answers."""

STOP_SECONDS = 60
"""How long a worker may take to finish what it runs before it is killed; idle ones take 2 to 6."""

REFERENCES = (
    "  On a first start the exercises' references are computed beside it for some minutes:\n"
    "  until then a first verdict takes longer (var/references.log says how far).\n"
)


def _processes(port: int, var: Path) -> dict[str, str]:
    python = f"{sys.executable} -m"
    concurrency = os.environ.get("WHYBOX_SANDBOX_CONCURRENCY", "2")
    return {
        "web": f"{python} gunicorn config.wsgi --bind 127.0.0.1:{port} --threads 8"
        " --log-level warning",
        # Threads: one warm sandbox serves the whole worker, and the learner's code runs in the
        # sandbox's own processes, not here.
        "worker": f"{python} celery --quiet --app config worker --pool threads"
        f" --concurrency {concurrency} --queues sandbox,default --loglevel WARNING"
        " --without-gossip --without-mingle",
        "beat": f"{python} celery --quiet --app config beat --loglevel WARNING --pidfile="
        f" --schedule {var / 'beat-schedule'}",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310  # our own address
            return bool(answer.status == 200)  # noqa: PLR2004  # HTTP's word for "fine"
    except (urllib.error.URLError, OSError):
        return False


def serve(port: int, var: Path, *, then: Callable[[], int] | None = None) -> int:
    """Run the site's processes until one of them ends, Ctrl-C, or `then` has returned.

    Returns:
        What `then` returned, or the status of the process that ended first.
    """
    from honcho import manager as honcho  # noqa: PLC0415  # only the manager's process needs it

    honcho.KILL_WAIT = STOP_SECONDS
    manager = honcho.Manager()
    for name, command in _processes(port, var).items():
        manager.add_process(name, command, env=dict(os.environ), quiet=False)
    result: list[int] = []

    def meanwhile() -> None:
        address = os.environ["WHYBOX_SITE_URL"]
        deadline = time.monotonic() + START_SECONDS
        while not _answers(address) and time.monotonic() < deadline:
            time.sleep(0.1)
        if then:
            try:
                result.append(then())
            finally:
                manager.terminate()
        else:
            say(f"\n  Whybox is open: {address}\n{demo_words()}{REFERENCES}  Ctrl-C stops it.\n")

    threading.Thread(target=meanwhile, daemon=True).start()
    manager.loop()
    if then:
        return result[0] if result else 1
    return manager.returncode or 0


def demo_words() -> str:
    """Say how to sign in with the demo accounts."""
    from courses.accounts.demo import DEMO_ACCOUNTS  # noqa: PLC0415  # needs Django to be set up

    return "".join(
        f"  Sign in as {account.email} with the password {account.password} ({account.what}).\n"
        for account in DEMO_ACCOUNTS
    )


@contextlib.contextmanager
def _thrown_away_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="whybox-demo-"))
    # References are kept for the next time; the hidden variants of such a site guard nothing.
    os.environ |= {
        "WHYBOX_VAR": str(folder),
        "WHYBOX_REFERENCES": str(BASE_DIR / "var" / "references"),
        "WHYBOX_VARIANT_SECRET": "demo",
    }
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def on_a_site_of_its_own(
    story: Callable[[str], int], *, exercises: Sequence[str] | None = None
) -> int:
    """Open a site in a folder that is thrown away, let `story(address)` run, stop, return its word.

    The references of `exercises`, or of all, are computed before: what the story measures is how
    long marking takes.
    """
    port = _free_port()
    address = os.environ["WHYBOX_SITE_URL"] = f"http://localhost:{port}"
    with _thrown_away_folder() as var:
        from config import prepare, references  # noqa: PLC0415  # they read the settings, now complete

        prepare.prepare(demo=True)
        return references.build(exercises) or serve(port, var, then=lambda: story(address))


def main() -> int:
    """Read the command line, prepare, and serve."""
    parser = argparse.ArgumentParser(description="Start the site on this machine.")
    parser.add_argument("--demo", action="store_true", help="run a scripted learner, then stop")
    if parser.parse_args().demo:
        from exercises import demo  # noqa: PLC0415  # only the demo needs it

        return on_a_site_of_its_own(demo.run_demo, exercises=demo.exercises())
    port = int(os.environ.get("PORT", "8000"))
    if _taken(port):
        say(f"Something listens on port {port} already.\nRemedy: make run PORT={port + 1}")
        return 2
    os.environ["WHYBOX_SITE_URL"] = f"http://localhost:{port}"
    from config import prepare, references  # noqa: PLC0415  # they read the settings, now complete

    prepare.prepare(demo=True)
    var = Path(env("WHYBOX_VAR"))
    with references.building(var / "references.log"):
        return serve(port, var)


if __name__ == "__main__":
    sys.exit(main())
