"""The API of drafts: saving, history, files, submission, as `workbench-protocol.md` has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from exercises.api.draft_requests import (
    DraftView,
    SavingThrottle,
    base_of,
    body_of,
    draft_facts,
    problem,
)
from exercises.api.views import NotebookRenderer, SubmissionThrottle
from exercises.feedback.notebooks import download
from exercises.models import Reason, Submission
from exercises.pages.exercises import place_of
from exercises.submissions import lifecycle
from exercises.submissions.attempts import SubmissionRefused
from exercises.submissions.uploads import checked_notebook
from exercises.workbench import drafts, runs
from exercises.workbench.documents import (
    MAX_CELLS,
    CellsRefused,
    checked_cells,
    from_notebook,
    to_notebook,
)
from exercises.workbench.files import left_out, notebook_outputs
from exercises.workbench.panel import submission_facts
from grader.errors import NotebookRefused
from grader.notebook import MAX_UPLOAD_BYTES, read_notebook, without_outputs

if TYPE_CHECKING:
    import uuid
    from collections.abc import Sequence

    from django.http import HttpResponse
    from rest_framework.request import Request

    from exercises.models import DraftVersion


@extend_schema(exclude=True)
class CurrentView(DraftView):
    """``…/draft/``."""

    throttle_classes = (SavingThrottle,)

    def get_throttles(self) -> list[Any]:
        """Limit writing only."""
        return [] if self.request.method == "GET" else super().get_throttles()

    def get(self, request: Request, **_place: str) -> Response:  # noqa: ARG002  # a view's first one
        """Return the draft."""
        return Response(draft_facts(drafts.load(user=self.user, workspace=self.workspace)))

    def put(self, request: Request, **_place: str) -> Response:
        """Save the draft."""
        if body_of(request).get("cells") is None:
            raise CellsRefused("cells: a list of cells is expected.")
        facts, _snapshot = self.saved(request, workspace=self.workspace)
        return Response(facts)


@extend_schema(exclude=True)
class HistoryView(DraftView):
    """``…/draft/history/``."""

    throttle_classes = (SavingThrottle,)

    def get(self, request: Request, **_place: str) -> Response:  # noqa: ARG002  # a view's first one
        """Return the versions, latest first."""
        found = drafts.history(user=self.user, workspace=self.workspace)
        versions = [
            {
                "version": one.version,
                "saved_at": one.saved_at.isoformat().replace("+00:00", "Z"),
                "label": _label(one),
            }
            for one in found
        ]
        return Response({"versions": versions})

    def post(self, request: Request, **_place: str) -> Response:
        """Keep cells in the history without making them the draft."""
        cells = checked_cells(body_of(request).get("cells"))
        drafts.set_aside(user=self.user, workspace=self.workspace, cells=cells)
        return Response({}, status=201)


def _label(version: DraftVersion) -> str:
    if version.reason == Reason.SUBMITTED and version.attempt:
        return _("Before submitting attempt %(number)s") % {"number": version.attempt}
    return str(Reason(version.reason).label)


@extend_schema(exclude=True)
class VersionView(DraftView):
    """``…/draft/history/<version>/``."""

    def get(self, request: Request, version: int, **_place: str) -> Response:  # noqa: ARG002
        """Return one version."""
        found = drafts.version(user=self.user, workspace=self.workspace, number=version)
        if found is None:
            raise NotFound
        return Response(draft_facts(found))


@extend_schema(exclude=True)
class RestoreView(DraftView):
    """``…/draft/restore/``."""

    throttle_classes = (SavingThrottle,)

    def post(self, request: Request, **_place: str) -> Response:
        """Make an earlier version the draft again."""
        number = body_of(request).get("version")
        workspace = self.workspace
        found = None
        if type(number) is int:
            found = drafts.version(user=self.user, workspace=workspace, number=number)
        if found is None:
            raise NotFound
        now = drafts.replace(
            user=self.user,
            workspace=workspace,
            base=base_of(request),
            document=found.document,
            reason=Reason.RESTORED,
        )
        return Response(draft_facts(now))


@extend_schema(exclude=True)
class ResetView(DraftView):
    """``…/draft/reset/``."""

    throttle_classes = (SavingThrottle,)

    def post(self, request: Request, **_place: str) -> Response:
        """Make the starter the draft again."""
        workspace = self.workspace
        now = drafts.replace(
            user=self.user,
            workspace=workspace,
            base=base_of(request),
            document=workspace.starter,
            reason=Reason.RESET,
        )
        return Response(draft_facts(now))


@extend_schema(exclude=True)
class UploadView(DraftView):
    """``…/draft/upload/``."""

    parser_classes: Sequence[type[BaseParser]] = (MultiPartParser,)
    throttle_classes = (SubmissionThrottle,)

    def post(self, request: Request, **_place: str) -> Response:
        """Make an uploaded notebook the draft."""
        file = request.FILES.get("notebook")
        if file is None:
            return problem(400, "invalid", _("Choose a notebook (.ipynb)."))
        try:
            # No more than the accepted size is read, however large the upload is.
            data = file.read(MAX_UPLOAD_BYTES + 1)
            cut = without_outputs(data)
            notebook = read_notebook(cut)
        except NotebookRefused as refusal:
            return problem(400, refusal.reason, str(refusal))
        if len(notebook.cells) > MAX_CELLS:
            words = _("The notebook has %(number)s cells; the limit is %(limit)s.")
            facts = {"number": len(notebook.cells), "limit": MAX_CELLS}
            return problem(400, "invalid", words % facts)
        now = drafts.replace(
            user=self.user,
            workspace=self.workspace,
            base=base_of(request),
            document=from_notebook(notebook),
            reason=Reason.UPLOADED,
        )
        notes = left_out(now.document, had_outputs=len(cut) < len(data))
        return Response({**draft_facts(now), "notes": notes})


@extend_schema(exclude=True)
class NotebookView(DraftView):
    """``…/draft/notebook/``."""

    renderer_classes = (NotebookRenderer, JSONRenderer)  # the second lets in who accepts JSON

    def get(self, request: Request, **_place: str) -> HttpResponse:  # noqa: ARG002  # a view's first one
        """Return the draft as a file, with the outputs of the latest run."""
        workspace = self.workspace
        snapshot = drafts.load(user=self.user, workspace=workspace)
        run = runs.latest(user=self.user, workspace=workspace)
        outputs = notebook_outputs(runs.events_of(run)) if run else {}
        name = f"{workspace.scope.rpartition(':')[2].replace('/', '-')}.ipynb"
        document = snapshot.document
        if "slug" in self.kwargs:  # tools on the learner's machine read there what it is for
            named = {**document["metadata"], "whybox": {"exercise": self.kwargs["slug"]}}
            document = {**document, "metadata": named}
        return download(to_notebook(document, outputs), name=name)


@extend_schema(exclude=True)
class SubmitView(DraftView):
    """``…/draft/submit/``."""

    throttle_classes = (SubmissionThrottle,)

    def post(self, request: Request, **_place: str) -> Response:
        """Save, and submit what is saved through the same path as an upload."""
        exercise, workspace = self.exercise, self.workspace
        saved, snapshot = self.saved(request, workspace=workspace)
        upload = SimpleUploadedFile("notebook.ipynb", to_notebook(snapshot.document))
        try:
            notebook = checked_notebook(upload, exercise=exercise)
            submission = lifecycle.submit(
                user=self.user,
                exercise=exercise,
                notebook=notebook,
                mail_wanted=self.user.mail_grading,
            )
        except NotebookRefused as refusal:
            return problem(400, "invalid", str(refusal), saved=saved)
        except SubmissionRefused as refusal:
            return problem(409, refusal.reason, str(refusal), saved=saved)
        drafts.mark_submitted(
            user=self.user,
            workspace=workspace,
            number=snapshot.version,
            attempt=submission.attempt,
        )
        facts = submission_facts(submission, place=place_of(exercise))
        return Response({**saved, "submission": facts}, status=202)


@extend_schema(exclude=True)
class SubmissionProgressView(DraftView):
    """``…/draft/submissions/<id>/``."""

    def get(self, request: Request, pk: uuid.UUID, **_place: str) -> Response:
        """Return a submission when it has changed since the page was told."""
        found: Submission = get_object_or_404(
            Submission.objects.for_page(), pk=pk, user=self.user, exercise=self.exercise
        )
        found.user = self.user
        seen = str(request.query_params.get("seen", ""))
        facts = submission_facts(found, seen=seen, place=place_of(found.exercise))
        return Response(facts) if facts else Response(status=204)
