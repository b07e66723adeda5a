"""The privacy page, and the copy of one's data: ask for it, download it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from courses.models import DataExport
from courses.pages.access import confirmed_identity, signed_in
from courses.privacy import copies
from courses.privacy.models import export_storage
from courses.privacy.table import SUBJECTS

if TYPE_CHECKING:
    import uuid

    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """Show what the site keeps about people, why, how long, who sees it, and what stays."""
    facts = {
        "subjects": SUBJECTS,
        "controller": settings.ISSUER_NAME,
        "contact": settings.PRIVACY_CONTACT or settings.DEFAULT_FROM_EMAIL,
    }
    return render(request, "privacy/privacy.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@confirmed_identity(allow_get=True)
def data(request: HttpRequest) -> HttpResponse:
    """Show the copy of one's data that there is; ask for one."""
    user = signed_in(request.user)
    if request.method == "POST":
        try:
            copies.ask(user=user)
        except copies.TooManyCopies:
            messages.error(request, _("You can ask for one copy at a time, and three a day."))
        else:
            messages.success(request, _("We're preparing your data and will email you."))
        return redirect("courses:data")
    found = DataExport.objects.filter(user=user).first()
    return render(request, "privacy/data.html", {"export": found, "days": settings.EXPORT_DAYS})


@require_safe
@login_required
def download(request: HttpRequest, key: uuid.UUID) -> HttpResponseBase:
    """Answer with a copy, to the person whose data it is."""
    user = signed_in(request.user)
    found = get_object_or_404(DataExport, pk=key, user=user, expires_at__gt=timezone.now())
    try:
        file = export_storage().open(found.file.name) if found.file.name else None
    except FileNotFoundError:
        file = None
    if file is None:
        raise Http404
    name = f"whybox-data-{found.asked_at:%Y-%m-%d}.zip"
    response = FileResponse(file, as_attachment=True, filename=name, content_type="application/zip")
    response["Cache-Control"] = "private, no-store"
    response["Content-Encoding"] = "identity"  # it is compressed already
    return response
