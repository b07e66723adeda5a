"""What stands at the head of each page of a class, and in its tab."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

import pytest

from courses.models import User
from tests.classes.test_rights import OF_A_CLASS, Site

if TYPE_CHECKING:
    from django.test import Client
    from django.urls import URLPattern

pytestmark = pytest.mark.django_db


FRAGMENT = "due"
"""A part of the dashboard; whoever opens it alone comes to the class's page."""


def texts(page: str, tag: str) -> list[str]:
    """Return what stands in a page's elements of one kind, as it is read."""
    found = re.findall(rf"<{tag}\b[^>]*>(.*?)</{tag}>", page, re.DOTALL)
    return [" ".join(unescape(re.sub("<[^>]+>", "", one)).split()) for one in found]


@pytest.mark.parametrize(
    "pattern",
    [
        one
        for one in OF_A_CLASS
        if "GET" in one.callback.methods  # type: ignore[attr-defined]  # views of a class have them
        and one.name != FRAGMENT
    ],
    ids=lambda pattern: pattern.name,
)
def test_a_page_of_a_class_is_headed_by_what_it_shows(client: Client, pattern: URLPattern) -> None:
    """One heading 1, which is not the class's name; it opens the title; the class stands above."""
    site = Site()
    user = site.people["instructor"]
    assert user is not None
    User.objects.filter(pk=user.pk).update(locale="en")
    client.force_login(user)

    answer = client.get(site.address(pattern, user))
    if "html" not in answer["Content-Type"]:
        return  # a file
    page = answer.content.decode()

    (heading,) = texts(page, "h1")
    assert heading
    assert heading != site.klass.title
    assert texts(page, "title")[0] == f"{heading} · {site.klass.title} · Whybox"
    assert page.index('class="class-name"') < page.index("<h1")


def test_a_learner_s_own_page_is_headed_by_the_class(client: Client) -> None:
    """There is one page of it, and no tabs."""
    site = Site()
    user = site.people["learner"]
    assert user is not None
    client.force_login(user)

    page = client.get(site.klass.get_absolute_url()).content.decode()

    assert texts(page, "h1") == [site.klass.title]
    assert "class-tabs" not in page


def test_a_tab_s_page_keeps_its_head_where_a_form_of_it_is_answered(client: Client) -> None:
    """Announcements that are sent empty come back under their own name, their tab marked."""
    site = Site()
    user = site.people["instructor"]
    assert user is not None
    User.objects.filter(pk=user.pk).update(locale="en")
    client.force_login(user)
    pattern = next(one for one in OF_A_CLASS if one.name == "announcements")

    answer = client.post(site.address(pattern, user), {"title": ""})
    page = answer.content.decode()

    assert answer.status_code == 422
    assert texts(page, "h1") == ["Announcements"]
    assert page.count('aria-current="page">Announcements') == 1


def test_tabs_of_a_day_stand_before_those_of_a_term(client: Client) -> None:
    """What one opens each day comes first; each of the others is marked as seldom."""
    site = Site()
    user = site.people["instructor"]
    assert user is not None
    User.objects.filter(pk=user.pk).update(locale="en")
    client.force_login(user)

    page = client.get(site.klass.get_absolute_url()).content.decode()
    tabs = page[page.index('class="class-tabs"') :]
    tabs = tabs[: tabs.index("</nav>")]

    assert texts(tabs, "a")[:4] == ["Today", "Gradebook", "Submissions", "Insight"]
    assert tabs.count("<li>") == 4
    assert tabs.count('<li class="is-seldom">') == len(texts(tabs, "a")) - 4
