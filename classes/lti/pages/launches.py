"""The endpoints of a launch: login, launch, and the page that goes on with it in this browser."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from allauth.account.models import EmailAddress
from django.contrib import messages
from django.contrib.auth import login as sign_in
from django.http import HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from classes.audit import ChangeRefused
from classes.lti import (
    accounts,
    class_links,
    launching,
    login,
    passbacks,
    targets,
    tool_keys,
)
from classes.lti.models.launches import LaunchKind
from classes.lti.pages.frames import (
    allow_frames,
    is_framed,
    refusals_as_pages,
)
from classes.lti.refusals import Code, Refused
from courses.learners.enrolment import enrol
from courses.models import Course, User

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from classes.lti.models import Launch, LmsAccount

BACKEND = "django.contrib.auth.backends.ModelBackend"
PARAMETERS = ("iss", "client_id", "login_hint", "lti_message_hint", "target_link_uri")


@csrf_exempt
@require_http_methods(["GET", "POST"])
@never_cache
@refusals_as_pages
def begin_login(request: HttpRequest) -> HttpResponse:
    """Begin a login that a platform asks for, in a window of its own unless it chooses content.

    In a frame of another site no browser sends the site's session cookie. Only the choice of
    content goes on there: it needs no account, and its answer belongs into the frame.
    """
    given = request.POST if request.method == "POST" else request.GET
    parameters = {name: given[name] for name in PARAMETERS if name in given}
    started = login.start(parameters)
    chooses = parameters["target_link_uri"] == targets.content_address()
    if is_framed(request) and not chooses:
        platform = login.find_platform(parameters["iss"], parameters.get("client_id", ""))
        address = f"{reverse('lti:login')}?{urlencode(parameters)}"
        page = render(request, "lti/new_window.html", {"address": address})
        return allow_frames(page, platform.origins)
    response = HttpResponseRedirect(started.address)
    response.headers["Set-Cookie"] = started.cookie
    return response


@csrf_exempt
@require_POST
@never_cache
@refusals_as_pages
def launch(request: HttpRequest) -> HttpResponse:
    """Take a platform's token; the browser goes on by GET, which carries the session's cookie."""
    ticket = launching.accept(request.POST.dict(), request.COOKIES)
    view = "lti:content" if ticket.launch.kind == LaunchKind.CONTENT else "lti:enter"
    response = HttpResponseRedirect(reverse(view, args=[ticket.secret]))
    response.status_code = 303
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@refusals_as_pages
def enter(request: HttpRequest, secret: str) -> HttpResponse:
    """Go on with a launch: as the linked account, or ask which account to link."""
    found = launching.find(secret, request.COOKIES)
    if found.kind != LaunchKind.RESOURCE:
        raise Refused(Code.LAUNCH_ENDED)
    account = accounts.account_of(found)
    if request.method == "POST":
        launching.count_try(found)
        return _decided(request, found, account)
    if account is None:
        return _asked(request, found)
    if request.user == account.user:
        return _opened(request, found, account, secret)
    if request.user.is_authenticated or accounts.needs_own_sign_in(account.user):
        return render(request, "lti/other_account.html", _facts(request, found, account))
    sign_in(request, account.user, backend=BACKEND)
    return _opened(request, found, account, secret)


@require_safe
def jwks(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  # Django gives it
    """Publish the tool's public keys."""
    response = JsonResponse(tool_keys.published())
    response["Cache-Control"] = "public, max-age=3600"
    return response


def _decided(request: HttpRequest, found: Launch, account: LmsAccount | None) -> HttpResponse:
    """Do what the person chose, then show the same address again, which goes on."""
    action = request.POST.get("action", "")
    user = request.user
    if account is not None:
        if action == "switch" and not accounts.needs_own_sign_in(account.user):
            sign_in(request, account.user, backend=BACKEND)
    elif action == "link" and isinstance(user, User):
        accounts.link(launch=found, user=user)
    elif action == "create" and not user.is_authenticated:
        email = found.facts.get("email") or request.POST.get("email", "")
        try:
            new = accounts.create(launch=found, email=email)
        except accounts.AddressTaken:
            error = _("There is an account with this address. Sign in to link it.")
            return _asked(request, found, error=error, email=email)
        except accounts.AddressInvalid:
            return _asked(request, found, error=_("Enter a valid email address."), email=email)
        sign_in(request, new.user, backend=BACKEND)
        EmailAddress.objects.get(user=new.user).send_confirmation(request, signup=True)
    return redirect(request.path)


def _asked(
    request: HttpRequest, found: Launch, *, error: str = "", email: str = ""
) -> HttpResponse:
    facts = _facts(request, found, None) | {"error": error, "email": email}
    return render(request, "lti/consent.html", facts, status=422 if error else 200)


def _facts(request: HttpRequest, found: Launch, account: LmsAccount | None) -> dict[str, object]:
    target = targets.of_key(found.link.target) if found.link else None
    content = targets.find(target) if target else None
    return {
        "launch": found,
        "account": account,
        "content": content,
        "own_sign_in": account is not None and accounts.needs_own_sign_in(account.user),
        "next": urlencode({"next": request.path}),
    }


def _opened(request: HttpRequest, found: Launch, account: LmsAccount, secret: str) -> HttpResponse:
    """Open what the link leads to; an instructor chooses it if it leads to nothing yet."""
    target = targets.of_key(found.link.target) if found.link else None
    if target is None or targets.find(target) is None:
        if found.facts.get("teaches"):
            return redirect("lti:content", secret)
        raise Refused(Code.NOTHING_LINKED)
    if not launching.end(found, user_id=account.user_id):
        raise Refused(Code.LAUNCH_ENDED)
    passbacks.expect_score(launch=found, account=account)
    context = found.link.context if found.link else None
    teaches = bool(found.facts.get("teaches"))
    if context is not None:
        class_links.note_role(context=context, user=account.user, teaches=teaches)
    klass = context.klass if context else None
    if klass is not None and not teaches:
        try:
            class_links.join(klass=klass, user=account.user)
        except ChangeRefused as refusal:
            messages.warning(request, str(refusal))
    if target.kind is not targets.Kind.EXERCISE:
        course = Course.objects.get(slug=target.slug.partition("/")[0])
        enrol(user=account.user, course=course)
    response = redirect(target.path)
    return _without_cookie(request, response, found)


def _without_cookie(request: HttpRequest, response: HttpResponse, found: Launch) -> HttpResponse:
    """Let the browser forget the state cookie of a launch that has ended."""
    name = login.cookie_of(request.COOKIES, found.browser_digest)
    if name:
        response.headers["Set-Cookie"] = login.expired_cookie(name)
    return response
