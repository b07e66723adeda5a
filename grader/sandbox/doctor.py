"""Checks which parts of the isolation work on this machine, and how to fix those that do not."""

from __future__ import annotations

import logging
import platform
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from grader.errors import SandboxUnavailable
from grader.sandbox import cgroup, forkserver, open_sandbox
from grader.sandbox.canaries import CANARIES, PREAMBLE
from grader.sandbox.environment import default_python, discover
from grader.sandbox.inside import bounds, landlock
from grader.sandbox.job import Job, Limits, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TextIO

    from grader.sandbox.job import Run, Sandbox

PROFILES: Final = "docs/features/sandbox.md, section Hosts"
CANARY_LIMITS: Final = Limits(wall_seconds=20, cpu_seconds=20, memory_bytes=512 * bounds.MIB)
SHORT_LIMITS: Final = Limits(wall_seconds=1, cpu_seconds=20)
LOOP: Final = "while True: pass"
MEMORY_HOG: Final = "blocked = [bytearray(2**26) for _ in range(64)]"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class CheckResult:
    """The result of one check.

    Attributes:
        name: what was checked.
        ok: whether it works; an optional part is ok when it is missing.
        detail: what was found.
        fix: the command that fixes it; empty when there is nothing to fix.
        absent: whether an optional part is missing.
    """

    name: str
    ok: bool
    detail: str
    fix: str = ""
    absent: bool = False


def probe(python: Path | None = None, *, require_landlock: bool = False) -> tuple[CheckResult, ...]:
    """Check each part, then run canary attacks against the whole; takes a few seconds."""
    python = python or default_python()
    found = [*_check_programs(python), *_check_kernel_settings()]
    found.append(_check_landlock(required=require_landlock))
    if all(result.ok for result in found):
        found += _check_isolation(python)
    return tuple(found)


def refuse_unless_safe(python: Path, *, require_landlock: bool) -> None:
    """Check the machine for a worker; an optional part that is missing is logged.

    Raises:
        SandboxUnavailable: notebooks cannot be run safely here; names what is missing and its fix.
    """
    for result in probe(python, require_landlock=require_landlock):
        if not result.ok:
            raise SandboxUnavailable(f"{result.name}: {result.detail}", fix=result.fix)
        if result.absent:
            logger.warning("%s: %s; to have it: %s", result.name, result.detail, result.fix)


def report(stream: TextIO, python: Path | None = None) -> bool:
    """Print the results to `stream`; return whether notebooks can be run safely here."""
    results = probe(python)
    width = max(len(result.name) for result in results)
    for result in results:
        mark = "MISSING" if not result.ok else "absent " if result.absent else "ok     "
        stream.write(f"{mark}  {result.name:<{width}}  {result.detail}\n")
        if result.fix and (result.absent or not result.ok):
            stream.write(f"{'':9}{'':<{width}}  fix: {result.fix}\n")
    healthy = all(result.ok for result in results)
    stream.write(
        "Notebooks can be run safely here.\n" if healthy else "Notebooks are not run here.\n"
    )
    return healthy


def _check_programs(python: Path) -> Iterator[CheckResult]:
    """Check that the programs and libraries are installed."""

    def bubblewrap() -> str:
        line = [forkserver.find_bubblewrap(), "--version"]
        return subprocess.run(line, capture_output=True, check=True, text=True).stdout.strip()

    def environment() -> str:
        found = discover(python)
        if not (found.packages / "IPython").is_dir():
            raise SandboxUnavailable(
                f"{python} has no IPython.", fix=f"{python} -m pip install -r requirements"
            )
        return f"{python} ({len(list(found.packages.glob('*.dist-info')))} packages)"

    yield _check("bubblewrap", bubblewrap)
    yield _check("libseccomp", lambda: f"filter of {len(forkserver.seccomp_filter())} bytes")
    yield _check("learners' Python", environment)


def _check(name: str, attempt: Callable[[], str]) -> CheckResult:
    try:
        return CheckResult(name, ok=True, detail=attempt())
    except SandboxUnavailable as error:
        return CheckResult(name, ok=False, detail=error.reason, fix=error.fix)


def _check_kernel_settings() -> Iterator[CheckResult]:
    """Check the kernel settings that can forbid namespaces to unprivileged users."""
    for name, bad, fix in (
        ("user/max_user_namespaces", "0", "sysctl -w user.max_user_namespaces=15000"),
        ("kernel/unprivileged_userns_clone", "0", "sysctl -w kernel.unprivileged_userns_clone=1"),
        (
            "kernel/apparmor_restrict_unprivileged_userns",
            "1",
            "apparmor_parser -r docker/apparmor/whybox-bwrap (a profile for bubblewrap alone)",
        ),
    ):
        switch = Path("/proc/sys", name)
        value = switch.read_text().strip() if switch.exists() else "absent"
        is_restricted = value == bad and not (bad == "1" and _has_profile())
        yield CheckResult(name.split("/")[1], ok=not is_restricted, detail=f"is {value}", fix=fix)


def _check_landlock(*, required: bool) -> CheckResult:
    """Say whether files have a second wall; the mounts, which are the first, hold without it."""
    version = landlock.version()
    if version:
        return CheckResult("landlock", ok=True, detail=f"version {version}")
    return CheckResult(
        "landlock",
        ok=not required,
        detail="not here, so mounts alone keep runs from writing to files"
        + (", and WHYBOX_REQUIRE_LANDLOCK is set" if required else ""),
        fix="a kernel (5.13 or newer) that is started with landlock in its lsm= list, and a "
        "container whose filter allows it (docker/seccomp.json)",
        absent=True,
    )


def _has_profile() -> bool:
    loaded = Path("/sys/kernel/security/apparmor/profiles")
    try:
        return "whybox-bwrap" in loaded.read_text()
    except OSError:
        return False


def _check_isolation(python: Path) -> Iterator[CheckResult]:
    """Start a sandbox and run the canaries in it."""
    with open_sandbox(python=python, warm=False, concurrency=1) as sandbox:
        try:
            yield from _run_canaries(sandbox)
        except SandboxUnavailable as error:
            fix = error.fix if error.fix != forkserver.SEE_DOCTOR else f"see {PROFILES}"
            yield CheckResult("isolation", ok=False, detail=error.reason, fix=fix)
            return
    hierarchy = cgroup.hierarchy()
    counted = "process memory sampled ten times a second (no control group can be created here)"
    if hierarchy is not None:
        counted = f"control groups (v{hierarchy.version})"
    yield CheckResult("memory", ok=True, detail=f"measured by {counted}")


def _run_canaries(sandbox: Sandbox) -> Iterator[CheckResult]:
    run = sandbox.run(
        Job(cells=(PREAMBLE, *CANARIES.values()), outputs=("blocked",), limits=CANARY_LIMITS)
    )
    yield CheckResult(
        "isolation",
        ok=run.verdict is Verdict.OK,
        detail=f"an isolated run on {platform.machine()}, kernel {platform.release()}",
        fix=f"see {PROFILES}",
    )
    blocked = _blocked(run)
    for name in CANARIES:
        detail = "attacked, blocked" if blocked.get(name) else "attacked, NOT BLOCKED"
        yield CheckResult(name, ok=bool(blocked.get(name)), detail=detail, fix=f"see {PROFILES}")
    for name, cell, limits, expected in (
        ("time limit", LOOP, SHORT_LIMITS, Verdict.TIME_LIMIT),
        ("memory limit", MEMORY_HOG, CANARY_LIMITS, Verdict.MEMORY_LIMIT),
    ):
        verdict = sandbox.run(Job(cells=(cell,), outputs=(), limits=limits)).verdict
        yield CheckResult(name, ok=verdict is expected, detail=f"ended with {verdict}")


def _blocked(run: Run) -> dict[str, bool]:
    answer = run.answers.get("blocked")
    if answer is None or answer.array is None or answer.index is None:
        return {}
    return dict(zip(answer.index, answer.array.astype(bool).tolist(), strict=True))
