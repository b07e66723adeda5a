"""Every attack is blocked by a real sandbox; harmless ones succeed outside it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING

import pytest

from grader.sandbox.job import Job, Limits, Verdict
from tests.grader.sandbox.attacks.kernel import KERNEL
from tests.grader.sandbox.attacks.network import NETWORK
from tests.grader.sandbox.attacks.processes import PROCESSES
from tests.grader.sandbox.attacks.reading import READING
from tests.grader.sandbox.attacks.state import STATE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from grader.sandbox.job import Sandbox
    from tests.grader.sandbox.attacks.attack import Attack

BATTERY = (*NETWORK, *READING, *PROCESSES, *KERNEL, *STATE)
HARMLESS = tuple(attack for attack in BATTERY if attack.control)


@pytest.mark.parametrize("attack", BATTERY, ids=lambda attack: attack.name)
def test_the_sandbox_blocks_the_attack(
    sandbox: Sandbox, facts: Mapping[str, object], attack: Attack
) -> None:
    """An attack achieves nothing, and the notebook that tried it runs to its end."""
    run = sandbox.run(
        Job(
            cells=attack.cells(facts),
            outputs=("outcome",),
            limits=Limits(wall_seconds=20, cpu_seconds=20),
        )
    )
    assert run.error is None
    assert run.verdict is Verdict.OK
    outcome = run.answers["outcome"].array
    assert outcome is not None
    assert str(outcome).startswith("blocked: ")


@pytest.mark.parametrize("attack", HARMLESS, ids=lambda attack: attack.name)
def test_the_attack_works_without_a_sandbox(facts: Mapping[str, object], attack: Attack) -> None:
    """The same code succeeds outside the sandbox: so the test above can fail."""
    with tempfile.TemporaryDirectory() as folder:
        outcome = subprocess.run(
            [sys.executable, "-c", attack.script(facts)],
            capture_output=True,
            check=True,
            text=True,
            cwd=folder,
            timeout=60,
        ).stdout
    assert outcome.startswith("BREACH: ")
