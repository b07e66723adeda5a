"""Forms of the staff pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from classes.lti import outbound, targets
from classes.lti.models import Context, Deployment, Platform
from classes.lti.pages.frames import is_origin
from classes.models import Class

if TYPE_CHECKING:
    from django.http import QueryDict

    from classes.lti.models import ResourceLink

ADDRESSES = ("auth_url", "token_url", "jwks_url")


class PlatformForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic when it runs
    """A platform's registration, as its administrator gave it."""

    class Meta:
        model = Platform
        fields = (
            "name",
            "issuer",
            "client_id",
            *ADDRESSES,
            "token_audience",
            "frame_origins",
            "active",
        )
        help_texts = {  # noqa: RUF012  # Django reads it from the class
            "issuer": _("As in its tokens, e.g. https://lms.example.org."),
            "token_audience": _("Leave blank to use the access token URL."),
            "frame_origins": _(
                "Origins of its pages, if not those of the addresses above; separated by spaces."
            ),
        }
        widgets = {"frame_origins": forms.TextInput}  # noqa: RUF012  # Django reads it

    def clean(self) -> dict[str, Any]:
        """Refuse addresses that this site would not ask."""
        facts = super().clean() or {}
        for name in ADDRESSES:
            if name in facts:
                try:
                    outbound.check_address(facts[name])
                except outbound.AddressError as error:
                    self.add_error(name, str(error))
        return facts

    def clean_frame_origins(self) -> str:
        """Take origins only: scheme and host, without a path."""
        origins: list[str] = self.cleaned_data["frame_origins"].split()
        for origin in origins:
            if not is_origin(origin):
                raise ValidationError(
                    _("“%(origin)s” is not an origin. Example: https://lms.example.org"),
                    params={"origin": origin},
                )
        return " ".join(origins)


class DeploymentForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic when it runs
    """A deployment to add."""

    class Meta:
        model = Deployment
        fields = ("deployment_id",)


class ContextForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic when it runs
    """The class of a platform's course."""

    class Meta:
        model = Context
        fields = ("klass",)
        help_texts = {  # noqa: RUF012  # Django reads it from the class
            "klass": _("Its gradebook's marks are sent. Without a class, the best result is sent."),
        }

    def __init__(self, *arguments: Any, **facts: Any) -> None:
        super().__init__(*arguments, **facts)
        field = self.fields["klass"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = Class.objects.filter(archived_at=None)
            field.empty_label = str(_("no class"))


class TargetForm(forms.Form):
    """What a link opens."""

    target = forms.ChoiceField(label=_("Opens"), required=False)

    def __init__(self, link: ResourceLink, data: QueryDict | None = None) -> None:
        super().__init__(data, initial={"target": link.target}, prefix=f"link-{link.pk}")
        entries = targets.choices()
        field = self.fields["target"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [
                ("", _("not chosen yet")),
                *((one.target.key, one.title) for one in entries),
            ]
