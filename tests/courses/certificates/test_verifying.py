"""Verifying a file: each case has an answer of its own, on the page and on the command line."""

from __future__ import annotations

import io
import json
import struct
import time
import zlib
from datetime import timedelta
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pypdf import PdfReader, PdfWriter

from courses.certificates import baking, examination, keys
from courses.certificates.badges import badge_png, badge_svg
from courses.certificates.baking import PNG_SIGNATURE, bake_png, bake_svg
from courses.certificates.credentials import as_text, signed_credential
from courses.certificates.examination import MOST_BYTES
from courses.certificates.issuing import revoke, show_name
from courses.certificates.pdf import certificate_pdf
from courses.certificates.verifying import State, verify
from courses.models import Certificate
from courses.pages.verification import FileThrottle
from tests.courses.certificates.tampering import TAMPERINGS, signed_by, tampered

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_django.fixtures import Settings

OTHER_KEY = "another-key-of-which-nobody-heard-anything0"
MAKERS: dict[str, Callable[[Certificate], bytes]] = {
    "pdf": certificate_pdf,
    "svg": badge_svg,
    "png": badge_png,
    "json": lambda found: as_text(signed_credential(found)).encode(),
}


def data_of(document: Any) -> bytes:
    """Return a document as a file."""
    return json.dumps(document).encode()


@pytest.mark.parametrize("kind", MAKERS)
def test_each_kind_of_file_is_recognised_as_genuine(certificate: Certificate, kind: str) -> None:
    """PDF, SVG, PNG and JSON carry the same credential."""
    verdict = verify(MAKERS[kind](certificate))

    assert (verdict.state, verdict.code) == (State.GENUINE, "genuine")
    assert ("Name", "Lena Lind") in verdict.genuine
    assert verdict.certificate == certificate


EXPECTED = {
    "issuer": "issuer_altered",
    "context": "other_context",
    "added context": "other_context",
    "added term": "undefined_term",
    "no proof": "no_proof",
    "cut signature": "broken",
    "purpose": "no_proof",
    "suite": "no_proof",
    "key named": "other_key",
}
LABELS = {
    "name": "Name",
    "date of issue": "Issued on",
    "course": "Course",
    "issuer's name": "Issued by",
    "place in the status list": "Place in the list of revoked certificates",
    "skills": "Skills",
    "version": "Course version",
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_each_tampering_is_told(certificate: Certificate, name: str) -> None:
    """The answer says that the file was altered, and, where the record is known, what."""
    verdict = verify(data_of(tampered(signed_credential(certificate), name)))

    assert verdict.state is State.ALTERED
    assert verdict.code == EXPECTED.get(name, "broken")
    if name in LABELS:
        assert LABELS[name] in {one.label for one in verdict.altered}
    if name == "name":
        (one,) = verdict.altered
        assert (one.record, one.file) == ("Lena Lind", "Mallory")
    if name == "date of issue":
        assert verdict.altered[0].file == "1 January 2020"


def test_the_answers_tell_the_cases_apart(certificate: Certificate) -> None:
    """No two causes share one sentence."""
    names = ["name", "other signature", "issuer", "context", "added term", "no proof", "key named"]
    answers = {
        verify(data_of(tampered(signed_credential(certificate), name))).headline for name in names
    }
    assert len(answers) == len(names)


def test_a_withheld_name_is_not_given_away(certificate: Certificate) -> None:
    """A file with an invented name does not make the site tell the true one."""
    forged = tampered(signed_credential(certificate), "name")
    show_name(certificate=certificate, public=False)
    verdict = verify(data_of(forged))
    assert verdict.code == "broken"
    assert "Lena" not in str(verdict)


def test_a_key_of_somebody_else_is_told(certificate: Certificate) -> None:
    """Under the name of the site's key its signature is broken; under another it is foreign."""
    credential = signed_credential(certificate)
    other = keys.private_key(OTHER_KEY)
    ours = credential["proof"]["verificationMethod"]
    for method, code in ((ours, "broken"), ("did:web:localhost%3A8000#other", "other_key")):
        forged = signed_by(credential, other, method=method, created=certificate.stated_at)
        assert verify(data_of(forged)).code == code


def test_a_retired_key_is_told_and_a_replaced_one_is_accepted(
    certificate: Certificate, settings: Settings
) -> None:
    """With date and reason."""
    before = signed_credential(certificate)
    settings.CERTIFICATE_KEY = OTHER_KEY
    keys.signing_key()
    assert verify(data_of(before)).code == "genuine"
    keys.retire(
        public=before["proof"]["verificationMethod"].partition("#")[2], reason="It was stolen."
    )
    verdict = verify(data_of(before))
    assert verdict.code == "retired_key"
    assert "It was stolen." in verdict.explanation
    assert verify(data_of(signed_credential(certificate))).code == "genuine"


def test_an_expired_certificate_is_told(certificate: Certificate) -> None:
    """Genuine, but its time is over."""
    Certificate.objects.update(valid_until=timezone.now() - timedelta(days=1))
    certificate.refresh_from_db()
    verdict = verify(data_of(signed_credential(certificate)))
    assert (verdict.state, verdict.code) == (State.ENDED, "expired")


def test_a_revoked_and_a_deleted_certificate_are_told(certificate: Certificate) -> None:
    """With the reason; the page of a deleted one says so too, unlike one that never was."""
    data = data_of(signed_credential(certificate))
    revoke(certificate=certificate, reason="Submitted by somebody else.")
    verdict = verify(data)
    assert (verdict.state, verdict.code) == (State.ENDED, "revoked")
    assert verdict.explanation == "Submitted by somebody else."
    address = certificate.get_absolute_url()
    Certificate.objects.all().delete()
    assert verify(data).code == "deleted"
    answer = Client().get(address)
    assert answer.status_code == 410
    assert "This certificate was deleted" in answer.content.decode()
    answer = Client().get("/certificates/00000000-0000-4000-8000-000000000000/")
    assert answer.status_code == 404
    assert "No such certificate" in answer.content.decode()


def test_a_certificate_without_any_record_is_told(certificate: Certificate) -> None:
    """The signature alone is not enough: somebody may have used the key elsewhere."""
    credential = signed_credential(certificate)
    private, record = keys.signing_key()
    credential = {**credential, "id": credential["id"].replace(str(certificate.pk)[:8], "0" * 8)}
    forged = signed_by(
        credential, private, method=keys.method_of(record.public), created=timezone.now()
    )
    assert verify(data_of(forged)).code == "no_record"


def test_what_changed_since_is_told(certificate: Certificate) -> None:
    """A file made before the holder withheld the name is genuine; the page says another thing."""
    data = data_of(signed_credential(certificate))
    show_name(certificate=certificate, public=False)
    verdict = verify(data)
    assert (verdict.state, verdict.code) == (State.GENUINE, "changed_since")
    assert {one.label for one in verdict.changed} == {"Name"} or "Name" in str(verdict.changed)


def test_an_altered_drawing_around_genuine_data_is_told(certificate: Certificate) -> None:
    """A PDF that shows another name, or a badge with another title, is not the site's file."""
    reader = PdfReader(io.BytesIO(certificate_pdf(certificate)))
    writer = PdfWriter(clone_from=reader)
    writer.add_metadata({"/Title": "Certificate of Mallory"})
    edited = io.BytesIO()
    writer.write(edited)
    svg = badge_svg(certificate).replace(b"</svg>", b"<text>with honours</text></svg>")
    for data in (edited.getvalue(), svg):
        verdict = verify(data)
        assert (verdict.state, verdict.code) == (State.ALTERED, "drawing_altered")
        assert ("Name", "Lena Lind") in verdict.genuine


@pytest.mark.parametrize("kind", MAKERS)
def test_a_truncated_file_is_told(certificate: Certificate, kind: str) -> None:
    """Whatever its kind."""
    data = MAKERS[kind](certificate)
    for share in (0.3, 0.6, 0.95):
        assert verify(data[: int(len(data) * share)]).code == "cut_off"


def _chunk(name: bytes, body: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(name + body))
    return struct.pack(">I", len(body)) + name + body + check


SVG = '<svg xmlns="http://www.w3.org/2000/svg"><g/></svg>'
PNG = PNG_SIGNATURE + _chunk(b"IHDR", b"\0" * 13) + _chunk(b"IEND", b"")
TWIN = "<openbadges:credential>{}</openbadges:credential>"
LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    '<svg xmlns="http://www.w3.org/2000/svg">&b;</svg>'
)
HOSTILE = {
    "nothing": (b"", "unknown_kind"),
    "text": (b"hello", "unknown_kind"),
    "zip": (b"PK\3\4", "unknown_kind"),
    "list": (b"[]", "unknown_kind"),
    "empty object": (b"{}", "no_credential"),
    "name twice": (b'{"type": 1, "type": 2}', "not_json"),
    "not a number": (b'{"a": NaN}', "not_json"),
    "half a character": (b'{"a": "\xff"}', "damaged"),
    "SVG without a credential": (SVG.encode(), "no_credential"),
    "PNG without a credential": (PNG, "no_credential"),
    "SVG with entities": (LAUGHS.encode(), "damaged"),
    "SVG with two": (
        bake_svg(SVG, "{}").replace("<g/>", TWIN).encode(),
        "several_credentials",
    ),
    "PNG with two": (bake_png(bake_png(PNG, "{}"), "{}"), "several_credentials"),
    "PNG with a wrong sum": (PNG[:-1] + b"x", "damaged"),
    "PNG with a bomb": (
        PNG[:33]
        + _chunk(b"iTXt", b"openbadgecredential\0\1\0\0\0" + zlib.compress(b" " * 50_000_000))
        + PNG[33:],
        "credential_too_long",
    ),
    "long credential": (bake_svg(SVG, "x" * 200_000).encode(), "credential_too_long"),
    "no PDF": (b"%PDF-1.7\nnothing\n%%EOF", "damaged"),
    "deep": (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "credential_too_long"),
    "less deep": (b'{"a":' * 9_000 + b"1" + b"}" * 9_000, "not_json"),
    "wide": (b'{"a": [' + b"1," * 9_000 + b"1]}", "too_costly"),
    "large": (b"{" + b" " * MOST_BYTES + b"}", "too_costly"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_certificate_is_told_in_little_time(db: None, name: str) -> None:
    """Bounded before it is parsed, in a process with limits."""
    data, code = HOSTILE[name]
    started = time.monotonic()
    verdict = verify(data)
    assert verdict.code == code
    assert verdict.state is State.UNKNOWN
    assert time.monotonic() - started < 20


def test_a_document_that_is_costly_to_canonicalise_is_stopped(certificate: Certificate) -> None:
    """Nodes that nothing tells apart make the canonical form factorial: the process is ended."""
    credential = signed_credential(certificate)
    ring = [
        {"id": f"_:n{at}", "type": ["Evidence"], "name": "x", "audience": "y"} for at in range(9)
    ]
    credential["evidence"] = ring
    started = time.monotonic()
    verdict = verify(data_of(credential))
    assert verdict.code in {"too_costly", "broken"}
    assert time.monotonic() - started < 30


def test_a_certificate_of_another_site_is_told(
    certificate: Certificate, settings: Settings
) -> None:
    """Only its issuer can vouch for it."""
    credential = signed_credential(certificate)
    settings.SITE_URL = "https://elsewhere.example"
    verdict = verify(data_of(credential))
    assert (verdict.state, verdict.code) == (State.UNKNOWN, "other_issuer")
    assert "did:web:localhost%3A8000" in verdict.explanation


def post(data: bytes, name: str) -> str:
    """Send a file to the form and return the page."""
    answer = Client().post("/certificates/verify/", {"file": SimpleUploadedFile(name, data)})
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_form_says_what_is_genuine_and_what_was_altered(certificate: Certificate) -> None:
    """To anyone, without an account."""
    assert "Verify a certificate" in Client().get("/certificates/verify/").content.decode()
    genuine = post(certificate_pdf(certificate), "certificate.pdf")
    assert "This file is genuine, and the certificate is valid." in genuine
    assert "Lena Lind" in genuine
    altered = post(data_of(tampered(signed_credential(certificate), "name")), "<b>.json")
    assert "The file was altered after it was signed." in altered
    assert "<del>Mallory</del>" in altered
    assert "&lt;b&gt;.json" in altered


def test_the_form_refuses_what_is_no_file_or_too_large(db: None) -> None:
    """With a message at the field."""
    assert Client().post("/certificates/verify/").status_code == 422
    sent = SimpleUploadedFile("large.pdf", b"%PDF-" + b"x" * MOST_BYTES)
    answer = Client().post("/certificates/verify/", {"file": sent})
    assert answer.status_code == 422
    assert "too large" in answer.content.decode()


def run(*arguments: str) -> tuple[int, str]:
    """Return the command's exit status and output."""
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("verify_certificate", *arguments, stdout=out)
    return int(str(ended.value.code)), out.getvalue()


def test_the_command_verifies_offline(certificate: Certificate, tmp_path: Path) -> None:
    """With this site's records, or with nothing but a saved did.json; the status tells the case."""
    file, altered, did = (tmp_path / name for name in ("a.pdf", "b.json", "did.json"))
    file.write_bytes(certificate_pdf(certificate))
    altered.write_bytes(data_of(tampered(signed_credential(certificate), "course")))
    did.write_bytes(Client().get("/.well-known/did.json").content)

    status, shown = run(str(file))
    assert status == 0
    assert "Lena Lind" in shown
    status, shown = run(str(altered), "--json")
    assert status == 1
    assert json.loads(shown)["altered"][0]["label"] == "Course"
    Certificate.objects.all().delete()
    assert run(str(file))[0] == 2
    assert run(str(file), "--did", str(did))[0] == 0
    assert run(str(altered), "--did", str(did))[0] == 1
    (tmp_path / "c").write_bytes(b"nothing")
    assert run(str(tmp_path / "c"))[0] == 3


def test_baking_leaves_the_picture_as_it_is() -> None:
    """A credential with the marks that end a CDATA section is read back as it was."""
    text = '{"a": "]]> & <b>"}'
    for data, kind in (
        (bake_svg(SVG, text).encode(), baking.Kind.SVG),
        (bake_png(PNG, text), baking.Kind.PNG),
    ):
        assert baking.kind_of(data) is kind
        assert baking.credential_text(data, kind) == text


def test_a_crowd_does_not_hold_the_site(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two files at a time; who comes beside them is told to try again, after a short wait."""
    monkeypatch.setattr(examination, "WAIT_SECONDS", 0.01)
    data = data_of(signed_credential(certificate))
    for _turn in range(2):
        assert examination._turns.acquire(timeout=20)
    try:
        assert verify(data).code == "busy"
    finally:
        for _turn in range(2):
            examination._turns.release()
    assert verify(data).code == "genuine"


@pytest.mark.django_db
def test_files_from_one_network_are_limited(
    client: Client, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The third within a minute is refused with a sentence and a time; another network is not."""
    monkeypatch.setattr(FileThrottle, "rate", "2/min")
    data = MAKERS["json"](certificate)

    def sent(address: str) -> Any:
        file = SimpleUploadedFile("certificate.json", data)
        return client.post("/certificates/verify/", {"file": file}, REMOTE_ADDR=address)

    assert [sent("2001:db8::1").status_code for _ in range(2)] == [200, 200]
    refused = sent("2001:db8::2")
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) >= 1
    assert "Wait a moment" in refused.content.decode()
    assert sent("2001:db8:1::1").status_code == 200
