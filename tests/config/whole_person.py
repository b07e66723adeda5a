"""A learner and an instructor with a row in every table that can hold something about them."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialToken
from allauth.usersessions.models import UserSession
from auditlog.models import LogEntry as AuditLogEntry
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.mail import EmailMessage
from django.test import Client
from django.utils import timezone

from classes.lti.models import (
    Context,
    Deployment,
    Invitation,
    Launch,
    LmsAccount,
    Passback,
    Platform,
    ResourceLink,
    TaughtContext,
)
from classes.models import (
    Announcement,
    AuditEntry,
    Extension,
    Override,
    PendingImport,
    Regrading,
    Reminder,
    ReviewAssignment,
    Role,
)
from courses.accounts.tokens import new_token
from courses.certificates.issuing import issue
from courses.learners.enrolment import enrol
from courses.learners.progress import record_completion
from courses.mail.backend import OutboxBackend
from courses.models import (
    Bookmark,
    CertificateEvent,
    DataExport,
    IssuedFile,
    Lesson,
    ModeratorWarning,
    Note,
    Post,
    PostVersion,
    QuizSitting,
    Rating,
    Report,
    ReviewCard,
    SiteChange,
    Subscription,
    TaskAnswer,
    User,
)
from exercises.models import (
    Draft,
    DraftRun,
    DraftVersion,
    EditorQuestion,
    Review,
    RunEvents,
    SubmissionFiles,
    VariantMatch,
)
from exercises.submissions import files
from exercises.workbench.documents import pack
from tests.classes import material

if TYPE_CHECKING:
    from courses.models import Course
    from exercises.models import Submission

MARK = "aardvark"
"""Stands in every text about the learner, and nowhere else."""
NAME = f"Lena {MARK} Lind"
EMAIL = f"lena.{MARK}@example.org"
STAFF_NAME = "Ines Badgerlike"
STAFF_EMAIL = "ines.badgerlike@example.org"
PASSWORD = "a quiet harbour"
DOCUMENT = pack(
    {"metadata": {}, "cells": [{"id": "a", "cell_type": "code", "source": MARK, "metadata": {}}]}
)


@dataclass(frozen=True)
class Whole:
    """The two people, and the learner's browser."""

    learner: User
    staff: User
    browser: Client
    course: Course


def whole_person() -> Whole:
    """Make the rows."""
    course = material.make_course()
    learner = material.make_user(EMAIL, NAME, name_public=True)
    staff = material.make_user(STAFF_EMAIL, STAFF_NAME, is_staff=True, is_superuser=True)
    _account(learner)
    _learning(learner, staff, course)
    submission = _notebooks(learner)
    _discussion(learner, staff)
    _class(learner, staff, course)
    _platform(learner, staff)
    Review.objects.create(
        submission=submission,
        reviewer=staff,
        points={"a": 1},
        score=1,
        max_score=2,
        passed=True,
        comment=f"{MARK} well done",
        created_at=timezone.now(),
    )
    LogEntry.objects.create(
        user=staff,
        content_type=ContentType.objects.get_for_model(User),
        object_id=str(learner.pk),
        object_repr=NAME,
        action_flag=CHANGE,
        change_message="[]",
    )
    AuditLogEntry.objects.log_create(
        learner,
        action=AuditLogEntry.Action.UPDATE,
        changes={"is_active": ["True", "False"]},
        actor=staff,
        actor_email=STAFF_EMAIL,
    )
    browser = Client()
    assert browser.login(username=EMAIL, password=PASSWORD)
    return Whole(learner, staff, browser, course)


def _account(learner: User) -> None:
    address = EmailAddress.objects.create(user=learner, email=f"other.{MARK}@example.org")
    EmailConfirmation.create(address)
    Authenticator.objects.create(user=learner, type=Authenticator.Type.TOTP, data={"secret": "x"})
    learner.groups.add(Group.objects.create(name="testers"))
    learner.user_permissions.add(Permission.objects.all()[0])
    new_token(learner, name=f"{MARK} script")
    sso = SocialAccount.objects.create(user=learner, provider="sso", uid=f"{MARK}-9")
    SocialToken.objects.create(account=sso, token="x")
    UserSession.objects.create(
        user=learner, ip="192.0.2.7", session_key="0" * 32, user_agent=f"{MARK} browser"
    )
    DataExport.objects.create(user=learner, finished_at=timezone.now())
    OutboxBackend().send_messages([EmailMessage("Hello", "-", to=[EMAIL.upper()])])


def _learning(learner: User, staff: User, course: Course) -> None:
    lesson = Lesson.objects.get(slug="games")
    quiz, now = lesson.quiz, timezone.now()
    enrol(user=learner, course=course)
    record_completion(user=learner, exercise_slug="treeshap")
    Bookmark.objects.create(user=learner, lesson=lesson)
    Note.objects.create(user=learner, lesson=lesson, text=f"{MARK} note")
    Rating.objects.create(user=learner, course=course, stars=4)
    attempt = material.answer_quiz(learner, lesson, 9, now)
    attempt.answers = {"credit": [MARK]}
    attempt.save()
    QuizSitting.objects.create(
        user=learner, quiz=quiz, number=2, answers={"credit": MARK}, quiz_digest="0" * 64
    )
    ReviewCard.objects.create(
        user=learner,
        quiz=quiz,
        question="credit",
        question_digest="0" * 64,
        stability=1,
        difficulty=1,
        due=now,
        answered_at=now,
    )
    TaskAnswer.objects.create(
        user=learner, lesson=lesson, task="t", answer=f"{MARK} answer", answered_at=now
    )
    certificate = issue(user=learner, course=course, parts=[])
    IssuedFile.objects.create(certificate=certificate, digest="0" * 64)
    CertificateEvent.objects.create(
        certificate=certificate, kind=CertificateEvent.Kind.REISSUED, actor=staff, reason="A name"
    )


def _notebooks(learner: User) -> Submission:
    now = timezone.now()
    draft = Draft.objects.create(
        user=learner,
        scope="exercise:lime",
        version=1,
        last_version=1,
        saved_at=now,
        document=DOCUMENT,
    )
    DraftVersion.objects.create(
        draft=draft, version=1, saved_at=now, reason="typed", document=DOCUMENT
    )
    run = DraftRun.objects.create(
        draft=draft, version=1, cells=zlib.compress(b"[]"), created_at=now, seen_at=now
    )
    RunEvents.objects.create(run=run, number=1, body=f'{{"text": "{MARK}"}}')
    EditorQuestion.objects.create(draft=draft, body=b"", created_at=now)
    submission = material.submit(learner, "treeshap", 90.0, now, report={"note": MARK})
    SubmissionFiles.objects.create(
        submission=submission,
        notebook=files.write(submission.pk, "notebook", f'{{"{MARK}": "submitted"}}'.encode()),
        executed=files.write(submission.pk, "executed", f'{{"{MARK}": "executed"}}'.encode()),
        page=files.write(submission.pk, "page", f"<p>{MARK}</p>".encode()),
        answers=files.write(submission.pk, "answers", MARK.encode()),
    )
    VariantMatch.objects.create(submission=submission, run="a", output="values", variant="b")
    return submission


def _discussion(learner: User, staff: User) -> None:
    text = f"{MARK} asks"
    mine = Post.objects.create(
        author=learner, subject="exercise:lime", title=text, body=text, html=f"<p>{text}</p>"
    )
    other = Post.objects.create(
        author=staff, subject="exercise:lime", title="Hm", body="Hm", html="-", deleted_by=staff
    )
    Report.objects.create(
        post=other, reporter=learner, reason=f"{MARK} reason", settled_by=staff, outcome="upheld"
    )
    Post.objects.filter(pk=other.pk).update(hidden_by=staff, closed_by=staff)
    PostVersion.objects.create(post=mine, number=1, title=text, body=f"{text} first")
    Subscription.objects.create(question=other, user=learner)
    ModeratorWarning.objects.create(
        person=learner, post=mine, message=f"{MARK}, please be kind", given_by=staff
    )
    SiteChange.objects.create(actor=staff, person=learner, action="person.warned")


def _class(learner: User, staff: User, course: Course) -> None:
    klass = material.make_class(course)
    part = material.schedule(klass, "exercise:treeshap", due_at=timezone.now())
    member = material.make_member(klass, EMAIL, name=NAME, number=f"{MARK}-7", section="A")
    instructor = material.make_member(klass, STAFF_EMAIL, Role.INSTRUCTOR)
    Regrading.objects.create(
        klass=klass,
        part=part,
        submission=learner.submissions.first(),
        asked_by=staff,
        decided_by=staff,
    )
    ReviewAssignment.objects.create(
        member=member, part=part, reviewer=instructor, assigned_by=staff
    )
    now = timezone.now()
    Extension.objects.create(
        klass=klass,
        part=part,
        member=member,
        days=2,
        reason=f"{MARK} was ill",
        granted_by=staff,
        revoked_by=staff,
        revoked_at=now,
    )
    Override.objects.create(
        member=member,
        part=part,
        points=3.0,
        reason=f"{MARK} showed it",
        made_by=staff,
        withdrawn_by=staff,
        withdrawn_at=now,
    )
    Reminder.objects.create(member=member, part=part, due_at=now)
    message = Announcement.objects.create(
        klass=klass, author=staff, title="Welcome", body="All of you", html="-"
    )
    message.recipients.add(member)
    AuditEntry.objects.create(
        klass=klass, actor=staff, action="override.made", member=member, part=part
    )
    PendingImport.objects.create(klass=klass, made_by=staff, kind="roster", rows=[], digest="0")


def _platform(learner: User, staff: User) -> None:
    platform = Platform.objects.create(name="Moodle", issuer="https://lms.example.org")
    deployment = Deployment.objects.create(platform=platform, deployment_id="1")
    link = ResourceLink.objects.create(deployment=deployment, link_id="1")
    account = LmsAccount.objects.create(platform=platform, subject=f"{MARK}-1", user=learner)
    Passback.objects.create(link=link, account=account, percent=50.0)
    Launch.objects.create(
        platform=platform, subject=f"{MARK}-1", user=learner, facts={"name": NAME}
    )
    context = Context.objects.create(deployment=deployment, context_id="1")
    TaughtContext.objects.create(context=context, user=learner)
    Invitation.objects.create(
        digest="0" * 64, created_by=staff, expires_at=timezone.now() + timedelta(days=1)
    )
