"""The page on security names a test for each promise, and each of them exists."""

import re

from config.environment import BASE_DIR

PAGE = (BASE_DIR / "docs" / "features" / "security.md").read_text()
PROMISES = re.search(r"## Promises\n(.*?)\n## ", PAGE, re.DOTALL)
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)


def test_every_test_that_the_page_names_exists() -> None:
    """A test that is renamed or removed takes its promise with it."""
    missing = [
        f"{file}::{name}"
        for file, name in NAMED
        if not (BASE_DIR / file).is_file()
        or not re.search(rf"^(async )?def {name}\(", (BASE_DIR / file).read_text(), re.MULTILINE)
    ]
    assert missing == []
    assert len(NAMED) > 30


def test_every_promise_names_a_test() -> None:
    """No line of the table is an assurance only."""
    assert PROMISES is not None
    lines = [line for line in PROMISES[1].splitlines() if line.startswith("| ")][1:]
    assert [line for line in lines if "::test_" not in line] == []
