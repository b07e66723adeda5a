"""The form that says whether a file is a genuine certificate of this site."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

from django import forms
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from courses.accounts.address_throttle import AddressThrottle
from courses.certificates.examination import MOST_BYTES
from courses.certificates.verifying import verify
from courses.pages.certificate_files import NOT_FOR_SEARCH_ENGINES

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


class FileForm(forms.Form):
    """One file, small enough to be a certificate."""

    file_name = ""
    file = forms.FileField(
        label=_("Certificate file"),
        help_text=_("PDF, JSON, SVG or PNG, up to 2 MB. The file isn't stored."),
        widget=forms.ClearableFileInput(attrs={"accept": ".pdf,.json,.svg,.png"}),
    )

    def clean_file(self) -> bytes:
        """Return the file's bytes.

        Raises:
            ValidationError: it is too large to be a certificate.
        """
        sent = self.cleaned_data["file"]
        if sent.size > MOST_BYTES:
            raise forms.ValidationError(_("This file is too large to be a certificate."))
        self.file_name = str(sent.name)
        data: bytes = sent.read()
        return data


class FileThrottle(AddressThrottle):
    """A file costs up to a third of a second; a whole class verifies in a few minutes."""

    scope = "verify_file"
    rate = "60/min"


@require_http_methods(["GET", "HEAD", "POST"])
def verify_file(request: HttpRequest) -> HttpResponse:
    """Say what is genuine in a file and what was altered, to anyone."""
    sent = request.method == "POST"
    throttle = FileThrottle()
    if sent and not throttle.allows(request):
        response = _page(request, {"form": FileForm(), "is_throttled": True}, status=429)
        response["Retry-After"] = str(ceil(throttle.wait() or 1))
        return response
    form = FileForm(request.POST, request.FILES) if sent else FileForm()
    verdict = verify(form.cleaned_data["file"]) if sent and form.is_valid() else None
    facts = {"form": form, "verdict": verdict, "file_name": form.file_name}
    return _page(request, facts, status=422 if sent and verdict is None else 200)


def _page(request: HttpRequest, facts: dict[str, Any], *, status: int) -> HttpResponse:
    response = render(request, "certificates/verify.html", facts, status=status)
    response["X-Robots-Tag"] = NOT_FOR_SEARCH_ENGINES
    return response
