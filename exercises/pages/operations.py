"""The operator's page: queues, workers, what is stuck or set aside, draining, maintenance."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Min, Q
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from courses.accounts.roles import SiteRight
from courses.maintenance import mode
from courses.models import OutgoingMail, SiteChange
from courses.pages.access import signed_in
from exercises.models import DraftRun, RunState, State, Submission
from exercises.submissions import operating
from exercises.submissions.operating import NotPossible
from exercises.submissions.waiting import present_workers
from exercises.workbench import runs

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    from courses.models import User

SHOWN: Final = 50
LATEST: Final = 20
MESSAGE_CHARACTERS: Final = 300


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def operations(request: HttpRequest) -> HttpResponse:
    """Show the site's work at a glance to staff; do what its buttons say."""
    actor = signed_in(request.user)
    if not actor.may(SiteRight.OPERATE):
        raise PermissionDenied
    if request.method == "POST":
        try:
            messages.success(request, _act(actor, request))
        except NotPossible as refusal:
            messages.error(request, str(refusal))
        return redirect("exercises:operations")
    return render(request, "exercises/operations.html", _facts())


def _act(actor: User, request: HttpRequest) -> str:
    """Do what a button asks for, and return what to tell."""
    name = request.POST.get("target", "")
    submission_actions: dict[str, tuple[Callable[..., None], str]] = {
        "retry": (operating.retry, _("It is in the queue again.")),
        "put_back": (operating.put_back, _("It was taken from its worker.")),
        "set_aside": (operating.set_aside, _("It was set aside. It costs no attempt.")),
    }
    action = request.POST.get("action", "")
    if action in submission_actions:
        do, told = submission_actions[action]
        do(actor=actor, submission_id=_key(name))
        return told
    if action in {"drain", "resume"}:
        kind, _slash, worker = name.partition("/")
        if kind not in operating.WORKERS:
            raise NotPossible(_("This worker has stopped."))
        operating.drain(actor=actor, kind=kind, name=worker, draining=action == "drain")
        return _("The worker is told within seconds.")
    if action == "start_maintenance":
        message = request.POST.get("message", "").strip()[:MESSAGE_CHARACTERS]
        mode.start(actor=actor, message=message)
        return _("The site is in maintenance: only staff can use it.")
    if action == "end_maintenance":
        mode.end(actor=actor)
        return _("The site is open.")
    raise NotPossible(_("Unknown action."))


def _key(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise NotPossible(_("Unknown submission.")) from error


def _facts() -> dict[str, Any]:
    unfinished = Submission.objects.unfinished().aggregate(
        queued=Count("pk", filter=Q(state=State.QUEUED)),
        running=Count("pk", filter=Q(state=State.RUNNING)),
        oldest=Min("created_at", filter=Q(state=State.QUEUED)),
    )
    grading, interactive = list(present_workers()), list(runs.present_workers().order_by("name"))
    browser_runs = DraftRun.objects.going_on().aggregate(
        queued=Count("pk", filter=Q(state=RunState.QUEUED)),
        running=Count("pk", filter=Q(state=RunState.RUNNING)),
    )
    failed_before = ~Q(last_error="")
    mails = OutgoingMail.objects.aggregate(
        waiting=Count("pk", filter=Q(next_attempt_at__isnull=False)),
        delayed=Count("pk", filter=Q(next_attempt_at__isnull=False) & failed_before),
        given_up=Count("pk", filter=Q(next_attempt_at__isnull=True)),
    )
    changes = SiteChange.objects.filter(
        Q(action__startswith="submission.")
        | Q(action__startswith="worker.")
        | Q(action__startswith="maintenance.")
    )
    return {
        "maintenance": mode.current(),
        "unfinished": unfinished,
        "runs": browser_runs,
        "mails": mails,
        "slots": sum(one.concurrency for one in grading if one.sandbox_open and not one.draining),
        "kinds": [
            {"key": "grading", "title": _("Workers that grade"), "workers": grading},
            {"key": "runs", "title": _("Workers for runs in the browser"), "workers": interactive},
        ],
        "stuck": list(operating.stuck()[:SHOWN]),
        "failed": list(Submission.objects.set_aside()[:SHOWN]),
        "changes": changes.select_related("actor")[:LATEST],
        "message_characters": MESSAGE_CHARACTERS,
    }
