"""Two verifiers that are not ours accept what the site serves, and refuse whatever was altered.

PyPI's openbadgeslib, and npm's @digitalbazaar/vc with its suite eddsa-rdfc-2022, both offline: all
that they ask for comes from the site's own pages. What npm needs is installed on the first run.
"""

from __future__ import annotations

import fcntl
import json
import shutil
import subprocess
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.utils import timezone
from openbadgeslib.errors import LibOpenBadgesException
from openbadgeslib.ob3.ldp import OB3LdpVerifier
from openbadgeslib.ob3.verifier import OB3Verifier

from config.environment import VAR_DIR
from courses.certificates import keys
from courses.certificates.badges import badge_png, badge_svg
from courses.certificates.credentials import signed_credential
from courses.certificates.issuing import revoke
from courses.certificates.linked_data import PINNED, context
from courses.certificates.proofs import multikey
from courses.models import Certificate, SigningKey
from tests.courses.certificates.tampering import TAMPERINGS, list_with, signed_by, tampered

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

SITE = "https://whybox.example"
FOREIGN = Path(__file__).parent / "foreign"
INSTALLED = VAR_DIR / "foreign-verifier"
OTHER_KEY = "another-key-of-which-nobody-heard-anything0"
ACCEPTED = {"genuine", "replaced key"}


@dataclass
class Case:
    """A credential, and the site as it is when the credential is verified."""

    credential: dict[str, Any]
    did: dict[str, Any]
    embedded_list: dict[str, Any]
    jwt_list: bytes


@dataclass
class Cases:
    """Everything that both verifiers are asked about."""

    found: dict[str, Case] = field(default_factory=dict)

    def add(self, name: str, credential: dict[str, Any], **served: Any) -> None:
        """Add a credential beside what the site serves now."""
        client = Client()
        site = {
            "did": client.get("/.well-known/did.json").json(),
            "embedded_list": client.get("/certificates/status/1/").json(),
            "jwt_list": client.get(
                "/certificates/status/1/", headers={"Accept": "application/vc+jwt"}
            ).content,
        }
        self.found[name] = Case(credential, **{**site, **served})


@pytest.fixture
def cases(settings: Settings, request: pytest.FixtureRequest) -> Cases:
    """The genuine credential, every tampering, and what only a change of the site brings about."""
    settings.SITE_URL = SITE
    certificate: Certificate = request.getfixturevalue("certificate")
    found = Cases()
    credential = signed_credential(certificate)
    found.add("genuine", credential)
    for name in TAMPERINGS:
        found.add(f"altered {name}", tampered(credential, name))
    stranger = keys.private_key(OTHER_KEY)
    ours = credential["proof"]["verificationMethod"]
    now = certificate.stated_at
    forged = signed_by(credential, stranger, method=ours, created=now)
    found.add("another key under our key's name", forged)
    unknown = keys.method_of(multikey(stranger.public_key()))
    forged = signed_by(credential, stranger, method=unknown, created=now)
    found.add("a key that is not listed", forged)

    Certificate.objects.update(valid_until=timezone.now() - timedelta(days=1))
    certificate.refresh_from_db()
    found.add("expired", signed_credential(certificate))
    Certificate.objects.update(valid_until=None)
    certificate.refresh_from_db()

    first = settings.CERTIFICATE_KEY
    settings.CERTIFICATE_KEY = keys.new_private_key()
    found.add("replaced key", credential)
    keys.retire(public=ours.partition("#")[2], reason="Stolen.")
    found.add("retired key", credential)
    SigningKey.objects.update(retired_at=None)
    settings.CERTIFICATE_KEY = first

    listed = Client().get("/certificates/status/1/").json()
    forged = signed_by(list_with(listed, set()), stranger, method=ours, created=now)
    revoke(certificate=certificate, reason="A mistake.")
    found.add("revoked", credential)
    forged_jwt = found.found["revoked"].jwt_list[:-8] + b"AAAAAAAA"
    found.add("revoked, with a forged list", credential, embedded_list=forged, jwt_list=forged_jwt)
    Certificate.objects.all().delete()
    found.add("deleted", credential)
    return found


def installed() -> Path:
    """Return the folder with the packages of npm, installed once from the lock file."""
    if shutil.which("npm") is None:
        raise AssertionError("npm is missing: python3 config/machine.py test installs it")
    INSTALLED.mkdir(parents=True, exist_ok=True)
    with (INSTALLED / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = (FOREIGN / "package-lock.json").read_text()
        done = INSTALLED / "installed.json"
        if not done.exists() or done.read_text() != wanted:
            for name in ("package.json", "package-lock.json"):
                shutil.copy(FOREIGN / name, INSTALLED / name)
            subprocess.run(
                ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
                cwd=INSTALLED,
                check=True,
                timeout=300,
            )
            done.write_text(wanted)
        shutil.copy(FOREIGN / "verify.mjs", INSTALLED / "verify.mjs")
    return INSTALLED


def by_npm(case: Case) -> dict[str, Any]:
    """Return what one case is given to npm's verifier as."""
    return {"credential": case.credential, "did": case.did, "statusList": case.embedded_list}


@pytest.fixture
def npm_answers(cases: Cases) -> dict[str, dict[str, Any]]:
    """What @digitalbazaar/vc says of each case."""
    contexts = {address: context(address) for address in PINNED}
    order = {
        "documents": contexts,
        "cases": {name: by_npm(case) for name, case in cases.found.items()},
    }
    done = subprocess.run(
        ["node", "verify.mjs"],
        cwd=installed(),
        input=json.dumps(order),
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    found: dict[str, dict[str, Any]] = json.loads(done.stdout)
    return found


def openbadgeslib_refuses(case: Case) -> str | None:
    """Return why openbadgeslib refuses a credential; None when it accepts it."""

    def download(address: str, *_arguments: Any, **_options: Any) -> bytes:
        served = {
            f"{SITE}/.well-known/did.json": json.dumps(case.did).encode(),
            f"{SITE}/certificates/status/1/": case.jwt_list,
        }
        if address not in served:
            raise ValueError(f"not on this site: {address}")
        return served[address]

    try:
        verifier = OB3LdpVerifier.for_issuer_did(case.did["id"], download)
        verifier.verify(json.dumps(case.credential), check_status=True, download=download)
    except LibOpenBadgesException as error:
        return str(error) or type(error).__name__
    return None


def test_both_verifiers_accept_the_genuine_and_refuse_each_tampering(
    cases: Cases, npm_answers: dict[str, dict[str, Any]]
) -> None:
    """One table for both: at least fifteen tamperings, other keys, ended certificates."""
    by_openbadgeslib = {name: openbadgeslib_refuses(case) for name, case in cases.found.items()}
    by_npm = {name: None if one["accepted"] else one for name, one in npm_answers.items()}

    assert len(cases.found) >= 15 + len(ACCEPTED)
    for answers in (by_openbadgeslib, by_npm):
        accepted = {name for name, reason in answers.items() if reason is None}
        assert accepted == ACCEPTED, {name: answers[name] for name in accepted ^ ACCEPTED}
    assert npm_answers["revoked"]["signed"]
    assert npm_answers["revoked"]["revoked"]


def test_openbadgeslib_finds_the_credential_in_both_badges(certificate: Certificate) -> None:
    """Where Open Badges 3.0 says that it is."""
    credential = signed_credential(certificate)
    svg = OB3Verifier.extract_token_from_svg(badge_svg(certificate))
    png = OB3Verifier.extract_token_from_png(badge_png(certificate))
    assert json.loads(svg) == credential
    assert json.loads(png) == credential
