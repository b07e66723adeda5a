"""The PDF by libraries that are not ours: PDF/UA's tags, PDF/A's profile, and the attachment."""

from __future__ import annotations

import io
import json
import unicodedata
from typing import TYPE_CHECKING, Any

import pikepdf
import pytest
from pdfua import Severity, validate
from pypdf import PdfReader

from courses.certificates.credentials import signed_credential
from courses.certificates.issuing import revoke
from courses.certificates.pdf import certificate_pdf
from courses.models import Certificate

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ["Lena Lind", "王小明", "محمد عبد الله", "Михаил Ломоносов", "x" * 200, "#strong[*x*] <b>"]


def findings(data: bytes, folder: Path) -> list[str]:
    """Return what the checker for PDF/UA finds wrong."""
    file = folder / "checked.pdf"
    file.write_bytes(data)
    report = validate(str(file))
    return [f"{one.rule_id} {one.message}" for one in report.findings if one.severity >= WRONG]


WRONG: Any = Severity.ERROR


@pytest.mark.parametrize("name", NAMES)
def test_tags_title_and_language_are_as_pdf_ua_asks(
    certificate: Certificate, tmp_path: Path, name: str
) -> None:
    """The checker finds nothing, whoever the holder is."""
    Certificate.objects.update(learner_name=name)
    certificate.refresh_from_db()
    assert findings(certificate_pdf(certificate), tmp_path) == []


def test_the_checker_finds_what_is_missing(certificate: Certificate, tmp_path: Path) -> None:
    """Without its tags and its title the same PDF is refused, so the test above says something."""
    with pikepdf.open(io.BytesIO(certificate_pdf(certificate))) as document:
        del document.Root.StructTreeRoot
        del document.Root.MarkInfo
        out = io.BytesIO()
        document.save(out)
    assert findings(out.getvalue(), tmp_path)


@pytest.mark.parametrize("revoked", [False, True])
def test_the_profile_and_the_attachment_are_as_pdf_a_asks(
    certificate: Certificate, *, revoked: bool
) -> None:
    """PDF/A-3a and PDF/UA-1 by its metadata, an output profile, fonts, credential."""
    if revoked:
        revoke(certificate=certificate, reason="A mistake.")
    with pikepdf.open(io.BytesIO(certificate_pdf(certificate))) as document:
        metadata = document.open_metadata()
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "A")
        assert metadata["pdfuaid:part"] == "1"
        assert document.Root.OutputIntents[0].S == "/GTS_PDFA1"
        assert document.Root.MarkInfo.Marked
        assert document.Root.Lang
        (file,) = document.Root.AF
        assert file.AFRelationship == "/Data"
        attached = document.attachments["credential.json"].get_file()
        assert attached.mime_type == "application/vc+ld+json"
        assert json.loads(attached.read_bytes()) == signed_credential(certificate)
        assert not document.is_encrypted
        for found in document.objects:
            if isinstance(found, pikepdf.Dictionary) and found.get("/Type") == "/FontDescriptor":
                assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(found.keys())


@pytest.mark.parametrize("name", NAMES)
def test_the_name_can_be_read_from_the_page(certificate: Certificate, name: str) -> None:
    """Every character of it stands on the page, as itself and not as markup; none is a box."""
    Certificate.objects.update(learner_name=name)
    certificate.refresh_from_db()
    (page,) = PdfReader(io.BytesIO(certificate_pdf(certificate))).pages
    shown = unicodedata.normalize("NFKC", page.extract_text())
    for letter in set(name) - {" "}:
        assert shown.count(letter) >= name.count(letter)
