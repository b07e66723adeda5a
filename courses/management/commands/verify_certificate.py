"""Verify a file without any network: ``python manage.py verify_certificate FILE``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from courses.certificates.examination import MOST_BYTES
from courses.certificates.verifying import State, issuer_of, verify

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

    from courses.certificates.verifying import Verdict

STATUSES = {State.GENUINE: 0, State.ALTERED: 1, State.ENDED: 2, State.UNKNOWN: 3}


class Command(BaseCommand):
    """Exits 0 when genuine and valid, 1 when altered, 2 when no longer valid, 3 when unknown."""

    help = "Say what is genuine and what was altered in a certificate's PDF, JSON, SVG or PNG."

    def add_arguments(self, parser: CommandParser) -> None:
        """The file, and whose document to verify it with."""
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--did",
            type=Path,
            help="a site's did.json: verify by its keys, without this site's records",
        )
        parser.add_argument("--json", action="store_true", help="print the answer as JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Verify, print the answer, exit with its status."""
        try:
            with options["file"].open("rb") as file:
                data = file.read(MOST_BYTES + 1)
            issuer = options["did"] and issuer_of(json.loads(options["did"].read_text()))
        except OSError as error:
            raise CommandError(str(error)) from error
        except (KeyError, TypeError, ValueError) as error:
            raise CommandError(f"{options['did']} is no DID document") from error
        verdict = verify(data, issuer=issuer)
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(verdict), ensure_ascii=False, indent=2))
        else:
            self._tell(verdict)
        sys.exit(STATUSES[verdict.state])

    def _tell(self, verdict: Verdict) -> None:
        self.stdout.write(verdict.headline)
        if verdict.explanation:
            self.stdout.write(verdict.explanation)
        for name, value in verdict.genuine:
            self.stdout.write(f"  {name}: {value}")
        for one in (*verdict.altered, *verdict.changed):
            self.stdout.write(f"  {one.label}: the file says {one.file!r}, now {one.record!r}")
        if verdict.certificate is not None:
            self.stdout.write(verdict.certificate.address)


def _as_json(verdict: Verdict) -> dict[str, Any]:
    return {
        "state": verdict.state,
        "code": verdict.code,
        "headline": verdict.headline,
        "explanation": verdict.explanation,
        "genuine": dict(verdict.genuine),
        "altered": [vars(one) for one in verdict.altered],
        "changed": [vars(one) for one in verdict.changed],
        "certificate": verdict.certificate.address if verdict.certificate else None,
    }
