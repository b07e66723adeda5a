"""Who is asking, what they may do here, and the frame of every page of a class."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, Protocol

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from classes.audit import ChangeRefused
from classes.rights import Access, Right, access_to
from courses.models import User

if TYPE_CHECKING:
    import uuid
    from collections.abc import Callable, Mapping

    from django.http import HttpRequest, HttpResponse

READ = ("GET", "HEAD")
EDIT = ("GET", "HEAD", "POST")
DO = ("POST",)
DAILY = frozenset({"home", "gradebook", "submissions", "insight"})
"""Pages of a day's work; their tabs stand first. The others are for the beginning of a term."""


class ClassPage(Protocol):
    """A view of one class, with what the rights test reads off it."""

    right: Right
    methods: tuple[str, ...]

    def __call__(self, request: HttpRequest, key: uuid.UUID, **more: Any) -> HttpResponse:
        """Answer the request."""


def class_page(
    right: Right, methods: tuple[str, ...] = READ, *, post: Right | None = None
) -> Callable[[Callable[..., HttpResponse]], ClassPage]:
    """Let those with a right into a page; the view gets `Access` instead of the class's key.

    For everybody who is no member the class does not exist (404); a member without the right is
    refused (403). A change that is refused is told on the page that it came from.

    Args:
        right: what the page asks for.
        methods: the HTTP methods that it takes.
        post: what sending its form asks for, if that is another right.
    """

    def decorate(view: Callable[..., HttpResponse]) -> ClassPage:
        @wraps(view)
        def inner(request: HttpRequest, key: uuid.UUID, **more: Any) -> HttpResponse:
            access = access_to(signed_in(request), key)
            if access is None:
                raise Http404
            needed = post if post is not None and request.method == "POST" else right
            if not access.may(needed):
                raise PermissionDenied
            try:
                return view(request, access, **more)
            except ChangeRefused as refusal:
                return refused(request, access, refusal)

        guarded: Any = never_cache(login_required(require_http_methods(methods)(inner)))
        guarded.right, guarded.methods, guarded.post = right, methods, post or right
        return guarded  # type: ignore[no-any-return]

    return decorate


def signed_in(request: HttpRequest) -> User:
    """Return the user of a page that stands behind `login_required`."""
    if not isinstance(request.user, User):
        raise TypeError("this page is for people who are signed in")
    return request.user


def is_fetched(request: HttpRequest) -> bool:
    """Say whether a page that is open already asks for a piece of itself."""
    return bool(request.htmx)  # type: ignore[attr-defined]  # set by django-htmx


def page(
    request: HttpRequest,
    access: Access,
    template: str,
    facts: Mapping[str, Any] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    """Render a page of a class with its navigation; a tab's template has the name of its address.

    A tab's word is also the page's title and heading, whichever address answers with the page.
    """
    tabs = tabs_of(access) if access.may_see else []
    shown = template.removeprefix("classes/").removesuffix(".html")
    frame = {
        "klass": access.klass,
        "access": access,
        "tabs": [
            (title, address, name == shown or address == request.path, name in DAILY)
            for name, title, address in tabs
        ],
        "here": next((title for name, title, _address in tabs if name == shown), ""),
    }
    return render(request, template, frame | dict(facts or {}), status=status)


def refused(request: HttpRequest, access: Access, refusal: ChangeRefused) -> HttpResponse:
    """Say on a page of its own that nothing was changed, and why."""
    facts = {"reason": str(refusal), "kind": refusal.reason, "back": request.path}
    return page(request, access, "classes/refused.html", facts, status=409)


def done(
    request: HttpRequest, access: Access, name: str, message: str, *more: object
) -> HttpResponseRedirect:
    """Tell what was done on the page to go to next; `more` of its address follows the class."""
    messages.success(request, message)
    return HttpResponseRedirect(reverse(f"classes:{name}", args=[access.klass.pk, *more]))


def tabs_of(access: Access) -> list[tuple[str, str, str]]:
    """Return the pages of a class that whoever teaches it goes between: name, title, address."""
    names = [
        ("home", _("Today")),
        ("gradebook", _("Gradebook")),
        ("submissions", _("Submissions")),
        ("insight", _("Insight")),
        ("progress", _("Progress")),
        ("roster", _("Roster")),
        ("schedule", _("Schedule")),
        ("extensions", _("Extensions")),
        ("announcements", _("Announcements")),
        ("audit", _("Changes")),
    ]
    if access.may(Right.MODERATE):
        names.insert(-1, ("moderation", _("Questions")))
    if access.may(Right.CHANGE):
        names.append(("settings", _("Settings")))
    return [
        (name, title, reverse(f"classes:{name}", args=[access.klass.pk])) for name, title in names
    ]
