"""Pages for staff."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from classes.lti.models import (
    Context,
    Deployment,
    Launch,
    LmsAccount,
    Passback,
    Platform,
    ResourceLink,
)
from courses.database import database_now
from courses.models import User
from tests.classes.lti.test_launches import linked
from tests.classes.material import make_class, make_course, make_member, make_user

if TYPE_CHECKING:
    from tests.classes.lti.platform_process import Person, PlatformProcess

PAGES = (
    "/lti/platforms/",
    "/lti/platforms/new/",
    "/lti/platforms/{platform}/",
    "/lti/contexts/{context}/",
    "/lti/scores/",
    "/lti/log/",
)
POSTS = ("/lti/keys/", "/lti/invitations/", "/lti/platforms/{platform}/deployments/")

FACTS = {
    "name": "Campus",
    "issuer": "https://lms.example.org",
    "client_id": "c1",
    "auth_url": "https://lms.example.org/auth",
    "token_url": "https://lms.example.org/token",
    "jwks_url": "https://lms.example.org/jwks",
    "active": "on",
}


@pytest.fixture
def platform(db: None) -> Platform:
    """A registered platform with one course and one link."""
    facts = {name: value for name, value in FACTS.items() if name != "active"}
    made = Platform.objects.create(**facts)
    deployment = Deployment.objects.create(platform=made, deployment_id="d1")
    context = Context.objects.create(deployment=deployment, context_id="c", title="XAI 101")
    ResourceLink.objects.create(
        deployment=deployment,
        context=context,
        link_id="r1",
        title="Week 1",
        line_items_url="https://lms.example.org/items",
    )
    return made


@pytest.fixture
def staff(db: None) -> Client:
    """A browser of staff who may change platforms, and nothing more."""
    user = make_user("ines@example.org", "Ines", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="change_platform"))
    client = Client()
    client.force_login(user)
    return client


def path_of(page: str) -> str:
    """Fill in the keys of the only platform and course."""
    return page.format(platform=Platform.objects.get().pk, context=Context.objects.get().pk)


@pytest.mark.parametrize("page", PAGES)
def test_each_page_is_for_staff_with_the_permission(
    platform: Platform, staff: Client, page: str
) -> None:
    """Visitors sign in first; learners and other staff are refused."""
    address = path_of(page)
    learner, other = Client(), Client()
    learner.force_login(make_user("lena@example.org"))
    other.force_login(make_user("olaf@example.org", is_staff=True))

    assert staff.get(address).status_code == 200
    assert Client().get(address)["Location"].startswith("/accounts/login/")
    assert learner.get(address).status_code == 403
    assert other.get(address).status_code == 403


@pytest.mark.parametrize("page", POSTS)
def test_each_action_is_for_staff_with_the_permission(platform: Platform, page: str) -> None:
    """And by POST only."""
    address = path_of(page)
    other = Client()
    other.force_login(make_user("olaf@example.org", is_staff=True))

    assert other.post(address).status_code == 403
    assert other.get(address).status_code == 405


def test_a_platform_is_registered_by_hand(
    staff: Client, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its addresses must be such as the site would ask."""
    local = dict.fromkeys(("auth_url", "token_url", "jwks_url"), "http://127.0.0.1/x")
    refused = staff.post("/lti/platforms/new/", FACTS | local | {"jwks_url": "file:///etc/passwd"})
    origin = staff.post("/lti/platforms/new/", FACTS | local | {"frame_origins": "'self'; x"})
    taken = staff.post(
        "/lti/platforms/new/", FACTS | local | {"frame_origins": "https://a.example"}
    )

    assert refused.status_code == origin.status_code == 422
    assert taken.status_code == 302
    assert Platform.objects.get().origins == [
        "https://lms.example.org",
        "http://127.0.0.1",
        "https://a.example",
    ]
    again = staff.post("/lti/platforms/new/", FACTS | local)
    assert again.status_code == 422


def test_a_refused_deployment_is_added_with_one_click(platform: Platform, staff: Client) -> None:
    """The platform's page lists deployments that launches named."""
    Launch.objects.create(
        platform=platform, refusal="unknown_deployment", detail="d2", deployment_id="d2"
    )
    address = f"/lti/platforms/{platform.pk}/"
    assert "A launch from the deployment “d2” was refused." in staff.get(address).content.decode()

    staff.post(f"{address}deployments/", {"deployment_id": "d2"})

    assert platform.deployments.filter(deployment_id="d2").exists()
    assert "was refused" not in staff.get(address).content.decode()


def test_a_course_gets_its_class_and_its_links_their_content(
    platform: Platform, staff: Client
) -> None:
    """Chosen among what there is."""
    make_course()
    klass, context, link = make_class(), Context.objects.get(), ResourceLink.objects.get()
    address = f"/lti/contexts/{context.pk}/"

    staff.post(address, {"action": "class", "klass": str(klass.pk)})
    staff.post(address, {"action": "links", f"link-{link.pk}-target": "exercise:lime"})
    wrong = staff.post(address, {"action": "links", f"link-{link.pk}-target": "exercise:none"})

    context.refresh_from_db()
    link.refresh_from_db()
    assert (context.klass, link.target) == (klass, "exercise:lime")
    assert wrong.status_code == 200


def test_the_roster_is_compared_on_the_page(
    lms: PlatformProcess, person: Person, course: Any, staff: Client
) -> None:
    """All 230 members, and a platform that does not answer is told, not a broken page."""
    person.launch()
    address = f"/lti/contexts/{Context.objects.get().pk}/"

    shown = staff.post(address, {"action": "roster"}).content.decode()
    lms.set(down=True)
    failed = staff.post(address, {"action": "roster"})

    assert "230 members at the platform" in shown
    assert "New (230)" in shown
    assert failed.status_code == 200
    assert "The platform answered 503." in failed.content.decode()


def test_failed_scores_are_listed_and_sent_again(platform: Platform, staff: Client) -> None:
    """Those that were chosen, or all."""
    link = ResourceLink.objects.get()
    rows = []
    for number in range(3):
        user = make_user(f"u{number}@example.org", f"Learner {number}")
        account = LmsAccount.objects.create(platform=platform, subject=f"u{number}", user=user)
        facts = {"percent": 50.0, "progress": "completed", "attempts": 24}
        error = "The platform answered 503." if number else ""
        rows.append(Passback.objects.create(link=link, account=account, last_error=error, **facts))
    page = staff.get("/lti/scores/").content.decode()
    assert "Learner 0" not in page
    assert "given up" in page

    staff.post("/lti/scores/", {"score": str(rows[1].pk)})
    assert Passback.objects.due().get() == rows[1]
    staff.post("/lti/scores/", {"all": "1"})

    assert set(Passback.objects.due()) == {rows[1], rows[2]}
    assert not Passback.objects.exclude(last_error="").exclude(attempts=0).exists()


@pytest.mark.parametrize("count", [1, 40])
def test_the_lists_ask_the_database_as_often_for_many_as_for_one(
    platform: Platform, staff: Client, count: int, django_assert_num_queries: Any
) -> None:
    """Log and failed scores."""
    link = ResourceLink.objects.get()
    for number in range(count):
        user = make_user(f"u{number}@example.org")
        account = LmsAccount.objects.create(platform=platform, subject=f"u{number}", user=user)
        Passback.objects.create(
            link=link, account=account, percent=1, progress="started", last_error="-"
        )
        Launch.objects.create(platform=platform, link=link, user=user, ended_at=database_now())

    for address, queries in (("/lti/log/", 5), ("/lti/scores/", 6)):
        with django_assert_num_queries(queries):
            assert staff.get(address).status_code == 200


def test_a_key_is_rotated_and_a_registration_link_made(platform: Platform, staff: Client) -> None:
    """Both are shown to staff."""
    staff.post("/lti/keys/")
    page = staff.get("/lti/platforms/").content.decode()
    link = staff.post("/lti/invitations/").content.decode()

    assert "signs from" in page
    assert "/lti/register/" in link


def test_the_log_shows_refusals_with_their_codes(platform: Platform, staff: Client) -> None:
    """Filtered if wished; no name that a platform told is in it."""
    user = User.objects.get(email="ines@example.org")
    Launch.objects.create(platform=platform, refusal="expired", detail="-")
    Launch.objects.create(
        platform=platform, subject="u9", user=user, ended_at=database_now(), facts={"name": "Zoe"}
    )

    everything = staff.get("/lti/log/").content.decode()
    refused = staff.get("/lti/log/?only=refused").content.decode()

    assert "expired" in everything
    assert "entered" in everything
    assert "entered" not in refused
    assert "Zoe" not in everything


def test_linked_accounts_go_with_their_user(platform: Platform) -> None:
    """Deleting an account takes its link and its scores in the outbox along."""
    user = linked()
    Passback.objects.create(link=ResourceLink.objects.get(), account=LmsAccount.objects.get())

    user.delete()

    assert not LmsAccount.objects.exists()
    assert not Passback.objects.exists()


def test_a_person_ends_a_link(platform: Platform) -> None:
    """On a page of the profile; nobody else's link can be ended there."""
    lena, mine = linked(), LmsAccount.objects.get()
    Passback.objects.create(link=ResourceLink.objects.get(), account=mine)
    theirs = LmsAccount.objects.create(
        platform=platform, subject="u2", user=make_user("other@example.org")
    )
    client = Client()
    client.force_login(lena)
    assert "/lti/accounts/" in client.get("/profile/").content.decode()

    assert client.post("/lti/accounts/", {"account": str(theirs.pk)}).status_code == 404
    assert client.post("/lti/accounts/", {"account": str(mine.pk)}).status_code == 302

    assert list(LmsAccount.objects.all()) == [theirs]
    assert not Passback.objects.exists()
    assert "No linked platforms" in client.get("/lti/accounts/").content.decode()


def test_the_failures_of_a_class_are_found(platform: Platform) -> None:
    """The class's home page shows them to who teaches it."""
    klass, other = make_class(), make_class(title="Another")
    Context.objects.update(klass=klass)
    linked()
    row = Passback.objects.create(
        link=ResourceLink.objects.get(), account=LmsAccount.objects.get(), last_error="503"
    )

    assert list(Passback.objects.failing_in(klass)) == [row]
    assert not Passback.objects.failing_in(other).exists()
    teacher = Client()
    member = make_member(klass, "t@example.org", "instructor")
    assert member.user is not None
    teacher.force_login(member.user)
    make_member(other, "t@example.org", "instructor")
    assert "Scores not sent" in teacher.get(klass.get_absolute_url()).content.decode()
    assert "Scores not sent" not in teacher.get(other.get_absolute_url()).content.decode()
