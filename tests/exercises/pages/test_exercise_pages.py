"""The pages: what each state shows, who may see it, and how much it asks of the database."""

from __future__ import annotations

import json
from datetime import timedelta
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse
from django.utils import timezone

from courses.models import Course, Part, User
from exercises.models import Stage, State, Submission, Worker
from exercises.submissions import lifecycle
from exercises.submissions.lease import Progress, claim, renew_lease
from grader.notebook_page import render_notebook
from grader.report import GradeReport
from grader.sandbox.job import Verdict

if TYPE_CHECKING:
    from tests.exercises.learner_client import LearnerClient

MISS = GradeReport(verdict=Verdict.OK, score=2.0, max_score=10.0, passed=False, executed="")


class Elements(HTMLParser):
    """Gathers what a page is made of."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.pictures: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag, its attributes, and where a picture comes from."""
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag == "img":
            self.pictures.add(dict(attrs).get("src") or "")


def grade(submission: Submission, report: GradeReport = MISS) -> None:
    """Give a waiting submission a grade."""
    lease = claim(submission_id=submission.pk)
    assert lease is not None
    lifecycle.record_grade(lease=lease, report=report)


def exercise_page(learner_client: LearnerClient) -> str:
    """The exercise's page as the learner sees it."""
    return learner_client.browser.get(learner_client.exercise.get_absolute_url()).content.decode()


def test_a_stranger_sees_the_task(learner_client: LearnerClient) -> None:
    """Without an account one can read the task, and is told how to work on it here."""
    learner_client.browser.logout()
    page = exercise_page(learner_client)
    assert "The parts of a linear model" in page
    assert "Solve it here in your browser" in page
    back = learner_client.exercise.get_absolute_url()
    for way in ("account_signup", "account_login"):
        assert f'href="{reverse(way)}?next={back}"' in page


def test_hints_open_one_by_one(learner_client: LearnerClient) -> None:
    """No hint before the first attempt, one after it, the worked example after the fourth."""
    seen = []
    for _ in range(5):
        seen.append(exercise_page(learner_client).count("<summary>Hint"))
        grade(learner_client.submit())
    assert seen == [0, 1, 2, 3, 4]


def test_passing_opens_all_hints(learner_client: LearnerClient) -> None:
    """Who has passed may read every hint."""
    done = GradeReport(verdict=Verdict.OK, score=10.0, max_score=10.0, passed=True)
    grade(learner_client.submit(), done)
    assert exercise_page(learner_client).count("<summary>Hint") == 4


def test_the_starter_is_downloaded(learner_client: LearnerClient) -> None:
    """The starter notebook comes as a file to save."""
    answer = learner_client.browser.get(
        reverse("exercises:starter", args=[learner_client.exercise.slug])
    )
    assert answer["Content-Disposition"] == 'attachment; filename="linear-parts.ipynb"'


def test_waiting_says_position_and_that_nobody_works(learner_client: LearnerClient) -> None:
    """A queued submission says that it is kept when no worker is there."""
    assert "No worker is available right now" in learner_client.page(learner_client.submit())


def test_waiting_estimates(learner_client: LearnerClient) -> None:
    """With a worker and a history the page says the position and the seconds.

    What counts is how long a slot was taken, not the notebook's own run; a first grading, which
    computed the reference, says little, and one or two say nothing.
    """
    quick = GradeReport(verdict=Verdict.OK, score=1.0, max_score=10.0, passed=False)
    now = timezone.now()
    for seconds in (60, 3, 4):
        done = learner_client.submit()
        grade(done, quick)
        Submission.objects.filter(pk=done.pk).update(
            run_seconds=0.6, started_at=now - timedelta(seconds=seconds), finished_at=now
        )
    Worker.objects.create(
        name="here:1", concurrency=2, started_at=now, seen_at=now, sandbox_open=True
    )
    other = User.objects.create_user("before@example.org")
    for user in (other, learner_client.learner):
        lifecycle.submit(
            user=user, exercise=learner_client.exercise, notebook=learner_client.make()
        )
    mine = Submission.objects.get(user=learner_client.learner, state=State.QUEUED)
    page = learner_client.page(mine)
    assert "You're number 2 in the queue." in page
    assert "About 4 seconds" in page
    graded = Submission.objects.filter(state=State.GRADED)
    graded.update(started_at=now - timedelta(seconds=240))
    assert "About 4 minutes until your verdict." in learner_client.page(mine)
    Submission.objects.filter(user=learner_client.learner, attempt=3).delete()
    assert "seconds" not in learner_client.page(mine)


def test_running_shows_the_cell(learner_client: LearnerClient) -> None:
    """A running submission says which cell runs; without JavaScript the page reloads itself."""
    submission = learner_client.submit()
    lease = claim(submission_id=submission.pk)
    assert lease is not None
    renew_lease(lease=lease, progress=Progress(Stage.CELLS, 4, 9))
    page = learner_client.page(submission)
    assert "Running cell 4 of 9" in page
    assert '<noscript><meta http-equiv="refresh"' in page


def test_the_live_part_is_sent_only_when_it_changed(learner_client: LearnerClient) -> None:
    """Htmx gets 204 while nothing changes, the new part when it does, and an end of asking."""
    submission = learner_client.submit()
    htmx = {"HX-Request": "true"}
    address = submission.get_absolute_url()
    first = learner_client.browser.get(address, headers=htmx).content.decode()
    assert "<html" not in first
    seen = first.split("?seen=")[1].split('"')[0]
    assert learner_client.browser.get(f"{address}?seen={seen}", headers=htmx).status_code == 204
    grade(submission)
    last = learner_client.browser.get(f"{address}?seen={seen}", headers=htmx).content.decode()
    assert "Not yet passed" in last
    assert "hx-trigger" not in last
    assert "data-focus" in last


def test_a_platform_error_does_not_count(learner_client: LearnerClient) -> None:
    """An internal error says that it was not the learner, and offers the next attempt."""
    submission = learner_client.submit()
    Submission.objects.update(
        state=State.FAILED, verdict=Verdict.INTERNAL_ERROR, finished_at=timezone.now()
    )
    page = learner_client.page(submission)
    assert "Something went wrong on our side" in page
    assert "This attempt doesn&#x27;t count" in page


@pytest.mark.parametrize("name", ["submission", "executed"])
def test_others_see_nothing(learner_client: LearnerClient, name: str) -> None:
    """Somebody else's submission does not exist; a reviewer sees it."""
    submission = learner_client.submit()
    grade(submission, GradeReport(Verdict.OK, 1.0, 10.0, False, page="<p>x</p>"))
    address = reverse(f"exercises:{name}", args=[submission.pk])
    learner_client.browser.force_login(User.objects.create_user("eve@example.org"))
    assert learner_client.browser.get(address).status_code == 404
    learner_client.browser.force_login(User.objects.create_user("staff@example.org", is_staff=True))
    assert learner_client.browser.get(address).status_code == 200


def test_the_frame_of_the_notebook_says_what_is_coming(learner_client: LearnerClient) -> None:
    """The sentence lies under the frame, and a link leads to the notebook without any frame."""
    submission = learner_client.submit()
    grade(submission, GradeReport(Verdict.OK, 1.0, 10.0, False, page="<p>x</p>"))

    page = learner_client.page(submission)

    sentence = page.index("The executed notebook appears here once it has loaded.")
    assert page.index('class="framed"') < sentence < page.index("<iframe")
    address = reverse("exercises:executed", args=[submission.pk])
    assert f'<a href="{address}">Open in its own page</a>' in page


def test_an_executed_notebook_can_do_nothing(learner_client: LearnerClient) -> None:
    """Scripts, handlers, frames, links and foreign pictures are gone; the frame has no rights."""
    submission = learner_client.submit()
    hostile = """<script>steal()</script><img src=x onerror=steal()><iframe src=/></iframe>
    <a href="javascript:steal()">go</a><img src="https://example.org/spy.png"><form action=/></form>
    <table style="position:fixed"><tr><td>kept</td></tr></table>"""
    page = render_notebook(json.loads(_empty_notebook(hostile)))
    grade(submission, GradeReport(Verdict.OK, 1.0, 10.0, False, page=page))
    answer = learner_client.browser.get(reverse("exercises:executed", args=[submission.pk]))
    elements = Elements()
    elements.feed(answer.content.decode().split("<body>")[1])
    assert "td" in elements.tags
    assert elements.tags.isdisjoint({"script", "iframe", "form", "a", "svg", "link", "style"})
    assert elements.attributes.isdisjoint({"onerror", "style", "href", "action"})
    assert elements.pictures == {""}
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "; sandbox" in f"; {policy}"
    assert "allow-" not in policy


def _empty_notebook(html: str) -> str:
    output = {"output_type": "display_data", "data": {"text/html": html}, "metadata": {}}
    code = {"cell_type": "code", "id": "a", "source": "1", "outputs": [output], "metadata": {}}
    text = {"cell_type": "markdown", "id": "b", "source": html, "metadata": {}}
    cells = [code | {"execution_count": 1}, text]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells})


def test_a_missed_one_says_what_passes_and_where_the_hints_are(
    learner_client: LearnerClient,
) -> None:
    """Points that pass, attempts left, the way to the hints that this attempt has opened."""
    submission = learner_client.submit()
    grade(submission)

    page = learner_client.page(submission)

    assert "You need 8 points. 4 attempts left." in page
    assert f'{learner_client.exercise.get_absolute_url()}#hints">See your hint<' in page


def test_the_verdict_beside_the_notebook_changes_what_the_open_page_says(
    learner_client: LearnerClient,
) -> None:
    """The page was rendered before the attempt: its facts are replaced, its hints fetched anew."""
    address = learner_client.exercise.get_absolute_url()
    assert '<dl class="facts" id="glance">' in exercise_page(learner_client)
    submission = learner_client.submit()
    grade(submission)
    draft = reverse("api:draft", args=[learner_client.exercise.slug])

    told = learner_client.browser.get(f"{draft}submissions/{submission.pk}/").json()["html"]

    assert "You need 8 points." in told
    assert f'href="{address}?attempt=1#hints">See your hint<' in told
    glance = told.partition('<template data-for="glance">')[2]
    assert "<dd>4 left</dd>" in glance
    assert "Best score" in glance


def test_an_exercise_leads_to_the_pages_around_it(learner_client: LearnerClient) -> None:
    """The keys n and p, and whoever follows links, go on through the course."""
    course = Course.objects.create(slug="c", title="C", level="beginner", version="1")
    for position, slug in enumerate(("before", learner_client.exercise.slug, "after"), 1):
        Part.objects.create(
            course=course, position=position, kind="exercise", exercise_slug=slug, title=slug
        )

    page = exercise_page(learner_client)

    assert 'rel="prev" href="/exercises/before/"' in page
    assert 'rel="next" href="/exercises/after/"' in page


def test_the_email_setting_is_the_form_s_default(
    learner_client: LearnerClient,
) -> None:
    """The setting in the profile is the form's default, and can be changed for one submission."""
    address = learner_client.exercise.get_absolute_url()
    ticked = 'name="mail_wanted" id="id_mail_wanted" checked'
    assert ticked not in learner_client.browser.get(address).content.decode()

    learner_client.learner.mail_grading = True
    learner_client.learner.save()

    assert ticked in learner_client.browser.get(address).content.decode()


def test_queries_do_not_grow(
    learner_client: LearnerClient, django_assert_max_num_queries: Any
) -> None:
    """Exercise, submission and status pages ask the same of the database with many rows."""
    learner_client.exercise.max_attempts = None
    learner_client.exercise.save()
    for _ in range(15):
        last = learner_client.submit()
        grade(last)
    now = timezone.now()
    for number in range(10):
        Worker.objects.create(name=f"w{number}", concurrency=2, started_at=now, seen_at=now)
    for address in (
        learner_client.exercise.get_absolute_url(),
        last.get_absolute_url(),
        reverse("exercises:status"),
    ):
        with django_assert_max_num_queries(10):
            assert learner_client.browser.get(address).status_code == 200


def test_the_outline_of_the_course_unfolds_on_the_page(learner_client: LearnerClient) -> None:
    """Below the title one gets to each part of the course; the breadcrumbs lead to the outline."""
    exercise = learner_client.exercise
    course = Course.objects.create(slug="linear", title="Linear", language="en", position=1)
    Part.objects.create(
        course=course, position=1, kind="exercise", exercise_slug=exercise.slug, title="Toy"
    )

    page = learner_client.browser.get(exercise.get_absolute_url()).content.decode()

    outline = page[page.index('<ol class="parts">') :]
    assert f'href="{exercise.get_absolute_url()}" aria-current="page"' in outline
    assert 'href="/courses/linear/#outline"' in page
