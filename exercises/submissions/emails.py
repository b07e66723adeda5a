"""Emails about submissions: of a grade to those who asked for it, of a review to everybody.

Each is written in the transaction that records what it tells, and goes to the outbox
(`courses.mail`): it exists exactly if that does, and is sent later, by another process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from exercises.catalogue.translations import apply_exercise_translation
from exercises.feedback.messages import feedback_for
from exercises.models import Review, State, Submission

if TYPE_CHECKING:
    import uuid

    from django.utils.functional import _StrPromise


def mail_graded(submission_id: uuid.UUID) -> None:
    """Write the email with the verdict, once, if the learner asked for it."""
    waiting = Submission.objects.filter(pk=submission_id, state=State.GRADED, mail_wanted=True)
    if not waiting.update(mail_wanted=False):
        return
    submission = Submission.objects.select_related("exercise", "user").get(pk=submission_id)
    _send(submission, _("Graded: %(title)s"), "exercises/mail_graded.txt")


def mail_reviewed(submission_id: uuid.UUID) -> None:
    """Write the email about a review, once for each time that it was recorded.

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
        translation = apply_exercise_translation(submission.exercise)
        facts["feedback"] = feedback_for(submission, translation)
        send_mail(
            subject=subject % {"title": submission.exercise.title},
            message=render_to_string(template, facts),
            from_email=None,
            recipient_list=[submission.user.email],
        )
