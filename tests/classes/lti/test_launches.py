"""From the platform's link to the page: accounts by consent, frames, cookies, staff."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests
from allauth.account.models import EmailAddress

from classes.lti import launching
from classes.lti.models import Context, Launch, LmsAccount, Passback, Platform, ResourceLink
from classes.lti.refusals import Code
from courses.database import database_now
from courses.models import Enrolment, User
from tests.classes.lti.platform_process import Person, PlatformProcess
from tests.classes.lti.test_refusals import code_of
from tests.classes.material import make_user

if TYPE_CHECKING:
    from courses.models import Course


def linked(subject: str = "u1", email: str = "lena@example.org", **facts: Any) -> User:
    """Link a person of the platform with an account."""
    user = make_user(email, "Lena", **facts)
    LmsAccount.objects.create(platform=Platform.objects.get(), subject=subject, user=user)
    return user


def sign_in(person: Person, tool: str, email: str) -> None:
    """Sign in with a password."""
    page = person.session.get(f"{tool}/accounts/login/", timeout=30)
    answer = person.choose(page, login=email, password="a quiet harbour")
    assert answer.url.endswith("/dashboard/"), answer.text


def test_the_first_launch_asks_and_a_new_account_is_made_by_consent(
    lms: PlatformProcess, person: Person, course: Course
) -> None:
    """Nobody is signed in, nothing is made before; then the link opens, next time at once."""
    page = person.launch()
    assert "What is shared" in page.text
    assert "Name u1, u1@lms.example.org" in page.text
    assert not User.objects.exists()

    opened = person.choose(page, action="create")

    assert opened.url.endswith("/courses/shap/games/")
    user = User.objects.get()
    assert (user.email, user.name) == ("u1@lms.example.org", "Name u1")
    assert not user.has_usable_password()
    assert not EmailAddress.objects.get(user=user).verified
    assert LmsAccount.objects.get().subject == "u1"
    assert Person(lms).launch().url.endswith("/courses/shap/games/")


def test_an_account_is_never_linked_by_its_address_alone(
    lms: PlatformProcess, person: Person, course: Course, live_server: Any
) -> None:
    """The platform says the victim's address: its owner must sign in and agree."""
    victim = make_user("u1@lms.example.org")

    page = person.choose(person.launch(), action="create")

    assert page.status_code == 422
    assert "There is an account with this address. Sign in to link it." in page.text
    assert not LmsAccount.objects.exists()
    assert User.objects.count() == 1
    sign_in(person, live_server.url, victim.email)
    asked = person.session.get(page.url, timeout=30)
    assert not LmsAccount.objects.exists()
    assert person.choose(asked, action="link").url.endswith("/courses/shap/games/")
    assert LmsAccount.objects.get().user == victim


def test_a_launch_signs_nobody_in_over_somebody_else(
    lms: PlatformProcess, person: Person, course: Course, live_server: Any
) -> None:
    """Who is signed in as another is asked which account to go on with."""
    lena = linked()
    make_user("other@example.org")
    sign_in(person, live_server.url, "other@example.org")

    page = person.launch()
    assert "Continue as lena@example.org" in page.text
    opened = person.choose(page, action="switch")

    assert opened.url.endswith("/courses/shap/games/")
    assert lena.email in opened.text


@pytest.mark.parametrize("facts", [{"is_staff": True}, {"is_superuser": True}])
def test_staff_are_never_signed_in_by_a_platform(
    lms: PlatformProcess, person: Person, course: Course, live_server: Any, facts: dict[str, Any]
) -> None:
    """A platform must not get around their second factor; signed in themselves, they go on."""
    linked(email="ines@example.org", **facts)

    page = person.launch()

    assert "This account is protected: sign in yourself." in page.text
    assert "sessionid" not in person.session.cookies.get_dict()
    sign_in(person, live_server.url, "ines@example.org")
    assert person.session.get(page.url, timeout=30).url.endswith("/courses/shap/games/")


def test_one_account_serves_one_person_of_a_platform(
    lms: PlatformProcess, person: Person, course: Course, live_server: Any
) -> None:
    """The work of one must not be graded for two."""
    linked("u2")
    sign_in(person, live_server.url, "lena@example.org")

    page = person.choose(person.launch("u1"), action="link")

    assert code_of(page) == Code.ACCOUNT_TAKEN
    assert LmsAccount.objects.count() == 1


def test_without_an_address_the_person_types_one(
    lms: PlatformProcess, person: Person, course: Course
) -> None:
    """A platform may share neither name nor address."""
    lms.set(email="", name="")
    page = person.launch()
    assert "only an ID, neither name nor email" in page.text

    wrong = person.choose(page, action="create", email="not an address")
    right = person.choose(wrong, action="create", email="lena@example.org")

    assert wrong.status_code == 422
    assert right.url.endswith("/courses/shap/games/")
    assert User.objects.get().email == "lena@example.org"


def test_addresses_cannot_be_tried_out(
    lms: PlatformProcess, person: Person, course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A launch's forms are sent a few times at most."""
    monkeypatch.setattr(launching, "MOST_TRIES", 2)
    lms.set(email="")
    page = person.launch()

    for _number in range(2):
        assert person.choose(page, action="create", email="no").status_code == 422

    assert code_of(person.session.get(page.url, timeout=30)) == Code.LAUNCH_ENDED


def test_the_ticket_opens_once_in_its_own_browser(
    lms: PlatformProcess, person: Person, course: Course
) -> None:
    """The address of a launch is of no use to others, nor later."""
    linked()
    address, fields = person.click()
    sent = person.session.post(address, data=fields, allow_redirects=False, timeout=30)
    assert sent.status_code == 303
    ticket = address.removesuffix("/lti/launch/") + sent.headers["Location"]

    stranger = requests.get(ticket, timeout=30)
    opened = person.session.get(ticket, timeout=30)
    again = person.session.get(ticket, timeout=30)

    assert code_of(stranger) == Code.COOKIE_MISSING
    assert opened.url.endswith("/courses/shap/games/")
    assert code_of(again) == Code.LAUNCH_ENDED
    assert not [name for name in person.session.cookies.get_dict() if name.startswith("lti_")]


def test_a_launch_has_an_end(lms: PlatformProcess, person: Person, course: Course) -> None:
    """A ticket that nobody used expires, and what the platform told of the person goes."""
    page = person.launch()
    Launch.objects.update(expires_at=database_now())

    assert code_of(person.session.get(page.url, timeout=30)) == Code.LAUNCH_ENDED
    launching.prune()
    assert Launch.objects.get().facts == {}


def test_the_state_cookie_comes_back_where_no_other_does(
    lms: PlatformProcess, live_server: Any
) -> None:
    """From another site's form and within its frame; no script can read it."""
    parameters = {
        "iss": lms.base,
        "login_hint": "u1",
        "target_link_uri": f"{live_server.url}/lti/launch/",
    }

    answer = requests.post(
        f"{live_server.url}/lti/login/", data=parameters, allow_redirects=False, timeout=30
    )

    cookie = answer.headers["Set-Cookie"]
    for attribute in ("Secure", "HttpOnly", "SameSite=None", "Partitioned", "Path=/lti/"):
        assert f"; {attribute}" in cookie


def test_in_a_frame_the_login_goes_on_in_a_new_window(
    lms: PlatformProcess, live_server: Any
) -> None:
    """The link carries the same request; the page may be framed by this platform only."""
    parameters = {
        "iss": lms.base,
        "login_hint": 'u1"><script>',
        "target_link_uri": f"{live_server.url}/lti/launch/",
    }
    address = f"{live_server.url}/lti/login/"
    framed = {"Sec-Fetch-Dest": "iframe"}

    page = requests.get(address, params=parameters, headers=framed, timeout=30)

    assert 'target="_blank" rel="noopener"' in page.text
    assert "<script" not in page.text
    assert "Set-Cookie" not in page.headers
    assert f"frame-ancestors {lms.base};" in page.headers["Content-Security-Policy"] + ";"


@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/exercises/treeshap/", "/lti/log/"])
def test_no_other_page_may_be_framed(
    lms: PlatformProcess, course: Course, live_server: Any, path: str
) -> None:
    """Only launch routes: sign-in, exercises and staff pages never."""
    page = requests.get(live_server.url + path, timeout=30)

    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["X-Frame-Options"] == "DENY"


def test_a_link_that_opens_nothing_yet_is_told_by_an_instructor(
    lms: PlatformProcess, person: Person, course: Course, live_server: Any
) -> None:
    """A learner is refused, an instructor chooses, and then the learner gets there."""
    lms.set(target=f"{live_server.url}/lti/launch/")
    linked("u1")
    linked("t1", "ines@example.org")
    assert (page := person.launch()).status_code == 404
    assert code_of(page) == Code.NOTHING_LINKED

    teacher = Person(lms)
    choosing = teacher.launch("t1")
    assert "Choose content" in choosing.text
    opened = teacher.session.post(choosing.url, data={"content": "lesson:shap/games"}, timeout=30)

    assert opened.url.endswith("/courses/shap/games/")
    assert ResourceLink.objects.get().target == "lesson:shap/games"
    assert Person(lms).launch().url.endswith("/courses/shap/games/")
    assert Enrolment.objects.filter(user__email="lena@example.org").exists()


def test_platform_courses_and_links_are_kept_by_deployment(
    lms: PlatformProcess, person: Person, course: Course
) -> None:
    """The same ids in two deployments are two courses and two links."""
    linked()
    platform = Platform.objects.get()
    platform.deployments.create(deployment_id="dep-2")
    person.launch()
    claim = "https://purl.imsglobal.org/spec/lti/claim/deployment_id"
    lms.set(claims={claim: "dep-2"})

    assert Person(lms).launch().url.endswith("/courses/shap/games/")

    assert Context.objects.count() == ResourceLink.objects.count() == 2


def test_opening_a_link_sends_no_score(
    lms: PlatformProcess, person: Person, course: Course
) -> None:
    """A learner's score is expected, and none yet; an instructor has none."""
    linked()
    linked("t1", "ines@example.org")

    person.launch()
    Person(lms).launch("t1")

    row = Passback.objects.get()
    assert (row.account.subject, row.percent, row.next_attempt_at) == ("u1", None, None)
