"""Pages are compressed, and a page that the browser has already is answered with 304."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

if TYPE_CHECKING:
    from courses.models import User


@pytest.fixture
def learner(db: None) -> User:
    """A learner."""
    return get_user_model().objects.create_user("lena@example.org", "a good long password")


@pytest.fixture
def browser(learner: User) -> Client:
    """A browser in which the learner is signed in."""
    client = Client()
    client.force_login(learner)
    return client


def test_a_page_with_forms_is_not_sent_twice(browser: Client) -> None:
    """The CSRF token is masked anew for each response; the ETag stays the same."""
    first = browser.get("/dashboard/")
    again = browser.get("/dashboard/", headers={"If-None-Match": first["ETag"]})

    assert first.content != browser.get("/dashboard/").content
    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == first["ETag"]
    assert "Content-Security-Policy" not in again


def test_a_page_that_changed_is_sent(browser: Client, learner: User) -> None:
    """The ETag follows from the contents of the page, not from the time of the request."""
    known = browser.get("/profile/")["ETag"]
    learner.name = "Lena Lind"
    learner.save()

    answer = browser.get("/profile/", headers={"If-None-Match": known})

    assert answer.status_code == 200
    assert b"Lena Lind" in answer.content


def test_another_session_gets_another_page(browser: Client, learner: User) -> None:
    """Signing in rotates the CSRF secret, so a cached page with a stale token is never shown."""
    known = browser.get("/dashboard/")["ETag"]
    other = Client()
    other.force_login(learner)

    assert other.get("/dashboard/", headers={"If-None-Match": known}).status_code == 200


def test_a_page_that_must_not_be_stored_has_no_etag(db: None) -> None:
    """Pages with `no-store` are sent in full each time."""
    answer = Client().get("/status/")

    assert "no-store" in answer["Cache-Control"]
    assert not answer.has_header("ETag")


def test_pages_are_compressed(db: None) -> None:
    """A browser that accepts gzip gets it."""
    packed = Client().get("/", headers={"Accept-Encoding": "gzip"})

    assert packed["Content-Encoding"] == "gzip"
    assert b"</html>" in gzip.decompress(packed.content)
