"""Mails about submissions, for those who wished them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from exercises.models import State, Submission

if TYPE_CHECKING:
    import uuid


def mail_graded(submission_id: uuid.UUID) -> None:
    """Mail the verdict of a submission; a message that came twice mails once.

    The wish is taken back before the mail is sent: better no mail than the same one each retry.
    """
    waiting = Submission.objects.filter(pk=submission_id, state=State.GRADED, mail_wanted=True)
    if not waiting.update(mail_wanted=False):
        return
    submission = Submission.objects.select_related("exercise", "user").get(pk=submission_id)
    address = settings.SITE_URL + reverse("exercises:submission", args=[submission_id])
    facts = {"submission": submission, "exercise": submission.exercise, "address": address}
    with override(submission.user.locale or settings.LANGUAGE_CODE):
        send_mail(
            subject=_("Marked: %(title)s") % {"title": submission.exercise.title},
            message=render_to_string("exercises/mail_graded.txt", facts),
            from_email=None,
            recipient_list=[submission.user.email],
        )
