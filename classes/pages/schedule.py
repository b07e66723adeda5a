"""The schedule's editor, and extensions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from classes import extension_files, scheduling
from classes import extensions as extending
from classes.audit import ChangeRefused, locked
from classes.making import COUNTED, DATED, default_points
from classes.models import ImportKind, PendingImport
from classes.pages.access import DO, EDIT, class_page, done, page
from classes.pages.forms import ExtensionFileForm, ExtensionForm, PartForm
from classes.pages.shifting import ShiftForm, shifted
from classes.rights import Access, Right
from classes.roster.reading import MAX_BYTES, FileRefused
from classes.roster.writing import DifferenceChanged
from courses.catalogue.translations import apply_part_translations
from courses.models import Part

if TYPE_CHECKING:
    import uuid

    from django.http import HttpRequest, HttpResponse, QueryDict

    from classes.models import Class, ScheduledPart

EXTENSIONS_A_PAGE = 50
SHOWN = 200
"""Lines of each kind that a difference lists; all are counted."""

PartFormSet = forms.formset_factory(PartForm, extra=0)


@dataclass(frozen=True)
class EditorLine:
    """A part in the editor: its form, and what the content says about it."""

    form: Any
    title: str
    course: str
    kind: str


@class_page(Right.SEE, EDIT, post=Right.CHANGE)
def schedule(request: HttpRequest, access: Access) -> HttpResponse:
    """Show the schedule, and change all of it at once."""
    klass = access.klass
    scheduled = {part.subject: part for part in klass.parts.all()}
    relative = _relative(request, scheduled)
    parts = _parts(klass)
    initial = _initial(parts, scheduled)
    asked = {"zone": klass.zone, "relative": relative}
    titles = {**{s: p.title for s, p in scheduled.items()}, **_titles(parts)}
    shifting = "shift" in request.POST
    shift = ShiftForm(
        [titles.get(one["subject"], one["subject"]) for one in initial],
        request.POST if shifting else None,
    )
    moved = None
    if request.method == "POST":
        sent: QueryDict = request.POST
        if shifting and shift.is_valid():
            sent, moved = shifted(sent, shift.cleaned_data)
        formset = PartFormSet(sent, initial=initial, form_kwargs=asked)
        if not shifting and formset.is_valid():
            lines = [
                scheduling.Line(subject, titles[subject], bool(data["scheduled"]), form.facts)
                for form in formset
                for data in [form.cleaned_data]
                for subject in [data["subject"]]
                if subject in titles
            ]
            version = request.POST.get("version", "")
            number = scheduling.save_schedule(
                klass=klass,
                actor=access.user,
                version=int(version) if version.isdecimal() else 0,
                lines=lines,
            )
            told = ngettext("%(n)s part changed.", "%(n)s parts changed.", number)
            return done(request, access, "schedule", told % {"n": number})
    else:
        formset = PartFormSet(initial=initial, form_kwargs=asked)
    by_subject = {part.subject: part for part in parts}
    facts = {
        "formset": formset,
        "relative": relative,
        "lines": [_line(form, by_subject, scheduled) for form in formset],
        "columns": _rows(klass),
        "failed": formset.is_bound and not shifting,
        "shift": shift,
        "moved": moved,
        "version": request.POST.get("version", klass.version),
        "apart": _apart(klass, formset),
    }
    status = 422 if formset.is_bound and moved is None else 200
    return page(request, access, "classes/schedule.html", facts, status=status)


@class_page(Right.SEE, EDIT, post=Right.CHANGE)
def extensions(request: HttpRequest, access: Access) -> HttpResponse:
    """List the extensions, and grant new ones to several learners at once."""
    klass = access.klass
    chosen = [key for key in request.GET.getlist("to") if key]
    form = ExtensionForm(request.POST or None, klass=klass, initial={"members": chosen})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            granted = extending.grant(
                klass=klass,
                actor=access.user,
                reason=data["reason"],
                part=data["part"],
                members=list(data["members"]),
                section=data["section"],
                due_at=data["due_at"],
                days=data["days"],
            )
        except ChangeRefused as refusal:
            if refusal.reason != "invalid":
                raise
            form.add_error(None, str(refusal))
        else:
            told = ngettext("%(n)s extension granted.", "%(n)s extensions granted.", len(granted))
            return done(request, access, "extensions", told % {"n": len(granted)})
    everything = klass.extensions.select_related("member__user", "part", "granted_by", "revoked_by")
    shown = Paginator(everything, EXTENSIONS_A_PAGE).get_page(request.GET.get("page"))
    return page(
        request,
        access,
        "classes/extensions.html",
        {"form": form, "page": shown},
        status=422 if form.errors else 200,
    )


@class_page(Right.CHANGE, EDIT)
def extensions_import(request: HttpRequest, access: Access) -> HttpResponse:
    """Take a file of extensions, and show what it would grant."""
    form = ExtensionFileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            locked(access.klass)
        try:
            pending, notes = extension_files.prepare(
                klass=access.klass,
                actor=access.user,
                data=form.cleaned_data["file"].read(MAX_BYTES + 1),
                reason=form.cleaned_data["reason"],
            )
        except FileRefused as refusal:
            form.add_error("file", str(refusal))
        else:
            for note in notes:
                messages.info(request, note)
            return redirect("classes:extensions_difference", access.klass.pk, pending.pk)
    status = 422 if form.errors else 200
    return page(request, access, "classes/extensions_import.html", {"form": form}, status=status)


@class_page(Right.CHANGE, EDIT)
def extensions_difference(
    request: HttpRequest, access: Access, pending_key: uuid.UUID
) -> HttpResponse:
    """Show what a file would grant; grant it when told to."""
    of_class = PendingImport.objects.select_related("klass").filter(
        klass=access.klass, kind=ImportKind.EXTENSIONS
    )
    pending = get_object_or_404(of_class, pk=pending_key, made_by=access.user)
    status = 200
    if request.method == "POST":
        try:
            number = extension_files.commit(
                pending=pending, actor=access.user, digest=request.POST.get("digest", "")
            )
        except DifferenceChanged:
            messages.warning(
                request, _("The class has changed meanwhile. This is the difference now.")
            )
            status = 409
        else:
            told = ngettext("%(n)s extension granted.", "%(n)s extensions granted.", number)
            return done(request, access, "extensions", told % {"n": number})
    facts = {"plan": extension_files.planned(pending), "shown": SHOWN}
    return page(request, access, "classes/extensions_difference.html", facts, status=status)


@class_page(Right.CHANGE, DO)
def revoke_extension(request: HttpRequest, access: Access, pk: int) -> HttpResponse:
    """End an extension."""
    found = get_object_or_404(
        access.klass.extensions.select_related("klass", "member", "part"), pk=pk
    )
    extending.revoke(extension=found, actor=access.user)
    messages.info(request, _("Marks follow at once."))
    return done(request, access, "extensions", _("Revoked."))


def _apart(klass: Class, formset: Any) -> set[str]:
    """Return the fields without a column: early dates have none where no work gains by them."""
    early = klass.early_percent or any(
        form["early_until"].value() for form in formset if "early_until" in form.fields
    )
    return {"scheduled"} if early else {"scheduled", "early_until"}


def _relative(request: HttpRequest, scheduled: dict[str, ScheduledPart]) -> bool:
    asked = request.POST.get("relative") or request.GET.get("relative")
    if asked in {"0", "1"}:
        return asked == "1"
    return any(part.relative for part in scheduled.values() if part.removed_at is None)


def _parts(klass: Class) -> list[Part]:
    found = list(
        Part.objects.for_outlines()
        .select_related("course")
        .filter(course__in=klass.courses.all())
        .order_by("course__position", "course__slug", "position")
    )
    apply_part_translations(found)
    return found


def _titles(parts: list[Part]) -> dict[str, str]:
    return {part.subject: part.title for part in reversed(parts)}


def _initial(parts: list[Part], scheduled: dict[str, ScheduledPart]) -> list[dict[str, Any]]:
    """Return the lines of the editor: the schedule in order, then what else the courses hold."""
    present = [one for one in scheduled.values() if one.removed_at is None]
    lines = [
        _facts(one) | {"subject": one.subject, "scheduled": True}
        for one in sorted(present, key=lambda one: (one.position, one.pk))
    ]
    last = max((one.position for one in present), default=0)
    named = {one.subject for one in present}
    for part in parts:
        if part.subject in named:
            continue
        named.add(part.subject)
        last += 1
        earlier = scheduled.get(part.subject)
        facts = (
            _facts(earlier)
            if earlier is not None
            else {
                "counting": "required" if part.required else "optional",
                "points": default_points(part),
            }
        )
        lines.append(facts | {"subject": part.subject, "scheduled": False, "position": last})
    return lines


def _facts(part: ScheduledPart) -> dict[str, Any]:
    return {
        name: getattr(part, name) for name in ("position", "counting", "points", *DATED, *COUNTED)
    }


def _line(form: Any, parts: dict[str, Part], scheduled: dict[str, ScheduledPart]) -> EditorLine:
    subject = form.initial.get("subject", "")
    part = parts.get(subject)
    known = scheduled.get(subject)
    title = part.title if part is not None else known.title if known is not None else subject
    if part is None:
        kind = _("no longer in the content")
    elif part.lesson is None:
        kind = _("exercise")
    else:
        kind = _("quiz") if hasattr(part.lesson, "quiz") else _("lesson")
    return EditorLine(form, title, part.course.title if part is not None else "", kind)


def _rows(klass: Class) -> list[ScheduledPart]:
    return list(klass.parts.scheduled())
