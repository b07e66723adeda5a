"""What a checkout needs from the machine: the Python version and its message."""

from __future__ import annotations

import tomllib

import pytest

from config.environment import BASE_DIR
from config.machine import PROVEN_PYTHONS, unsupported_python


@pytest.mark.parametrize("version", PROVEN_PYTHONS)
def test_a_proven_python_is_accepted(version: tuple[int, int]) -> None:
    """3.11, 3.12 and 3.13 start without a word."""
    assert unsupported_python(version) == ""


@pytest.mark.parametrize(
    ("version", "reason"),
    [
        ((3, 7), "This is Python 3.7, which is too old."),
        ((3, 10), "This is Python 3.10, which is too old."),
        ((3, 14), "This is Python 3.14: newer than any that the locked packages support."),
        ((4, 0), "This is Python 4.0: newer than any that the locked packages support."),
    ],
)
def test_any_other_python_is_told_which_ones_work(version: tuple[int, int], reason: str) -> None:
    """An older or newer version gets the reason and the command that fixes it."""
    message = unsupported_python(version)

    assert message.startswith("Whybox runs on Python 3.11, 3.12 or 3.13.")
    assert reason in message
    assert message.endswith("Fix: make run PYTHON=python3.13")


def test_the_project_declares_the_proven_versions() -> None:
    """`requires-python` and the proven versions agree."""
    project = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]

    oldest, newest = PROVEN_PYTHONS[0], PROVEN_PYTHONS[-1]

    assert project["requires-python"] == f">=3.{oldest[1]},<3.{newest[1] + 1}"
