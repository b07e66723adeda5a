"""The signed credential: what it says, how it is served, and how keys and status lists behave."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import subprocess
import sys
import uuid
from io import StringIO
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from django.core.cache import caches
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.management import CommandError, call_command
from django.test import Client

from config.environment import BASE_DIR, stored_secret
from courses.certificates import keys, linked_data, status_lists
from courses.certificates.credentials import signed_credential
from courses.certificates.issuing import forget_holder, issue, revoke, show_name
from courses.certificates.proofs import (
    MalformedProofError,
    from_multibase,
    from_multikey,
    multibase,
    proof_holds,
    sign,
)
from courses.models import Certificate, SigningKey, StatusEntry, User

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_django.fixtures import Settings

    from courses.models import Course

OTHER_KEY = "another-key-of-which-nobody-heard-anything0"


def served(certificate: Certificate) -> dict[str, Any]:
    """Return the credential as anybody gets it."""
    answer = Client().get(f"/api/v1/certificates/{certificate.pk}/")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def listed_bits(text: str) -> set[int]:
    """Return the positions that are set in an encoded list."""
    packed = text.removeprefix("u")
    raw = gzip.decompress(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)))
    return {8 * byte + bit for byte, one in enumerate(raw) for bit in range(8) if one & 0x80 >> bit}


def status_bits() -> set[int]:
    """Return what the site's first status list says."""
    document = Client().get("/certificates/status/1/").json()
    return listed_bits(document["credentialSubject"]["encodedList"])


def test_the_api_serves_the_signed_credential(certificate: Certificate) -> None:
    """Open Badges 3.0: contexts, types, issuer, holder, achievement, status and proof."""
    found = served(certificate)

    assert found["@context"] == [
        "https://www.w3.org/ns/credentials/v2",
        "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
    ]
    assert found["id"] == f"http://localhost:8000/api/v1/certificates/{certificate.pk}/"
    assert found["type"] == ["VerifiableCredential", "OpenBadgeCredential"]
    assert found["issuer"]["id"] == "did:web:localhost%3A8000"
    subject = found["credentialSubject"]
    assert subject["achievement"]["name"] == "The tiny course"
    email, name = subject["identifier"]
    plain = "lena@example.org" + email["salt"]
    assert email["identityHash"] == "sha256$" + hashlib.sha256(plain.encode()).hexdigest()
    assert name["identityHash"] == "Lena Lind"
    assert found["proof"]["cryptosuite"] == "eddsa-rdfc-2022"


@pytest.mark.parametrize(
    "form", ["application/json", "application/vc", "application/vc+ld+json", "application/ld+json"]
)
def test_whoever_asks_for_a_credential_s_media_type_gets_it(
    certificate: Certificate, form: str
) -> None:
    """The answer has the type that was asked for."""
    answer = Client().get(f"/api/v1/certificates/{certificate.pk}/", headers={"Accept": form})
    assert answer.headers["Content-Type"].startswith(form)


def test_the_did_document_lists_the_key_of_the_proof(certificate: Certificate) -> None:
    """With it and the credential alone, the signature can be checked."""
    credential = served(certificate)
    document = Client().get("/.well-known/did.json").json()

    (method,) = document["verificationMethod"]
    assert document["id"] == credential["issuer"]["id"]
    assert method["id"] == credential["proof"]["verificationMethod"]
    assert document["assertionMethod"] == [method["id"]]
    assert proof_holds(credential, from_multikey(method["publicKeyMultibase"]))


def test_a_changed_word_breaks_the_proof(certificate: Certificate) -> None:
    """The signature covers every term."""
    credential = served(certificate)
    public = from_multikey(credential["proof"]["verificationMethod"].partition("#")[2])
    credential["credentialSubject"]["achievement"]["name"] = "Another course"
    assert not proof_holds(credential, public)


def test_a_term_that_no_context_defines_cannot_be_signed_or_verified(
    certificate: Certificate,
) -> None:
    """It would be shown and not covered by the signature."""
    credential = served(certificate)
    credential["grade"] = "A+"
    public = from_multikey(credential["proof"]["verificationMethod"].partition("#")[2])
    with pytest.raises(linked_data.UndefinedTermError):
        proof_holds(credential, public)
    unsigned = {name: value for name, value in credential.items() if name != "proof"}
    private = keys.private_key(OTHER_KEY)
    with pytest.raises(linked_data.UndefinedTermError):
        sign(unsigned, key=private, method="did:web:a#b", created=certificate.issued_at)


@pytest.mark.parametrize(
    "change",
    [
        {"type": ["VerifiableCredential", "OpenBadgeCredential", "Invented"]},
        {"issuer": {"id": "somewhere", "type": ["Profile"]}},
    ],
)
def test_an_undefined_type_or_a_relative_address_has_no_canonical_form(
    certificate: Certificate, change: dict[str, Any]
) -> None:
    """Two verifiers could read two things into it."""
    with pytest.raises(linked_data.LinkedDataError):
        linked_data.canonical({**served(certificate), **change})


def test_no_context_is_fetched(certificate: Certificate) -> None:
    """Any address that is not pinned is refused, and so is a pinned file that was changed."""
    document = served(certificate)
    document["@context"] = [*document["@context"], "https://example.org/context.json"]
    with pytest.raises(linked_data.UnknownContextError):
        linked_data.canonical(document)


def test_a_pinned_file_that_was_changed_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its SHA-256 is known."""
    (tmp_path / "credentials-v2.json").write_text('{"@context": {}}')
    monkeypatch.setattr(linked_data, "FOLDER", tmp_path)
    linked_data.context.cache_clear()
    with pytest.raises(linked_data.UnknownContextError):
        linked_data.context(linked_data.CREDENTIALS)


def test_two_visits_get_the_same_bytes(certificate: Certificate) -> None:
    """Ed25519 is deterministic, and the proof names the time of the statement, not of the visit."""
    first = served(certificate)
    caches["documents"].clear()
    assert served(certificate) == first


def test_without_consent_the_name_is_not_in_it(certificate: Certificate) -> None:
    """And after the account is erased, nothing points to the holder."""
    show_name(certificate=certificate, public=False)
    assert "Lena" not in json.dumps(served(certificate))
    assert certificate.user is not None
    forget_holder(user=certificate.user)
    found = served(certificate)["credentialSubject"]
    assert "identifier" not in found
    assert "sha256$" not in json.dumps(found)


@pytest.mark.parametrize("name", ["Михаил", "محمد", "王小明", 'a"\\<b>#x', "x" * 200])
def test_every_name_is_signed_as_it_is(certificate: Certificate, name: str) -> None:
    """Whatever the script or the signs in it."""
    Certificate.objects.update(learner_name=name)
    credential = served(certificate)
    assert credential["credentialSubject"]["identifier"][1]["identityHash"] == name
    public = from_multikey(credential["proof"]["verificationMethod"].partition("#")[2])
    assert proof_holds(credential, public)


def test_an_expiring_certificate_says_until_when(
    course: Course, learner: User, settings: Settings
) -> None:
    """A setting gives the days."""
    settings.CERTIFICATE_DAYS = 30
    found = issue(user=learner, course=course, parts=list(course.parts.for_outlines()))
    assert found.valid_until is not None
    assert (found.valid_until - found.issued_at).days == 30
    assert served(found)["validUntil"] == found.valid_until.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert found.valid


def test_the_status_list_marks_revoked_and_deleted_certificates(certificate: Certificate) -> None:
    """A file that somebody kept of a deleted certificate does not look valid."""
    place = int(served(certificate)["credentialStatus"]["statusListIndex"])
    assert status_bits() == set()
    revoke(certificate=certificate, reason="A mistake.")
    assert status_bits() == {place}
    Certificate.objects.update(revoked_at=None, revoked_reason="")
    assert status_bits() == set()
    Certificate.objects.all().delete()
    assert status_bits() == {place}


def test_the_status_list_is_served_in_both_forms(certificate: Certificate) -> None:
    """Some verifiers want an embedded proof, others a JWT: the same list, under one address."""
    address = served(certificate)["credentialStatus"]["statusListCredential"]
    path = address.removeprefix("http://localhost:8000")
    embedded = Client().get(path, headers={"Accept": "application/vc+ld+json, */*;q=0.1"})
    assert embedded.headers["Content-Type"] == "application/vc+ld+json"
    assert "Accept" in embedded.headers["Vary"]
    document = embedded.json()
    public = from_multikey(document["proof"]["verificationMethod"].partition("#")[2])
    assert proof_holds(document, public)

    for answer in (
        Client().get(path, headers={"Accept": "application/vc+jwt"}),
        Client().get(path, {"form": "jwt"}),
    ):
        assert answer.headers["Content-Type"] == "application/vc+jwt"
        claims = jwt.decode(answer.content.decode(), public, ["EdDSA"])
        assert claims["credentialSubject"] == document["credentialSubject"]
    assert Client().get("/certificates/status/2/").status_code == 404


def test_a_full_list_is_followed_by_another(
    certificate: Certificate, course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Places are drawn at random, so a list counts as full while there are some left."""
    monkeypatch.setattr(status_lists, "FULL", 1)
    other = User.objects.create_user("other@example.org")
    issue(user=other, course=course, parts=list(course.parts.for_outlines()))
    assert sorted(StatusEntry.objects.values_list("list_number", flat=True)) == [1, 2]


def test_a_place_is_drawn_again_when_it_is_taken(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No two certificates share one."""
    taken = StatusEntry.objects.get().position
    draws = iter([taken, taken, 7 if taken != 7 else 8])
    monkeypatch.setattr("secrets.randbelow", lambda _bits: next(draws))
    found = status_lists.allot(uuid.uuid4())
    assert found.position != taken


def test_a_replaced_key_stays_accepted_and_a_retired_one_does_not(
    certificate: Certificate, settings: Settings
) -> None:
    """After a rotation old files hold; after a retirement they do not, and new ones are served."""
    before = served(certificate)
    old = before["proof"]["verificationMethod"]
    settings.CERTIFICATE_KEY = OTHER_KEY
    after = served(certificate)
    new = after["proof"]["verificationMethod"]
    assert new != old
    document = Client().get("/.well-known/did.json").json()
    assert document["assertionMethod"] == [new, old]

    keys.retire(public=old.partition("#")[2], reason="It was stolen.")
    document = Client().get("/.well-known/did.json").json()
    assert document["assertionMethod"] == [new]
    assert [method["id"] for method in document["verificationMethod"]] == [new]


def test_a_retired_key_signs_nothing(certificate: Certificate, settings: Settings) -> None:
    """Not even when the environment names it again."""
    first = settings.CERTIFICATE_KEY
    public = keys.signing_key()[1].public
    settings.CERTIFICATE_KEY = OTHER_KEY
    keys.retire(public=public, reason="Stolen.")
    settings.CERTIFICATE_KEY = first
    with pytest.raises(ImproperlyConfigured):
        signed_credential(certificate)


def test_retiring_wants_a_reason_and_a_key_that_does_not_sign(db: None) -> None:
    """The key in use cannot be retired before another has replaced it."""
    public = keys.signing_key()[1].public
    with pytest.raises(ValidationError, match="signs now"):
        keys.retire(public=public, reason="Stolen.")
    other = keys.register(keys.private_key(OTHER_KEY))
    with pytest.raises(ValidationError, match="reason"):
        keys.retire(public=other.public, reason=" ")
    with pytest.raises(ValidationError, match="no such key"):
        keys.retire(public="z6Mk", reason="Stolen.")


def test_the_command_makes_lists_rotates_and_retires(
    db: None, settings: Settings, tmp_path: Path
) -> None:
    """A site with a key file gets the new key there; any other is told what to set."""

    def run(*arguments: str) -> str:
        out = StringIO()
        call_command("certificate_keys", *arguments, stdout=out, stderr=out)
        return out.getvalue()

    assert keys.private_key(run("make").strip())
    assert "signs" in run("list")
    shown = run("rotate")
    text = next(line for line in shown.splitlines() if line.startswith("WHYBOX_CERTIFICATE_KEY="))
    settings.CERTIFICATE_KEY = text.partition("=")[2]
    old, new = SigningKey.objects.all()
    assert keys.signing_key()[1] == new
    assert "retired" in run("retire", old.public, "--reason", "Stolen.").lower()
    assert "Stolen." in run("list")
    with pytest.raises(CommandError, match="signs now"):
        run("retire", new.public, "--reason", "Stolen.")

    settings.CERTIFICATE_KEY_FILE = tmp_path / "certificate-key"
    assert "WHYBOX_CERTIFICATE_KEY=" not in run("rotate")
    assert settings.CERTIFICATE_KEY_FILE.stat().st_mode & 0o077 == 0
    settings.CERTIFICATE_KEY = settings.CERTIFICATE_KEY_FILE.read_text().strip()
    assert keys.signing_key()[1] == SigningKey.objects.last()


@pytest.mark.parametrize(("key", "code"), [("", "E001"), ("short", "E002"), ("!" * 43, "E002")])
def test_a_site_without_a_proper_key_is_refused(settings: Settings, key: str, code: str) -> None:
    """A system check says what to do."""
    settings.CERTIFICATE_KEY = key
    (error,) = keys.check_key()
    assert error.id == f"certificates.{code}"
    assert "certificate_keys make" in str(error.hint)


@pytest.mark.parametrize("start", [["manage.py", "check"], ["-c", "import config.wsgi"]])
def test_production_does_not_start_without_a_key(start: list[str]) -> None:
    """Neither its commands nor its web process; with a key both do."""
    environment = {
        "PATH": "/usr/bin:/bin",
        "DJANGO_SETTINGS_MODULE": "config.settings.production",
        "WHYBOX_SECRET_KEY": "a" * 60,
        "WHYBOX_VARIANT_SECRET": "b",
    }

    def run(**more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *start],
            cwd=BASE_DIR,
            env=environment | more,
            capture_output=True,
            text=True,
            check=False,
        )

    refused = run()
    assert refused.returncode != 0
    assert "WHYBOX_CERTIFICATE_KEY is not set" in refused.stderr
    assert run(WHYBOX_CERTIFICATE_KEY=OTHER_KEY).returncode == 0


def test_a_site_on_one_machine_makes_its_key_on_the_first_start(tmp_path: Path) -> None:
    """The file is its owner's, and the next start finds the same key."""
    text = stored_secret("certificate-key", tmp_path, size=32)
    assert keys.private_key(text)
    assert stored_secret("certificate-key", tmp_path, size=32) == text
    assert (tmp_path / "certificate-key").stat().st_mode & 0o077 == 0
    assert [file.name for file in tmp_path.iterdir()] == ["certificate-key"]


@pytest.mark.parametrize(
    ("address", "did"),
    [
        ("https://whybox.example", "did:web:whybox.example"),
        ("http://localhost:8000", "did:web:localhost%3A8000"),
        ("https://example.org/teach/whybox", "did:web:example.org:teach:whybox"),
    ],
)
def test_the_did_follows_from_the_site_s_address(
    settings: Settings, address: str, did: str
) -> None:
    """A port is percent-encoded, a path becomes colons."""
    settings.SITE_URL = address
    assert keys.site_did() == did


def test_base_58_is_its_own_inverse() -> None:
    """Leading zeros included; what is no base 58, or too long, is refused."""
    for raw in (b"", b"\0", b"\0\0a", bytes(range(64))):
        assert from_multibase(multibase(raw)) == raw
    for text in ("", "z0", "zO", "abc", "z" + "1" * 90, "zé"):
        with pytest.raises(ValueError, match=r"base 58|substring"):
            from_multibase(text)


@pytest.mark.parametrize(
    "proof",
    [None, [], {}, "x", {"type": "DataIntegrityProof", "cryptosuite": "eddsa-jcs-2022"}],
)
def test_a_proof_of_another_suite_is_no_proof(certificate: Certificate, proof: object) -> None:
    """Each is told apart from a signature that does not fit."""
    with pytest.raises(MalformedProofError):
        proof_holds({**served(certificate), "proof": proof}, keys.signing_key()[0].public_key())
