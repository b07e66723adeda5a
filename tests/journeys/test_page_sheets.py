"""Every kind of page, at three widths and in two themes: nothing overflows.

With ``WHYBOX_KEEP_SCREENSHOTS=after`` (or ``before``) each page's six views are kept as one sheet,
``design-<page>-after.png``, for docs/features/design.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from playwright.sync_api import expect

from tests.journeys.answers import COURSE, LESSON, sample, solution
from tests.journeys.live_site import GRADE_MILLISECONDS, PASSWORD, TREESHAP
from tests.journeys.sheets import show, show_forced_colours
from tests.journeys.test_class_pages import filled_class, pages
from tests.journeys.test_workbench import write

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.journeys.live_site import Visitor

pytestmark = pytest.mark.browser
FINISHED: Final = f"""
from courses.models import Course, Enrolment, User
from courses.certificates.issuing import issue, show_name
user = User.objects.get(email="EMAIL")
user.name = "Ada Učená"
user.save()
for slug in ("{COURSE}", "shapley-values"):
    Enrolment.objects.get_or_create(user=user, course=Course.objects.get(slug=slug))
course = Course.objects.get(slug="{COURSE}")
show_name(certificate=issue(
    user=user, course=course, parts=list(course.parts.for_outlines())), public=True)
other = Course.objects.get(slug="transparent-models")
issue(user=user, course=other, parts=list(other.parts.for_outlines()))
"""
"""What takes a learner hours: done in the database, so that a sheet takes minutes."""
ENDED: Final = """
from django.utils import timezone
from courses.models import User
from exercises.models import Exercise, Submission, SubmissionFiles
user, now = User.objects.get(email={email!r}), timezone.now()
exercise = Exercise.objects.get(slug={exercise!r})
run = SubmissionFiles.objects.filter(submission__user=user).first()
ends = [("graded", "time_limit", 0.0, dict(limit=60.0, peak=60.3)),
        ("graded", "runtime_error", 0.0, dict(error=dict(cell=3, name="NameError",
            message="name 'explainer' is not defined", line=2, traceback="NameError"))),
        ("failed", "internal_error", None, dict())]
for number, (state, verdict, score, report) in enumerate(ends, 10):
    made = Submission.objects.create(user=user, exercise=exercise, attempt=number, state=state,
        verdict=verdict, score=score, max_score=exercise.max_score, report=report,
        notified_at=now, created_at=now, started_at=now, finished_at=now)
    SubmissionFiles.objects.create(submission=made, executed=run.executed.name, page=run.page.name)
"""
"""Ends that would take minutes to wait for, or a fault of the platform."""
STAFF: Final = """
from django.utils import timezone
from courses.models import User
from exercises.models import Worker
User.objects.filter(email={email!r}).update(is_staff=True, is_superuser=True, name="Ines Ort")
now = timezone.now()
for name, facts in (("grading-2:17", dict(draining=True)), ("lab-pc-7:1290", dict(
        sandbox_open=False, reason="user namespaces: unshare failed: Operation not permitted",
        fix="sysctl -w kernel.unprivileged_userns_clone=1"))):
    Worker.objects.update_or_create(name=name, defaults=dict(
        dict(concurrency=2, started_at=now, seen_at=now, sandbox_open=True), **facts))
"""
OPEN: Final = {
    "catalogue": "/courses/",
    "search": "/courses/?q=baseline",
    "search-nothing": "/courses/?q=xyzzy",
    "course": f"/courses/{COURSE}/",
    "path": "/paths/interpretability/",
    "reading": "/reading/",
    "status": "/status/",
    "command-line": "/cli/",
    "privacy": "/privacy/",
    "verify": "/certificates/verify/",
    "sign-in": "/accounts/login/",
    "sign-up": "/accounts/signup/",
    "error": "/no-such-page/",
}
LESSONS: Final = {
    "foundations": "shap-in-ten-minutes",
    "transparent-models": "trees-and-rules",
    "explaining-any-model": "lime-on-tables",
    "shapley-values": "the-game-and-its-axioms",
    "inside-deep-networks": "attention",
    "interpretability-at-work": "fairness-and-ethics",
}
DEEP: Final = ("activations-of-the-layers", "induction-heads", "attribution-graphs-and-steering")
ACCOUNT: Final = {
    "account-profile": "/profile/",
    "account-email": "/accounts/email/",
    "account-two-factor": "/accounts/2fa/",
    "account-sessions": "/accounts/sessions/",
    "account-data": "/profile/data/",
}
CLASS: Final = ("home", "gradebook", "roster", "schedule", "insight", "submissions", "preview")
DESK: Final = {
    "operations": "/operations/",
    "reviews": "/reviews/",
    "roles": "/roles/",
    "admin": "/admin/",
    "admin-list": "/admin/courses/user/",
}


def test_the_pages_of_a_learner_who_failed_passed_and_finished(
    welcome: Callable[..., Visitor], email: str
) -> None:
    """Home, dashboards, review, verdicts of each kind and certificates."""
    visitor = welcome(reduced_motion="reduce")
    site, page = visitor.site, visitor.page
    show(visitor, "home", "/", axe=True)
    visitor.arrive(email)
    show(visitor, "dashboard-new", "/dashboard/", axe=True)
    show(visitor, "review", "/review/", axe=True)
    places = {}
    for name, notebook in (
        ("verdict-wrong", sample(TREESHAP, "interventional")),
        ("verdict-passed", solution(TREESHAP)),
    ):
        visitor.submit(TREESHAP, notebook)
        page.locator("#verdict-title").wait_for(timeout=GRADE_MILLISECONDS)
        places[name] = page.url.removeprefix(site.address)
    site.run("manage.py", "shell", "-c", FINISHED.replace("EMAIL", email))
    for name, path in {**places, "home-signed-in": "/", "dashboard": "/dashboard/"}.items():
        show(visitor, name, path, axe=True)
    site.run("manage.py", "shell", "-c", ENDED.format(email=email, exercise=TREESHAP))
    visitor.go(f"/exercises/{TREESHAP}/")
    ends = page.get_by_role("region", name="Your submissions").get_by_role("link")
    addresses = [str(one.get_attribute("href")) for one in ends.all()]
    for address in addresses:
        visitor.go(address)
        kind = page.locator("#verdict-title").inner_text()
        for words, name in (
            ("out of time", "verdict-limit"),
            ("stopped", "verdict-error"),
            ("our side", "verdict-ours"),
        ):
            if words in kind:
                show(visitor, name, None, axe=True)
    visitor.go("/dashboard/")
    links = page.get_by_role("region", name="Your certificates").get_by_role("link")
    addresses = [str(one.get_attribute("href")) for one in links.all()]
    stranger = welcome(reduced_motion="reduce")
    for address in addresses:
        stranger.go(address)
        withheld = stranger.page.get_by_text("Name withheld").count()
        show(stranger, f"certificate-{'withheld' if withheld else 'named'}", None, axe=True)


def test_the_pages_that_anybody_reads(welcome: Callable[..., Visitor]) -> None:
    """Catalogue, search, course, path, a lesson of each course, the ways in, the error page."""
    visitor = welcome(reduced_motion="reduce")
    visitor.expected_statuses.add(404)
    for name, path in OPEN.items():
        show(visitor, name, path)
    for course, lesson in LESSONS.items():
        show(visitor, f"lesson-{course}", f"/courses/{course}/{lesson}/")
    for lesson in DEEP:
        show(visitor, f"lesson-{lesson}", f"/courses/inside-deep-networks/{lesson}/")
    guide = welcome(service_workers="block", reduced_motion="reduce")
    guide.show("styleguide.html")
    show(guide, "styleguide", None)
    guide.show("500.html")
    show(guide, "error-ours", None)


def test_the_pages_in_french_and_in_forced_colours(
    welcome: Callable[..., Visitor], email: str
) -> None:
    """French words are longer; forced colours take every ground and shade away."""
    french = welcome(locale="fr-FR", reduced_motion="reduce")
    for name, path in {"home": "/", "catalogue": "/courses/", "lesson": LESSON}.items():
        show(french, f"french-{name}", path)
    french.arrive(email)
    show(french, "french-dashboard", "/dashboard/")
    show_forced_colours(french, "forced-colours", ["/", f"/courses/{COURSE}/", LESSON])


def test_the_pages_of_an_account(visitor: Visitor, email: str) -> None:
    """Profile, addresses, second factor, sessions, tokens, one's data."""
    visitor.arrive(email)
    for name, path in ACCOUNT.items():
        show(visitor, name, path)
    visitor.go("/profile/tokens/")
    if visitor.page.get_by_label("Password").count():
        visitor.page.get_by_label("Password").fill(PASSWORD)
        visitor.follow(visitor.page.get_by_role("main").get_by_role("button", name="Confirm"))
    show(visitor, "account-tokens", None)


def test_the_notebook_at_rest_after_a_run_and_after_an_error(visitor: Visitor, email: str) -> None:
    """The exercise's page in the states that a learner works in."""
    visitor.site.ready_to_run()
    visitor.arrive(email)
    show(visitor, "exercise", f"/exercises/{TREESHAP}/")
    page = visitor.page
    page.locator("[data-action=run-all]").click()
    outputs = page.locator('[data-cell="data"] [data-outputs]')
    expect(outputs).to_contain_text("accuracy", timeout=GRADE_MILLISECONDS)
    show(visitor, "exercise-run", None, start="#here")
    write(visitor, "fx", "fx = model.no_such_function()")
    page.locator("[data-action=run-all]").click()
    stopped = page.locator('[data-cell="fx"] [data-outputs]')
    expect(stopped).to_contain_text("AttributeError", timeout=GRADE_MILLISECONDS)
    show(visitor, "exercise-stopped", None, start="#here")


def test_the_pages_of_a_class_and_of_staff(visitor: Visitor, email: str) -> None:
    """Tables of forty learners, the operator's page, the admin."""
    visitor.arrive(email)
    addresses = pages(filled_class(visitor.site, email))
    visitor.site.run("manage.py", "shell", "-c", STAFF.format(email=email))
    for name in CLASS:
        show(visitor, f"class-{name}", addresses[name])
    for name, path in DESK.items():
        show(visitor, name, path)
