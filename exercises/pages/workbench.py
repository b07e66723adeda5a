"""The notebook in an exercise's page without JavaScript: a form that saves, runs and submits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from exercises.models import Exercise
from exercises.submissions import lifecycle
from exercises.submissions.attempts import SubmissionRefused
from exercises.submissions.uploads import checked_notebook
from exercises.workbench import drafts, runs
from exercises.workbench.documents import to_notebook
from exercises.workbench.drafts import Conflict, Snapshot
from exercises.workbench.screening import CellRefused, screen
from exercises.workbench.workspaces import exercise_workspace
from grader.errors import NotebookRefused

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from courses.models import User
    from exercises.workbench.workspaces import Workspace


@require_POST
@login_required
def notebook(request: HttpRequest, slug: str) -> HttpResponse:
    """Save what the form holds, then run or submit it; the page says what happened."""
    exercise = get_object_or_404(Exercise.objects.active(), slug=slug)
    user = cast("User", request.user)
    workspace = exercise_workspace(slug)
    try:
        snapshot = _save(request, user, workspace)
    except Conflict as conflict:
        cells = _cells(request, conflict.current.document["cells"])
        drafts.set_aside(user=user, workspace=workspace, cells=cells)
        words = _("This notebook was changed elsewhere. What you sent is kept in the history.")
        messages.warning(request, words)
    else:
        if request.POST.get("action") == "submit":
            return _submit(request, exercise, workspace, snapshot)
        if request.POST.get("action") == "run" or "run" in request.POST:
            _run(request, user, workspace, snapshot)
        else:
            messages.success(request, _("Saved."))
    return HttpResponseRedirect(reverse("exercises:exercise", args=[slug]) + "#notebook")


def _save(request: HttpRequest, user: User, workspace: Workspace) -> Snapshot:
    current = drafts.load(user=user, workspace=workspace)
    base = request.POST.get("base", "")
    cells = _cells(request, current.document["cells"])
    _before, now = drafts.save(
        user=user,
        workspace=workspace,
        base=int(base[:9]) if base.isdecimal() else -1,
        cells=cells,
    )
    return now


def _cells(request: HttpRequest, stored: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Return the stored cells with the sources of the form's fields."""
    cells = []
    for cell in stored:
        sent = request.POST.get(f"source-{cell['id']}")
        is_sent = sent is not None and cell["cell_type"] == "code"
        source = (sent or "").replace("\r\n", "\n") if is_sent else cell["source"]
        cells.append({"id": cell["id"], "type": cell["cell_type"], "source": source})
    return cells


def _run(request: HttpRequest, user: User, workspace: Workspace, snapshot: Snapshot) -> None:
    until = request.POST.get("run", "")
    try:
        screen(runs.cells_until(snapshot.document, until))
        run = runs.start(
            user=user,
            workspace=workspace,
            version=snapshot.version,
            document=snapshot.document,
            until=until,
        )
    except (CellRefused, runs.NoWorker) as refusal:
        messages.error(request, str(refusal))
        return
    runs.wait_for_end(run, seconds=runs.PAGE_WAIT_SECONDS)
    run.refresh_from_db()
    if not run.ended:
        messages.info(request, _("Still running. Load the page again to see the rest."))


def _submit(
    request: HttpRequest, exercise: Exercise, workspace: Workspace, snapshot: Snapshot
) -> HttpResponse:
    user = cast("User", request.user)
    upload = SimpleUploadedFile("notebook.ipynb", to_notebook(snapshot.document))
    try:
        submission = lifecycle.submit(
            user=user,
            exercise=exercise,
            notebook=checked_notebook(upload, exercise=exercise),
            mail_wanted=user.mail_grading,
        )
    except (NotebookRefused, SubmissionRefused) as refusal:
        messages.error(request, str(refusal))
        return HttpResponseRedirect(
            reverse("exercises:exercise", args=[exercise.slug]) + "#notebook"
        )
    drafts.mark_submitted(
        user=user, workspace=workspace, number=snapshot.version, attempt=submission.attempt
    )
    return HttpResponseRedirect(submission.get_absolute_url())
