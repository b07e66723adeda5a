"""Progress, enrolment, and the certificate that follows from the last part."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from courses.authoring.loading import load
from courses.certificates.issuing import issue, revoke, show_name
from courses.learners.enrolment import enrol, leave, remember_place
from courses.learners.progress import (
    done_by,
    exercise_completed,
    forget_lesson_read,
    progress_in,
    record_completion,
    record_lesson_read,
    record_quiz_passed,
)
from courses.models import Certificate, Completion, Course, Enrolment, Lesson, Part, User

if TYPE_CHECKING:
    from django.core.mail import EmailMessage

    from tests.courses.material import Material


def complete_lessons(user: User, course: Course) -> None:
    """Read every lesson and pass every quiz."""
    for lesson in Lesson.objects.filter(course=course).select_related("course"):
        record_lesson_read(user=user, lesson=lesson)
        record_quiz_passed(user=user, lesson=lesson)


def test_progress_counts_parts_and_minutes(course: Course, learner: User) -> None:
    """A lesson is done when it is read and its quiz is passed; minutes follow."""
    first = Lesson.objects.select_related("course").get(slug="page-1")
    record_lesson_read(user=learner, lesson=first)
    halfway = progress_in(course.parts.for_outlines(), done_by(learner))

    record_quiz_passed(user=learner, lesson=first)
    after = progress_in(course.parts.for_outlines(), done_by(learner))

    assert (halfway.done, halfway.states[0].started) == (0, True)
    assert (after.done, after.total, after.percent) == (1, 3, 33)
    assert after.minutes_left == course.minutes - first.minutes
    assert after.next_part is not None
    assert after.next_part.title == "Page 2"


def test_the_last_part_issues_the_certificate_once(course: Course, learner: User) -> None:
    """Whatever comes last, there is one certificate, with a snapshot of the facts."""
    enrol(user=learner, course=course)
    complete_lessons(learner, course)
    assert not Certificate.objects.exists()

    record_completion(user=learner, exercise_slug="toy")
    record_completion(user=learner, exercise_slug="toy")

    certificate = Certificate.objects.get()
    assert (certificate.user, certificate.course) == (learner, course)
    assert certificate.learner_name == "Lena Lind"
    assert certificate.course_title == "The tiny course"
    assert certificate.course_version == "1.0"
    assert certificate.minutes == course.minutes
    assert (certificate.lessons, certificate.quizzes, certificate.exercises) == (2, 2, 1)
    assert certificate.skills == ["Do this", "Do that"]


@pytest.fixture
def with_a_project(material: Material, course: Course) -> Course:
    """The course, its exercise now a project that the certificate does not wait for."""
    old = "  - exercise: toy\n"
    material.replace("courses/tiny/course.yaml", old, f"{old}    required: false\n")
    load(material.root)
    return Course.objects.get()


def test_a_part_that_is_not_required_holds_up_nothing(
    with_a_project: Course, learner: User
) -> None:
    """It counts in no total and no minutes; the certificate comes without it, and stays."""
    enrol(user=learner, course=with_a_project)
    before = progress_in(with_a_project.parts.for_outlines(), done_by(learner))
    assert (before.total, len(before.states)) == (2, 3)
    assert before.minutes == with_a_project.minutes == 2

    complete_lessons(learner, with_a_project)
    record_completion(user=learner, exercise_slug="toy")

    after = progress_in(with_a_project.parts.for_outlines(), done_by(learner))
    assert (after.complete, after.next_part) == (True, None)
    assert all(state.done for state in after.states)
    certificate = Certificate.objects.get()
    assert (certificate.lessons, certificate.exercises, certificate.minutes) == (2, 0, 2)


def test_a_certificate_names_a_project_that_was_done_before(
    with_a_project: Course, learner: User
) -> None:
    """What was done without being required belongs to the facts of the certificate."""
    enrol(user=learner, course=with_a_project)
    record_completion(user=learner, exercise_slug="toy")
    complete_lessons(learner, with_a_project)

    certificate = Certificate.objects.get()
    assert (certificate.lessons, certificate.exercises, certificate.minutes) == (2, 1, 32)


def test_a_lesson_may_be_last(course: Course, learner: User) -> None:
    """The exercise first, the quizzes last: the certificate comes with the last quiz."""
    record_completion(user=learner, exercise_slug="toy")
    complete_lessons(learner, course)

    assert Certificate.objects.count() == 1


def test_enrolling_after_everything_is_done_issues_it(course: Course, learner: User) -> None:
    """Whoever comes back to a course that is already complete gets the certificate at once."""
    complete_lessons(learner, course)
    leave(user=learner, course=course)
    record_completion(user=learner, exercise_slug="toy")
    assert not Certificate.objects.exists()

    enrol(user=learner, course=course)

    assert Certificate.objects.count() == 1


def test_an_exercise_counts_in_every_course_that_is_taken(
    material: Material, learner: User
) -> None:
    """The same exercise in two courses is done once; only courses that are taken certify."""
    load(material.course("one", lessons=0).course("two", lessons=0).root)
    enrol(user=learner, course=Course.objects.get(slug="one"))

    record_completion(user=learner, exercise_slug="toy")

    assert [one.subject.slug for one in Certificate.objects.with_subject()] == ["one"]
    assert exercise_completed(learner, "toy")
    assert not exercise_completed(learner, "other")


def test_a_later_change_of_the_course_leaves_the_certificate(
    course: Course, learner: User, material: Material
) -> None:
    """Title and version stand as they were when it was issued."""
    record_completion(user=learner, exercise_slug="toy")
    complete_lessons(learner, course)
    material.replace("courses/tiny/course.yaml", "The tiny course", "Another course")
    material.replace("courses/tiny/course.yaml", '"1.0"', '"2.0"')

    load(material.root)

    certificate = Certificate.objects.get()
    assert (certificate.course_title, certificate.course_version) == ("The tiny course", "1.0")


def test_a_mark_can_be_taken_away(course: Course, learner: User) -> None:
    """Marking as unread undoes marking as read."""
    lesson = Lesson.objects.select_related("course").get(slug="page-1")
    record_lesson_read(user=learner, lesson=lesson)

    forget_lesson_read(user=learner, lesson=lesson)

    assert not Completion.objects.exists()


def test_the_database_refuses_a_second_certificate(course: Course, learner: User) -> None:
    """The constraint holds even for code that forgets to look."""
    parts = list(course.parts.for_outlines())
    first = issue(user=learner, course=course, parts=parts)
    again = issue(user=learner, course=course, parts=parts)
    assert first == again

    first.pk = None
    first._state.adding = True
    with pytest.raises(IntegrityError), transaction.atomic():
        first.save(force_insert=True)


def test_the_database_refuses_rows_that_mean_nothing(course: Course, learner: User) -> None:
    """A completion names its subject; a revocation has its reason; a part is one of two."""
    for row in (
        Completion(user=learner, kind="exercise"),
        Completion(user=learner, kind="lesson", exercise_slug="toy"),
        Part(course=course, position=9, kind="lesson", title="Nothing"),
        Part(course=course, position=1, kind="exercise", exercise_slug="x", title="Same place"),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            row.save()
    certificate = issue(user=learner, course=course, parts=[])
    with pytest.raises(IntegrityError), transaction.atomic():
        Certificate.objects.filter(pk=certificate.pk).update(revoked_at=timezone.now())


def test_a_revoked_certificate_is_not_issued_anew(course: Course, learner: User) -> None:
    """Revocation keeps its first reason, and completing again brings nothing back."""
    certificate = issue(user=learner, course=course, parts=list(course.parts.for_outlines()))

    revoke(certificate=certificate, reason=" Somebody else's work. ")
    revoke(certificate=certificate, reason="Another reason")
    enrol(user=learner, course=course)
    complete_lessons(learner, course)
    record_completion(user=learner, exercise_slug="toy")

    certificate = Certificate.objects.get()
    assert certificate.revoked_reason == "Somebody else's work."
    assert certificate.revoked_at is not None
    with pytest.raises(ValidationError):
        revoke(certificate=certificate, reason="  ")


def test_the_name_is_shown_by_consent_only(course: Course, learner: User) -> None:
    """Without consent beforehand the name is withheld; the learner may show it and change back."""
    certificate = issue(user=learner, course=course, parts=[])
    assert not certificate.name_public

    show_name(certificate=certificate, public=True)
    assert Certificate.objects.get().name_public
    show_name(certificate=certificate, public=False)
    assert not Certificate.objects.get().name_public


def test_a_name_given_later_is_taken_once(course: Course, learner: User) -> None:
    """A certificate without a name takes the one that the learner gives, and keeps it."""
    learner.name = ""
    learner.save()
    certificate = issue(user=learner, course=course, parts=[])

    learner.name = "Lena"
    show_name(certificate=certificate, public=True)
    learner.name = "Somebody Else"
    show_name(certificate=certificate, public=True)

    assert Certificate.objects.get().learner_name == "Lena"


@pytest.mark.parametrize(("choice", "revoked"), [("keep", False), ("forget", True)])
def test_erasing_the_account_leaves_no_name(
    course: Course, learner: User, choice: str, revoked: object
) -> None:
    """Certificates stay valid or are revoked, as chosen; the name and all progress go."""
    certificate = issue(user=learner, course=course, parts=[])
    show_name(certificate=certificate, public=True)
    record_completion(user=learner, exercise_slug="toy")
    client = Client()
    client.force_login(learner)
    client.post("/accounts/reauthenticate/", {"password": "a good long password"})
    form = {"certificates": choice, "posts": "keep"}

    refused = client.post("/profile/erase/", form | {"email": "no@example.org"})
    assert refused.status_code == 422
    assert User.objects.filter(pk=learner.pk).exists()
    client.post("/profile/erase/", form | {"email": "LENA@example.org"})

    certificate.refresh_from_db()
    assert (certificate.user, certificate.learner_name) == (None, "")
    assert bool(certificate.revoked_at) is revoked
    assert not User.objects.exists()
    assert not Completion.objects.exists()
    assert client.get("/dashboard/").status_code == 302
    assert Client().get(certificate.get_absolute_url()).status_code == 200


def test_a_mail_announces_the_certificate(
    course: Course,
    learner: User,
    mailoutbox: list[EmailMessage],
) -> None:
    """Issuing a certificate writes one email with its address; some wish none."""
    certificate = issue(user=learner, course=course, parts=[])
    assert issue(user=learner, course=course, parts=[]) == certificate
    assert certificate.get_absolute_url() in mailoutbox[0].body
    assert mailoutbox[0].to == ["lena@example.org"]

    quiet = User.objects.create_user("quiet@example.org", mail_certificate=False)
    issue(user=quiet, course=course, parts=[])
    assert len(mailoutbox) == 1


def test_enrolment_remembers_the_place(course: Course, learner: User) -> None:
    """Enrolling twice is enrolling once; the place is that of the last visit."""
    _first, created = enrol(user=learner, course=course)
    _second, again = enrol(user=learner, course=course)
    part = Part.objects.select_related("course").get(position=2)

    remember_place(user=learner, part=part)

    assert (created, again) == (True, False)
    assert Enrolment.objects.get().last_part == part


@pytest.mark.django_db(transaction=True)
def test_two_last_parts_at_the_same_moment_issue_one_certificate(material: Material) -> None:
    """A page and a worker may complete the last two parts at once: one certificate, never none."""
    load(material.course(lessons=1).root)
    course = Course.objects.get()
    learner = User.objects.create_user("lena@example.org", mail_certificate=False)
    enrol(user=learner, course=course)
    lesson = Lesson.objects.select_related("course").get()
    record_lesson_read(user=learner, lesson=lesson)
    start = threading.Barrier(2)

    def pass_quiz() -> None:
        start.wait(timeout=10)
        record_quiz_passed(user=learner, lesson=lesson)
        connection.close()

    def pass_exercise() -> None:
        start.wait(timeout=10)
        record_completion(user=learner, exercise_slug="toy")
        connection.close()

    threads = [threading.Thread(target=work) for work in (pass_quiz, pass_exercise)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert Certificate.objects.filter(user=learner, course=course).count() == 1
