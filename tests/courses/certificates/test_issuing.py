"""Issuing: once, whatever happens at the same moment; again, with a record of who and why."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client

from courses.authoring.loading import load
from courses.certificates import achievements
from courses.certificates.achievements import Achieved
from courses.certificates.credentials import signed_credential
from courses.certificates.facts import facts_of
from courses.certificates.issuing import apply_changed_name, issue, reissue, revoke, show_name
from courses.learners.progress import issue_what_is_earned, record_completion, record_lesson_read
from courses.models import (
    Certificate,
    CertificateEvent,
    Completion,
    Course,
    Path,
    PathStep,
    StatusEntry,
    User,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.courses.material import Material

EVIDENCE = "00000000-0000-4000-8000-000000000001"


@pytest.fixture
def results(monkeypatch: pytest.MonkeyPatch) -> dict[str, Achieved]:
    """What learners have reached, as the app of exercises would say it."""
    found: dict[str, Achieved] = {}

    def provider(_user: User, slugs: Sequence[str]) -> Mapping[str, Achieved]:
        return {slug: found[slug] for slug in slugs if slug in found}

    monkeypatch.setattr(achievements, "_providers", [provider])
    return found


def parts(course: Course) -> list[Any]:
    """Return a course's parts as issuing takes them."""
    return list(course.parts.for_outlines())


@pytest.mark.django_db(transaction=True)
def test_a_certificate_is_issued_once_under_concurrency(material: Material) -> None:
    """Several processes complete the last part at the same moment: one certificate, one place."""
    load(material.course().root)
    course = Course.objects.get()
    user = User.objects.create_user("lena@example.org", name="Lena Lind")
    together = threading.Barrier(4)
    found: list[Certificate] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            together.wait(30)
            found.append(issue(user=user, course=course, parts=parts(course)))
        except BaseException as error:  # noqa: BLE001  # shown by the assertion below
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _one in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert len({one.pk for one in found}) == 1
    assert Certificate.objects.count() == 1
    assert StatusEntry.objects.count() == 1
    assert CertificateEvent.objects.filter(kind="issued").count() == 1


def test_what_was_passed_is_copied(
    course: Course, learner: User, results: dict[str, Achieved]
) -> None:
    """With the percentages that pass and, of exercises, those that were reached."""
    (slug,) = [part.exercise_slug for part in parts(course) if part.exercise_slug]
    results[slug] = Achieved(90, 120, 60, reviewed=True, evidence=EVIDENCE)
    found = issue(user=learner, course=course, parts=parts(course))

    kinds = [entry["kind"] for entry in found.passed]
    assert kinds.count("quiz") == 2
    (project,) = [entry for entry in found.passed if entry["kind"] == "project"]
    assert (project["score"], project["least"], project["evidence"]) == (75, 50, EVIDENCE)
    assert found.passed[0]["least"] == 75


def test_scores_and_projects_are_shown_by_consent(
    course: Course, learner: User, results: dict[str, Achieved]
) -> None:
    """Neither page nor data has them before the holder says so; nobody else can say so."""
    (slug,) = [part.exercise_slug for part in parts(course) if part.exercise_slug]
    results[slug] = Achieved(90, 120, 60, reviewed=True, evidence=EVIDENCE)
    found = issue(user=learner, course=course, parts=parts(course))
    address = f"/certificates/{found.pk}/results/"
    page = Client().get(found.get_absolute_url()).content.decode()
    assert "a reviewer, a person, accepted it" in page
    assert "75%</strong>" not in page
    assert EVIDENCE not in page
    other = Client()
    other.force_login(User.objects.create_user("other@example.org"))
    assert other.post(address, {"scores": "on"}).status_code == 404

    holder = Client()
    holder.force_login(learner)
    holder.post(address, {"scores": "on", "evidence": "on"})
    page = Client().get(found.get_absolute_url()).content.decode()
    assert "75%</strong>" in page
    assert f"/certificates/{found.pk}/projects/{EVIDENCE}/" in page
    holder.post(address, {})
    assert "75%</strong>" not in Client().get(found.get_absolute_url()).content.decode()


def test_the_page_says_what_passing_meant(course: Course, learner: User) -> None:
    """In sentences that an employer understands, with each part by its title."""
    found = issue(user=learner, course=course, parts=parts(course))
    page = Client().get(found.get_absolute_url()).content.decode()
    assert "also with hidden inputs that the holder never saw" in page
    assert "At least 75% of the answers had to be right." in page
    for part in parts(course):
        assert part.title in page


def test_without_consent_the_page_shows_initials(course: Course, learner: User) -> None:
    """Of the first and the last word of the name."""
    found = issue(user=learner, course=course, parts=parts(course))
    page = Client().get(found.get_absolute_url()).content.decode()
    assert "L. L." in page
    assert "Lena" not in page


def test_a_changed_name_issues_the_certificate_again(certificate: Certificate) -> None:
    """The old page says that it was replaced, shows no name, and leads to the new one."""
    learner = certificate.user
    assert learner is not None
    client = Client()
    client.force_login(learner)
    client.post("/profile/", {"name": "Lena Berg", "name_public": "on"})

    certificate.refresh_from_db()
    new = certificate.superseded_by
    assert new is not None
    assert new.learner_name == "Lena Berg"
    assert new.issued_at == certificate.issued_at
    assert new.valid
    page = Client().get(certificate.get_absolute_url()).content.decode()
    assert "This certificate was replaced on" in page
    assert new.get_absolute_url() in page
    assert "Lena Lind" not in page
    assert "Lena Berg" in Client().get(new.get_absolute_url()).content.decode()
    facts = Client().get(f"/api/v1/certificates/{certificate.pk}/facts/").json()
    assert facts["state"] == "superseded"
    outline = client.get(f"/api/v1/courses/{certificate.subject.slug}/").json()
    assert outline["progress"]["certificate"] == str(new.pk)
    assert signed_credential(new)["id"] != signed_credential(certificate)["id"]


def test_a_name_that_did_not_change_or_was_never_given_issues_nothing(
    certificate: Certificate, course: Course
) -> None:
    """Nor does a revoked certificate become valid by a new name."""
    learner = certificate.user
    assert learner is not None
    assert apply_changed_name(user=learner) == []
    learner.name = ""
    assert apply_changed_name(user=learner) == []
    revoke(certificate=certificate, reason="A mistake.")
    learner.name = "Another Name"
    assert apply_changed_name(user=learner) == []
    nameless = User.objects.create_user("n@example.org")
    issue(user=nameless, course=course, parts=parts(course))
    nameless.name = "Now Known"
    assert apply_changed_name(user=nameless) == []


def test_staff_issue_again_and_revoke_with_a_record(certificate: Certificate) -> None:
    """Who, when and why stand in the record, which nobody edits."""
    staff = User.objects.create_superuser("staff@example.org", "a good long password")
    client = Client()
    client.force_login(staff)
    address = "/admin/courses/certificate/"

    def act(action: str, key: object, reason: str) -> None:
        sent = {"action": action, "_selected_action": [str(key)], "reason": reason}
        assert client.post(address, sent).status_code == 302

    act("revoke_chosen", certificate.pk, "Submitted by somebody else.")
    act("reissue_chosen", certificate.pk, "")
    certificate.refresh_from_db()
    assert certificate.state == "revoked"
    act("reissue_chosen", certificate.pk, "It was an error of ours.")
    certificate.refresh_from_db()
    new = certificate.superseded_by
    assert new is not None
    assert (certificate.state, new.state) == ("superseded", "valid")
    record = [(one.kind, one.actor, one.reason) for one in certificate.events.all()]
    assert record == [
        ("issued", None, ""),
        ("revoked", staff, "Submitted by somebody else."),
        ("reissued", staff, "It was an error of ours."),
    ]
    shown = client.get(f"{address}{certificate.pk}/change/").content.decode()
    assert "It was an error of ours." in shown


def test_a_certificate_is_replaced_once(certificate: Certificate) -> None:
    """Nor can one be issued again whose holder is gone, or without a reason."""
    with pytest.raises(ValidationError):
        reissue(certificate=certificate, reason=" ")
    reissue(certificate=certificate, reason="A typo.")
    with pytest.raises(ValidationError, match="replaced already"):
        reissue(certificate=certificate, reason="Again.")
    current = Certificate.objects.get(superseded_at=None)
    Certificate.objects.filter(pk=current.pk).update(user=None)
    with pytest.raises(ValidationError, match="deleted the account"):
        reissue(certificate=current, reason="A typo.")


def test_completing_again_issues_nothing_beside_a_replaced_one(
    certificate: Certificate, course: Course
) -> None:
    """The one that holds is returned."""
    assert certificate.user is not None
    new = reissue(certificate=certificate, reason="A typo.")
    assert issue(user=certificate.user, course=course, parts=parts(course)) == new


def complete(user: User, course: Course) -> None:
    """Complete every part of a course."""
    for part in parts(course):
        if part.lesson is None:
            record_completion(user=user, exercise_slug=part.exercise_slug)
            continue
        record_lesson_read(user=user, lesson=part.lesson)
        if hasattr(part.lesson, "quiz"):
            Completion.objects.get_or_create(user=user, kind="quiz", lesson=part.lesson)
    issue_what_is_earned(user=user, courses=[course])


def test_the_whole_path_has_a_certificate_of_its_own(course: Course, learner: User) -> None:
    """Issued with that of its last course, once, with page, credential and badge."""
    second = Course.objects.create(
        slug="second", title="The second course", summary="S.", level="beginner", version="1.0"
    )
    course.parts.filter(lesson__isnull=True).update(course=second, position=1)
    path = Path.objects.create(slug="whole", title="The whole path", summary="All of it.")
    for position, one in enumerate((course, second)):
        PathStep.objects.create(path=path, course=one, position=position)
    learner.enrolments.create(course=second)

    complete(learner, course)
    assert not Certificate.objects.filter(path=path).exists()
    complete(learner, second)
    complete(learner, second)

    found = Certificate.objects.get(path=path)
    assert [entry["title"] for entry in found.passed] == [course.title, second.title]
    show_name(certificate=found, public=True)
    page = Client().get(found.get_absolute_url()).content.decode()
    assert "has completed the learning path" in page
    credential = Client().get(f"/api/v1/certificates/{found.pk}/").json()
    achievement = credential["credentialSubject"]["achievement"]
    assert achievement["name"] == "The whole path"
    assert achievement["criteria"]["narrative"].startswith("Completed the learning path")
    assert Client().get(f"/certificates/{found.pk}.svg").status_code == 200
    assert facts_of(found).state == "valid"


def test_the_transcript_lists_everything_that_was_passed(course: Course, learner: User) -> None:
    """Also of courses that are not complete; to the learner alone."""
    lesson = parts(course)[0].lesson
    record_lesson_read(user=learner, lesson=lesson)
    client = Client()
    assert client.get("/transcript/").status_code == 302
    client.force_login(learner)
    page = client.get("/transcript/").content.decode()
    assert lesson.title in page
    assert "Lesson read" in page
    assert "Not completed" in page
    complete(learner, course)
    page = client.get("/transcript/").content.decode()
    assert "Certificate of" in page
    assert "Quiz passed" in page
