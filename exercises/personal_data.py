"""Notebooks as personal data: what the copy holds of them, and how long drafts are kept."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from courses.privacy.files import PersonalFile
from courses.privacy.retention import older_than
from exercises.models import Draft, DraftVersion, SubmissionFiles
from exercises.submissions import files
from exercises.workbench import documents, drafts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from typing import Any

    from courses.models import User


def personal_files(user: User) -> Iterator[PersonalFile]:
    """Yield a person's notebooks: the drafts as they stand, submissions, earlier versions."""
    for draft in Draft.objects.filter(user=user).exclude(document=b"").iterator(20):
        name = f"notebooks/drafts/{_folder(draft.scope)}.ipynb"
        yield PersonalFile(name, partial(_notebook, draft.document))
    of_submissions = SubmissionFiles.objects.filter(submission__user=user)
    for row in of_submissions.select_related("submission__exercise").order_by(
        "-submission__created_at"
    ):
        submission = row.submission
        folder = f"notebooks/{submission.exercise.slug}/attempt-{submission.attempt}-{row.pk}"
        for kind, ending in (("notebook", "ipynb"), ("executed", "ipynb"), ("page", "html")):
            if stored := getattr(row, kind).name:
                yield PersonalFile(
                    f"{folder}/{kind}.{ending}",
                    partial(files.read, stored),
                    submission.get_absolute_url(),
                )
    versions = DraftVersion.objects.filter(draft__user=user).select_related("draft")
    for version in versions.order_by("draft", "-version").iterator(20):
        name = f"{_folder(version.draft.scope)}-version-{version.version}.ipynb"
        yield PersonalFile(f"notebooks/drafts/{name}", partial(_notebook, version.document))


def forget_drafts(now: datetime) -> int:
    """Delete drafts that nobody has changed for as long as the setting says."""
    before = older_than("DRAFT_DAYS", now)
    return drafts.expire(before=before) if before is not None else 0


def _folder(scope: str) -> str:
    return scope.replace(":", "-").replace("/", "-")


def _notebook(packed: Any) -> bytes:
    return documents.to_notebook(documents.unpack(packed))
