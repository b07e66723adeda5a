"""The audit log: what staff changed about accounts, grades and platforms, and who it was.

django-auditlog keeps it. Models are named by `watch`, which sees `save()`; a guarded `UPDATE`,
which no signal sees, is written by `record`, in the caller's transaction. Changes of classes have a
log of their own (`classes.audit`) and are not written here.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

from auditlog.context import set_actor
from auditlog.models import LogEntry
from auditlog.registry import auditlog
from auditlog.signals import pre_log

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from django.db.models import Model
    from django.http import HttpRequest, HttpResponse

_actor: Final[ContextVar[Any]] = ContextVar("whybox_audit_actor", default=None)
READING: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


def audit_middleware(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Let what a request changes be written with the name of whoever is signed in."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.method in READING or not request.user.is_authenticated:
            return get_response(request)
        token = _actor.set(request.user)
        try:
            with set_actor(request.user):
                return get_response(request)
        finally:
            _actor.reset(token)

    return middleware


def watch(model: type[Model], *, fields: Sequence[str], lists: Sequence[str] = ()) -> None:
    """Log changes of these columns and many-to-many lists whenever a row is saved or deleted.

    The model's `get_additional_data` may return ``{"about": <key of a user>}``: the line belongs to
    that person's data then, and goes with the account.
    """
    auditlog.register(model, include_fields=list(fields), m2m_fields=set(lists))


def skip_when(model: type[Model], rule: Callable[[Any, Any, bool], bool]) -> None:
    """Write no line where `rule` says so: of the row, who acts (or None), whether it is new."""

    def receiver(sender: type[Model], *, instance: Model, action: int, **_facts: object) -> bool:  # noqa: ARG001  # the signal's
        return not rule(instance, acting(), action == LogEntry.Action.CREATE)

    pre_log.connect(receiver, sender=model, weak=False, dispatch_uid=f"audit-{model.__name__}")


def acting() -> Any:
    """Return the user whose request this is; None in workers and commands."""
    return _actor.get()


def record(instance: Model, changes: Mapping[str, Sequence[object]]) -> None:
    """Write a line about a row that an `UPDATE` has changed: column -> old and new value."""
    plain = {name: [str(value) for value in values] for name, values in changes.items()}
    LogEntry.objects.log_create(instance, action=LogEntry.Action.UPDATE, changes=plain)
