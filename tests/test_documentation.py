"""The documentation: each reader's entry page is one click away, and what it says holds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.core.management import call_command

from config.environment import BASE_DIR
from courses.accounts.demo import DEMO_ACCOUNTS

if TYPE_CHECKING:
    from pathlib import Path

    from django.test import Client
    from pytest_django.fixtures import Settings

DOCS = BASE_DIR / "docs"
PAGES = sorted([*BASE_DIR.glob("*.md"), *DOCS.rglob("*.md")])
READERS = ("learners", "instructors", "authors", "operators", "developers")


def links(page: str) -> set[str]:
    """Return the targets of a page's relative links, without their sections."""
    text = (BASE_DIR / page).read_text()
    return set(re.findall(r"\]\(([\w./-]+)", text))


@pytest.mark.parametrize("reader", READERS)
def test_the_readme_links_each_entry_page(reader: str) -> None:
    """A learner, instructor, author, operator or developer finds their page in one click."""
    assert f"docs/{reader}.md" in links("README.md")


def test_each_feature_is_linked_from_an_entry_page() -> None:
    """No page of docs/features/ can be found by searching only."""
    linked = set().union(*(links(f"docs/{reader}.md") for reader in READERS))
    features = {str(page.relative_to(DOCS)) for page in (DOCS / "features").glob("*.md")}
    assert features - linked == set()


def test_the_documented_demo_accounts_are_the_created_ones() -> None:
    """The page for instructors lists email and password of each demo account."""
    page = (DOCS / "instructors.md").read_text()
    for account in DEMO_ACCOUNTS:
        assert f"| `{account.email}` | `{account.password}` |" in page


def test_the_first_staff_account_signs_in_at_the_admin_pages(
    db: None, client: Client, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    """What `createsuperuser` creates can sign in for /admin/ at once, without a mail."""
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    account = {"login": "ines@example.org", "password": "a quiet harbour"}
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", account["password"])
    call_command("createsuperuser", interactive=False, email=account["login"], verbosity=0)

    answer = client.post("/accounts/login/?next=/admin/", account)

    assert answer.status_code == 302
    assert answer["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200


PATH = re.compile(
    r"`((?:bench|classes|config|content|courses|docker|docs|exercises|grader|requirements|templates|tests)"
    r"/[\w./-]*\w)/?`"
)
MODULE = re.compile(
    r"`(?:python -m )?((?:bench|classes|config|courses|exercises|grader)(?:\.\w+)+)\b"
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(BASE_DIR)))
def test_every_path_and_module_that_a_page_names_exists(page: Path) -> None:
    """A file or module that is moved is renamed in the documentation too."""
    text = page.read_text()
    missing = [path for path in PATH.findall(text) if not (BASE_DIR / path).exists()]
    missing += [name for name in MODULE.findall(text) if not _is_module_or_member(name)]
    assert missing == []


def _is_module_or_member(dotted: str) -> bool:
    """Return whether a file or folder holds this module, or the module that this is a name of."""
    parts = dotted.split(".")
    return any(
        (BASE_DIR.joinpath(*parts[:length])).is_dir()
        or BASE_DIR.joinpath(*parts[:length]).with_suffix(".py").is_file()
        for length in (len(parts), len(parts) - 1)
        if length > 1
    )
