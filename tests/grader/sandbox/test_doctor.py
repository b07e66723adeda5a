"""The doctor finds what is missing, names what mends it, and attacks the walls itself."""

from __future__ import annotations

import io
import subprocess
import sys
from typing import TYPE_CHECKING

from grader.sandbox import doctor
from grader.sandbox.canaries import CANARIES, PREAMBLE
from tests.grader.sandbox.light import FULL

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_sound_machine_is_found_sound(light_python: Path) -> None:
    """Every piece stands, and each canary was held."""
    findings = doctor.probe(light_python)
    assert [finding.piece for finding in findings if not finding.ok] == []
    pieces = [finding.piece for finding in findings]
    assert {"bubblewrap", "libseccomp", "learners' Python", "walls", "memory"} <= set(pieces)
    assert set(CANARIES) | {"time", "greed"} <= set(pieces)


def test_the_report_can_be_read(light_python: Path) -> None:
    """One line per piece, and a last line that says what follows."""
    words = io.StringIO()
    assert doctor.report(words, light_python)
    assert words.getvalue().endswith("Notebooks can be run safely here.\n")
    assert "MISSING" not in words.getvalue()


def test_a_missing_program_is_named_with_its_remedy(
    light_python: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without bubblewrap nothing is run, and the command that installs it is printed."""
    monkeypatch.setenv("PATH", "/nonexistent")
    words = io.StringIO()
    assert not doctor.report(words, light_python)
    assert "MISSING  bubblewrap" in words.getvalue()
    assert "mend: apt-get install bubblewrap" in words.getvalue()
    assert words.getvalue().endswith("Nothing is run here.\n")


def test_a_missing_environment_is_named(tmp_path: Path) -> None:
    """The learners' interpreter is a piece like the others."""
    (bad,) = [finding for finding in doctor.probe(tmp_path / "python") if not finding.ok]
    assert bad.piece == "learners' Python"
    assert "WHYBOX_SANDBOX_PYTHON" in bad.remedy


PROFILE = FULL.parent / "docker" / "seccomp.json"
DOCTOR = """
import sys
from pathlib import Path
from grader.sandbox import doctor
sys.exit(not doctor.report(sys.stdout, Path(sys.argv[1])))
"""


def test_switched_off_namespaces_are_named_with_the_switch(light_python: Path) -> None:
    """Where the kernel forbids namespaces the doctor refuses and names the sysctl.

    The switch is set for a user namespace of the test's own, so the machine keeps its setting.
    """
    line = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$0" -c "$1" "$2"'
    ended = subprocess.run(
        ["unshare", "-Ur", "sh", "-c", line, sys.executable, DOCTOR, light_python],
        capture_output=True,
        check=False,
        text=True,
        cwd=FULL.parent,
    )
    assert ended.returncode == 1
    assert "MISSING  max_user_namespaces" in ended.stdout
    assert "sysctl -w user.max_user_namespaces" in ended.stdout


def confined(python: Path, *removed: str) -> subprocess.CompletedProcess[str]:
    """Run the doctor as an ordinary user under the shipped container profile."""
    line = [sys.executable, "-m", "tests.grader.sandbox.confined", str(PROFILE), *removed, "--"]
    return subprocess.run(
        [*line, sys.executable, "-c", DOCTOR, str(python)],
        capture_output=True,
        check=False,
        text=True,
        cwd=FULL.parent,
    )


def test_the_container_profile_lets_the_walls_stand(light_python: Path) -> None:
    """Under docker/seccomp.json, without any added right, everything is found sound."""
    ended = confined(light_python)
    assert ended.stdout.endswith("Notebooks can be run safely here.\n")
    assert ended.returncode == 0


def test_a_container_that_forbids_namespaces_is_refused(light_python: Path) -> None:
    """Docker's defaults refuse `unshare`: nothing is run, and the way out is named."""
    ended = confined(light_python, "-unshare", "-clone", "-mount")
    assert ended.returncode == 1
    assert "MISSING  walls" in ended.stdout
    assert "docs/features/sandbox.md" in ended.stdout


def test_canaries_sing_without_walls() -> None:
    """Bare, the attacks that an ordinary machine allows succeed: the doctor's checks can fail."""
    cells = (PREAMBLE, *(CANARIES[name] for name in ("network", "processes", "capabilities")))
    ended = subprocess.run(
        [sys.executable, "-c", "\n".join((*cells, "print(held)"))],
        capture_output=True,
        check=True,
        text=True,
    )
    assert ended.stdout == "{'network': False, 'processes': False, 'capabilities': False}\n"
