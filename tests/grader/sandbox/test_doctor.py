"""The doctor finds what is missing, names the fix, and attacks the sandbox itself."""

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


def test_every_check_passes_on_a_working_machine(light_python: Path) -> None:
    """Every part works, and each canary was blocked."""
    results = doctor.probe(light_python)
    assert [result.name for result in results if not result.ok] == []
    names = [result.name for result in results]
    assert {"bubblewrap", "libseccomp", "learners' Python", "isolation", "memory"} <= set(names)
    assert set(CANARIES) | {"time limit", "memory limit"} <= set(names)


def test_the_report_can_be_read(light_python: Path) -> None:
    """One line per check, and a conclusion as the last line."""
    output = io.StringIO()
    assert doctor.report(output, light_python)
    assert output.getvalue().endswith("Notebooks can be run safely here.\n")
    assert "MISSING" not in output.getvalue()


def test_a_missing_program_is_named_with_its_fix(
    light_python: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without bubblewrap nothing is run, and the command that installs it is printed."""
    monkeypatch.setenv("PATH", "/nonexistent")
    output = io.StringIO()
    assert not doctor.report(output, light_python)
    assert "MISSING  bubblewrap" in output.getvalue()
    assert "fix: apt-get install bubblewrap" in output.getvalue()
    assert output.getvalue().endswith("Notebooks are not run here.\n")


def test_a_missing_environment_is_named(tmp_path: Path) -> None:
    """A missing interpreter for learners fails a check and names the setting."""
    (bad,) = [result for result in doctor.probe(tmp_path / "python") if not result.ok]
    assert bad.name == "learners' Python"
    assert "WHYBOX_SANDBOX_PYTHON" in bad.fix


PROFILE = FULL.parent / "docker" / "seccomp.json"
DOCTOR = """
import sys
from pathlib import Path
from grader.sandbox import doctor
sys.exit(not doctor.report(sys.stdout, Path(sys.argv[1])))
"""


def test_disabled_namespaces_are_reported_with_the_sysctl(light_python: Path) -> None:
    """Where the kernel forbids namespaces the doctor refuses and names the sysctl.

    The sysctl is set in the test's own user namespace, so the machine's setting is unchanged.
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
    """Run the doctor as an unprivileged user under the shipped container profile."""
    line = [sys.executable, "-m", "tests.grader.sandbox.confined", str(PROFILE), *removed, "--"]
    return subprocess.run(
        [*line, sys.executable, "-c", DOCTOR, str(python)],
        capture_output=True,
        check=False,
        text=True,
        cwd=FULL.parent,
    )


def test_isolation_works_under_the_container_profile(light_python: Path) -> None:
    """Under docker/seccomp.json, without added capabilities, every check passes."""
    ended = confined(light_python)
    assert ended.stdout.endswith("Notebooks can be run safely here.\n")
    assert ended.returncode == 0


def test_a_container_that_forbids_namespaces_is_refused(light_python: Path) -> None:
    """Docker's defaults refuse `unshare`: nothing is run, and the fix is named."""
    ended = confined(light_python, "-unshare", "-clone", "-mount")
    assert ended.returncode == 1
    assert "MISSING  isolation" in ended.stdout
    assert "docs/features/sandbox.md" in ended.stdout


WITHOUT_LANDLOCK = """
import errno, logging, sys
from pathlib import Path
import pyseccomp
forbidding = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
forbidding.add_rule(pyseccomp.ERRNO(errno.EPERM), "landlock_create_ruleset")
forbidding.load()
from grader.errors import SandboxUnavailable
from grader.sandbox import doctor
logging.basicConfig(stream=sys.stdout, format="%(levelname)s %(message)s")
try:
    doctor.refuse_unless_safe(Path(sys.argv[1]), require_landlock=sys.argv[2] == "required")
except SandboxUnavailable as refusal:
    print("refused", refusal, refusal.fix)
else:
    print("accepted")
"""


def without_landlock(python: Path, word: str) -> str:
    """Check the machine as a worker does, where a container's filter forbids Landlock."""
    return subprocess.run(
        [sys.executable, "-c", WITHOUT_LANDLOCK, str(python), word],
        stdout=subprocess.PIPE,
        check=True,
        text=True,
        cwd=FULL.parent,
    ).stdout


def test_a_worker_says_that_landlock_is_missing(light_python: Path) -> None:
    """Notebooks are run, every attack is blocked without it, and the log has a warning."""
    said = without_landlock(light_python, "optional")
    assert said.startswith("WARNING landlock: not here")
    assert said.endswith("accepted\n")


def test_an_operator_can_require_landlock(light_python: Path) -> None:
    """Then a worker without it accepts no jobs, and says which setting asks for it."""
    said = without_landlock(light_python, "required")
    assert said.startswith("refused landlock: not here")
    assert "WHYBOX_REQUIRE_LANDLOCK" in said
    assert "docker/seccomp.json" in said


def test_canaries_succeed_without_a_sandbox() -> None:
    """Outside the sandbox the canary attacks succeed: the doctor's checks can fail."""
    cells = (PREAMBLE, *(CANARIES[name] for name in ("network", "processes", "capabilities")))
    ended = subprocess.run(
        [sys.executable, "-c", "\n".join((*cells, "print(blocked)"))],
        capture_output=True,
        check=True,
        text=True,
    )
    assert ended.stdout == "{'network': False, 'processes': False, 'capabilities': False}\n"
