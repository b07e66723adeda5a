"""Pages are compressed, and a browser that has a page already is told so in a few bytes."""

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
    """The anti-forgery token is masked anew each time; the page is the same for all that."""
    first = browser.get("/dashboard/")
    again = browser.get("/dashboard/", headers={"If-None-Match": first["ETag"]})

    assert first.content != browser.get("/dashboard/").content
    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == first["ETag"]
    assert "Content-Security-Policy" not in again


def test_a_page_that_changed_is_sent(browser: Client, learner: User) -> None:
    """What stands on the page decides, not when it was asked for."""
    known = browser.get("/profile/")["ETag"]
    learner.name = "Lena Lind"
    learner.save()

    answer = browser.get("/profile/", headers={"If-None-Match": known})

    assert answer.status_code == 200
    assert b"Lena Lind" in answer.content


def test_another_person_s_page_is_another_page(browser: Client, learner: User) -> None:
    """Whoever signs in gets a new secret, so a kept page with a stale token is never shown."""
    known = browser.get("/dashboard/")["ETag"]
    other = Client()
    other.force_login(learner)

    assert other.get("/dashboard/", headers={"If-None-Match": known}).status_code == 200


def test_what_may_not_be_stored_has_no_mark(db: None) -> None:
    """Pages that say “no-store” are sent whole each time."""
    answer = Client().get("/status/")

    assert "no-store" in answer["Cache-Control"]
    assert not answer.has_header("ETag")


def test_pages_travel_compressed(db: None) -> None:
    """A browser that understands gzip gets it, and the mark still fits."""
    packed = Client().get("/", headers={"Accept-Encoding": "gzip"})

    assert packed["Content-Encoding"] == "gzip"
    assert b"</html>" in gzip.decompress(packed.content)
