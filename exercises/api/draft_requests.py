"""What the views of drafts share: which draft, the bounded body, and the forms of answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, cast

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError, PermissionDenied
from rest_framework.parsers import BaseParser
from rest_framework.response import Response
from rest_framework.throttling import UserRateThrottle
from rest_framework.views import APIView

from courses.models import Lesson
from exercises.models import Exercise
from exercises.workbench import drafts
from exercises.workbench.documents import CellsRefused, checked_cells, shown_cell, text_html
from exercises.workbench.drafts import Conflict, Snapshot
from exercises.workbench.workspaces import Workspace, exercise_workspace, lesson_workspace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import IO

    from rest_framework.request import Request

    from courses.models import User

MAX_BODY_BYTES: Final = 2_000_000
PROBLEM: Final = "application/problem+json"
PERSON: Final = "X-Whybox-Person"
"""Whose page it is that asks; scripts need not say it."""


class SavingThrottle(UserRateThrottle):
    """A page saves about once a second while somebody types."""

    scope = "drafts"
    rate = "120/min"


class RunThrottle(UserRateThrottle):
    """Nobody reads the outputs of more than a run a second."""

    scope = "runs"
    rate = "60/min"


class QuestionThrottle(UserRateThrottle):
    """Completions and signatures."""

    scope = "editor_questions"
    rate = "120/min"


class TooLarge(APIException):
    """The body is larger than any notebook that is accepted."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"

    def __init__(self) -> None:
        super().__init__(_("Too large to save (limit 2 MB)."))


class BoundedJSONParser(BaseParser):
    """Reads no more of a body than a notebook may have."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,  # noqa: ARG002  # the framework's signature
        parser_context: Mapping[str, Any] | None = None,  # noqa: ARG002  # the same
    ) -> dict[str, Any]:
        """Return the body's object."""
        body = stream.read(MAX_BODY_BYTES + 1)
        if len(body) > MAX_BODY_BYTES:
            raise TooLarge
        try:
            value = json.loads(body or b"{}")
            json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair cannot be stored
        except (ValueError, RecursionError) as error:
            raise ParseError("The body is not JSON.", code="invalid") from error
        if not isinstance(value, dict):
            raise ParseError("The body is not an object.", code="invalid")
        return value


class DraftView(APIView):
    """A view below ``…/draft/``: finds what is worked on, and answers conflicts."""

    parser_classes: Sequence[type[BaseParser]] = (BoundedJSONParser,)

    def handle_exception(self, exc: Exception) -> Response:
        """Answer what every write of a draft may meet."""
        if isinstance(exc, Conflict):
            return problem(409, "conflict", str(exc), current=draft_facts(exc.current))
        if isinstance(exc, CellsRefused):
            return problem(400, "invalid", str(exc))
        return super().handle_exception(exc)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse what a page sends for one person while another has signed in in its browser.

        Raises:
            PermissionDenied: the page's learner is not the one who is signed in.
        """
        super().initial(request, *args, **kwargs)
        person = request.headers.get(PERSON)
        if person is not None and person != str(request.user.pk):
            raise PermissionDenied(_("Somebody else is signed in now."), code="another_person")

    @property
    def user(self) -> User:
        """The learner whose draft it is."""
        return cast("User", self.request.user)

    @property
    def exercise(self) -> Exercise:
        """The exercise that is worked on."""
        return get_object_or_404(Exercise.objects.active(), slug=self.kwargs["slug"])

    @property
    def workspace(self) -> Workspace:
        """What is worked on."""
        if "lesson" not in self.kwargs:
            return exercise_workspace(self.exercise.slug)
        found = get_object_or_404(
            Lesson.objects.select_related("course"),
            course__slug=self.kwargs["course"],
            course__withdrawn=False,
            slug=self.kwargs["lesson"],
            part__isnull=False,
        )
        return lesson_workspace(found)

    def saved(self, request: Request, *, workspace: Workspace) -> tuple[dict[str, Any], Snapshot]:
        """Save the cells that came along, if any; return the answer's part, and the draft.

        Raises:
            Conflict: the draft has changed since the page's version.
            CellsRefused: the cells are none.
        """
        base, sent = base_of(request), body_of(request).get("cells")
        if sent is None:
            current = drafts.load(user=self.user, workspace=workspace)
            if base != current.version:
                raise Conflict(current)
            return saved_facts(current, current), current
        reason = body_of(request).get("reason")
        before, now = drafts.save(
            user=self.user,
            workspace=workspace,
            base=base,
            cells=checked_cells(sent),
            reason=reason if reason in ("typed", "reset", "kept_mine") else "typed",
        )
        return saved_facts(before, now), now


def body_of(request: Request) -> Mapping[str, Any]:
    """Return the body's object, or a form's fields."""
    body: Mapping[str, Any] = request.data  # type: ignore[assignment]  # the parsers see to it
    return body


def base_of(request: Request) -> int:
    """Return the version that a write replaces."""
    base = body_of(request).get("base")
    if isinstance(base, str) and base.isdecimal():  # a form's field
        base = int(base[:9])
    if type(base) is not int or base < 0:
        raise ParseError("base: the version that is replaced is expected.", code="invalid")
    return base


def saved_facts(before: Snapshot, now: Snapshot) -> dict[str, Any]:
    """Return what a page is told once its cells are saved: texts whose source is new, rendered."""
    known = {(cell["id"], cell["source"]) for cell in before.document["cells"]}
    html = {
        cell["id"]: text_html(cell)
        for cell in now.document["cells"]
        if cell["cell_type"] != "code" and (cell["id"], cell["source"]) not in known
    }
    return {"version": now.version, "saved_at": stamp(now), "html": html}


def draft_facts(snapshot: Snapshot) -> dict[str, Any]:
    """Return a draft, or a version of it, as the page knows it."""
    cells = [shown_cell(cell) for cell in snapshot.document["cells"]]
    return {"version": snapshot.version, "saved_at": stamp(snapshot), "cells": cells}


def stamp(snapshot: Snapshot) -> str | None:
    """Return when a version was saved; None for the starter."""
    if snapshot.saved_at is None:
        return None
    return snapshot.saved_at.isoformat().replace("+00:00", "Z")


def problem(code: int, name: str, detail: str, **facts: Any) -> Response:
    """Return problem details (RFC 9457) with facts of their own."""
    title = {400: "Bad Request", 409: "Conflict", 503: "Service Unavailable"}[code]
    data = {"type": "about:blank", "title": title, "status": code, "code": name, "detail": detail}
    return Response(data | facts, status=code, content_type=PROBLEM)


def with_events(facts: Mapping[str, Any], events: str, *, code: int = 200) -> HttpResponse:
    """Answer with facts and a run's events, which are JSON already and are not read here."""
    body = f'{json.dumps(facts)[:-1]}, "events": [{events}]}}'
    return HttpResponse(body, status=code, content_type="application/json")
