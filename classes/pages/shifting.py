"""Shifting the dates of several parts at once in the schedule's editor, before it is saved."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from classes.making import COUNTED, DATED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import QueryDict

MOST_DAYS: Final = 366


class ShiftForm(forms.Form):
    """From which part to which, and by how many days; parts have the editor's numbers."""

    shift_from = forms.ChoiceField(label=gettext_lazy("From part"))
    shift_to = forms.ChoiceField(label=gettext_lazy("To part"))
    shift_days = forms.IntegerField(
        label=gettext_lazy("Days"),
        min_value=-MOST_DAYS,
        max_value=MOST_DAYS,
        initial=7,
        help_text=gettext_lazy("Less than 0 is earlier."),
    )

    def __init__(self, titles: Sequence[str], data: QueryDict | None = None) -> None:
        choices = [(str(at), title) for at, title in enumerate(titles)]
        super().__init__(data, initial={"shift_from": "0", "shift_to": str(len(titles) - 1)})
        for name in ("shift_from", "shift_to"):
            self.fields[name].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Refuse a range that ends before it begins."""
        first, last = (int(self.cleaned_data.get(f"shift_{end}") or 0) for end in ("from", "to"))
        if first > last and not self.errors:
            self.add_error("shift_to", _("This part stands before the first one."))
        return self.cleaned_data


def shifted(data: QueryDict, asked: dict[str, Any]) -> tuple[QueryDict, int]:
    """Return the editor's fields with their dates moved, and how many were.

    A time of day stays what the clock of the class shows. What is no date stays as it was typed,
    for the editor to say so.

    Args:
        data: what the browser has sent.
        asked: the cleaned data of a `ShiftForm`.
    """
    moved, found = 0, data.copy()
    for at in range(int(asked["shift_from"]), int(asked["shift_to"]) + 1):
        if not data.get(f"form-{at}-scheduled"):
            continue
        for name in (*DATED, *COUNTED):
            key = f"form-{at}-{name}"
            given = data.get(key, "").strip()
            later = _later(given, asked["shift_days"], counted=name in COUNTED) if given else None
            if later is not None:
                found[key] = later
                moved += 1
    return found, moved


def _later(given: str, days: int, *, counted: bool) -> str | None:
    """Return a date, or a number of days after joining, moved; None for anything else."""
    try:
        if counted:
            return str(int(given) + days)
        return (datetime.fromisoformat(given) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M")
    except (ValueError, OverflowError):
        return None
