"""Deep linking: an instructor chooses content, and the platform gets a signed answer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import requests

from classes.lti import targets
from classes.lti.models import LmsAccount
from classes.lti.refusals import Code
from courses.models import User
from tests.classes.lti.platform_process import Person, PlatformProcess, form_of
from tests.classes.lti.test_refusals import code_of

if TYPE_CHECKING:
    from courses.models import Course

DL = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"


def settings_claim(lms: PlatformProcess, **facts: Any) -> dict[str, Any]:
    """Return the claim of a request, with some facts changed."""
    usual = {
        "accept_types": ["ltiResourceLink"],
        "deep_link_return_url": f"{lms.base}/return?a=1&b=%22%3E",
        "data": "opaque",
    }
    return {DL: usual | facts}


def choose(person: Person, page: requests.Response, *keys: str) -> requests.Response:
    """Choose content on the page."""
    return person.session.post(page.url, data={"content": list(keys)}, timeout=30)


def test_an_instructor_chooses_without_an_account_and_the_platform_gets_it(
    lms: PlatformProcess, person: Person, course: Course, live_server: Any
) -> None:
    """Course, lesson and exercise each with its address and a column of 100 points."""
    lms.set(claims=settings_claim(lms, accept_multiple=True))
    page = person.launch("t1", "content")
    assert "Games and credit" in page.text

    back = choose(person, page, "exercise:lime", "course:shap", "lesson:shap/games")
    address, fields = form_of(back.text)
    answer = person.session.post(address, data=fields, timeout=30)

    assert "Content added" in answer.text, answer.text
    (items,) = lms.told()["content"]
    assert [item["url"] for item in items] == [
        f"{live_server.url}/courses/shap/",
        f"{live_server.url}/courses/shap/games/",
        f"{live_server.url}/exercises/lime/",
    ]
    assert {item["type"] for item in items} == {"ltiResourceLink"}
    assert items[2]["lineItem"] == {
        "label": "Exercise lime",
        "scoreMaximum": 100,
        "resourceId": "exercise:lime",
        "tag": "whybox",
    }
    assert not User.objects.exists()
    assert not LmsAccount.objects.exists()


def test_the_pages_hold_a_strict_policy_and_escape_the_return_address(
    lms: PlatformProcess, person: Person, course: Course
) -> None:
    """No inline script, the form posts to the platform only, and only its pages may frame it."""
    page = person.launch("t1", "content")
    back = choose(person, page, "course:shap")

    for shown in (page, back):
        policy = shown.headers["Content-Security-Policy"]
        assert f"frame-ancestors {lms.base}" in policy
        assert re.search(r"script-src 'self'(;|$)", policy)
        assert not re.search(r"<script(?![^>]*\bsrc=)", shown.text)
    assert f"form-action 'self' {lms.base}" in back.headers["Content-Security-Policy"]
    assert 'action="http://127.0.0.1' in back.text
    assert "a=1&amp;b=%22%3E" in back.text


def test_only_as_many_as_the_platform_takes(
    lms: PlatformProcess, person: Person, course: Course
) -> None:
    """One entry unless several are accepted; none and unknown ones are refused in the page."""
    lms.set(claims=settings_claim(lms))
    page = person.launch("t1", "content")

    several = choose(person, page, "course:shap", "exercise:lime")
    none = choose(person, page)
    unknown = choose(person, page, "exercise:nothing", "made-up")

    assert [answer.status_code for answer in (several, none, unknown)] == [422] * 3
    assert "Choose one entry only." in several.text
    assert "Choose at least one entry." in none.text


def test_a_platform_that_takes_no_columns_gets_none(
    lms: PlatformProcess, person: Person, course: Course
) -> None:
    """`accept_lineitem` false is respected, and data that was not given does not come back."""
    lms.set(claims=settings_claim(lms, accept_lineitem=False))
    page = person.launch("t1", "content")

    address, fields = form_of(choose(person, page, "course:shap").text)
    person.session.post(address, data=fields, timeout=30)

    assert "lineItem" not in lms.told()["content"][0][0]


def test_a_choice_is_answered_once_and_in_its_browser_only(
    lms: PlatformProcess, person: Person, course: Course
) -> None:
    """The page needs the state cookie: no other site can send its form."""
    page = person.launch("t1", "content")

    stranger = requests.post(page.url, data={"content": "course:shap"}, timeout=30)
    first = choose(person, page, "course:shap")
    second = choose(person, page, "course:shap")

    assert code_of(stranger) == Code.COOKIE_MISSING
    assert first.status_code == 200
    assert code_of(second) == Code.LAUNCH_ENDED


def test_a_return_address_that_is_a_script_is_refused(
    lms: PlatformProcess, person: Person, course: Course
) -> None:
    """Even from a registered platform."""
    lms.set(claims=settings_claim(lms, deep_link_return_url="javascript:alert(1)"))
    page = person.launch("t1", "content")

    assert code_of(choose(person, page, "course:shap")) == Code.MISSING_CLAIM


def test_a_withdrawn_course_is_not_offered(course: Course) -> None:
    """Nor can it be found by its key."""
    assert {entry.target.key for entry in targets.choices()} == {
        "course:shap",
        "lesson:shap/why",
        "lesson:shap/games",
        "exercise:treeshap",
        "exercise:lime",
    }
    course.withdrawn = True
    course.save()

    assert targets.choices() == []
    target = targets.of_key("course:shap")
    assert target is not None
    assert targets.find(target) is None


def test_keys_that_are_none_are_no_targets() -> None:
    """What a form may send."""
    for key in ("", "course", "course:", "lesson:shap", "course:a/b", "admin:x"):
        assert targets.of_key(key) is None
