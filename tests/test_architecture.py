"""What holds for the checkout as a whole: links, locks, and addresses that must stay out."""

import re
import subprocess
from pathlib import Path

import pytest

from config.environment import BASE_DIR

PAGES = sorted([*BASE_DIR.glob("*.md"), *(BASE_DIR / "docs").rglob("*.md")])


def _tracked_text() -> list[tuple[Path, str]]:
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=BASE_DIR,
        check=True,
        capture_output=True,
    )
    files = (BASE_DIR / name for name in names.stdout.decode().split("\0") if name)
    return [
        (file.relative_to(BASE_DIR), file.read_text(errors="replace"))
        for file in files
        if file.is_file() and file.suffix not in {".png", ".woff", ".woff2", ".npz", ".mo", ".pdf"}
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(BASE_DIR)))
def test_every_link_between_pages_leads_somewhere(page: Path) -> None:
    """A relative link or picture in a documentation page names a file that exists."""
    targets = re.findall(
        r"\]\(([^)#\s]+)", re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    )

    broken = [
        target for target in targets if "://" not in target and not (page.parent / target).exists()
    ]

    assert broken == []


def test_no_file_names_an_index_or_a_path_of_somebody_s_machine() -> None:
    """Locks carry hashes, not addresses; nothing depends on where a checkout lies."""
    forbidden = re.compile(
        r"(index-url|find-links)[ =]+\S*:/"
        r'|"resolved": *"http'
        r"|/(?:work/(?:main|shared|steering)|root/\.)",
    )

    found = [
        f"{name}: {match.group()}"
        for name, text in _tracked_text()
        if name != Path("tests/test_architecture.py")
        for match in forbidden.finditer(text)
    ]

    assert found == []


def test_each_required_package_has_its_reason() -> None:
    """docs/decisions/0005 says of every direct dependency why it is there."""
    reasons = (BASE_DIR / "docs/decisions/0005-dependencies.md").read_text().lower()
    required = {
        re.split(r"[\[<>=; ]", line, maxsplit=1)[0]
        for file in (BASE_DIR / "requirements").glob("*.in")
        for line in file.read_text().splitlines()
        if line and not line.startswith(("#", "-"))
    }
    stubs = {name for name in required if name.startswith("types-")}

    unexplained = sorted(name for name in required - stubs if name.lower() not in reasons)

    assert unexplained == []


def test_both_environments_pin_the_same_explainers() -> None:
    """What computes a reference is the release that a notebook gets."""

    def pins(name: str) -> set[str]:
        lines = (BASE_DIR / "requirements" / name).read_text().splitlines()
        wanted = ("numpy==", "scikit-learn==", "shap==", "lime==", "scipy==", "pandas==")
        return {line for line in lines if line.startswith(wanted)}

    assert pins("sandbox.txt") == pins("site.txt")
    assert len(pins("sandbox.txt")) >= 6
