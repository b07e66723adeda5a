"""A site of the previous release: its schema, and a web process that goes on accepting notebooks.

Run as a program, ``python -m tests.exercises.previous_release make|accept``, on the database of the
environment. It writes with the tables' columns as they were: what an old process does while, and
after, a newer version migrates.
"""

from __future__ import annotations

import gzip
import sys
import uuid
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import django

if TYPE_CHECKING:
    from django.db.migrations.state import StateApps

RELEASE: Final = (
    ("courses", "0051_token_names"),
    ("exercises", "0023_draft_keys"),
    ("classes", "0004_review_assignments"),
    ("lti", "0002_taught_contexts"),
)
"""The last migrations of the previous release."""

WAITING: Final = 4


def models() -> StateApps:
    """The tables as they were."""
    from django.db import connection  # noqa: PLC0415  # needs django.setup()
    from django.db.migrations.executor import MigrationExecutor  # noqa: PLC0415  # the same

    loader = MigrationExecutor(connection).loader
    return loader.project_state(list(RELEASE)).apps


def accept(apps: StateApps, notebook: bytes, **facts: Any) -> str:
    """Store and queue a notebook of a new learner; return the submission's key."""
    from django.core.files.base import ContentFile  # noqa: PLC0415  # needs django.setup()
    from django.core.files.storage import storages  # noqa: PLC0415  # the same
    from django.db import transaction  # noqa: PLC0415  # the same
    from django.utils import timezone  # noqa: PLC0415  # the same

    key, now = uuid.uuid4(), timezone.now()
    name = f"{str(key)[:2]}/{key}/notebook-{key.hex[:12]}.gz"
    with transaction.atomic():
        user = apps.get_model("courses", "User")._default_manager.create(email=f"{key}@example.org")
        exercise = apps.get_model("exercises", "Exercise")._default_manager.get()
        given = {"state": "queued", "created_at": now, "notified_at": now, **facts}
        submission = apps.get_model("exercises", "Submission")._default_manager.create(
            pk=key, user_id=user.pk, exercise=exercise, attempt=1, max_score=10.0, **given
        )
        stored = storages["submissions"].save(name, ContentFile(gzip.compress(notebook)))
        apps.get_model("exercises", "SubmissionFiles")._default_manager.create(
            submission=submission, notebook=stored
        )
    return str(key)


def tell(word: str, key: str) -> None:
    """Print a submission's key."""
    sys.stdout.write(f"{word} {key}\n")
    sys.stdout.flush()


def make(notebook: bytes) -> None:
    """Migrate as far as the release went, and leave submissions in every state."""
    from django.core.management import call_command  # noqa: PLC0415  # needs django.setup()
    from django.utils import timezone  # noqa: PLC0415  # the same

    for app in ("contenttypes", "auth", "sessions", "account", "knox", "auditlog"):
        call_command("migrate", app, verbosity=0)
    for app, name in RELEASE:
        call_command("migrate", app, name, verbosity=0)
    apps = models()
    facts = {"slug": "linear-parts", "minutes": 1, "max_score": 10.0, "pass_score": 8.0}
    apps.get_model("exercises", "Exercise")._default_manager.create(**facts)
    now = timezone.now()
    for _number in range(WAITING):
        tell("queued", accept(apps, notebook))
    stopped = {"state": "running", "lease_token": uuid.uuid4(), "tries": 1, "started_at": now}
    tell("queued", accept(apps, notebook, lease_until=now - timedelta(hours=1), **stopped))
    graded = {"state": "graded", "verdict": "ok", "score": 7.0, "finished_at": now, "tries": 1}
    tell("graded", accept(apps, notebook, **graded))


def accept_until_told(notebook: bytes) -> None:
    """Accept a notebook for each line of the standard input; answer with its key."""
    apps = models()
    for _line in sys.stdin:
        tell("queued", accept(apps, notebook))


def main() -> None:
    """Do what the first argument says; the second is the notebook's path."""
    django.setup()
    notebook = Path(sys.argv[2]).read_bytes()
    {"make": make, "accept": accept_until_told}[sys.argv[1]](notebook)


if __name__ == "__main__":
    main()
