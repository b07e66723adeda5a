"""The command line: start a site, let learners work while faults strike, count, print tables."""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

from django.db import DatabaseError

from bench.chaos import campus, clocks, material, processes, report, servers, traffic
from bench.chaos import faults as fault_list
from bench.chaos.mailbox import Mailbox
from bench.chaos.second_host import SecondHost
from bench.chaos.temporary import TemporarySite
from tests.classes.lti.platform_process import platform_process

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.chaos.audit import Findings
    from tests.classes.lti.platform_process import PlatformProcess

LEARNERS: Final = 8
START_SECONDS: Final = 900.0
DRAIN_SECONDS: Final = 900.0
SKIP_AFTER: Final = 15.0
LEFT_SECONDS: Final = 20.0
PAUSES: Final = (0.2, 2.0)
"""Seconds between two faults, at least and at most."""
BREATH_SECONDS: Final = 120.0
"""How long a round of faults waits for the end of something before the next one begins."""
WORKERS: Final = 2
CLOCKS: Final = ("worker-2", "mail", "beat")
"""Processes whose time of day jumps."""
FAR_SECONDS: Final = 37 * 60
"""By how much the second host's clock is ahead, all the time."""


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0, help="how long faults strike")
    parser.add_argument("--embedded", action="store_true", help="SQLite and the embedded broker")
    parser.add_argument("--learners", type=int, default=LEARNERS)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))  # noqa: S311  # no secret
    parser.add_argument("--keep", action="store_true", help="keep the folder with the logs")
    options = parser.parse_args()
    if not options.embedded and not servers.available():
        _say("PostgreSQL and Redis are not both installed: the embedded database and broker.")
        options.embedded = True
    processes.adopt_orphans()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # in an orderly way, as Ctrl-C
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    folder = Path(tempfile.mkdtemp(prefix="whybox-chaos-"))
    folder.chmod(0o755)
    _say(f"seed {options.seed}, logs in {folder}")
    with contextlib.ExitStack() as stack:
        wrong = _Chaos(options, folder, stack).run()
    if not (options.keep or wrong):
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if wrong else 0


class _Chaos:
    """One run."""

    def __init__(
        self, options: argparse.Namespace, folder: Path, stack: contextlib.ExitStack
    ) -> None:
        self._options, self._folder, self._stack = options, folder, stack
        self._chance = random.Random(options.seed)  # noqa: S311  # nothing here is secret
        self._mailbox = Mailbox()
        self._account = traffic.Account()
        self._struck: Counter[str] = Counter()
        self._reasons: dict[str, str] = {}
        self._breath_seconds = 0.0
        self._port = 0

    def run(self) -> bool:
        """Run; return whether anything is wrong."""
        with platform_process("http://tool.invalid") as platform:
            found, target = self._run(platform)
        from bench.chaos import audit  # noqa: PLC0415  # Django is set up by now

        found.expect("processes left", processes.left_below(os.getpid(), seconds=LEFT_SECONDS))
        found.expect("control groups left", processes.groups_left())
        found.expect("temporary files left", audit.temporary_files(self._folder))
        _say(
            report.text(
                found,
                struck=self._struck,
                not_struck=fault_list.not_possible(target, self._reasons),
                answers=self._account.answers,
                slowest=self._account.slowest,
                restarts=target.processes.restarts,
            )
        )
        return bool(found.wrong)

    def _run(self, platform: PlatformProcess) -> tuple[Findings, fault_list.Target]:
        host = self._second_host()
        temporary = TemporarySite(
            self._folder,
            self._stack,
            embedded=self._options.embedded,
            mail_port=self._mailbox.port,
            listen=host.address if host else "",
        )
        self._port = temporary.port
        database, broker = temporary.database, temporary.broker
        from bench.chaos import audit  # noqa: PLC0415  # Django is set up by now

        tokens = material.create_rows(self._folder / "content", learners=self._options.learners)
        campus.enrol(platform, site=os.environ["WHYBOX_SITE_URL"])
        audit.note_ends()
        self._mailbox.start()
        self._stack.callback(self._mailbox.stop)
        moved = self._clocks()
        prefixes = {name: clock.prefix for name, clock in moved.items() if name in CLOCKS}
        far = host.prefix + (moved["far worker"].prefix if moved else "") if host else ""
        site = temporary.start(workers=WORKERS, prefixes=prefixes, far=far)
        target = fault_list.Target(
            processes=site,
            postgres=database,
            redis=broker,
            disk=temporary.disk,
            clocks={name: clock for name, clock in moved.items() if name in CLOCKS},
            host=host,
            platform=platform,
            chance=self._chance,
        )
        try:
            self._wait_until_graded(next(iter(tokens.values())), workers=WORKERS + bool(host))
            started = time.monotonic()
            self._let_learners_work(list(tokens.values()), target)
            paused = f"{self._breath_seconds:.0f} s of them pauses until something had ended"
            _say(f"{time.monotonic() - started:.0f} s of faults, {paused}; waiting for the end")
            with fault_list.fresh_connection():
                left = audit.wait_for_end(seconds=DRAIN_SECONDS, skip_after=SKIP_AFTER)
        finally:
            killed = site.stop()
        if broker is not None:
            broker.stop()
        with fault_list.fresh_connection():
            found = audit.count(
                accepted=self._account.accepted,
                runs=self._account.runs,
                mails={key: n for key, n in self._mailbox.count.items() if key},
            )
            audit.count_scores(found, platform.told())
        if database is not None:
            database.stop()
        found.expect("called wrong by the site", self._account.refused)
        found.expect("still going on", [f"{what}: {number}" for what, number in left.items()])
        found.expect("ended only when killed", killed)
        return found, target

    def _second_host(self) -> SecondHost | None:
        """Make a second host, unless the database is a file, which only this machine sees."""
        if self._options.embedded:
            self._reasons["second host"] = "the embedded database is a file of this machine"
            return None
        host = SecondHost()
        if reason := host.make():
            self._reasons["second host"] = reason
            return None
        self._stack.callback(host.remove)
        return host

    def _clocks(self) -> dict[str, clocks.Clock]:
        """Return the clocks that can be moved, and that of the second host, which is wrong."""
        library = clocks.compiled(self._folder)
        if library is None:
            self._reasons["clocks"] = "no C compiler"
            return {}
        made = {name: clocks.Clock(self._folder / f"clock-{name}", library) for name in CLOCKS}
        far = clocks.Clock(self._folder / "clock-far", library, seconds=FAR_SECONDS)
        return {**made, "far worker": far}

    def _wait_until_graded(self, token: str, *, workers: int) -> None:
        """Submit a first notebook and wait for its grade: everything has started then."""
        deadline = time.monotonic() + START_SECONDS
        from exercises.models import RunWorker, State, Submission, Worker  # noqa: PLC0415  # set up

        learner = traffic.Learner(
            self._port, token, account=self._account, ended=threading.Event(), seed=0
        )
        while time.monotonic() < deadline:
            with fault_list.fresh_connection():
                graded = Submission.objects.filter(state=State.GRADED).exists()
                open_workers = Worker.objects.filter(sandbox_open=True).count()
                runs = RunWorker.objects.filter(sandbox_open=True).exists()
            if graded and open_workers >= workers and runs:
                return
            if not self._account.accepted:
                learner.submit()
            time.sleep(0.5)
        raise RuntimeError(f"the site did not start; see {self._folder}/site.log")

    def _let_learners_work(self, tokens: list[str], target: fault_list.Target) -> None:
        ended = threading.Event()
        learners = [
            traffic.Learner(
                self._port, token, account=self._account, ended=ended, seed=self._chance.random()
            )
            for token in tokens
        ]
        for learner in learners:
            learner.start()
        possible = fault_list.faults(target)
        deadline = time.monotonic() + self._options.seconds
        waiting: list[str] = []
        ends: dict[str, int] | None = None
        while time.monotonic() < deadline:
            if not waiting:  # each once, in random order, then again
                if ends is not None:
                    self._breath_seconds += self._breathe(ends)
                ends = _ends()
                waiting = self._chance.sample(sorted(possible), len(possible))
            name = waiting.pop()
            self._struck[name] += _struck(possible[name], name)
            time.sleep(self._chance.uniform(*PAUSES))
        if target.host is not None:
            target.host.join_again()
        for name in ("mail", "beat"):  # somebody has noticed; a worker's clock stays wrong
            if name in target.clocks:
                target.clocks[name].set(0)
        ended.set()
        for learner in learners:
            learner.join()

    def _breathe(self, before: dict[str, int]) -> float:
        """After each round of faults, wait until something has ended since it began.

        A machine that is too slow to start a worker between two faults would prove nothing: nobody
        would hold a submission when the next fault strikes, and no outage lasts that long without
        a pause.

        Returns:
            How many seconds this took: none where the site keeps up with the faults.
        """
        started = time.monotonic()
        while time.monotonic() - started < BREATH_SECONDS:
            now = _ends()
            if all(now[what] > before[what] for what in before):
                break
            time.sleep(0.5)
        return time.monotonic() - started


def _ends() -> dict[str, int]:
    """Count what has ended so far; nothing while the database is away."""
    from exercises.models import DraftRun, State, Submission  # noqa: PLC0415  # Django is set up
    from exercises.models.draft import GOING_ON  # noqa: PLC0415  # the same

    with contextlib.suppress(DatabaseError), fault_list.fresh_connection():
        return {
            "submissions": Submission.objects.filter(state=State.GRADED).count(),
            "runs": DraftRun.objects.exclude(state__in=GOING_ON).count(),
        }
    return {"submissions": 0, "runs": 0}


def _struck(fault: Callable[[], int], name: str) -> int:
    """Let a fault strike; one that met another fault's end counts as none."""
    try:
        return fault()
    except Exception as error:  # noqa: BLE001  # the database may be restarting, the broker away
        _say(f"{name}: {type(error).__name__}: {str(error).strip()[:100]}")
        return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
