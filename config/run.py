"""Run the whole site on one machine, its processes under one process manager: ``make run``.

``python -m config.run`` serves until Ctrl-C. ``--demo`` starts a temporary site, runs a scripted
learner through its HTTP API, and stops: ``make demo``.
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

from config.background import in_background
from config.environment import BASE_DIR, env
from config.machine import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

START_SECONDS = 60.0
"""How long the web process may take until the first page is served."""

STOP_SECONDS = 60
"""How long a worker may take to finish its runs before it is killed; idle ones take 2 to 6."""

REFERENCES_NOTE = (
    "  On a first start the references of the exercises are computed in the background for some\n"
    "  minutes; until then a first verdict takes longer (see var/references.log).\n"
    "  The weights of real networks are fetched as well, once (190 MB, see var/models.log).\n"
)


def process_commands(port: int, var: Path) -> dict[str, str]:
    """Return the command line of each of the site's processes, by its name."""
    python = f"{sys.executable} -m"
    concurrency = os.environ.get("WHYBOX_SANDBOX_CONCURRENCY", "2")
    interactive = os.environ.get("WHYBOX_INTERACTIVE_CONCURRENCY", "2")
    return {
        "web": f"{python} gunicorn config.wsgi --bind 127.0.0.1:{port} --threads 8"
        " --log-level warning",
        # Threads: one warm sandbox serves the whole worker, and the learner's code runs in the
        # sandbox's own processes, not here.
        "worker": f"{python} celery --quiet --app config worker --pool threads"
        f" --concurrency {concurrency} --queues grading,default --loglevel WARNING"
        " --without-gossip --without-mingle",
        # Runs of notebooks in the browser: beside the gradings, never before or behind them.
        "interactive": f"{python} celery --quiet --app config.interactive worker --pool threads"
        f" --concurrency {interactive} --queues interactive --loglevel WARNING"
        " --without-gossip --without-mingle --without-heartbeat",
        # Its one child is killed when a mail server keeps it too long.
        "mail": f"{python} celery --quiet --app config.mail worker --pool prefork --concurrency 1"
        " --queues mail --loglevel WARNING --without-gossip --without-mingle",
        "beat": f"{python} celery --quiet --app config beat --loglevel WARNING --pidfile="
        f" --schedule {var / 'beat-schedule'}",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _is_in_use(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _is_up(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310  # our own address
            return bool(response.status == 200)  # noqa: PLR2004  # HTTP's status for "OK"
    except (urllib.error.URLError, OSError):
        return False


def serve(port: int, var: Path, *, script: Callable[[], int] | None = None) -> int:
    """Run the site's processes until one of them ends, Ctrl-C, or `script` has returned.

    Returns:
        What `script` returned, or the status of the process that ended first.
    """
    from honcho import manager as honcho  # noqa: PLC0415  # only this process needs it

    honcho.KILL_WAIT = STOP_SECONDS
    manager = honcho.Manager()
    for name, command in process_commands(port, var).items():
        manager.add_process(name, command, env=dict(os.environ), quiet=False)
    result: list[int] = []

    def once_started() -> None:
        url = os.environ["WHYBOX_SITE_URL"]
        deadline = time.monotonic() + START_SECONDS
        while not _is_up(url) and time.monotonic() < deadline:
            time.sleep(0.1)
        if script:
            try:
                result.append(script())
            finally:
                manager.terminate()
        else:
            say(f"\n  Whybox is open: {url}\n{sign_in_help()}{REFERENCES_NOTE}  Ctrl-C stops it.\n")

    threading.Thread(target=once_started, daemon=True).start()
    manager.loop()
    if script:
        return result[0] if result else 1
    return manager.returncode or 0


def sign_in_help() -> str:
    """Return how to sign in: with the demo accounts, or how to create a staff account."""
    from django.conf import settings  # noqa: PLC0415  # complete by now

    from courses.accounts.demo import DEMO_ACCOUNTS  # noqa: PLC0415  # needs django.setup()

    if not settings.DEMO_ACCOUNTS:
        return "  First staff account: .venv/bin/python manage.py createsuperuser\n"
    return "".join(
        f"  Sign in as {account.email} with the password {account.password} ({account.what}).\n"
        for account in DEMO_ACCOUNTS
    )


@contextlib.contextmanager
def _temporary_environment() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="whybox-demo-"))
    # References are kept for the next time; the hidden variants of such a site protect nothing.
    os.environ |= {
        "WHYBOX_VAR": str(folder),
        "WHYBOX_REFERENCES": str(BASE_DIR / "var" / "references"),
        "WHYBOX_VARIANT_SECRET": "demo",
    }
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run_temporary_site(
    script: Callable[[str], int], *, exercises: Sequence[str] | None = None
) -> int:
    """Start a site in a temporary folder, call `script(url)`, stop it; return what `script` did.

    The references of `exercises`, or of all, are computed beforehand, so that `script` sees how
    long grading takes and nothing else.
    """
    port = _free_port()
    url = os.environ["WHYBOX_SITE_URL"] = f"http://localhost:{port}"
    with _temporary_environment() as var:
        from config import prepare, references  # noqa: PLC0415  # they read the settings, now complete

        prepare.prepare()
        return references.build(exercises) or serve(port, var, script=lambda: script(url))


def main() -> int:
    """Read the command line, prepare, and serve."""
    parser = argparse.ArgumentParser(description="Run the site on this machine.")
    parser.add_argument("--demo", action="store_true", help="run a scripted learner, then stop")
    if parser.parse_args().demo:
        from exercises import demo  # noqa: PLC0415  # only the demo needs it

        return run_temporary_site(demo.run_demo, exercises=demo.exercises())
    # `make run` alone has accounts with published passwords, and it listens on this machine only.
    os.environ.setdefault("WHYBOX_DEMO_ACCOUNTS", "true")
    port = int(os.environ.get("PORT", "8000"))
    if _is_in_use(port):
        say(f"Port {port} is in use already.\nFix: make run PORT={port + 1}")
        return 2
    os.environ["WHYBOX_SITE_URL"] = f"http://localhost:{port}"
    from config import prepare, references  # noqa: PLC0415  # they read the settings, now complete

    prepare.prepare()
    var = Path(env("WHYBOX_VAR"))
    fetching = [sys.executable, "-m", "grader", "models"]
    with (
        references.background_build(var / "references.log"),
        in_background(fetching, var / "models.log", environment=os.environ),
    ):
        return serve(port, var)


if __name__ == "__main__":
    sys.exit(main())
