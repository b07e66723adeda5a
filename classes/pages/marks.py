"""Gradebook, exports, overrides, the progress matrix, one learner's record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _

from classes import exports, overrides
from classes.audit import ChangeRefused
from classes.exports import Shape, export
from classes.marks import Overriding
from classes.pages import grid
from classes.pages.access import DO, EDIT, READ, class_page, done, page
from classes.pages.forms import OverrideForm
from classes.pages.home import lines_of
from classes.pages.roster import download
from classes.records import Gradebook, Row, gradebook
from classes.rights import Access, Right
from exercises.models import Submission

if TYPE_CHECKING:
    import uuid
    from collections.abc import Callable

    from django.http import HttpRequest

    from classes.models import Member, ScheduledPart
    from classes.pages.home import Line

PAGE_SIZES = (50, 100, 500)
STATES: dict[str, Callable[[Row], bool]] = {
    "missing": lambda row: any(mark.missing for mark in row.record.marks),
    "late": lambda row: any(mark.late for mark in row.record.marks),
    "overridden": lambda row: any(mark.overridden for mark in row.record.marks),
    "pending": lambda row: any(mark.pending for mark in row.record.marks),
    "low": lambda row: row.record.percent is not None and row.record.percent < LOW,
}
LOW = 50


class Query(NamedTuple):
    """What the gradebook is asked for."""

    search: str
    section: str
    state: str
    sort: str
    size: int
    names: bool

    @classmethod
    def of(cls, request: HttpRequest) -> Query:
        """Read the address; what makes no sense is left out."""
        size = request.GET.get("size", "")
        return cls(
            search=request.GET.get("q", "").strip()[:100],
            section=request.GET.get("section", ""),
            state=request.GET.get("state", "") if request.GET.get("state") in STATES else "",
            sort=request.GET.get("sort", "name")[:20],
            size=int(size) if size.isdecimal() and int(size) in PAGE_SIZES else PAGE_SIZES[0],
            names=request.GET.get("names") != "0",
        )

    def address(self, **other: Any) -> str:
        """Return the query of an address that asks for the same, but for `other`."""
        facts = {
            "q": self.search,
            "section": self.section,
            "state": self.state,
            "sort": self.sort,
            "size": self.size,
            "names": "" if self.names else "0",
        } | other
        return urlencode({name: value for name, value in facts.items() if value != ""})


def chosen(book: Gradebook, query: Query) -> list[Row]:
    """Return the rows that a query asks for, in its order."""
    rows = book.rows
    if query.search and query.names:
        needle = query.search.casefold()
        rows = [row for row in rows if needle in _searched(row)]
    if query.section:
        rows = [row for row in rows if row.member.section == query.section]
    if query.state:
        rows = [row for row in rows if STATES[query.state](row)]
    key, down = query.sort.removeprefix("-"), query.sort.startswith("-")
    if key == "total":
        rows = sorted(rows, key=lambda row: row.record.percent or -1.0)
    elif key == "section":
        rows = sorted(rows, key=lambda row: row.member.section)
    elif key.isdecimal() and int(key) < len(book.columns):
        at = int(key)
        rows = sorted(rows, key=lambda row: _points(row, at))
    elif not query.names:
        rows = sorted(rows, key=lambda row: row.member.pseudonym)
    return rows[::-1] if down else list(rows)


def _points(row: Row, at: int) -> float:
    points = row.mark(at).points
    return -1.0 if points is None else points


def _searched(row: Row) -> str:
    return f"{row.member.shown_name} {row.member.email} {row.member.number}".casefold()


@class_page(Right.SEE, READ)
def marks(request: HttpRequest, access: Access) -> HttpResponse:
    """Show learners by parts, with filter, search and order."""
    query = Query.of(request)
    book = gradebook(access.klass)
    rows = chosen(book, query)
    shown = Paginator(rows, query.size).get_page(request.GET.get("page"))
    record = reverse("classes:record", args=[access.klass.pk, _NO_KEY])
    heads = [
        (at, column, query.address(sort=f"-{at}" if query.sort == str(at) else at))
        for at, column in enumerate(book.columns)
    ]
    facts = {
        "query": query,
        "page": shown,
        "page_query": query.address(),
        "heads": heads,
        "body": grid.body(
            shown, address=record.replace(_NO_KEY, "{}"), pseudonymous=not query.names
        ),
        "averages": _averages(book, rows),
        "sections": _sections(book),
        "sizes": PAGE_SIZES,
        "states": [
            ("missing", _("something is missing")),
            ("late", _("something was late")),
            ("pending", _("something waits for a grade")),
            ("overridden", _("something is overridden")),
            ("low", _("total below 50%")),
        ],
        "legend": grid.legend(),
        "shapes": Shape.choices,
        "count": len(rows),
        "name_sort": query.address(sort="-name" if query.sort == "name" else "name"),
        "total_sort": query.address(sort="total" if query.sort == "-total" else "-total"),
        "names_query": query.address(names="0" if query.names else "", q=""),
        "cell_address": reverse("classes:cell", args=[access.klass.pk, _NO_KEY, 0]),
        "parts": [column.scheduled.pk for column in book.columns],
    }
    return page(request, access, "classes/gradebook.html", facts)


_NO_KEY = "00000000-0000-0000-0000-000000000000"


def _averages(book: Gradebook, rows: list[Row]) -> list[str]:
    found = []
    for at in range(len(book.columns)):
        points = [mark.points for row in rows if (mark := row.mark(at)).points is not None]
        found.append(grid.number(sum(points) / len(points)) if points else "")
    return found


@class_page(Right.SEE, READ)
def marks_file(request: HttpRequest, access: Access, shape: str) -> HttpResponse:  # noqa: ARG001
    """Download the gradebook in one of the shapes."""
    if shape not in Shape.values:
        raise Http404
    wanted = Shape(shape)
    data = export(gradebook(access.klass), wanted)
    is_xlsx = wanted == Shape.XLSX
    name = slugify(f"{access.klass.title} {access.klass.term} {wanted}") or "gradebook"
    return download(
        data,
        exports.XLSX_TYPE if is_xlsx else exports.CSV_TYPE,
        f"{name}.{'xlsx' if is_xlsx else 'csv'}",
    )


@class_page(Right.SEE, EDIT, post=Right.CHANGE)
def cell(request: HttpRequest, access: Access, member_key: uuid.UUID, part_pk: int) -> HttpResponse:
    """Show one mark with its layers and history; override it, difference first."""
    member = _member(access, member_key)
    book = gradebook(access.klass, unsaved=[member])
    line = next((one for one in lines_of(book, book.rows[0]) if one.part_key == part_pk), None)
    if line is None:
        raise Http404
    part = line.column.scheduled
    form = OverrideForm(request.POST or None)
    effect = None
    if request.method == "POST" and form.is_valid():
        points = None if form.cleaned_data["excused"] else form.cleaned_data["points"]
        if request.POST.get("confirmed"):
            overrides.override(
                member=member,
                part=part,
                actor=access.user,
                points=points,
                reason=form.cleaned_data["reason"],
            )
            return _to_record(request, access, member, _("Overridden. The platform's score stays."))
        effect = overrides.effect(member=member, part=part, override=Overriding(points))
    return _cell_page(request, access, member, line, {"form": form, "effect": effect})


@class_page(Right.CHANGE, DO)
def withdraw_override(
    request: HttpRequest, access: Access, member_key: uuid.UUID, part_pk: int
) -> HttpResponse:
    """Let the platform's score count again."""
    member = _member(access, member_key)
    part = get_object_or_404(access.klass.parts.scheduled(), pk=part_pk)
    if not overrides.withdraw(member=member, part=part, actor=access.user):
        raise ChangeRefused("conflict", _("There is no override to withdraw any more."))
    return _to_record(request, access, member, _("Withdrawn. The platform's score counts again."))


def _cell_page(
    request: HttpRequest,
    access: Access,
    member: Member,
    line: Line,
    more: dict[str, Any],
) -> HttpResponse:
    part = line.column.scheduled
    history = part.overrides.filter(member=member).select_related("made_by", "withdrawn_by")
    facts = {
        "member": member,
        "line": line,
        "history": history,
        "submissions": _submissions_of(member, part),
        **more,
    }
    status = 422 if more["form"].errors else 200
    return page(request, access, "classes/cell.html", facts, status=status)


def _submissions_of(member: Member, part: ScheduledPart) -> Any:
    if not part.is_exercise or member.user is None:
        return []
    mine = Submission.objects.filter(user=member.user, exercise__slug=part.slug)
    return mine.select_related("exercise").defer("report").order_by("-created_at")[:20]


def _sections(book: Gradebook) -> list[str]:
    return sorted({row.member.section for row in book.rows} - {""})


@class_page(Right.SEE, READ)
def progress(request: HttpRequest, access: Access) -> HttpResponse:
    """Show who has done what: one sign for each learner and part."""
    book = gradebook(access.klass)
    section = request.GET.get("section", "")
    rows = [row for row in book.rows if not section or row.member.section == section]
    facts = {
        "columns": book.columns,
        "body": grid.progress_body(
            rows,
            address=reverse("classes:record", args=[access.klass.pk, _NO_KEY]).replace(
                _NO_KEY, "{}"
            ),
            passes=[_pass_share(column) for column in book.columns],
            points=[column.scheduled.points for column in book.columns],
        ),
        "signs": grid.signs(),
        "done": [
            sum(
                grid.sign(row.mark(at), _pass_share(column), column.scheduled.points) == "done"
                for row in rows
            )
            for at, column in enumerate(book.columns)
        ],
        "count": len(rows),
        "section": section,
        "sections": _sections(book),
    }
    return page(request, access, "classes/progress.html", facts)


def _pass_share(column: Any) -> float:
    """Return the share of the points at which a part counts as done."""
    lesson = column.part.lesson if column.part is not None else None
    if lesson is not None and hasattr(lesson, "quiz"):
        return float(lesson.quiz.pass_percent) / 100
    return 0.8 if column.scheduled.is_exercise else 1.0


@class_page(Right.SEE, READ)
def record(request: HttpRequest, access: Access, member_key: uuid.UUID) -> HttpResponse:
    """Show one learner: every part with dates, attempts and mark, extensions, changes."""
    member = _member(access, member_key)
    book = gradebook(access.klass, unsaved=[member])
    row = book.rows[0]
    facts = {
        "member": member,
        "lines": lines_of(book, row),
        "record": row.record,
        "grace_left": access.klass.grace_days - row.record.grace_days,
        "extensions": member.extensions.select_related("part", "granted_by"),
        "submissions": _latest(book, member),
    }
    return page(request, access, "classes/record.html", facts)


def _latest(book: Gradebook, member: Member) -> Any:
    parts = (column.scheduled for column in book.columns)
    slugs = [part.slug for part in parts if part.is_exercise]
    if member.user is None:
        return []
    mine = Submission.objects.filter(user=member.user, exercise__slug__in=slugs)
    return mine.select_related("exercise").defer("report").order_by("-created_at")[:20]


def _member(access: Access, key: uuid.UUID) -> Member:
    found = get_object_or_404(access.klass.members.select_related("user"), pk=key)
    if not found.learns:
        raise Http404
    found.klass = access.klass
    return found


def _to_record(request: HttpRequest, access: Access, member: Member, message: str) -> HttpResponse:
    answer = done(request, access, "gradebook", message)
    answer["Location"] = reverse("classes:record", args=[access.klass.pk, member.pk])
    return answer
