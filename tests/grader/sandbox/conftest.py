"""Real sandboxes, one per kind of host user, shared by all tests of a process."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from grader.sandbox import open_sandbox
from tests.grader.sandbox import light
from tests.grader.sandbox.attacks import world
from tests.grader.sandbox.unprivileged import UnprivilegedSandbox

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from grader.sandbox.job import Sandbox

# An ordinary user cannot become root, and needs no second ordinary user.
HOST_USERS = ("root", "ordinary") if os.geteuid() == 0 else ("ordinary",)


@pytest.fixture(scope="session")
def warm() -> Iterator[Sandbox]:
    """Return a sandbox of this process's own user with the learners' full stack."""
    with open_sandbox() as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def light_python() -> Iterator[Path]:
    """Return the interpreter of an environment that boots within a second."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield light.environment(folder / "environment")


@pytest.fixture(scope="session")
def own(light_python: Path) -> Iterator[Sandbox]:
    """Return a light sandbox of this process's own user."""
    with open_sandbox(python=light_python) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def ordinary(light_python: Path) -> Iterator[Sandbox]:
    """Return a light sandbox whose host process is unprivileged."""
    with UnprivilegedSandbox(light_python) as sandbox:
        yield sandbox


@pytest.fixture(scope="session", params=HOST_USERS)
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    """Return a light sandbox for each kind of host user in turn."""
    is_own = request.param == "root" or os.geteuid() != 0
    chosen: Sandbox = request.getfixturevalue("own" if is_own else "ordinary")
    return chosen


@pytest.fixture
def shared_folder() -> Iterator[Path]:
    """Return a folder that every user of the machine can read, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.fixture(scope="session")
def facts() -> Iterator[Mapping[str, object]]:
    """Return the names of real targets outside the sandbox."""
    with world.standing() as names:
        yield names
