"""Every refusal of a launch: its code, a plain page, and nothing stored but a line of the log."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from classes.lti import launching, login
from classes.lti.models import Launch, LmsAccount, Passback, Platform, ResourceLink
from classes.lti.refusals import SENTENCES, Code
from config.environment import BASE_DIR
from courses.models import User
from tests.classes.lti.platform_process import Person, PlatformProcess

if TYPE_CHECKING:
    from courses.models import Course

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
DL = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"


@dataclass(frozen=True)
class Case:
    """What the platform does, and the code of the refusal."""

    code: Code
    status: int
    knobs: dict[str, Any] = field(default_factory=dict)
    user: str = "u1"
    kind: str = "resource"


CASES = {
    "bad nonce": Case(Code.BAD_NONCE, 403, {"claims": {"nonce": "made-up-made-up-made-up"}}),
    "nonce missing": Case(Code.MISSING_CLAIM, 400, {"without": ["nonce"]}),
    "nonce that is no text": Case(Code.BAD_NONCE, 403, {"claims": {"nonce": [1]}}),
    "expired": Case(Code.EXPIRED, 403, {"clock": -3700}),
    "clock 5 minutes ahead": Case(Code.NOT_YET_VALID, 403, {"clock": 300}),
    "wrong issuer": Case(Code.WRONG_ISSUER, 403, {"claims": {"iss": "https://evil.example"}}),
    "wrong audience": Case(Code.WRONG_AUDIENCE, 403, {"claims": {"aud": "another-tool"}}),
    "several audiences, no azp": Case(
        Code.WRONG_AUDIENCE,
        403,
        {"claims": {"aud": ["whybox-client", "another"]}, "without": ["azp"]},
    ),
    "another azp": Case(Code.WRONG_AUDIENCE, 403, {"claims": {"azp": "another-tool"}}),
    "unknown deployment": Case(
        Code.UNKNOWN_DEPLOYMENT, 403, {"claims": {f"{CLAIM}deployment_id": "dep-evil"}}
    ),
    "deployment missing": Case(Code.MISSING_CLAIM, 400, {"without": [f"{CLAIM}deployment_id"]}),
    "foreign target in the token": Case(
        Code.FOREIGN_TARGET, 400, {"claims": {f"{CLAIM}target_link_uri": "https://evil.example/"}}
    ),
    "bad signature": Case(Code.BAD_SIGNATURE, 403, {"forged": True}),
    "unknown key": Case(Code.UNKNOWN_KEY, 403, {"kid": "nobody"}),
    "keys cannot be loaded": Case(Code.KEYS_UNAVAILABLE, 502, {"no_keys": True}),
    "wrong version": Case(Code.WRONG_VERSION, 400, {"claims": {f"{CLAIM}version": "1.1"}}),
    "another message": Case(
        Code.WRONG_MESSAGE, 400, {"claims": {f"{CLAIM}message_type": "LtiStartProctoring"}}
    ),
    "link missing": Case(Code.MISSING_CLAIM, 400, {"without": [f"{CLAIM}resource_link"]}),
    "subject missing": Case(Code.MISSING_CLAIM, 400, {"without": ["sub"]}),
    "endless subject": Case(Code.MISSING_CLAIM, 400, {"claims": {"sub": "x" * 256}}),
    "the platform's own error": Case(Code.PLATFORM_ERROR, 403, {"error": "login_required"}),
    "content chosen by a learner": Case(Code.NOT_AN_INSTRUCTOR, 403, {}, "u1", "content"),
    "content of another type": Case(
        Code.CONTENT_TYPE,
        400,
        {"claims": {DL: {"accept_types": ["file"], "deep_link_return_url": "http://x/"}}},
        "t1",
        "content",
    ),
    "content without a way back": Case(
        Code.MISSING_CLAIM,
        400,
        {"claims": {DL: {"accept_types": ["ltiResourceLink"]}}},
        "t1",
        "content",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_launch_that_is_not_valid_is_refused(
    lms: PlatformProcess, person: Person, course: Course, case: Case
) -> None:
    """With its status and code; the log has it, and nobody and nothing else is stored."""
    lms.set(**case.knobs)

    page = person.launch(case.user, case.kind)

    assert (page.status_code, code_of(page)) == (case.status, case.code)
    assert list(Launch.objects.values_list("refusal", flat=True)) == [case.code]
    assert not User.objects.exists()
    assert not ResourceLink.objects.exists()
    assert "/lti/launch/" in page.url


def test_a_launch_is_used_once_in_the_same_browser(person: Person, course: Course) -> None:
    """The same token a second time, with the same cookie, is a replay."""
    address, fields = person.click()
    assert person.session.post(address, data=fields, timeout=30).status_code == 200

    again = person.session.post(address, data=fields, timeout=30)

    assert (again.status_code, code_of(again)) == (403, Code.REPLAYED)


def test_of_two_requests_at_the_same_moment_one_goes_on(person: Person, course: Course) -> None:
    """A double click, or a race that somebody provokes."""
    address, fields = person.click()
    cookies = person.session.cookies.get_dict()

    def send() -> requests.Response:
        return requests.post(address, data=fields, cookies=cookies, timeout=30)

    with ThreadPoolExecutor(4) as pool:
        codes = sorted(code_of(sent.result()) for sent in [pool.submit(send) for _ in range(4)])

    assert codes == ["", *[Code.REPLAYED] * 3]


def test_a_launch_of_another_browser_is_refused(
    lms: PlatformProcess, person: Person, course: Course
) -> None:
    """Whoever has got hold of a token, used or not, has not the cookie that belongs to it."""
    address, fields = person.click()
    stranger = Person(lms)
    stranger.click()  # it has a state cookie, of another login

    fresh = stranger.session.post(address, data=fields, timeout=30)
    person.session.post(address, data=fields, timeout=30)
    used = stranger.session.post(address, data=fields, timeout=30)

    assert code_of(fresh) == code_of(used) == Code.COOKIE_MISSING


def test_without_the_state_cookie_a_launch_is_refused(person: Person, course: Course) -> None:
    """As where a browser blocks cookies in a frame."""
    address, fields = person.click()
    person.session.cookies.clear()

    page = person.session.post(address, data=fields, timeout=30)

    assert (page.status_code, code_of(page)) == (403, Code.COOKIE_MISSING)


@pytest.mark.parametrize("state", ["", "made-up", "WzFd:1abc:x"])
def test_a_state_that_is_not_ours_is_refused(person: Person, course: Course, state: str) -> None:
    """A state is signed."""
    address, fields = person.click()

    page = person.session.post(address, data=fields | {"state": state}, timeout=30)

    assert (page.status_code, code_of(page)) == (403, Code.STATE_INVALID)


def test_a_login_that_took_too_long_is_refused(
    person: Person, course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A state has an age."""
    address, fields = person.click()
    monkeypatch.setattr(login, "STATE_SECONDS", 0)
    time.sleep(1.1)

    page = person.session.post(address, data=fields, timeout=30)

    assert (page.status_code, code_of(page)) == (403, Code.STATE_EXPIRED)


@pytest.mark.parametrize("token", ["", "a.b.c", "x" * 70_000, "eyJhbGciOiJub25lIn0.e30."])
def test_what_is_no_token_is_refused(person: Person, course: Course, token: str) -> None:
    """Empty, unreadable, endless, unsigned."""
    address, fields = person.click()

    page = person.session.post(address, data=fields | {"id_token": token}, timeout=30)

    assert (page.status_code, code_of(page)) == (400, Code.MALFORMED_TOKEN)


def asked(lms: PlatformProcess, tool: str, **changed: str) -> requests.Response:
    """Begin a login with changed parameters; an empty one is left out."""
    parameters = {
        "iss": lms.base,
        "client_id": "whybox-client",
        "login_hint": "u1",
        "target_link_uri": f"{tool}/lti/launch/",
        **changed,
    }
    given = {name: value for name, value in parameters.items() if value}
    return requests.get(f"{tool}/lti/login/", params=given, allow_redirects=False, timeout=30)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"iss": "https://other.example"}, Code.UNKNOWN_PLATFORM),
        ({"client_id": "another"}, Code.UNKNOWN_PLATFORM),
        ({"login_hint": ""}, Code.MISSING_PARAMETER),
        ({"login_hint": "x" * 4001}, Code.MISSING_PARAMETER),
        ({"target_link_uri": ""}, Code.FOREIGN_TARGET),
        ({"target_link_uri": "https://evil.example/"}, Code.FOREIGN_TARGET),
        ({"target_link_uri": "{tool}@evil.example/lti/launch/"}, Code.FOREIGN_TARGET),
        ({"target_link_uri": "{tool}.evil.example/lti/launch/"}, Code.FOREIGN_TARGET),
        ({"target_link_uri": "{tool}/accounts/logout/"}, Code.FOREIGN_TARGET),
        ({"target_link_uri": "{tool}/admin/"}, Code.FOREIGN_TARGET),
        ({"target_link_uri": "javascript:alert(1)"}, Code.FOREIGN_TARGET),
    ],
)
def test_a_login_for_somebody_else_is_refused(
    lms: PlatformProcess, live_server: Any, changed: dict[str, str], code: Code
) -> None:
    """Unknown platform or client, no person, a target that is not ours; no cookie is set."""
    tool = live_server.url
    filled = {name: value.format(tool=tool) for name, value in changed.items()}

    page = asked(lms, tool, **filled)

    assert (page.status_code, code_of(page)) == (400, code)
    assert "Set-Cookie" not in page.headers


def test_an_inactive_platform_is_unknown(lms: PlatformProcess, live_server: Any) -> None:
    """At the login, and also between login and launch."""
    person = Person(lms)
    address, fields = person.click()
    Platform.objects.update(active=False)

    page = person.session.post(address, data=fields, timeout=30)

    assert code_of(page) == Code.UNKNOWN_PLATFORM
    assert code_of(asked(lms, live_server.url)) == Code.UNKNOWN_PLATFORM


def test_an_issuer_with_two_registrations_must_name_the_client(
    lms: PlatformProcess, live_server: Any
) -> None:
    """With one registration the client may be missing; with two it is not guessed."""
    assert asked(lms, live_server.url, client_id="").status_code == 302
    first = Platform.objects.get()
    first.pk, first.client_id = None, "second"
    first.save()

    page = asked(lms, live_server.url, client_id="")

    assert code_of(page) == Code.UNKNOWN_PLATFORM
    location = asked(lms, live_server.url, client_id="second").headers["Location"]
    assert parse_qs(urlsplit(location).query)["client_id"] == ["second"]


def test_a_clock_that_differs_by_less_than_a_minute_is_accepted(
    lms: PlatformProcess, person: Person, course: Course
) -> None:
    """Ahead and behind; a token of the library is valid for five minutes."""
    for shift in (45, -345):
        lms.set(clock=shift)
        assert person.launch().status_code == 200, shift


def test_a_platform_s_new_key_is_found(
    lms: PlatformProcess, person: Person, course: Course
) -> None:
    """A token with an unknown key id makes one request for the keys."""
    assert person.launch().status_code == 200
    lms.set(rotate=True)

    assert Person(lms).launch().status_code == 200
    assert lms.told()["hits"].count("GET /jwks") == 2


def test_made_up_key_ids_do_not_make_the_site_ask_each_time(
    lms: PlatformProcess, person: Person, course: Course
) -> None:
    """One request in ten seconds, beside the first."""
    lms.set(kid="nobody")

    codes = {code_of(person.launch()) for _number in range(5)}

    assert codes == {Code.UNKNOWN_KEY}
    assert lms.told()["hits"].count("GET /jwks") == 2


def test_the_log_does_not_grow_without_an_end(
    person: Person, course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anybody can cause refusals: so many an hour are written down."""
    monkeypatch.setattr(launching, "MOST_REFUSALS_AN_HOUR", 3)
    address, fields = person.click()

    for _number in range(5):
        person.session.post(address, data=fields | {"state": "x"}, timeout=30)

    assert Launch.objects.count() == 3


def test_a_refusal_says_what_to_do_and_may_be_framed_by_platforms_only(
    lms: PlatformProcess, live_server: Any
) -> None:
    """A plain page with sentence, advice and code, within a registered platform's frame."""
    page = asked(lms, live_server.url, iss="https://other.example")

    assert "This learning platform isn&#x27;t registered here." in page.text
    assert "Ask the administrator of your learning platform" in page.text
    assert f"frame-ancestors {lms.base};" in page.headers["Content-Security-Policy"] + ";"
    assert "X-Frame-Options" not in page.headers


def test_a_deactivated_account_is_refused(
    lms: PlatformProcess, person: Person, course: Course
) -> None:
    """Also by way of a platform."""
    user = User.objects.create_user("lena@example.org")
    LmsAccount.objects.create(platform=Platform.objects.get(), subject="u1", user=user)
    User.objects.update(is_active=False)

    page = person.launch()

    assert (page.status_code, code_of(page)) == (403, Code.ACCOUNT_INACTIVE)
    assert not Passback.objects.exists()


def test_each_code_has_its_words_and_its_line_in_the_table() -> None:
    """The documentation's table of refusals lists each code, and tests that exist."""
    table = (BASE_DIR / "docs/features/lti.md").read_text()
    rows = dict(re.findall(r"^\| `(\w+)` \|.*\| (.+) \|$", table, re.MULTILINE))

    assert set(SENTENCES) == set(Code)
    assert set(rows) == {str(code) for code in Code}
    for tests in rows.values():
        for file, name in re.findall(r"`(test_\w+\.py)::(test_\w+)`", tests):
            assert f"def {name}(" in (BASE_DIR / "tests/classes/lti" / file).read_text()


def code_of(page: requests.Response) -> str:
    """Return the code on the page of a refusal; empty where there is none."""
    found = re.search(r"<code>(\w+)</code>", page.text)
    return found[1] if found else ""
