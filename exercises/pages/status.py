"""The status page: whether submissions and runs are accepted, by whom; whether email is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.cache import cache
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from courses.models import OutgoingMail
from exercises.submissions.waiting import current_load, present_workers
from exercises.workbench import runs

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


KEPT_SECONDS = 2
"""Anybody may ask, and as often: the database is asked once in this time."""


@require_safe
@never_cache
def status(request: HttpRequest) -> HttpResponse:
    """Show whether submissions are being graded; why not, and the fix, to staff only.

    The reason quotes what the sandbox printed, which names the machine's files and versions.
    """
    facts = cache.get("status")
    if facts is None:
        workers = list(present_workers())
        working = any(worker.sandbox_open for worker in workers)
        mail_waiting, mail_delayed = OutgoingMail.objects.backlog()
        facts = {
            "workers": workers,
            "working": working,
            "load": current_load(),
            "run_workers": runs.present_workers().filter(sandbox_open=True).count(),
            "mail_waiting": mail_waiting,
            "mail_delayed": mail_delayed,
        }
        cache.set("status", facts, KEPT_SECONDS)
    is_staff = request.user.is_authenticated and request.user.is_staff
    return render(request, "exercises/status.html", facts | {"shows_reasons": is_staff})
