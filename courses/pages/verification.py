"""The form that says whether a file is a genuine certificate of this site."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

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


@require_http_methods(["GET", "HEAD", "POST"])
def verify_file(request: HttpRequest) -> HttpResponse:
    """Say what is genuine in a file and what was altered, to anyone."""
    sent = request.method == "POST"
    form = FileForm(request.POST, request.FILES) if sent else FileForm()
    verdict = verify(form.cleaned_data["file"]) if sent and form.is_valid() else None
    response = render(
        request,
        "certificates/verify.html",
        {"form": form, "verdict": verdict, "file_name": form.file_name},
        status=422 if sent and verdict is None else 200,
    )
    response["X-Robots-Tag"] = NOT_FOR_SEARCH_ENGINES
    return response
