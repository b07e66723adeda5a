"""Writing to a class."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from classes.announcements import announce
from classes.models import LEARNING_ROLES
from classes.pages.access import EDIT, class_page, done, page
from classes.pages.forms import AnnouncementForm
from classes.rights import Access, Right

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from classes.models import Member

A_PAGE = 20


@class_page(Right.SEE, EDIT, post=Right.TELL)
def announcements(request: HttpRequest, access: Access) -> HttpResponse:
    """List what was announced, and write something new, to all or to chosen learners."""
    chosen = _chosen(request, access)
    form = AnnouncementForm(request.POST or None, klass=access.klass, chosen=chosen)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            written = announce(
                klass=access.klass,
                author=access.user,
                title=data["title"],
                body=data["body"],
                section=data.get("section", ""),
                members=chosen or None,
                mail=data["mail"],
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            told = _("Announced.")
            if written.mailed:
                told = ngettext(
                    "Announced, and sent to %(n)s learner.",
                    "Announced, and sent to %(n)s learners.",
                    written.mailed,
                ) % {"n": written.mailed}
            return done(request, access, "announcements", told)
    earlier = access.klass.announcements.select_related("author")
    shown = Paginator(earlier, A_PAGE).get_page(request.GET.get("page"))
    facts = {"form": form, "page": shown, "chosen": chosen}
    status = 422 if form.errors else 200
    return page(request, access, "classes/announcements.html", facts, status=status)


def _chosen(request: HttpRequest, access: Access) -> list[Member]:
    keys = request.POST.getlist("to") or request.GET.getlist("to")
    wanted = [key for key in (_uuid(one) for one in keys) if key is not None]
    if not wanted:
        return []
    learners = access.klass.members.present().filter(role__in=LEARNING_ROLES)
    return list(learners.filter(pk__in=wanted).in_order())


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
