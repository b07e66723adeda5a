"""The status page: whether submissions are accepted, by which workers; whether email is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from courses.models import OutgoingMail
from exercises.submissions.waiting import current_load, present_workers

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_safe
@never_cache
def status(request: HttpRequest) -> HttpResponse:
    """Show whether submissions are being graded, and if not, the reason and the fix."""
    workers = list(present_workers())
    working = any(worker.sandbox_open for worker in workers)
    mail_waiting, mail_delayed = OutgoingMail.objects.backlog()
    facts = {
        "workers": workers,
        "working": working,
        "load": current_load(),
        "mail_waiting": mail_waiting,
        "mail_delayed": mail_delayed,
    }
    return render(request, "exercises/status.html", facts)
