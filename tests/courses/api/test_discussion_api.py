"""The API of the discussion: the whole way, what is not sent, what is refused with which code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from courses.discussion.models import ModeratorWarning, Post, Report
from courses.models import User

if TYPE_CHECKING:
    from courses.models import Course

QUESTIONS = "exercises/toy/questions/"


class Caller:
    """Somebody who calls the API."""

    def __init__(self, user: User) -> None:
        self.user, self.client = user, Client()
        self.client.force_login(user)

    def call(self, method: str, address: str, facts: Any = None) -> tuple[int, Any]:
        """Return status and JSON of an answer."""
        answer = getattr(self.client, method)(
            f"/api/v1/{address}", facts or {}, content_type="application/json"
        )
        return answer.status_code, answer.json() if answer.content else None

    def ask(self, title: str = "Why?", body: str = "An *okapi*.") -> str:
        """Ask a question and return its key."""
        sent = {"title": title, "body": body}
        status, asked = self.call("post", "exercises/toy/questions/", sent)
        assert status == 201, asked
        return str(asked["id"])


@pytest.fixture
def lena(course: Course, learner: User) -> Caller:
    """A learner."""
    return Caller(learner)


@pytest.fixture
def hans(db: None) -> Caller:
    """Another learner."""
    return Caller(User.objects.create_user("hans@example.org", name="Hans"))


@pytest.fixture
def mo(db: None) -> Caller:
    """A moderator of the site."""
    return Caller(User.objects.create_user("mo@example.org", name="Mo", roles=["moderator"]))


def test_the_whole_way(lena: Caller, hans: Caller, mo: Caller) -> None:
    """Ask, answer, accept, edit, report, hide, warn, read, show, close."""
    key = lena.ask()
    _status, answer = hans.call("post", f"questions/{key}/answers/", {"body": "So."})
    assert lena.call("put", f"posts/{answer['id']}/acceptance/")[1]["accepted"] is True
    assert lena.call("put", f"posts/{answer['id']}/acceptance/")[1]["accepted"] is True
    edit = {"version": 1, "body": "So it is."}
    assert hans.call("patch", f"posts/{answer['id']}/", edit)[1]["version"] == 2
    history = mo.call("get", f"posts/{answer['id']}/history/")[1]
    assert [one["body"] for one in history["results"]] == ["So."]
    assert lena.call("post", f"posts/{answer['id']}/reports/", {"reason": "Rude."})[0] == 204
    assert mo.call("get", "moderation/")[1]["counts"] == {
        "questions": 0,
        "reports": 1,
        "edited": 0,
    }
    hidden = mo.call("put", f"posts/{answer['id']}/hiding/", {"reason": "Rude."})[1]
    assert (hidden["state"], Report.objects.get().outcome) == ("hidden", "upheld")
    status, given = mo.call("post", f"posts/{answer['id']}/warnings/", {"message": "Be kind."})
    assert (status, hans.call("get", "warnings/")[1][0]["message"]) == (201, "Be kind.")
    assert hans.call("put", f"warnings/{given['id']}/reading/")[1]["read_at"] is not None
    assert lena.call("put", f"warnings/{given['id']}/reading/")[0] == 404
    assert mo.call("delete", f"posts/{answer['id']}/hiding/")[1]["state"] == "visible"
    assert mo.call("put", f"questions/{key}/closing/")[1]["closed"] is True
    actions = [one["action"] for one in mo.call("get", "moderation/changes/")[1]["results"]]
    assert actions == [
        *("thread.closed", "post.shown", "person.warned", "report.resolved", "post.hidden")
    ]


def test_what_may_not_be_read_is_not_sent(lena: Caller, hans: Caller, mo: Caller) -> None:
    """Hidden posts for others, reasons for others, spoilers before passing."""
    key = lena.ask("Buy okapis")
    spoiler = {"body": "Use zebra().", "spoiler": True}
    answer = hans.call("post", f"questions/{key}/answers/", spoiler)[1]
    assert answer["body"] == "Use zebra()."
    mo.call("put", f"posts/{key}/hiding/", {"reason": "An advert."})

    def seen(caller: Caller) -> str:
        return str([caller.call("get", f"questions/{key}/"), caller.call("get", QUESTIONS)])

    for words in ("okapi", "An advert."):
        assert words not in seen(hans)
        assert words in seen(lena)
        assert words in seen(mo)
    assert "zebra" not in seen(lena)
    assert "zebra" in seen(hans)


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"title": "x", "body": "y" * 100_000}, "body"),
        ({"title": "x" * 201, "body": "y"}, "title"),
        ({"title": "x", "body": ""}, "body"),
        ({"title": "x", "body": "$\\nosuch$"}, "body"),
        ({"body": "y"}, "title"),
        ({"title": ["x"], "body": {"y": 1}}, "title"),
    ],
)
def test_a_bad_post_is_refused_by_field(lena: Caller, facts: dict[str, Any], field: str) -> None:
    """400 with the field's name; 100 kB is too much; nothing is posted."""
    status, problem = lena.call("post", "exercises/toy/questions/", facts)

    assert (status, problem["code"]) == (400, "invalid")
    assert field in problem["errors"]
    assert not Post.objects.exists()


def test_conflicts_have_codes(lena: Caller, hans: Caller, mo: Caller) -> None:
    """Two windows, a closed thread, a report twice or of one's own, hiding what is hidden."""
    key = lena.ask()

    def code(caller: Caller, method: str, address: str, **facts: Any) -> str:
        status, problem = caller.call(method, address, facts)
        assert status == 409, (address, problem)
        return str(problem["code"])

    lena.call("patch", f"posts/{key}/", {"version": 1, "body": "One."})
    assert code(lena, "patch", f"posts/{key}/", version=1, body="Two.") == "conflict"
    assert code(lena, "post", f"posts/{key}/reports/", reason="x") == "own"
    hans.call("post", f"posts/{key}/reports/", {"reason": "Rude."})
    assert code(hans, "post", f"posts/{key}/reports/", reason="Rude.") == "already_reported"
    mo.call("put", f"questions/{key}/closing/")
    assert code(mo, "put", f"questions/{key}/closing/") == "already_closed"
    assert code(hans, "post", f"questions/{key}/answers/", body="Late.") == "closed"
    assert code(lena, "patch", f"posts/{key}/", version=2, body="Late.") == "closed"
    mo.call("put", f"posts/{key}/hiding/", {"reason": "x"})
    assert code(mo, "put", f"posts/{key}/hiding/", reason="x") == "already_hidden"
    assert code(mo, "post", f"posts/{key}/reports/outcome/", outcome="upheld") == "resolved"


def test_those_without_the_right_change_nothing(lena: Caller, hans: Caller) -> None:
    """403 for hiding, closing, warning, resolving, history, editing and deleting of another's."""
    key = lena.ask()
    calls = [
        *(("put", f"posts/{key}/hiding/"), ("delete", f"posts/{key}/hiding/")),
        *(("put", f"questions/{key}/closing/"), ("post", f"posts/{key}/warnings/")),
        *(("post", f"posts/{key}/reports/outcome/"), ("get", f"posts/{key}/history/")),
        *(("patch", f"posts/{key}/"), ("delete", f"posts/{key}/")),
        *(("get", "moderation/"), ("get", "moderation/changes/")),
    ]
    for method, address in calls:
        facts = {"reason": "x", "message": "x", "outcome": "upheld", "version": 1, "body": "x"}
        status, problem = hans.call(method, address, facts if method != "get" else None)
        assert (status, problem["code"]) == (403, "permission_denied"), address
    post = Post.objects.get()
    assert (post.body, post.hidden_at, post.closed_at) == ("An *okapi*.", None, None)
    assert not ModeratorWarning.objects.exists()


def test_following_is_a_wish(lena: Caller, hans: Caller) -> None:
    """Whoever asked follows; everybody can start and stop."""
    key = lena.ask()
    assert lena.call("get", f"questions/{key}/")[1]["following"] is True
    assert hans.call("get", f"questions/{key}/")[1]["following"] is False

    lena.call("put", f"questions/{key}/following/", {"following": False})
    hans.call("put", f"questions/{key}/following/", {"following": True})

    assert lena.call("get", f"questions/{key}/")[1]["following"] is False
    assert hans.call("get", f"questions/{key}/")[1]["following"] is True


def test_roles_are_set_by_a_superuser(lena: Caller) -> None:
    """Exactly the named ones; an unknown role or account is refused; it is in the audit."""
    root = Caller(User.objects.create_superuser("root@example.org", "x"))
    sent = {"email": "LENA@example.org", "roles": ["moderator", "author"]}

    assert root.call("put", "roles/", sent)[1]["roles"] == ["moderator", "author"]
    assert root.call("get", "roles/")[1] == [
        {"email": "lena@example.org", "roles": ["moderator", "author"]}
    ]
    assert root.call("put", "roles/", sent | {"roles": ["king"]})[0] == 400
    assert root.call("put", "roles/", sent | {"email": "no@example.org"})[0] == 400
    assert root.call("put", "roles/", sent | {"roles": []})[1]["roles"] == []
    found = root.call("get", "moderation/changes/")[1]["results"]
    assert [one["facts"]["after"] for one in found] == [[], ["moderator", "author"]]


def test_the_calls_are_in_the_schema() -> None:
    """Each new address is described."""
    schema = Client().get("/api/v1/schema/", headers={"Accept": "application/json"}).json()

    for path in (
        *("posts/{key}/", "posts/{key}/hiding/", "posts/{key}/reports/outcome/", "roles/"),
        *("questions/{key}/answers/", "moderation/", "classes/{key}/moderation/", "warnings/"),
    ):
        assert f"/api/v1/{path}" in schema["paths"]
