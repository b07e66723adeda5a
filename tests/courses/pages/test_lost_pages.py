"""Addresses without a page: the answer offers the search, with the words of the address."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from courses.templatetags.addresses import words_of_address

if TYPE_CHECKING:
    from django.test import Client

    from courses.models import User


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/courses/foundations/shap-in-10-minutes/", "shap in 10 minutes"),
        ("/courses/shapley", "shapley"),
        ("/exercises/lime-on-tables/", "lime on tables"),
        ("/exercises/lime-tabular/9f1c6f0e-2b7b-4c57-a7d4-f5a3c1d2e3f4/", ""),
        ("/courses/", ""),
        ("/wp-login.php", ""),
        ("/courses/a%22b/", ""),
    ],
)
def test_words_are_read_off_the_address_of_content_only(address: str, words: str) -> None:
    """The last part of a course's, lesson's or exercise's address; of nothing else."""
    assert words_of_address(address) == words


@pytest.mark.django_db
def test_a_page_that_is_not_there_offers_the_search(client: Client) -> None:
    """What the address asked for stands in the field already."""
    answer = client.get("/courses/no-such-course/")

    page = answer.content.decode()
    assert answer.status_code == 404
    assert 'action="/courses/" role="search" aria-labelledby="search-here"' in page
    assert 'name="q" value="no such course"' in page


@pytest.mark.django_db
def test_a_page_for_staff_offers_the_search(client: Client, learner: User) -> None:
    """Whoever has an account and may not see a page can look for another one."""
    client.force_login(learner)

    answer = client.get("/roles/")

    assert answer.status_code == 403
    assert 'role="search" aria-labelledby="search-here"' in answer.content.decode()
