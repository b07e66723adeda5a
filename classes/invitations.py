"""Emails that invite people onto a class's roster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from classes.models import Member, Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from classes.models import Class


def send(klass: Class, members: Sequence[Member]) -> int:
    """Write an invitation to each member without an account; return how many.

    The link in it proves that whoever opens it reads the mail of that address.
    """
    invited = [member for member in members if member.user_id is None and member.left_at is None]
    staff = klass.members.present().filter(role=Role.INSTRUCTOR).in_order()
    facts = {
        "klass": klass,
        "teachers": ", ".join(one.shown_name for one in staff),
        "site": settings.ISSUER_NAME,
    }
    mails = []
    for member in invited:
        address = settings.SITE_URL + reverse("classes:invitation", args=[member.invitation_key])
        mails.append(
            EmailMessage(
                subject=_("Your class: %(title)s") % {"title": klass.title},
                body=render_to_string("classes/mail_invitation.txt", facts | {"address": address}),
                to=[member.email],
            )
        )
    if mails:
        get_connection().send_messages(mails)
        Member.objects.filter(pk__in=[member.pk for member in invited]).update(
            invited_at=timezone.now()
        )
    return len(mails)
