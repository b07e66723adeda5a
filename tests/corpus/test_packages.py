"""The list of packages that learners are told is the one that is installed."""

from __future__ import annotations

import re

from config.environment import BASE_DIR
from grader.sandbox.inside.hints import PACKAGES

NOT_FOR_LEARNERS = {"ipython", "pyseccomp"}


def test_the_list_is_what_is_installed() -> None:
    """`requirements/sandbox.in` and the message of a missing package name the same packages."""
    lines = (BASE_DIR / "requirements" / "sandbox.in").read_text().splitlines()
    wanted = {line.strip() for line in lines if line.strip() and not line.startswith("#")}
    wanted = {"xgboost" if name == "xgboost-cpu" else name for name in wanted}
    assert wanted - NOT_FOR_LEARNERS == set(PACKAGES)


def test_the_learners_page_lists_them() -> None:
    """The page for learners names each of them, and no other."""
    page = (BASE_DIR / "docs" / "learners.md").read_text()
    (listed,) = re.findall(r"\*\*Packages\.\*\* ([^.]*), and Python's standard library", page)
    assert tuple(re.split(r",\s+", listed)) == PACKAGES
