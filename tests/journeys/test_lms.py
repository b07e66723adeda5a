"""A learning platform by clicking: registered, content chosen in a frame, solved, score arrives."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

import pytest
from playwright.sync_api import expect

from tests.classes.lti.platform_process import PlatformProcess, platform_process
from tests.journeys.answers import sample, solution
from tests.journeys.live_site import GRADE_MILLISECONDS, TREESHAP

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.journeys.live_site import Site, Visitor

pytestmark = pytest.mark.browser

TITLE: Final = "TreeSHAP on gradient boosting"
WRONG: Final = "sign-flip"
SEND_SECONDS: Final = 150.0
"""Beat looks every 30 s; the machine may be busy."""


@pytest.fixture
def lms(site: Site) -> Iterator[PlatformProcess]:
    """A platform in a process of its own, on another host name than the site."""
    with platform_process(site.address) as platform:
        yield platform


def meet(visitor: Visitor, lms: PlatformProcess) -> Visitor:
    """Let a visitor's browser go to the platform too, whose own pages are not looked at."""
    visitor.context.route(f"{lms.base}/**", lambda route: route.continue_())
    visitor.ignored.append("favicon")
    visitor.expected_statuses.add(404)
    return visitor


def scores(lms: PlatformProcess, *, until: Callable[[list[float]], bool]) -> list[float]:
    """Return the scores that have arrived, once they are as awaited."""
    deadline = time.monotonic() + SEND_SECONDS
    while True:
        told = lms.told()
        found = [score["scoreGiven"] for score in told["scores"].values()]
        if until(found):
            return found
        assert time.monotonic() < deadline, told
        time.sleep(0.5)


def test_from_the_platform_s_link_to_its_gradebook(
    welcome: Callable[..., Visitor], site: Site, lms: PlatformProcess, email: str
) -> None:
    """Registered by link; content chosen in a frame; launched, solved, sent; down, then resent.

    Slow: two submissions, and the outbox is looked at every half minute.
    """
    staff = register(meet(welcome(), lms), site, lms, email)
    chosen = choose(meet(welcome(), lms), lms)
    assert chosen["url"] == f"{site.address}/exercises/{TREESHAP}/"

    lms.set(target=chosen["url"], title=chosen["title"], email=f"lms-{email}")
    learner = meet(welcome(), lms)
    page = learner.page
    open_in_a_new_window(learner, lms)
    page.goto(f"{lms.base}/start?user=u1")
    expect(page.get_by_role("heading", name="Link your account with")).to_be_visible()
    learner.look("lti-consent")
    learner.follow(page.get_by_role("button", name="Create and link account"))
    expect(page.get_by_role("heading", level=1)).to_contain_text(TITLE)

    learner.submit(TREESHAP, sample(TREESHAP, WRONG))
    expect(page.locator(".verdict--fail")).to_be_visible(timeout=GRADE_MILLISECONDS)
    (first,) = scores(lms, until=bool)
    assert 0 <= first < 80

    lms.set(down=True)
    page.goto(f"{lms.base}/start?user=u1")  # this time it opens at once
    expect(page.get_by_role("heading", level=1)).to_contain_text(TITLE)
    learner.submit(TREESHAP, solution(TREESHAP))
    expect(page.locator(".verdict--pass")).to_be_visible(timeout=GRADE_MILLISECONDS)
    resend(staff, lms)
    assert scores(lms, until=lambda found: found == [100.0]) == [100.0]
    assert lms.told()["complaints"] == []
    staff.go("/lti/log/")
    staff.look("lti-log")


def register(staff: Visitor, site: Site, lms: PlatformProcess, email: str) -> Visitor:
    """Make a registration link and open it as the platform's administrator does."""
    page = staff.page
    staff.sign_up(f"admin-{email}")
    change = f"User.objects.filter(email='admin-{email}').update(is_staff=True, is_superuser=True)"
    site.run("manage.py", "shell", "-c", f"from courses.models import User; {change}")
    staff.go("/lti/platforms/")
    staff.follow(page.get_by_role("button", name="Create registration link"))
    link = page.locator("code.long").inner_text()
    staff.look("lti-invitation", shot=False)
    page.goto(
        f"{link}?openid_configuration={lms.base}/openid&registration_token=registration-token"
    )
    staff.look("lti-register", shot=False)
    staff.follow(page.get_by_role("button", name="Register"))
    expect(page.get_by_role("heading", name="Registered")).to_be_visible()
    staff.go("/lti/platforms/")
    expect(page.get_by_role("region", name="Learning platforms")).to_contain_text("active")
    staff.look("lti-platforms")
    staff.follow(page.get_by_role("region", name="Learning platforms").get_by_role("link"))
    staff.look("lti-platform", shot=False)
    return staff


def choose(teacher: Visitor, lms: PlatformProcess) -> dict[str, Any]:
    """Choose content within the platform's frame, where only the partitioned cookie comes back."""
    page = teacher.page
    page.goto(f"{lms.base}/start?user=t1&kind=content&frame=1")
    frame = page.frame_locator("#tool")
    expect(frame.get_by_role("heading", name="Choose content")).to_be_visible()
    teacher.keep("lti-content", part="#tool")
    frame.locator(f"input[value='exercise:{TREESHAP}']").check()
    frame.get_by_role("button", name="Add to my course").click()
    expect(frame.get_by_role("heading", name="Content added")).to_be_visible()
    chosen: dict[str, Any] = lms.told()["content"][0][0]
    return chosen


def open_in_a_new_window(learner: Visitor, lms: PlatformProcess) -> None:
    """In a frame there is a button only, which opens the launch in a new window."""
    page = learner.page
    page.goto(f"{lms.base}/start?user=u1&frame=1")
    frame = page.frame_locator("#tool")
    with page.expect_popup() as opened:
        frame.get_by_role("link", name="Open Whybox in a new window").click()
    expect(opened.value.get_by_role("heading", name="Link your account with")).to_be_visible()
    opened.value.close()


def resend(staff: Visitor, lms: PlatformProcess) -> None:
    """See that a score could not be sent, and send it when the platform is back."""
    page = staff.page
    deadline = time.monotonic() + SEND_SECONDS
    while True:
        staff.go("/lti/scores/")
        if page.get_by_role("button", name="Send all again").is_visible():
            break
        assert time.monotonic() < deadline, staff.site.log("mail")
        time.sleep(1)
    expect(page.get_by_role("region", name="Scores not sent")).to_contain_text("503")
    staff.look("lti-scores")
    lms.set(down=False)
    staff.follow(page.get_by_role("button", name="Send all again"))
    expect(page.get_by_text("1 score will be sent again within a minute.")).to_be_visible()
