"""Says which pieces of the wall stand on this machine, and what mends each one that does not."""

from __future__ import annotations

import platform
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from grader.errors import SandboxUnavailable
from grader.sandbox import cgroup, forkserver, open_sandbox
from grader.sandbox.canaries import CANARIES, PREAMBLE
from grader.sandbox.environment import default_python, discover
from grader.sandbox.inside import bounds
from grader.sandbox.job import Job, Limits, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TextIO

    from grader.sandbox.job import Run, Sandbox

PROFILES: Final = "docs/features/sandbox.md, section Hosts"
CANARY_LIMITS: Final = Limits(wall_seconds=20, cpu_seconds=20, memory_bytes=512 * bounds.MIB)
SHORT_LIMITS: Final = Limits(wall_seconds=1, cpu_seconds=20)
LOOP: Final = "while True: pass"
GREED: Final = "held = [bytearray(2**26) for _ in range(64)]"


@dataclass(frozen=True)
class Finding:
    """One piece of the wall.

    Attributes:
        piece: its name.
        ok: whether it stands; a piece that only strengthens the wall is ok without it.
        detail: what was found.
        remedy: the command that mends it; empty when there is nothing to mend.
    """

    piece: str
    ok: bool
    detail: str
    remedy: str = ""


def probe(python: Path | None = None) -> tuple[Finding, ...]:
    """Try each piece, then the whole with attacks of our own; a few seconds."""
    python = python or default_python()
    found = [*_parts(python), *_switches()]
    if all(finding.ok for finding in found):
        found += _walls(python)
    return tuple(found)


def report(stream: TextIO, python: Path | None = None) -> bool:
    """Print the findings to `stream`; answer whether notebooks can be run safely here."""
    findings = probe(python)
    width = max(len(finding.piece) for finding in findings)
    for finding in findings:
        mark = "ok     " if finding.ok else "MISSING"
        stream.write(f"{mark}  {finding.piece:<{width}}  {finding.detail}\n")
        if finding.remedy and not finding.ok:
            stream.write(f"{'':9}{'':<{width}}  mend: {finding.remedy}\n")
    healthy = all(finding.ok for finding in findings)
    stream.write("Notebooks can be run safely here.\n" if healthy else "Nothing is run here.\n")
    return healthy


def _parts(python: Path) -> Iterator[Finding]:
    """Look for the programs and libraries."""

    def bubblewrap() -> str:
        line = [forkserver.find_bubblewrap(), "--version"]
        return subprocess.run(line, capture_output=True, check=True, text=True).stdout.strip()

    def environment() -> str:
        found = discover(python)
        if not (found.packages / "IPython").is_dir():
            raise SandboxUnavailable(
                f"{python} has no IPython.", remedy=f"{python} -m pip install -r requirements"
            )
        return f"{python} ({len(list(found.packages.glob('*.dist-info')))} packages)"

    yield _tried("bubblewrap", bubblewrap)
    yield _tried("libseccomp", lambda: f"filter of {len(forkserver.seccomp_filter())} bytes")
    yield _tried("learners' Python", environment)


def _tried(piece: str, attempt: Callable[[], str]) -> Finding:
    try:
        return Finding(piece, ok=True, detail=attempt())
    except SandboxUnavailable as error:
        return Finding(piece, ok=False, detail=error.reason, remedy=error.remedy)


def _switches() -> Iterator[Finding]:
    """Read the kernel's switches that forbid namespaces to ordinary users."""
    for name, bad, remedy in (
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
        yield Finding(name.split("/")[1], ok=not is_restricted, detail=f"is {value}", remedy=remedy)


def _has_profile() -> bool:
    loaded = Path("/sys/kernel/security/apparmor/profiles")
    try:
        return "whybox-bwrap" in loaded.read_text()
    except OSError:
        return False


def _walls(python: Path) -> Iterator[Finding]:
    """Put up the walls and attack them."""
    with open_sandbox(python=python, warm=False, concurrency=1) as sandbox:
        try:
            yield from _attacked(sandbox)
        except SandboxUnavailable as error:
            remedy = error.remedy if error.remedy != forkserver.SEE_DOCTOR else f"see {PROFILES}"
            yield Finding("walls", ok=False, detail=error.reason, remedy=remedy)
            return
    hierarchy = cgroup.hierarchy()
    counted = "its processes' shares, ten times a second (no control group can be made here)"
    if hierarchy is not None:
        counted = f"control groups (v{hierarchy.version})"
    yield Finding("memory", ok=True, detail=f"counted by {counted}")


def _attacked(sandbox: Sandbox) -> Iterator[Finding]:
    run = sandbox.run(
        Job(cells=(PREAMBLE, *CANARIES.values()), outputs=("held",), limits=CANARY_LIMITS)
    )
    yield Finding(
        "walls",
        ok=run.verdict is Verdict.OK,
        detail=f"a sealed run on {platform.machine()}, kernel {platform.release()}",
        remedy=f"see {PROFILES}",
    )
    held = _held(run)
    for name in CANARIES:
        detail = "attacked, held" if held.get(name) else "attacked, DID NOT HOLD"
        yield Finding(name, ok=bool(held.get(name)), detail=detail, remedy=f"see {PROFILES}")
    for name, cell, limits, expected in (
        ("time", LOOP, SHORT_LIMITS, Verdict.TIME_LIMIT),
        ("greed", GREED, CANARY_LIMITS, Verdict.MEMORY_LIMIT),
    ):
        verdict = sandbox.run(Job(cells=(cell,), outputs=(), limits=limits)).verdict
        yield Finding(name, ok=verdict is expected, detail=f"ended with {verdict}")


def _held(run: Run) -> dict[str, bool]:
    answer = run.answers.get("held")
    if answer is None or answer.array is None or answer.index is None:
        return {}
    return dict(zip(answer.index, answer.array.astype(bool).tolist(), strict=True))
