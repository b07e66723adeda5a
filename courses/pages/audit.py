"""The page of what staff changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from auditlog.models import LogEntry
from django.contrib.auth.decorators import login_required, permission_required
from django.contrib.contenttypes.models import ContentType
from django.core.paginator import Paginator
from django.shortcuts import render
from django.views.decorators.http import require_safe

from courses.models import User

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import HttpRequest, HttpResponse

LINES_A_PAGE = 50


class Change(NamedTuple):
    """One column or list of a line, before and after."""

    name: str
    before: str
    after: str


class Line(NamedTuple):
    """A line of the page."""

    entry: LogEntry
    kind: str
    about: User | None
    changes: list[Change]


@require_safe
@login_required
@permission_required("auditlog.view_logentry", raise_exception=True)
def changes(request: HttpRequest) -> HttpResponse:
    """Show what staff changed, the latest first, all or of one kind."""
    entries = LogEntry.objects.select_related("actor", "content_type").order_by("-timestamp", "-pk")
    kinds = list(ContentType.objects.filter(pk__in=LogEntry.objects.values("content_type")))
    wanted = request.GET.get("kind", "")
    chosen = next((kind for kind in kinds if kind.model == wanted), None)
    if chosen is not None:
        entries = entries.filter(content_type=chosen)
    page = Paginator(entries, LINES_A_PAGE).get_page(request.GET.get("page"))
    facts = {
        "lines": _lines(page.object_list),
        "page": page,
        "query": f"kind={chosen.model}" if chosen else "",
        "kinds": [(kind.model, kind.name) for kind in kinds],
        "chosen": chosen.model if chosen else "",
    }
    return render(request, "courses/changes.html", facts)


def _lines(entries: Iterable[LogEntry]) -> list[Line]:
    listed = list(entries)
    keys = {(entry.additional_data or {}).get("about") for entry in listed}
    people = User.objects.in_bulk([key for key in keys if key])
    return [
        Line(
            entry,
            entry.content_type.name,
            people.get((entry.additional_data or {}).get("about")),
            [_change(name, values) for name, values in (entry.changes or {}).items()],
        )
        for entry in listed
    ]


def _change(name: str, values: Any) -> Change:
    if isinstance(values, dict):  # a many-to-many list
        there = ", ".join(values["objects"])
        return Change(name, "", there) if values["operation"] == "add" else Change(name, there, "")
    before, after = values
    return Change(name, "" if before == "None" else before, "" if after == "None" else after)
