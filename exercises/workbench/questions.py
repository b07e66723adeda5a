"""Completions and signatures: asked by the page, looked up by a worker, thrown away afterwards."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.utils import timezone

from exercises.models import Draft, EditorQuestion
from exercises.workbench import queue, runs
from exercises.workbench.documents import pack, unpack
from exercises.workbench.workspaces import chain_of, surroundings
from grader.sandbox.job import Job, Question

if TYPE_CHECKING:
    import uuid
    from collections.abc import Mapping, Sequence

    from courses.models import User
    from exercises.workbench.workspaces import Workspace
    from grader.sandbox.job import Sandbox

WAIT_SECONDS: Final = 1.4
"""How long a request waits for its answer; the page has the words of the notebook instead."""
KEPT_FOR: Final = timedelta(seconds=30)
MAX_ITEMS: Final = 100
BOUNDS: Final = {"label": 200, "name": 200, "signature": 1000, "doc": 4000}
KINDS: Final = frozenset(
    {"class", "function", "method", "module", "variable", "property", "keyword", "text"}
)


def ask(
    *,
    user: User,
    workspace: Workspace,
    kind: str,
    earlier: Sequence[tuple[str, str]],
    source: str,
    cursor: int,
) -> dict[str, Any] | None:
    """Return what a worker finds out in time; None otherwise.

    It looks at what the cells before have made, as far as they have run, and runs none of them.

    Args:
        user: who asks.
        workspace: what is worked on.
        kind: ``complete`` or ``inspect``.
        earlier: ids and sources of the code cells before the one that is written.
        source: the cell that is written, which is not run.
        cursor: in characters of `source`.
    """
    if not runs.workers():
        return None
    draft, _made = Draft.objects.get_or_create(user=user, scope=workspace.scope)
    now = timezone.now()
    EditorQuestion.objects.filter(created_at__lt=now - KEPT_FOR).delete()
    EditorQuestion.objects.filter(draft=draft, reply__isnull=True).delete()  # nobody waits for them
    question = Question(kind, source, cursor, tuple(text for _id, text in earlier))
    body = {"scope": workspace.scope, **vars(question)}
    asked = EditorQuestion.objects.create(draft=draft, body=pack(body), created_at=now)
    queue.enqueue(queue.ANSWER, asked.pk, worker=runs.holder(draft))
    unanswered = EditorQuestion.objects.filter(pk=asked.pk, reply__isnull=True)
    runs.wait_until(unanswered.exists, WAIT_SECONDS)
    reply = EditorQuestion.objects.filter(pk=asked.pk).values_list("reply", flat=True).first()
    EditorQuestion.objects.filter(pk=asked.pk).delete()
    found: dict[str, Any] | None = json.loads(reply) if reply else None
    return found or None


def answer(question_id: uuid.UUID, *, sandbox: Sandbox) -> None:
    """Look a question up in the sandbox; for the worker.

    Raises:
        SandboxUnavailable: the sandbox broke.
    """
    unanswered = EditorQuestion.objects.filter(pk=question_id, reply__isnull=True)
    asked = unanswered.select_related("draft").defer("draft__document").first()
    if asked is None:
        return
    body = unpack(asked.body)
    limits, data = surroundings(body.pop("scope"))
    question = Question(**{**body, "earlier": tuple(body["earlier"])})
    job = Job(
        cells=question.earlier,
        outputs=(),
        limits=limits,
        data=data,
        question=question,
        chain=chain_of(asked.draft),
    )
    reply = checked(question, sandbox.run(job).reply)
    EditorQuestion.objects.filter(pk=question_id).update(reply=json.dumps(reply))


def checked(question: Question, reply: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return a reply built anew from its expected parts; empty when it has none of them."""
    if not reply:
        return {}
    if question.kind == "inspect":
        if reply.get("found") is not True:
            return {"found": False}
        return {"found": True} | {key: _text(reply, key) for key in ("name", "signature", "doc")}
    start, items = reply.get("from"), reply.get("items")
    if type(start) is not int or not 0 <= start <= question.cursor or not isinstance(items, list):
        return {}
    shown = [item for item in items[:MAX_ITEMS] if isinstance(item, dict)]
    return {
        "from": start,
        "items": [
            {
                "label": _text(item, "label"),
                "type": item["type"] if item.get("type") in KINDS else "text",
                "detail": "",
            }
            for item in shown
            if _text(item, "label").isidentifier()
        ],
    }


def _text(reply: Mapping[str, Any], key: str) -> str:
    value = reply.get(key)
    return value[: BOUNDS[key]] if isinstance(value, str) else ""
