"""The form of one's own settings."""

from __future__ import annotations

import zoneinfo
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from courses.models import User


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic when it runs
    """Name, consent, language, time zone, mail."""

    class Meta:
        model = User
        fields: ClassVar[list[str]] = [
            *("name", "name_public", "locale", "time_zone"),
            *("mail_certificate", "mail_grading"),
        ]

    def __init__(self, *args: Any, **facts: Any) -> None:
        super().__init__(*args, **facts)
        self.fields["locale"] = forms.ChoiceField(
            label=_("Language"),
            required=False,
            choices=[("", _("as the browser asks")), *settings.LANGUAGES],
        )
        zones = sorted(zoneinfo.available_timezones() - {"localtime", "Factory"})
        self.fields["time_zone"] = forms.ChoiceField(
            label=_("Time zone"), choices=[(zone, zone.replace("_", " ")) for zone in zones]
        )
        self.fields["name"].widget.attrs["autocomplete"] = "name"
