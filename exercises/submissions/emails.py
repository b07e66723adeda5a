"""Emails about submissions: of a grade to those who asked for it, of a review to everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from exercises.feedback.messages import feedback_for
from exercises.models import Review, State, Submission

if TYPE_CHECKING:
    import uuid

    from django.utils.functional import _StrPromise


def mail_graded(submission_id: uuid.UUID) -> None:
    """Email the verdict of a submission; a task delivered twice sends one email.

    The flag is cleared before the email is sent: better no email than the same one each retry.
    """
    waiting = Submission.objects.filter(pk=submission_id, state=State.GRADED, mail_wanted=True)
    if not waiting.update(mail_wanted=False):
        return
    submission = Submission.objects.select_related("exercise", "user").get(pk=submission_id)
    _send(submission, _("Graded: %(title)s"), "exercises/mail_graded.txt")


def mail_reviewed(submission_id: uuid.UUID) -> None:
    """Email that a project has been reviewed; a task delivered twice sends one email.

    It is always sent: the learner waits days for this answer.
    """
    due = Review.objects.filter(pk=submission_id, mail_due=True)
    if not due.update(mail_due=False):
        return
    submission = Submission.objects.for_page().select_related("user").get(pk=submission_id)
    _send(submission, _("Review: %(title)s"), "exercises/mail_reviewed.txt")


def _send(submission: Submission, subject: _StrPromise, template: str) -> None:
    """Email the learner, in the learner's language."""
    address = settings.SITE_URL + reverse("exercises:submission", args=[submission.pk])
    facts: dict[str, Any] = {
        "submission": submission,
        "exercise": submission.exercise,
        "address": address,
    }
    with override(submission.user.locale or settings.LANGUAGE_CODE):
        facts["feedback"] = feedback_for(submission)
        send_mail(
            subject=subject % {"title": submission.exercise.title},
            message=render_to_string(template, facts),
            from_email=None,
            recipient_list=[submission.user.email],
        )
