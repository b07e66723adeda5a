"""Emails that invite people onto a class's roster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from classes.models import Member

if TYPE_CHECKING:
    from collections.abc import Sequence

    from classes.models import Class


def send(klass: Class, members: Sequence[Member]) -> int:
    """Write an invitation to each member without an account; return how many.

    The link in it proves that whoever opens it reads the mail of that address.
    """
    invited = [member for member in members if member.user_id is None and member.left_at is None]
    mails = []
    for member in invited:
        address = settings.SITE_URL + reverse("classes:invitation", args=[member.invitation_key])
        facts = {"klass": klass, "member": member, "address": address}
        mails.append(
            EmailMessage(
                subject=_("Your class: %(title)s") % {"title": klass.title},
                body=render_to_string("classes/mail_invitation.txt", facts),
                to=[member.email],
            )
        )
    if mails:
        get_connection().send_messages(mails)
        Member.objects.filter(pk__in=[member.pk for member in invited]).update(
            invited_at=timezone.now()
        )
    return len(mails)
