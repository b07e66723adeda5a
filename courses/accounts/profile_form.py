"""The form of one's own settings."""

from __future__ import annotations

import zoneinfo
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django import forms
from django.conf import settings
from django.forms.utils import flatatt
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from courses.accounts.models import User
from courses.accounts.names import plain_name

if TYPE_CHECKING:
    from django.forms import BoundField
    from django.forms.renderers import BaseRenderer
    from django.utils.safestring import SafeString

_REMINDERS: Final = ("review", "mail_certificate", "mail_grading", "mail_answers")


@cache
def _zones() -> tuple[str, ...]:
    return tuple(sorted(zoneinfo.available_timezones() - {"localtime", "Factory"}))


@cache
def _zone_options() -> str:
    return "".join(f'<option value="{one}">{one.replace("_", " ")}</option>' for one in _zones())


class ZoneSelect(forms.Select):
    """A choice among six hundred zones, written once and not by a template for each."""

    def render(
        self,
        name: str,
        value: Any,
        attrs: dict[str, Any] | None = None,
        renderer: BaseRenderer | None = None,  # noqa: ARG002  # the signature is Django's
    ) -> SafeString:
        """Return the field as HTML."""
        chosen = str(value) if value in _zones() else ""
        first = format_html('<option value="">{}</option>', _("Use browser time zone"))
        options = f"{first}{_zone_options()}".replace(
            f'value="{chosen}"', f'value="{chosen}" selected', 1
        )
        given = flatatt(self.build_attrs(self.attrs, {"name": name, **(attrs or {})}))
        # Names of zones hold letters, digits and signs that mean nothing in HTML.
        return format_html("<select{}>{}</select>", given, mark_safe(options))  # noqa: S308


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic when it runs
    """Name, consent, language, time zone, mail."""

    class Meta:
        model = User
        fields: ClassVar[list[str]] = [
            *("name", "name_public", "locale", "time_zone"),
            *_REMINDERS,
        ]

    def __init__(self, *args: Any, **facts: Any) -> None:
        super().__init__(*args, **facts)
        self.fields["locale"] = forms.ChoiceField(
            label=_("Language"),
            required=False,
            choices=[("", _("Use browser language")), *settings.LANGUAGES],
        )
        self.fields["time_zone"] = forms.ChoiceField(
            label=_("Time zone"),
            required=False,
            choices=[("", ""), *((zone, zone) for zone in _zones())],
            widget=ZoneSelect,
        )
        self.fields["name"].widget.attrs["autocomplete"] = "name"

    @property
    def groups(self) -> list[tuple[str, list[BoundField]]]:
        """Return the fields in the groups that they are shown in, each with its title."""
        return [
            (gettext("Name"), [self["name"], self["name_public"]]),
            (gettext("Language and time zone"), [self["locale"], self["time_zone"]]),
            (gettext("Review and email"), [self[name] for name in _REMINDERS]),
        ]

    def clean_name(self) -> str:
        """Return the name without characters that hide or reverse what stands beside them."""
        return plain_name(self.cleaned_data["name"])
