"""Announcements: on the dashboards of those whom they are for, and by mail if wished."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from classes.audit import locked, record
from classes.models import LEARNING_ROLES, Announcement, Class, Member
from courses.discussion.posts import rendered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet

    from courses.models import User


@transaction.atomic
def announce(
    *,
    klass: Class,
    author: User,
    title: str,
    body: str,
    section: str = "",
    members: Sequence[Member] | None = None,
    mail: bool = False,
) -> Announcement:
    """Write to a class, a section, or chosen members.

    Raises:
        ChangeRefused: the class is archived.
        ValidationError: the text cannot be rendered, or nobody would get it.
    """
    current = locked(klass)
    to = list(recipients(current, section=section, members=members))
    if not to:
        raise ValidationError(_("Nobody would get this: choose somebody."))
    written = Announcement.objects.create(
        klass=current,
        author=author,
        title=title,
        body=body.strip(),
        html=rendered(body),
        section=section,
        chosen=members is not None,
        mailed=len(to) if mail else 0,
    )
    if members is not None:
        written.recipients.set(to)
    record(
        current,
        author,
        "announcement.written",
        facts={"title": title, "section": section, "to": len(to), "mail": mail},
    )
    if mail:
        _mail(written, to)
    return written


def recipients(
    klass: Class, *, section: str = "", members: Sequence[Member] | None = None
) -> QuerySet[Member]:
    """Return the present learners whom an announcement is for."""
    found = Member.objects.present().filter(klass=klass, role__in=LEARNING_ROLES).in_order()
    if members is not None:
        return found.filter(pk__in=[member.pk for member in members])
    return found.filter(section=section) if section else found


def announcements_for(member: Member) -> QuerySet[Announcement]:
    """Return what was announced to a member, the latest first."""
    mine = Q(chosen=False, section="") | Q(chosen=False, section=member.section)
    return (
        Announcement.objects.filter(mine | Q(recipients=member), klass=member.klass_id)
        .select_related("author")
        .distinct()
    )


def _mail(written: Announcement, to: Sequence[Member]) -> None:
    address = settings.SITE_URL + reverse("classes:home", args=[written.klass_id])
    mails = []
    for member in to:
        locale = member.user.locale if member.user is not None else ""
        with override(locale or settings.LANGUAGE_CODE):
            facts = {"announcement": written, "klass": written.klass, "address": address}
            mails.append(
                EmailMessage(
                    subject=f"{written.klass.title}: {written.title}",
                    body=render_to_string("classes/mail_announcement.txt", facts),
                    to=[member.user.email if member.user is not None else member.email],
                )
            )
    get_connection().send_messages(mails)
