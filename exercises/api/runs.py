"""The API of runs, completion and signatures. `workbench-protocol.md` is the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from drf_spectacular.utils import extend_schema_view
from rest_framework.exceptions import NotFound, ParseError
from rest_framework.response import Response

from exercises.api import draft_schema
from exercises.api.draft_requests import (
    DraftView,
    QuestionThrottle,
    RunThrottle,
    base_of,
    body_of,
    problem,
    with_events,
)
from exercises.workbench import drafts, questions, runs
from exercises.workbench.documents import checked_cells, code_cells, merged
from exercises.workbench.drafts import Conflict
from exercises.workbench.screening import CellRefused, screen

if TYPE_CHECKING:
    import uuid

    from django.http import HttpResponse
    from rest_framework.request import Request

    from exercises.models import DraftRun
    from exercises.workbench.documents import Document
    from exercises.workbench.workspaces import Workspace


class RunsView(DraftView):
    """``…/draft/runs/``."""

    throttle_classes = (RunThrottle,)

    @draft_schema.start
    def post(self, request: Request, **_place: str) -> Response | HttpResponse:
        """Save and run; a short run is in the answer."""
        workspace = self.workspace
        saved, snapshot = self.saved(request, workspace=workspace)
        until = _until(request, snapshot.document)
        try:
            screen(runs.cells_until(snapshot.document, until))
            run = runs.start(
                user=self.user,
                workspace=workspace,
                version=snapshot.version,
                document=snapshot.document,
                until=until,
            )
        except CellRefused as refusal:
            where = {"cell": refusal.cell, "line": refusal.line}
            return problem(400, "cell_refused", str(refusal), **where, saved=saved)
        except runs.NoWorker as fault:
            return problem(503, "no_worker", str(fault), saved=saved)
        runs.wait_for_end(run)
        facts, events = runs.facts(run)
        return with_events({**saved, **facts}, events, code=202)


def _until(request: Request, document: Document) -> str:
    until = body_of(request).get("until")
    if until is None:
        return ""
    if until not in [cell["id"] for cell in code_cells(document)]:
        raise ParseError("until: the id of a code cell is expected.", code="invalid")
    return str(until)


class OneRunView(DraftView):
    """A view of one run."""

    def run(self, pk: uuid.UUID) -> DraftRun:
        """Return the run.

        Raises:
            NotFound: it is gone, or somebody else's.
        """
        found = runs.find(user=self.user, workspace=self.workspace, pk=pk)
        if found is None:
            raise NotFound
        return found


class RunView(OneRunView):
    """``…/draft/runs/<id>/``."""

    @draft_schema.watch
    def get(self, request: Request, pk: uuid.UUID, **_place: str) -> HttpResponse:
        """Return the events after the cursor, at once."""
        after = str(request.query_params.get("after", "0"))
        cursor = int(after[:9]) if after.isdecimal() else 0
        return with_events(*runs.facts(self.run(pk), after=cursor))


class InterruptView(OneRunView):
    """``…/draft/runs/<id>/interrupt/``."""

    @draft_schema.interrupt
    def post(self, request: Request, pk: uuid.UUID, **_place: str) -> Response:  # noqa: ARG002
        """Ask for the run's end."""
        runs.interrupt(self.run(pk))
        return Response({}, status=202)


class QuestionView(DraftView):
    """A question of the editor about the cell that is written; nothing is saved by it."""

    throttle_classes = (QuestionThrottle,)
    kind: ClassVar[str]

    def post(self, request: Request, **_place: str) -> Response:
        """Return what is found in time; 204 otherwise."""
        workspace = self.workspace
        document = self._document(request, workspace)
        cell, source, cursor = (body_of(request).get(key) for key in ("cell", "source", "cursor"))
        ids = [one["id"] for one in code_cells(document)]
        if cell not in ids or not isinstance(source, str) or type(cursor) is not int:
            raise ParseError("cell, source and cursor are expected.", code="invalid")
        if not 0 <= cursor <= len(source):
            raise ParseError("cursor: a place in the source is expected.", code="invalid")
        found = questions.ask(
            user=self.user,
            workspace=workspace,
            kind=self.kind,
            earlier=runs.cells_until(document, str(cell))[:-1],
            source=source,
            cursor=cursor,
        )
        return Response(status=204) if found is None else Response(found)

    def _document(self, request: Request, workspace: Workspace) -> Any:
        current = drafts.load(user=self.user, workspace=workspace)
        sent = body_of(request).get("cells")
        if sent is not None:
            return merged(current.document, checked_cells(sent), ())
        if base_of(request) != current.version:
            raise Conflict(current)
        return current.document


@extend_schema_view(post=draft_schema.complete)
class CompleteView(QuestionView):
    """``…/draft/complete/``."""

    kind = "complete"


@extend_schema_view(post=draft_schema.inspect)
class InspectView(QuestionView):
    """``…/draft/inspect/``."""

    kind = "inspect"
