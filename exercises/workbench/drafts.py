"""Drafts: every write names the version that it replaces, and earlier versions are kept.

Nothing is ever lost by a write: a version that a learner did not choose is in the history.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.utils import timezone

from exercises.models import Draft, DraftRun, DraftVersion, Reason
from exercises.workbench.documents import Document, merged, pack, unpack

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from courses.models import User
    from exercises.workbench.workspaces import Workspace

KEPT: Final = 100
"""Versions in a draft's history; the oldest go first."""
THINNED_TO: Final = timedelta(minutes=5)
"""Of versions that were only typed, one is kept in this time."""
EXPIRE_AT_ONCE: Final = 200
LOOKED_THROUGH: Final = 5
"""Versions in which a cell's metadata are looked for when it comes back after a deletion."""


@dataclass(frozen=True)
class Snapshot:
    """A version of a draft; 0 is the starter."""

    version: int
    saved_at: datetime | None
    document: Document


class Conflict(Exception):  # noqa: N818  # named after what happened, as in grader.errors
    """The version that a write meant to replace is not the current one any more."""

    def __init__(self, current: Snapshot) -> None:
        super().__init__("This notebook was changed elsewhere.")
        self.current = current


def load(*, user: User, workspace: Workspace, draft: Draft | None = None) -> Snapshot:
    """Return the draft as it stands; `draft` is its row, where that has just been read."""
    if draft is None:
        draft = Draft.objects.filter(user=user, scope=workspace.scope).first()
    return _snapshot(draft, workspace)


def _snapshot(draft: Draft | None, workspace: Workspace) -> Snapshot:
    if draft is None or draft.version == 0:
        return Snapshot(0, None, workspace.starter)
    document = workspace.arranged(unpack(draft.document))
    return Snapshot(draft.version, draft.saved_at, document)


@transaction.atomic
def save(
    *,
    user: User,
    workspace: Workspace,
    base: int,
    cells: Sequence[Mapping[str, str]],
    reason: str = Reason.TYPED,
) -> tuple[Snapshot, Snapshot]:
    """Replace version `base` by other cells; return what was there, and what is there now.

    Cells that say the same as the current ones make no new version.

    Raises:
        Conflict: `base` is not the current version.
    """
    draft, current = _locked(user, workspace, base)
    document = merged(current.document, cells, _known(draft, workspace))
    if document["cells"] == current.document["cells"]:
        return current, current
    return current, _write(draft, document, reason)


@transaction.atomic
def replace(
    *, user: User, workspace: Workspace, base: int, document: Document, reason: str
) -> Snapshot:
    """Replace version `base` by a whole document.

    Raises:
        Conflict: `base` is not the current version.
    """
    draft, _current = _locked(user, workspace, base)
    return _write(draft, document, reason)


@transaction.atomic
def set_aside(*, user: User, workspace: Workspace, cells: Sequence[Mapping[str, str]]) -> None:
    """Keep cells in the history without making them the draft."""
    draft = _draft(user, workspace)
    current = _snapshot(draft, workspace)
    document = merged(current.document, cells, _known(draft, workspace))
    draft.last_version += 1
    draft.save(update_fields=["last_version"])
    _remember(draft, draft.last_version, document, Reason.SET_ASIDE)


def history(*, user: User, workspace: Workspace) -> list[DraftVersion]:
    """Return the versions in the history, latest first, without their documents."""
    mine = DraftVersion.objects.filter(draft__user=user, draft__scope=workspace.scope)
    return list(mine.defer("document").order_by("-version")[:KEPT])


def version(*, user: User, workspace: Workspace, number: int) -> Snapshot | None:
    """Return one version of the history; None when it is not there."""
    mine = DraftVersion.objects.filter(draft__user=user, draft__scope=workspace.scope)
    found = mine.filter(version=number).first()
    if found is None:
        return None
    return Snapshot(found.version, found.saved_at, unpack(found.document))


def mark_submitted(*, user: User, workspace: Workspace, number: int, attempt: int) -> None:
    """Name the version that was submitted, so that the history keeps it."""
    DraftVersion.objects.filter(
        draft__user=user, draft__scope=workspace.scope, version=number
    ).update(reason=Reason.SUBMITTED, attempt=attempt)


def expire(*, before: datetime) -> int:
    """Delete drafts that were last changed before, with their versions and runs; return how many.

    One whose notebook is running now stays.
    """
    old = Draft.objects.filter(saved_at__lt=before).exclude(runs__in=DraftRun.objects.going_on())
    found = list(old.order_by("saved_at").values_list("pk", flat=True)[:EXPIRE_AT_ONCE])
    Draft.objects.filter(pk__in=found, saved_at__lt=before).delete()
    return len(found)


def _draft(user: User, workspace: Workspace) -> Draft:
    draft, _made = Draft.objects.get_or_create(user=user, scope=workspace.scope)
    return Draft.objects.select_for_update().get(pk=draft.pk)


def _locked(user: User, workspace: Workspace, base: int) -> tuple[Draft, Snapshot]:
    draft = _draft(user, workspace)
    current = _snapshot(draft, workspace)
    if base != current.version:
        raise Conflict(current)
    return draft, current


def _known(draft: Draft, workspace: Workspace) -> Iterator[Document]:
    yield workspace.starter
    for earlier in draft.versions.order_by("-version")[:LOOKED_THROUGH]:
        yield unpack(earlier.document)


def _write(draft: Draft, document: Document, reason: str) -> Snapshot:
    draft.version = draft.last_version = draft.last_version + 1
    draft.saved_at = timezone.now()
    draft.document = pack(document)
    draft.save()
    _thin(draft, reason)
    _remember(draft, draft.version, document, reason)
    return Snapshot(draft.version, draft.saved_at, document)


def _remember(draft: Draft, number: int, document: Document, reason: str) -> None:
    DraftVersion.objects.create(
        draft=draft,
        version=number,
        saved_at=timezone.now(),
        reason=reason,
        document=pack(document),
    )
    kept = draft.versions.order_by("-version").values_list("version", flat=True)[:KEPT]
    draft.versions.filter(version__lt=min(kept)).delete()


def _thin(draft: Draft, reason: str) -> None:
    """Drop the last version if it was only typed, soon after another, and typing goes on."""
    last, before = [*draft.versions.order_by("-version").defer("document")[:2], None, None][:2]
    if last is None or before is None or {reason, last.reason} != {str(Reason.TYPED)}:
        return
    if last.saved_at - before.saved_at < THINNED_TO:
        last.delete()
