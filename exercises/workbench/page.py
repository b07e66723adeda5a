"""What the page of a notebook is given: cells with outputs and notes, facts for its script."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from courses.catalogue.models import ORIGINAL_LANGUAGE
from courses.catalogue.translations import language_shown
from exercises.workbench import drafts, runs
from exercises.workbench.documents import shown_cell
from exercises.workbench.panel import attempts_left, submission_facts

if TYPE_CHECKING:
    from courses.models import User
    from exercises.models import DraftRun, Exercise, Submission
    from exercises.submissions.attempts import Standing
    from exercises.workbench.drafts import Snapshot
    from exercises.workbench.workspaces import Workspace


def notebook_page(
    *,
    user: User,
    exercise: Exercise,
    workspace: Workspace,
    standing: Standing,
    submission: Submission | None,
    place: dict[str, Any],
) -> dict[str, Any]:
    """Return what `exercises/_workbench.html` shows, but for its addresses."""
    run = runs.latest(user=user, workspace=workspace)
    snapshot = drafts.load(user=user, workspace=workspace, draft=run.draft if run else None)
    told = submission_facts(submission, place=place, standing=standing) if submission else {}
    is_unfinished = bool(submission and not submission.finished)
    starter = {cell["id"]: cell["source"] for cell in workspace.starter["cells"]}
    told_run, events = (run_facts(run)) if run else (None, [])
    return {
        "cells": _cells(snapshot, events, told.get("notes", {}), starter),
        "attempts": attempts_left(standing),
        "submission_html": mark_safe(told.get("html", "")),  # noqa: S308  # a rendered template
        "limits": exercise.description["limits"],
        "facts": {
            "version": snapshot.version,
            "saved_at": snapshot.saved_at and snapshot.saved_at.isoformat(),
            "person": str(user.pk),
            "scope": exercise.slug,
            "can_submit": standing.attempts_left != 0 and not is_unfinished,
            "starter": starter,
            "run": told_run,
            "submission": told if is_unfinished else None,
        },
    }


def lesson_facts(*, user: User, workspace: Workspace) -> dict[str, Any]:
    """Return what the script of a lesson with code starts from."""
    snapshot = drafts.load(user=user, workspace=workspace)
    starter = {cell["id"]: cell["source"] for cell in workspace.starter["cells"]}
    return {
        "version": snapshot.version,
        "saved_at": snapshot.saved_at and snapshot.saved_at.isoformat(),
        "person": str(user.pk),
        "scope": workspace.scope,
        "sources": {
            cell["id"]: cell["source"]
            for cell in snapshot.document["cells"]
            if cell["source"] != starter[cell["id"]]
        },
    }


def run_facts(run: DraftRun) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return what the page's script is told of a run, and its events so far."""
    told, body = runs.facts(run, is_fresh=True)
    events: list[dict[str, Any]] = json.loads(f"[{body}]")
    return {**told, "events": events}, events


def _cells(
    snapshot: Snapshot,
    events: list[dict[str, Any]],
    notes: dict[str, str],
    starter: dict[str, str],
) -> list[dict[str, Any]]:
    shown = []
    is_foreign = language_shown() != ORIGINAL_LANGUAGE
    number = 0
    for stored in snapshot.document["cells"]:
        cell: dict[str, Any] = dict(shown_cell(stored))
        cell["rows"] = stored["source"].count("\n") + 1
        if "html" in cell:
            is_starter = starter.get(stored["id"]) == stored["source"]
            cell["language"] = ORIGINAL_LANGUAGE if is_foreign and is_starter else ""
            cell["html"] = mark_safe(cell["html"])  # noqa: S308  # cleaned by courses.markup
        else:
            number += 1
            cell |= {"number": number, **_ran(stored["id"], events)}
        cell["notes_html"] = mark_safe(notes.get(stored["id"], ""))  # noqa: S308  # a template
        shown.append(cell)
    return shown


def _ran(cell: str, events: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a cell's outputs and state in the latest run, for a page without its script."""
    outputs: list[dict[str, Any]] = []
    state, status = "idle", ""
    for event in events:
        if event["cell"] != cell:
            continue
        if event["kind"] == "output":
            output = event["output"]
            if outputs and output["type"] == "stream" and outputs[-1].get("name") == output["name"]:
                outputs[-1] = {**output, "text": outputs[-1]["text"] + output["text"]}
            else:
                outputs.append(output)
        elif event["state"] == "running":
            outputs, state, status = [], "running", _("Running")
        else:
            state = event["state"]
            status = _status(state, event["seconds"])
    return {"outputs": outputs, "state": state, "status": status}


def _status(state: str, seconds: float | None) -> str:
    if state == "interrupted":
        return _("Interrupted")
    if seconds is None:
        return _("Error") if state == "error" else _("Done")
    time = _("{seconds} s").format(seconds=f"{seconds:.2g}")
    return (_("Error after {time}") if state == "error" else _("Done in {time}")).format(time=time)
