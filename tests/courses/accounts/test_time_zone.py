"""Times are shown in the zone that a learner chose, else in the browser's."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.utils import timezone

from courses.discussion.models import Post

if TYPE_CHECKING:
    from courses.models import Course, User

MOMENT = dt.datetime(2026, 1, 2, 23, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("chosen", "cookie", "shown"),
    [
        ("", "", "2 January 2026, 23:30"),
        ("", "Asia/Tokyo", "3 January 2026, 08:30"),
        ("Europe/Paris", "Asia/Tokyo", "3 January 2026, 00:30"),
        ("", "../../etc/passwd", "2 January 2026, 23:30"),
        ("", "Mars/Base", "2 January 2026, 23:30"),
        ("", "a\x00b", "2 January 2026, 23:30"),
    ],
)
def test_a_time_is_shown_in_the_learner_s_zone(
    course: Course, learner: User, chosen: str, cookie: str, shown: str
) -> None:
    """The profile decides, then the browser's clock; a cookie that names none is nothing."""
    learner.time_zone = chosen
    learner.save()
    asked = Post.objects.create(
        subject="exercise:toy", author=learner, title="Why?", body="b", html="b"
    )
    Post.objects.update(created_at=MOMENT)
    browser = Client()
    browser.force_login(learner)
    browser.cookies["time_zone"] = cookie

    assert shown in browser.get(f"/questions/{asked.pk}/").content.decode()
    assert timezone.get_current_timezone_name() == "UTC"
