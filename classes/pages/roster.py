"""The roster: who belongs to the class, and importing it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from classes import exports, invitations, membership
from classes.audit import locked, record
from classes.models import ImportKind, Member, PendingImport
from classes.pages.access import DO, EDIT, READ, class_page, done, page
from classes.pages.forms import MemberForm, RosterFileForm
from classes.rights import Access, Right
from classes.roster import writing
from classes.roster.reading import MAX_BYTES, FileRefused

if TYPE_CHECKING:
    import uuid

    from django.http import HttpRequest

SHOWN = 200
"""Lines of each kind that a difference lists; all are counted."""


@class_page(Right.SEE, READ)
def roster(request: HttpRequest, access: Access) -> HttpResponse:
    """List everybody who is or was in the class."""
    return _roster_page(request, access, MemberForm())


def _roster_page(request: HttpRequest, access: Access, form: MemberForm) -> HttpResponse:
    """Show the roster, and the form for one person more; 422 if the form was refused."""
    everybody = list(access.klass.members.in_order())
    waiting = [one for one in everybody if one.user_id is None and one.left_at is None]
    facts = {
        "staff": [one for one in everybody if one.left_at is None and not one.learns],
        "learners": [one for one in everybody if one.left_at is None and one.learns],
        "left": [one for one in everybody if one.left_at is not None],
        "waiting": len(waiting),
        "all_invited": all(one.invited_at is not None for one in waiting),
        "form": form,
    }
    return page(request, access, "classes/roster.html", facts, status=422 if form.errors else 200)


@class_page(Right.SEE, READ)
def roster_file(request: HttpRequest, access: Access) -> HttpResponse:  # noqa: ARG001  # a view's
    """Download the roster as CSV, in the shape that the import reads."""
    rows: list[list[exports.Value]] = [["Email", "Name", "Student number", "Section", "Role"]]
    rows += [
        [one.email, one.name, one.number, one.section, one.role]
        for one in access.klass.members.present().in_order()
    ]
    return download(exports.as_csv(rows), exports.CSV_TYPE, "roster.csv")


@class_page(Right.CHANGE, DO)
def add_member(request: HttpRequest, access: Access) -> HttpResponse:
    """Put one person on the roster, and invite those without an account."""
    form = MemberForm(request.POST)
    if not form.is_valid():
        return _roster_page(request, access, form)
    facts = dict(form.cleaned_data)
    with transaction.atomic():
        klass = locked(access.klass)
        twin = Member.objects.filter(klass=klass, email__iexact=facts["email"]).first()
        if twin is not None:
            form.add_error(
                "email",
                _("%(email)s is on the roster already, or was and has left: see the lists above.")
                % {"email": facts["email"]},
            )
            return _roster_page(request, access, form)
        user = membership.confirmed_accounts([facts["email"]]).get(facts["email"])
        if user is not None and Member.objects.filter(klass=klass, user=user).exists():
            user = None
        member = membership.new_member(
            klass,
            membership.next_number(klass),
            user=user,
            joined_at=timezone.now() if user is not None else None,
            **facts,
        )
        member.save()
        record(klass, access.user, "member.added", member=member, facts={"role": member.role})
        membership.enrol_all([member])
        invited = invitations.send(klass, [member])
    told = _("Added, and invited by email.") if invited else _("Added.")
    return done(request, access, "roster", told)


@class_page(Right.CHANGE, EDIT)
def member(request: HttpRequest, access: Access, member_key: uuid.UUID) -> HttpResponse:
    """Change one member's name, number, section or role."""
    found = get_object_or_404(access.klass.members.select_related("user"), pk=member_key)
    form = MemberForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        membership.change_member(member=found, actor=access.user, **form.cleaned_data)
        return done(request, access, "roster", _("Saved."))
    facts = {"form": form, "member": Member.objects.select_related("user").get(pk=found.pk)}
    return page(request, access, "classes/member.html", facts, status=422 if form.errors else 200)


@class_page(Right.CHANGE, DO)
def drop_member(request: HttpRequest, access: Access, member_key: uuid.UUID) -> HttpResponse:
    """Take a member off the roster, or put one back."""
    found = get_object_or_404(access.klass.members, pk=member_key)
    if found.left_at is None:
        membership.leave(member=found, actor=access.user)
        return done(request, access, "roster", _("Off the roster. Everything is kept."))
    membership.bring_back(member=found, actor=access.user)
    return done(request, access, "roster", _("Back on the roster, with everything from before."))


@class_page(Right.CHANGE, DO)
def invite(request: HttpRequest, access: Access) -> HttpResponse:
    """Write invitations to everybody who has not joined yet."""
    with transaction.atomic():
        klass = locked(access.klass)
        number = invitations.send(klass, list(klass.members.present().filter(user=None)))
    told = ngettext("%(n)s invitation sent.", "%(n)s invitations sent.", number) % {"n": number}
    return done(request, access, "roster", told)


@class_page(Right.CHANGE, EDIT)
def roster_import(request: HttpRequest, access: Access) -> HttpResponse:
    """Take a roster file, and show what it would change."""
    form = RosterFileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        with transaction.atomic():
            locked(access.klass)
        try:
            pending, _plan, notes = writing.prepare(
                klass=access.klass,
                actor=access.user,
                data=upload.read(MAX_BYTES + 1),
                drop_absent=form.cleaned_data["drop_absent"],
                invite=form.cleaned_data["invite"],
            )
        except FileRefused as refusal:
            form.add_error("file", str(refusal))
        else:
            for note in notes:
                messages.info(request, note)
            return redirect("classes:roster_difference", access.klass.pk, pending.pk)
    return page(
        request,
        access,
        "classes/roster_import.html",
        {"form": form},
        status=422 if form.errors else 200,
    )


@class_page(Right.CHANGE, EDIT)
def roster_difference(request: HttpRequest, access: Access, pending_key: uuid.UUID) -> HttpResponse:
    """Show what an import would change; write it when told to."""
    pending = get_object_or_404(
        PendingImport.objects.select_related("klass").filter(
            klass=access.klass, kind=ImportKind.ROSTER
        ),
        pk=pending_key,
        made_by=access.user,
    )
    status = 200
    if request.method == "POST":
        try:
            written = writing.commit(
                pending=pending, actor=access.user, digest=request.POST.get("digest", "")
            )
        except writing.DifferenceChanged:
            messages.warning(
                request, _("The roster has changed meanwhile. This is the difference now.")
            )
            status = 409
        else:
            told = _(
                "Imported: %(added)s added, %(changed)s changed, %(unchanged)s unchanged, "
                "%(refused)s refused."
            ) % {
                "added": len(written.added),
                "changed": len(written.changed),
                "unchanged": written.unchanged,
                "refused": len(written.refused),
            }
            return done(request, access, "roster", told)
    found = writing.planned(pending)
    facts = {"pending": pending, "plan": found, "shown": SHOWN}
    return page(request, access, "classes/roster_difference.html", facts, status=status)


def download(data: bytes, content_type: str, name: str) -> HttpResponse:
    """Return a file to be saved."""
    return HttpResponse(
        data,
        content_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
