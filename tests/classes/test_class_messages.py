"""Announcements, reminders, the calendar, the dashboard and who needs help."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from django.utils import timezone, translation
from icalendar import Calendar

from classes.announcements import announce, announcements_for
from classes.audit import ChangeRefused
from classes.help_needed import BEHIND_AFTER, IDLE_AFTER, STUCK_AFTER, who_needs_help
from classes.models import Class, Extension, Member, Reminder, Role
from classes.policy import Policy
from classes.policy_words import sentences
from classes.records import gradebook
from classes.reminders import send_due_reminders
from courses.models import Post, User
from tests.classes.material import (
    NEW_YORK,
    make_class,
    make_course,
    make_exercise,
    make_member,
    make_user,
    schedule,
    submit,
)

if TYPE_CHECKING:
    from django.core.mail import EmailMessage
    from django.test import Client

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
"""A page that is open asks for a piece of itself."""
NOW = datetime(2026, 10, 31, 12, tzinfo=UTC)


@pytest.fixture
def klass() -> Class:
    """A class with an instructor."""
    made = make_class(make_course())
    make_member(made, "ines@example.org", Role.INSTRUCTOR)
    return made


@pytest.fixture
def ines(klass: Class) -> User:
    """The instructor."""
    return User.objects.get(email="ines@example.org")


@pytest.fixture
def ada(klass: Class) -> Member:
    """A learner of section A who reads French."""
    member = make_member(klass, "ada@example.org", name="Ada", section="A")
    User.objects.filter(email="ada@example.org").update(locale="fr", time_zone="Europe/Paris")
    return member


def test_an_announcement_reaches_whom_it_is_for(
    klass: Class, ines: User, ada: Member, mailoutbox: list[EmailMessage]
) -> None:
    """A section, chosen learners, or all; by mail only if wished; never to who left."""
    bob = make_member(klass, "bob@example.org", section="B")
    gone = make_member(klass, "gone@example.org", section="A", left_at=NOW)

    announce(klass=klass, author=ines, title="To A", body="**Room** 4", section="A", mail=True)
    announce(klass=klass, author=ines, title="To Bob", body="See me", members=[bob, gone])
    announce(klass=klass, author=ines, title="To all", body="Hello")

    assert [mail.to for mail in mailoutbox] == [["ada@example.org"]]
    assert [one.title for one in announcements_for(ada)] == ["To all", "To A"]
    assert [one.title for one in announcements_for(bob)] == ["To all", "To Bob"]
    assert "<strong>Room</strong>" in announcements_for(ada)[1].html


def test_an_archived_class_announces_nothing(klass: Class, ines: User, ada: Member) -> None:
    """Writing is refused."""
    Class.objects.update(archived_at=NOW)

    # A page that another test opened in French leaves its language behind.
    with translation.override("en"), pytest.raises(ChangeRefused, match="archived"):
        announce(klass=klass, author=ines, title="-", body="-")


def test_announcements_and_due_dates_come_to_the_dashboard(
    client: Client, klass: Class, ines: User, ada: Member
) -> None:
    """The page fetches what is new and what is next; without JavaScript its link leads there."""
    schedule(klass, "exercise:lime", due_at=timezone.now() + timedelta(days=2))
    announce(klass=klass, author=ines, title="Room changed", body="Room 5")
    assert ada.user is not None
    client.force_login(ada.user)

    fetched = reverse("classes:due", args=[klass.pk])
    home = reverse("classes:home", args=[klass.pk])

    page = client.get(reverse("courses:dashboard")).content.decode()
    piece = client.get(fetched, headers=HTMX).content.decode()
    whole = client.get(home).content.decode()

    assert f'hx-get="{fetched}"' in page
    assert f'href="{home}"' in page
    for words in ("Room changed", "Exercise lime"):
        assert words in piece
        assert words in whole
    assert "<html" not in piece
    assert client.get(fetched)["Location"] == home


def test_a_class_without_work_and_news_says_so_on_the_dashboard(
    client: Client, klass: Class, ada: Member
) -> None:
    """Nothing that was fetched is empty."""
    assert ada.user is not None
    client.force_login(ada.user)

    piece = client.get(reverse("classes:due", args=[klass.pk]), headers=HTMX).content.decode()

    assert "Nothing is due." in piece


def test_a_reminder_comes_once_as_long_before_as_wished(
    klass: Class, ada: Member, mailoutbox: list[EmailMessage]
) -> None:
    """24 hours before, in the learner's language and both zones; again only for a new date."""
    part = schedule(klass, "exercise:lime", due_at=NOW + timedelta(hours=30))
    Member.objects.filter(pk=ada.pk).update(remind_hours=24)
    make_member(klass, "never@example.org")

    assert send_due_reminders(now=NOW) == 0
    assert send_due_reminders(now=NOW + timedelta(hours=7)) == 1
    assert send_due_reminders(now=NOW + timedelta(hours=8)) == 0
    (mail,) = mailoutbox
    assert mail.to == ["ada@example.org"]
    assert "Europe/Paris" in mail.body
    assert "America/New_York" in mail.body

    Extension.objects.create(klass=klass, part=part, member=ada, days=3, reason="-")
    assert send_due_reminders(now=NOW + timedelta(hours=9)) == 0
    assert send_due_reminders(now=NOW + timedelta(days=4)) == 1
    assert Reminder.objects.count() == 2


def test_who_has_done_the_work_is_not_reminded(klass: Class, ada: Member) -> None:
    """Neither is somebody whose submission waits for its grade."""
    for slug, score in (("lime", 90.0), ("treeshap", None)):
        schedule(klass, f"exercise:{slug}", due_at=NOW + timedelta(hours=2))
        submit(ada.user, slug, score, NOW)
    Member.objects.filter(pk=ada.pk).update(remind_hours=24)

    assert send_due_reminders(now=NOW) == 0


def test_the_calendar_has_the_learner_s_own_dates_in_the_class_s_zone(
    client: Client, klass: Class, ada: Member
) -> None:
    """With the extension, the zone's rules, and a title that needs escaping."""
    make_exercise("odd")
    due = datetime(2026, 10, 31, 20, tzinfo=NEW_YORK)
    part = schedule(klass, "exercise:odd", due_at=due)
    part.title = "One, two; three\nfour"
    part.save()
    Extension.objects.create(klass=klass, part=part, member=ada, days=1, reason="-")

    body = client.get(reverse("classes:calendar", args=[ada.feed_key])).content
    (event,) = Calendar.from_ical(body).events

    assert event.start == due + timedelta(days=1)
    assert "One, two; three" in str(event["summary"])
    assert b"BEGIN:VTIMEZONE" in body
    assert b"TZID=America/New_York:20261101T200000" in body


def test_a_replaced_calendar_address_stops_working(client: Client, ada: Member) -> None:
    """The old secret opens nothing any more."""
    assert ada.user is not None
    client.force_login(ada.user)

    client.post(reverse("classes:new_feed", args=[ada.klass_id]))

    assert client.get(reverse("classes:calendar", args=[ada.feed_key])).status_code == 404


def test_who_is_stuck_idle_or_behind_is_named(klass: Class, ada: Member) -> None:
    """Three failures without a pass, a week of silence, two parts missing; not who does well."""
    joined = NOW - timedelta(days=20)
    Member.objects.update(joined_at=joined)
    for slug in ("treeshap", "lime"):
        schedule(klass, f"exercise:{slug}", due_at=NOW - timedelta(days=1))
    well = make_member(klass, "well@example.org")
    for slug in ("treeshap", "lime"):
        submit(well.user, slug, 90, NOW - timedelta(days=2))
    for number in range(3):
        submit(ada.user, "lime", 10, NOW - timedelta(days=2, hours=number))
    idle = make_member(klass, "idle@example.org")
    Member.objects.filter(pk=idle.pk).update(joined_at=joined)

    needs = {one.member.email: one for one in who_needs_help(gradebook(klass, now=NOW), now=NOW)}

    assert set(needs) == {"ada@example.org", "idle@example.org"}
    assert [(column.title, failed) for column, failed in needs["ada@example.org"].stuck] == [
        ("Exercise lime", 3)
    ]
    assert (needs["idle@example.org"].idle_days, needs["idle@example.org"].missing) == (20, 2)


def test_the_home_of_a_class_fetches_who_needs_help_and_what_is_due(
    client: Client, klass: Class, ada: Member
) -> None:
    """Two cards in one answer, each for its place; by the link they are a page of their own."""
    for slug in ("treeshap", "lime"):
        schedule(klass, f"exercise:{slug}", due_at=timezone.now() - timedelta(days=1))
    make_exercise("next")
    schedule(klass, "exercise:next", due_at=timezone.now() + timedelta(days=1))
    client.force_login(User.objects.get(email="ines@example.org"))
    fetched = reverse("classes:attention", args=[klass.pk])

    home = client.get(reverse("classes:home", args=[klass.pk])).content.decode()
    piece = client.get(fetched, headers=HTMX).content.decode()
    whole = client.get(fetched).content.decode()

    assert f'hx-get="{fetched}"' in home
    assert f'href="{fetched}"' in home
    for place in ('id="needs-card"', 'id="soon-card"'):
        assert place in home
        assert place in piece
        assert place in whole
    for words in (ada.shown_name, "2 parts missing", "exercise:next"):
        assert words in piece
        assert words in whole
    assert 'hx-swap-oob="true"' in piece
    assert "hx-swap-oob" not in whole
    assert ("<html" in piece, "<html" in whole) == (False, True)


def test_the_home_of_a_class_lists_what_waits(client: Client, klass: Class, ada: Member) -> None:
    """Open questions, projects to review, work that is not graded; answered questions do not."""
    make_exercise("project", reviewed=True)
    for slug in ("project", "lime"):
        schedule(klass, f"exercise:{slug}")
    submit(ada.user, "project", 100, NOW, review_due=True)
    submit(ada.user, "lime", None, NOW)
    subject = "exercise:lime"
    Post.objects.create(subject=subject, author=ada.user, title="Why so?", body="-", html="-")
    answered = Post.objects.create(
        subject=subject, author=ada.user, title="Old", body="-", html="-"
    )
    for author in (ada.user, User.objects.get(email="ines@example.org")):
        Post.objects.create(subject=subject, author=author, question=answered, body="-", html="-")
    client.force_login(User.objects.get(email="ines@example.org"))

    facts = client.get(reverse("classes:home", args=[klass.pk])).context

    assert (facts["projects_count"], facts["ungraded_count"]) == (1, 1)
    assert [one.title for one in facts["questions"]] == ["Why so?"]


def test_the_home_says_by_which_measure_nobody_needs_help(
    client: Client, klass: Class, ines: User
) -> None:
    """The sentence names the three thresholds, which are these."""
    client.force_login(ines)

    page = client.get(reverse("classes:attention", args=[klass.pk])).content.decode()

    assert (STUCK_AFTER, IDLE_AFTER.days, BEHIND_AFTER) == (3, 7, 2)
    assert "failed an exercise three times, been idle for a week or missed two parts" in page


def test_a_learner_sees_the_numbers_of_the_instructor_and_the_rules_in_words(
    client: Client, klass: Class, ada: Member
) -> None:
    """One mark, late, with the same points on both pages; times in the learner's zone."""
    due = datetime(2026, 10, 31, 20, tzinfo=NEW_YORK)
    schedule(klass, "exercise:lime", due_at=due)
    submit(ada.user, "lime", 90, due + timedelta(hours=3))
    pages = []
    for user, name, keys in (
        (ada.user, "home", [klass.pk]),
        (User.objects.get(email="ines@example.org"), "record", [klass.pk, ada.pk]),
    ):
        assert user is not None
        User.objects.filter(pk=user.pk).update(locale="en")
        client.force_login(user)
        pages.append(client.get(reverse(f"classes:{name}", args=keys)).content.decode())

    for page in pages:
        assert "80 / 100" in " ".join(page.replace("<a", "\n<a").split()) or ">80<" in page
        assert "1 day late" in page
    assert "1 Nov 2026, 01:00" in pages[0]  # Paris
    assert "(31 Oct, 20:00 New York)" in pages[0]
    assert "Late work loses 10% of the points for each day that has begun." in pages[0]


def test_the_preview_shows_the_learners_page_and_writes_nothing(
    client: Client, klass: Class, ines: User
) -> None:
    """Whoever teaches sees what a learner sees."""
    schedule(klass, "exercise:lime", due_at=timezone.now() + timedelta(days=1))
    client.force_login(ines)

    page = client.get(reverse("classes:preview", args=[klass.pk])).content.decode()

    assert "Exercise lime" in page
    assert klass.members.count() == 1


def test_every_policy_has_its_words(klass: Class) -> None:
    """Each rule is told, and none that does not hold."""
    zone = klass.zone
    plain = sentences(Policy(zone=zone))
    full = sentences(
        Policy(
            zone=zone,
            late_unit="hour",
            late_percent=2.5,
            late_floor=40,
            grace_days=3,
            early_percent=5,
            attempts="average",
            drop_lowest=2,
        )
    )

    assert len(plain) == 3
    assert len(full) == 7
    assert full[0] == "Late work loses 2.5% of the points for each hour that has begun."
    assert "America/New_York" in full[-1]


def test_a_stranger_s_question_is_not_the_class_s(client: Client, klass: Class) -> None:
    """Only questions of members are counted."""
    schedule(klass, "exercise:lime")
    author = make_user("stranger@example.org")
    Post.objects.create(subject="exercise:lime", author=author, title="Hello", body="-", html="-")
    client.force_login(User.objects.get(email="ines@example.org"))

    facts = client.get(reverse("classes:home", args=[klass.pk])).context

    assert facts["questions_count"] == 0
