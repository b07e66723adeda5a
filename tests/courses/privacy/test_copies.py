"""Copies of one's data: asked for after re-authentication, made by a worker, kept for some days."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.utils import timezone

from courses.models import DataExport, User
from courses.privacy import copies
from courses.privacy.models import export_storage

if TYPE_CHECKING:
    from django.core.mail import EmailMessage
    from pytest_django.fixtures import Settings

PASSWORD = "a good long password"
ADDRESS = "/profile/data/"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def browser(learner: User) -> Client:
    """The learner's browser, whose password was typed a moment ago."""
    client = Client()
    client.force_login(learner)
    confirm(client)
    return client


def confirm(client: Client) -> None:
    """Type the password on the page that asks for it again."""
    answer = client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert answer.status_code == 302


def files() -> list[Path]:
    """Return the stored copies."""
    folder = Path(export_storage().path("exports"))
    return sorted(folder.glob("*.zip")) if folder.exists() else []


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the messages to workers; a worker that another test left running gets none of them."""
    sent: list[str] = []
    monkeypatch.setattr(
        "courses.privacy.copies.current_app.send_task",
        lambda name, **_options: sent.append(name),
        raising=False,
    )
    return sent


@pytest.fixture(autouse=True)
def _no_files(settings: Settings, tmp_path: Path) -> None:
    """Keep copies in a folder of the test."""
    storages = {**settings.STORAGES}
    storages["exports"] = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(tmp_path / "exports")},
    }
    settings.STORAGES = storages


def test_a_copy_is_asked_for_made_and_downloaded(
    browser: Client, learner: User, mailoutbox: list[EmailMessage]
) -> None:
    """The page says how far it is; the file is a zip behind sign-in; an email says it is ready."""
    assert browser.post(ADDRESS).status_code == 302
    assert "being prepared" in browser.get(ADDRESS).content.decode()

    assert copies.make_copies() == 1

    export = DataExport.objects.get()
    page = browser.get(ADDRESS).content.decode()
    assert f"/profile/data/{export.pk}.zip" in page
    answer: Any = browser.get(f"/profile/data/{export.pk}.zip")
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    assert archive.testzip() is None
    assert learner.email in archive.read("account/account.json").decode()
    assert answer["Cache-Control"] == "private, no-store"
    assert "attachment" in answer["Content-Disposition"]
    assert [mail.to for mail in mailoutbox] == [[learner.email]]
    assert export.bytes == files()[0].stat().st_size


def test_asking_needs_the_password_again(learner: User) -> None:
    """A session that was left open somewhere gets nobody a copy."""
    client = Client()
    client.force_login(learner)

    answer = client.post(ADDRESS)

    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/reauthenticate/")
    assert not DataExport.objects.exists()


def test_nobody_else_gets_a_copy(browser: Client) -> None:
    """The address of a copy is of no use to anybody else, signed in or not."""
    browser.post(ADDRESS)
    copies.make_copies()
    address = f"/profile/data/{DataExport.objects.get().pk}.zip"
    other = Client()
    assert other.get(address).status_code == 302
    other.force_login(User.objects.create_superuser("boss@example.org", "x"))
    assert other.get(address).status_code == 404


def test_copies_are_bounded_in_number(browser: Client, learner: User, told: list[str]) -> None:
    """One at a time, three a day, each told to a worker; a new one deletes the earlier file."""
    for _number in range(copies.MOST_A_DAY):
        copies.ask(user=learner)
        with pytest.raises(copies.TooManyCopies):
            copies.ask(user=learner)
        copies.make_copies()
        assert len(files()) == 1

    assert told == [copies.MAKE] * copies.MOST_A_DAY
    with pytest.raises(copies.TooManyCopies):
        copies.ask(user=learner)
    assert "three a day" in browser.post(ADDRESS, follow=True).content.decode()


def test_a_copy_is_deleted_after_the_days_that_the_setting_says(
    browser: Client, learner: User, settings: Settings
) -> None:
    """From then on the file is gone, and its address answers with 404."""
    settings.EXPORT_DAYS = 2
    copies.ask(user=learner)
    copies.make_copies()
    export = DataExport.objects.get()

    assert copies.delete_expired(now=timezone.now() + timedelta(days=1.9)) == 0
    assert copies.delete_expired(now=timezone.now() + timedelta(days=2.1)) == 1

    assert files() == []
    assert browser.get(f"/profile/data/{export.pk}.zip").status_code == 404
    copies.delete_expired(now=timezone.now() + timedelta(days=40))
    assert not DataExport.objects.exists()


def test_a_copy_whose_worker_died_is_made_by_another(learner: User) -> None:
    """A claim is held for a while; after some tries it ends as failed, and one may ask again."""
    copies.ask(user=learner)
    assert copies._claim() is not None
    assert copies._claim() is None
    later = timezone.now()
    for _try in range(1, copies.MAX_TRIES):
        later += copies.HELD + timedelta(minutes=1)
        assert copies._claim(now=later) is not None
    later += copies.HELD + timedelta(minutes=1)
    assert copies._claim(now=later) is None

    assert DataExport.objects.get().failed
    copies.ask(user=learner)


def test_a_copy_that_cannot_be_stored_ends_as_failed(
    browser: Client, learner: User, settings: Settings, tmp_path: Path
) -> None:
    """A full or missing disk is tried a few times; then the page says so."""
    (tmp_path / "exports").write_text("a file where the folder should be")
    copies.ask(user=learner)
    for _try in range(copies.MAX_TRIES):
        assert copies.make_copies() == 0
        DataExport.objects.update(started_at=timezone.now() - timedelta(days=1))

    copies.make_copies()
    assert DataExport.objects.get().failed
    assert "prepared" in browser.get(ADDRESS).content.decode()


def test_erasing_the_account_deletes_the_copy(browser: Client, learner: User) -> None:
    """No file outlives the account; a copy that is just being made is not kept either."""
    copies.ask(user=learner)
    copies.make_copies()
    copies.ask(user=learner)
    claimed = copies._claim()
    assert claimed is not None
    form = {"certificates": "keep", "posts": "keep", "email": learner.email}
    assert browser.post("/profile/erase/", form).status_code == 302
    assert not User.objects.exists()

    copies._make(claimed)

    assert files() == []


def test_erasing_needs_the_password_again(learner: User) -> None:
    """Neither the page nor the form is open to a session that was left open somewhere."""
    client = Client()
    client.force_login(learner)
    form = {"certificates": "keep", "posts": "keep", "email": learner.email}

    for answer in (client.get("/profile/erase/"), client.post("/profile/erase/", form)):
        assert answer.status_code == 302
        assert answer["Location"].startswith("/accounts/reauthenticate/")
    assert User.objects.filter(pk=learner.pk).exists()


def test_the_privacy_page_prints_the_table(browser: Client, settings: Settings) -> None:
    """Each subject with its times, what stays, whom to write to; also without sign-in."""
    settings.SUBMISSION_FILES_DAYS = 123
    settings.PRIVACY_CONTACT = "dpo@example.org"
    for client in (browser, Client()):
        page = client.get("/privacy/").content.decode()
        assert "123 days" in page
        assert "dpo@example.org" in page
        assert "What stays after erasure, and why" in page
        assert "It no longer says who decided." in page
    settings.SUBMISSION_FILES_DAYS = 0
    assert "As long as the account" in Client().get("/privacy/").content.decode()
