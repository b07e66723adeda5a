"""Pages for staff: platforms and their courses, scores that could not be sent, the launch log."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from classes.lti import class_links, login, members, passbacks, registration, targets, tool_keys
from classes.lti.models import Context, Deployment, Launch, Passback, Platform, ToolKey
from classes.lti.outbound import OutboundError
from classes.lti.pages.forms import ContextForm, DeploymentForm, PlatformForm, TargetForm
from classes.lti.refusals import Code
from classes.rights import access_to
from courses.models import User
from courses.pages.access import signed_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    from classes.lti.members import RosterDifference
    from classes.rights import Access

PER_PAGE = 50


def _for_staff(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Show a page to staff who may change platforms."""

    @wraps(view)
    @login_required
    def guarded(request: HttpRequest, *arguments: Any, **facts: Any) -> HttpResponse:
        user = request.user
        if not (isinstance(user, User) and user.is_staff and user.has_perm("lti.change_platform")):
            raise PermissionDenied
        return view(request, *arguments, **facts)

    return guarded


@require_safe
@_for_staff
def platforms(request: HttpRequest) -> HttpResponse:
    """List platforms, what their administrators need of this tool, and its keys."""
    rows = Platform.objects.annotate(
        deployment_count=Count("deployments", distinct=True),
        account_count=Count("accounts", distinct=True),
    )
    site = settings.SITE_URL
    facts = {
        "platforms": rows,
        "addresses": [
            (_("Tool URL (target link)"), login.launch_address()),
            (_("Login URL (initiate login)"), site + reverse("lti:login")),
            (_("Redirection URL"), login.launch_address()),
            (_("Public keyset URL"), site + reverse("lti:jwks")),
            (_("Content selection URL (deep linking)"), targets.content_address()),
        ],
        "keys": ToolKey.objects.all(),
        "failing": Passback.objects.failing().count(),
    }
    return render(request, "lti/platforms.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
@_for_staff
def new_platform(request: HttpRequest) -> HttpResponse:
    """Register a platform by hand."""
    form = PlatformForm(request.POST or None)
    if form.is_valid():
        return redirect("lti:platform", form.save().pk)
    status = 422 if form.errors else 200
    return render(request, "lti/platform.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@_for_staff
def platform(request: HttpRequest, pk: int) -> HttpResponse:
    """Show and change a platform, its deployments and its courses."""
    shown = get_object_or_404(Platform, pk=pk)
    form = PlatformForm(request.POST or None, instance=shown)
    if form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("lti:platform", pk)
    known = shown.deployments.values_list("deployment_id", flat=True)
    unknown = (
        Launch.objects.filter(platform=pk, refusal=Code.UNKNOWN_DEPLOYMENT)
        .exclude(deployment_id__in=known)
        .order_by("deployment_id")
        .values_list("deployment_id", flat=True)
        .distinct()[:PER_PAGE]
    )
    facts = {
        "platform": Platform.objects.get(pk=pk),
        "form": form,
        "deployments": shown.deployments.all(),
        "unknown": unknown,
        "deployment_form": DeploymentForm(),
        "contexts": Context.objects.filter(deployment__platform=pk)
        .select_related("klass", "deployment")
        .annotate(link_count=Count("links")),
    }
    return render(request, "lti/platform.html", facts, status=422 if form.errors else 200)


@require_POST
@_for_staff
def deployment(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a deployment, or remove one with all that hangs on it."""
    shown = get_object_or_404(Platform, pk=pk)
    if request.POST.get("remove", "").isdigit():
        shown.deployments.filter(pk=request.POST["remove"]).delete()
    else:
        form = DeploymentForm(request.POST, instance=Deployment(platform=shown))
        if form.is_valid():
            Deployment.objects.get_or_create(
                platform=shown, deployment_id=form.cleaned_data["deployment_id"]
            )
            messages.success(request, _("Added. Launches from this deployment are accepted now."))
        else:
            messages.error(request, _("Enter the deployment ID."))
    return redirect("lti:platform", pk)


@require_http_methods(["GET", "HEAD", "POST"])
@_for_staff
def context(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a platform's course: its class, its links, and what an import of its roster would do."""
    found = Context.objects.select_related("deployment__platform", "klass")
    shown = get_object_or_404(found, pk=pk)
    links = list(shown.links.annotate(learner_count=Count("passbacks")))
    action = request.POST.get("action", "")
    form = ContextForm(request.POST if action == "class" else None, instance=shown)
    facts: dict[str, Any] = {"context": shown, "form": form, "difference": None, "error": ""}
    if action == "class" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("lti:context", pk)
    lines = [(one, TargetForm(one, request.POST if action == "links" else None)) for one in links]
    if action == "links" and all(line.is_valid() for _link, line in lines):
        for one, line in lines:
            one.target = line.cleaned_data["target"]
            one.save(update_fields=["target"])
        messages.success(request, _("Saved."))
        return redirect("lti:context", pk)
    access = _class_of(request, shown)
    if action in {"roster", "import"}:
        try:
            found_members = members.difference(shown, members.fetch(shown))
        except OutboundError as error:
            facts["error"] = str(error)
        else:
            if action == "import" and access is not None:
                return _imported(access, found_members)
            facts["difference"] = found_members
    facts |= {"links": lines, "may_import": access is not None}
    return render(request, "lti/context.html", facts)


def _class_of(request: HttpRequest, shown: Context) -> Access | None:
    """Return the class of a platform's course if the visitor may change its roster."""
    if shown.klass_id is None:
        return None
    access = access_to(signed_in(request.user), shown.klass_id)
    return access if access is not None and access.may_change else None


def _imported(access: Access, found: RosterDifference) -> HttpResponse:
    """Show the class's own difference, where the import is written or not."""
    lines = [*found.added, *found.present]
    pending = class_links.prepare_import(klass=access.klass, actor=access.user, lines=lines)
    return redirect("classes:roster_difference", access.klass.pk, pending.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@_for_staff
def scores(request: HttpRequest) -> HttpResponse:
    """List scores that could not be sent; send them again."""
    rows = Passback.objects.failing().order_by("-pk")
    if request.method == "POST":
        chosen = [int(key) for key in request.POST.getlist("score") if key.isdigit()]
        wanted = rows.all() if "all" in request.POST else rows.filter(pk__in=chosen)
        count = passbacks.send_again(Passback.objects.filter(pk__in=wanted.order_by()))
        words = ngettext(
            "%(count)d score will be sent again within a minute.",
            "%(count)d scores will be sent again within a minute.",
            count,
        )
        messages.success(request, words % {"count": count})
        return redirect("lti:scores")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    waiting = Passback.objects.filter(next_attempt_at__isnull=False).count()
    return render(request, "lti/scores.html", {"page": page, "waiting": waiting})


@require_safe
@_for_staff
def log(request: HttpRequest) -> HttpResponse:
    """List launches, latest first; those that were refused with their codes."""
    rows = Launch.objects.select_related("platform", "user", "link", "context").defer("facts")
    only = request.GET.get("only") == "refused"
    if only:
        rows = rows.filter(~Q(refusal=""))
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    facts = {"page": page, "only": only, "query": "only=refused" if only else ""}
    return render(request, "lti/log.html", facts)


@require_POST
@_for_staff
def rotate_key(request: HttpRequest) -> HttpResponse:
    """Publish a new key of the tool."""
    key = tool_keys.rotate()
    words = _("The new key is published now and signs from %(when)s on.")
    messages.success(request, words % {"when": key.signs_from.strftime("%Y-%m-%d %H:%M UTC")})
    return redirect("lti:platforms")


@require_POST
@_for_staff
def invite(request: HttpRequest) -> HttpResponse:
    """Make a registration link and show it, once."""
    address = registration.invite(by=signed_in(request.user))
    return render(request, "lti/invitation.html", {"address": address})
