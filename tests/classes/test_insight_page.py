"""The page that says who is stuck on what."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from courses.models import User
from tests.classes.analysis.test_exercises import report
from tests.classes.material import DUE, make_class, make_course, make_member, schedule, submit

if TYPE_CHECKING:
    from django.test import Client

    from classes.models import Class, Member

pytestmark = pytest.mark.django_db


def stuck(klass: Class, exercise: str, numbers: range) -> list[Member]:
    """Let learners fail an exercise three times by the same misconception."""
    found = []
    for at in numbers:
        email = f"learner{at}@example.org"
        member = klass.members.filter(email=email).first() or make_member(klass, email)
        for tried in range(3):
            submit(member.user, exercise, 20, DUE + timedelta(hours=tried), report=report("sign"))
        found.append(member)
    return found


def insight(client: Client, klass: Class) -> str:
    """Return the page as an instructor sees it."""
    instructor = make_member(klass, "ines@example.org", "instructor").user
    assert instructor is not None
    User.objects.filter(pk=instructor.pk).update(locale="en")
    client.force_login(instructor)
    return client.get(reverse("classes:insight", args=[klass.pk])).content.decode()


def test_a_misconception_of_two_exercises_is_named_once(client: Client) -> None:
    """Its row has a cell for each exercise with who is concerned, and one for all of them."""
    klass = make_class(make_course())
    parts = [schedule(klass, f"exercise:{slug}") for slug in ("treeshap", "lime")]
    stuck(klass, "treeshap", range(2))
    (third,) = stuck(klass, "lime", range(2, 3))

    page = insight(client, klass)

    assert len(re.findall(r'<th scope="row">Sign</th>', page)) == 1
    assert f'href="{reverse("classes:record", args=[klass.pk, third.pk])}"' in page
    for part in parts:
        assert reverse("classes:exercise_figures", args=[klass.pk, part.pk]) in page
    assert page.count('aria-label="Write to these 3 learners"') == 1
    assert page.count('aria-label="Write to these 2 learners"') == 1
    assert page.count('aria-label="Write to this learner"') == 1


def test_a_cell_names_three_and_leads_to_the_others(client: Client) -> None:
    """Five are stuck: three names, and a link to the exercise's own list of all five."""
    klass = make_class(make_course())
    part = schedule(klass, "exercise:lime")
    members = stuck(klass, "lime", range(5))

    page = insight(client, klass)

    named = [reverse("classes:record", args=[klass.pk, one.pk]) in page for one in members]
    assert sum(named) == 3
    address = reverse("classes:exercise_figures", args=[klass.pk, part.pk])
    assert f'<a href="{address}#stuck">and 2 more</a>' in page
    assert client.get(address).content.decode().count('id="stuck"') == 1
