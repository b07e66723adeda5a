"""Previews of shared links: what pages say of themselves, and the pictures that they name."""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from django.core.cache import caches
from django.test import Client

from courses.certificates.issuing import issue, revoke, show_name
from courses.certificates.typesetting import Job, TypesettingError
from courses.pages import sharing_pictures

if TYPE_CHECKING:
    from courses.models import Certificate, Course, User

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    """Forget the pictures of other tests."""
    caches["documents"].clear()


@pytest.fixture
def certificate(course: Course, learner: User) -> Certificate:
    """A certificate whose holder keeps the name private."""
    return issue(user=learner, course=course, parts=list(course.parts.for_outlines()))


def preview(address: str) -> dict[str, str]:
    """Return what a page says of itself to other sites."""
    text = Client().get(address).content.decode()
    return dict(re.findall(r'<meta property="og:([a-z:_]+)" content="([^"]*)">', text))


def picture(said: dict[str, str]) -> bytes:
    """Return the picture that a page names."""
    answer = Client().get(urlsplit(said["image"]).path)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "image/png"
    return answer.content


@pytest.mark.parametrize("address", ["/", "/courses/tiny/", "/courses/tiny/page-1/"])
def test_a_page_names_a_picture_of_its_own(course: Course, address: str) -> None:
    """Title, description and absolute addresses; the picture has the size that sites ask for."""
    said = preview(address)

    assert said["title"]
    assert said["description"]
    assert urlsplit(said["url"]).netloc == urlsplit(said["image"]).netloc != ""
    assert said["url"].endswith(address)
    drawn = picture(said)
    assert drawn.startswith(PNG)
    assert struct.unpack(">II", drawn[16:24]) == (1200, 630)


def test_a_certificate_s_picture_names_only_who_shows_the_name(
    certificate: Certificate,
) -> None:
    """While the name is private, picture and words tell no more than its initials."""
    said = preview(certificate.get_absolute_url())
    assert "Lena" not in " ".join(said.values())
    private = picture(said)
    certificate.learner_name = "Lars Lund"
    certificate.save()
    assert picture(said) == private

    show_name(certificate=certificate, public=True)
    shown = picture(said)
    assert shown != private

    revoke(certificate=certificate, reason="copied")
    assert picture(said) != shown


def test_pictures_are_drawn_once(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second visitor gets the kept one; what cannot be drawn is told and not kept."""
    picture(preview("/courses/tiny/"))

    def refuse(_job: Job) -> bytes:
        raise TypesettingError("no turn")

    monkeypatch.setattr(sharing_pictures, "typeset", refuse)
    assert Client().get("/sharing/tiny.png").status_code == 200
    answer = Client().get("/sharing/tiny/page-1.png")
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert answer.headers["Cache-Control"] == "no-store"


def test_only_what_exists_has_a_picture(course: Course) -> None:
    """Nobody makes the site draw words of their own."""
    for address in ("/sharing/none.png", "/sharing/tiny/none.png"):
        assert Client().get(address).status_code == 404
    key = "0f0e0d0c-0000-4000-8000-000000000000"
    assert Client().get(f"/certificates/{key}/sharing.png").status_code == 404
