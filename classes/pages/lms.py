"""The platform's courses that are connected with a class, by its instructor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from classes.audit import ChangeRefused
from classes.lti import class_links
from classes.lti.models import Context
from classes.pages.access import EDIT, class_page, done, page
from classes.rights import Access, Right

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@class_page(Right.CHANGE, EDIT)
def lms(request: HttpRequest, access: Access) -> HttpResponse:
    """Show the connected courses and those that can be; connect or release one."""
    if request.method == "POST":
        return _changed(request, access)
    connected = Context.objects.filter(klass=access.klass)
    facts = {
        "connected": connected.select_related("deployment__platform"),
        "offered": class_links.offered_to(access.user),
    }
    return page(request, access, "classes/lms.html", facts)


def _changed(request: HttpRequest, access: Access) -> HttpResponse:
    number = request.POST.get("context", "")
    context = Context.objects.filter(pk=number if number.isdecimal() else 0).first()
    if context is None:
        raise ChangeRefused("invalid", _("Choose one of the courses."))
    if request.POST.get("action") == "release":
        class_links.release(klass=access.klass, context=context, actor=access.user)
        return done(request, access, "lms", _("Released. Who has joined stays in the class."))
    class_links.connect(klass=access.klass, context=context, actor=access.user)
    return done(request, access, "lms", _("Connected. Who opens a link there joins the class."))
