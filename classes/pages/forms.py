"""The forms of classes."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from classes import scheduling
from classes.dates import later_instant
from classes.making import COUNTED, DATED
from classes.models import Class, Member, Role, ScheduledPart
from classes.models.schedule import MAX_POINTS, MAX_RELATIVE_DAYS
from classes.policy import Counting
from courses.accounts.models import validate_time_zone
from courses.models import Course, Path

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

SHORT_LIST = 12
"""Members that an announcement's form names; more are counted."""


class DateInput(forms.DateInput):
    """A date, by the browser's own picker."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class MomentInput(forms.TextInput):
    """A date and time, by the browser's own picker."""

    input_type = "datetime-local"


class MomentField(forms.Field):
    """A local time of a zone, as an instant.

    Where the clock shows the time twice or never, it is the later instant, as everywhere in a
    class.
    """

    widget = MomentInput

    def __init__(self, zone: ZoneInfo, **facts: Any) -> None:
        super().__init__(**facts)
        self.zone = zone

    def to_python(self, value: Any) -> datetime | None:
        """Return the instant.

        Raises:
            ValidationError: the text is no date and time.
        """
        if value in self.empty_values:
            return None
        try:
            wall = datetime.fromisoformat(str(value).strip().replace("T", " "))
        except ValueError as error:
            raise forms.ValidationError(
                _("Give a date and a time, such as 2026-10-31 20:00.")
            ) from error
        if wall.tzinfo is not None or not 1970 < wall.year < 2200:  # noqa: PLR2004  # years
            raise forms.ValidationError(_("Give a date and a time, such as 2026-10-31 20:00."))
        return later_instant(wall, self.zone)

    def prepare_value(self, value: Any) -> Any:
        """Return an instant as the picker wants it."""
        if isinstance(value, datetime):
            return value.astimezone(self.zone).strftime("%Y-%m-%dT%H:%M")
        return value


class SettingsForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic when it runs
    """What a class is: title, courses, dates, zone, joining and policy."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    path = forms.ModelChoiceField(
        queryset=Path.objects.none(),
        label=gettext_lazy("Whole path"),
        required=False,
        empty_label=gettext_lazy("none"),
        help_text=gettext_lazy("Takes all its courses, beside those that are chosen below."),
    )
    courses = forms.ModelMultipleChoiceField(
        queryset=Course.objects.none(),
        label=gettext_lazy("Courses"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=gettext_lazy("Their exercises and quizzes can be scheduled."),
    )

    class Meta:
        model = Class
        fields = (
            "title",
            "term",
            "path",
            "courses",
            "time_zone",
            "starts_on",
            "ends_on",
            "join_open",
            "email_domains",
            "late_unit",
            "late_percent",
            "late_floor",
            "grace_days",
            "early_percent",
            "attempts",
            "drop_lowest",
        )
        widgets = {  # noqa: RUF012  # Django's inner Meta
            "starts_on": DateInput,
            "ends_on": DateInput,
            "email_domains": forms.Textarea(attrs={"rows": 3}),
            "time_zone": forms.TextInput(attrs={"autocomplete": "off"}),
        }
        help_texts = {  # noqa: RUF012  # the same
            "time_zone": gettext_lazy(
                "Such as Europe/Paris or America/New_York. Dates are given and days are counted in "
                "this zone."
            ),
            "email_domains": gettext_lazy(
                "One domain a line, such as example.edu. Leave blank to admit everybody who has "
                "the link."
            ),
            "late_floor": gettext_lazy("0: late work can lose everything."),
            "grace_days": gettext_lazy("Late days that cost a learner nothing, over all parts."),
            "early_percent": gettext_lazy("On top, for work before a part's early date. 0: none."),
            "drop_lowest": gettext_lazy("Of each learner's required parts."),
        }

    def __init__(self, *args: Any, **facts: Any) -> None:
        super().__init__(*args, **facts)
        taught = Course.objects.listed()
        if self.instance.pk and not self.instance._state.adding:  # noqa: SLF001  # documented
            taught = (taught | Course.objects.filter(pk__in=self.instance.courses.all())).distinct()
            self.fields["version"].initial = self.instance.version
        self.fields["courses"].queryset = taught  # type: ignore[attr-defined]
        self.fields["path"].queryset = Path.objects.all()  # type: ignore[attr-defined]
        self.fields["time_zone"].validators = [validate_time_zone]

    def clean(self) -> dict[str, Any]:
        """Refuse a last day before the first."""
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("starts_on"), cleaned.get("ends_on")
        if first and last and last < first:
            self.add_error("ends_on", _("The last day is before the first."))
        return cleaned

    def validate_constraints(self) -> None:
        """Leave the constraints to `clean`, which names the field."""

    @property
    def facts(self) -> dict[str, Any]:
        """Return the fields of the class itself."""
        apart = {"courses", "path", "version"}
        return {name: value for name, value in self.cleaned_data.items() if name not in apart}

    @property
    def courses_of_class(self) -> list[Course]:
        """Return the chosen courses and those of the chosen path that are taught."""
        chosen = list(self.cleaned_data["courses"])
        path = self.cleaned_data["path"]
        if path is not None:
            taught = Course.objects.listed().filter(paths=path)
            chosen += [one for one in taught if one not in chosen]
        return chosen


class CopyForm(forms.Form):
    """A copy for a new term."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=200)
    term = forms.CharField(label=gettext_lazy("Term"), max_length=80, required=False)
    starts_on = forms.DateField(
        label=gettext_lazy("First day"),
        widget=DateInput,
        help_text=gettext_lazy(
            "All dates move by as many days as lie between the two first days; times stay."
        ),
    )
    with_staff = forms.BooleanField(
        label=gettext_lazy("With its instructors, assistants and observers"),
        required=False,
        initial=True,
    )


class CodeForm(forms.Form):
    """A join code."""

    code = forms.CharField(label=gettext_lazy("Join code"), max_length=12)

    def clean_code(self) -> str:
        """Return the code as it is stored, whatever case and spaces it was typed with."""
        return "".join(str(self.cleaned_data["code"]).split()).replace("-", "").upper()


class RosterFileForm(forms.Form):
    """A roster as a file."""

    file = forms.FileField(
        label=gettext_lazy("Roster (CSV or XLSX)"),
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx,.txt,text/csv"}),
        help_text=gettext_lazy(
            "The first line names the columns: email, and if you like name (or first name and last "
            "name), student number, section, role."
        ),
    )
    drop_absent = forms.BooleanField(
        label=gettext_lazy("Learners who are not in the file leave the class"), required=False
    )
    invite = forms.BooleanField(
        label=gettext_lazy("Invite new people by email"), required=False, initial=True
    )


class MemberForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic when it runs
    """One member, added or changed by hand."""

    class Meta:
        model = Member
        fields = ("email", "name", "number", "section", "role")

    def __init__(self, *args: Any, **facts: Any) -> None:
        super().__init__(*args, **facts)
        if not self.instance._state.adding:  # noqa: SLF001  # documented
            del self.fields["email"]

    def validate_constraints(self) -> None:
        """Leave twins of addresses to the view, which knows the class."""

    def clean_email(self) -> str:
        """Return the address in lower case."""
        return str(self.cleaned_data["email"]).lower()


class PartForm(forms.Form):
    """One part in the schedule's editor."""

    subject = forms.CharField(widget=forms.HiddenInput)
    scheduled = forms.BooleanField(label=gettext_lazy("In the schedule"), required=False)
    position = forms.IntegerField(label=gettext_lazy("Order"), min_value=0, max_value=9999)
    counting = forms.ChoiceField(label=gettext_lazy("Counts as"), choices=Counting.choices)
    points = forms.FloatField(label=gettext_lazy("Points"), min_value=0, max_value=MAX_POINTS)

    def __init__(self, *args: Any, zone: ZoneInfo, relative: bool, **facts: Any) -> None:
        super().__init__(*args, **facts)
        self.relative = relative
        if relative:
            for name in COUNTED:
                self.fields[name] = forms.IntegerField(
                    label=capfirst(scheduling.NAMES[name]),
                    min_value=0,
                    max_value=MAX_RELATIVE_DAYS,
                    required=False,
                )
        else:
            for name in DATED:
                title = capfirst(scheduling.NAMES[name])
                self.fields[name] = MomentField(zone, label=title, required=False)

    def clean(self) -> dict[str, Any]:
        """Refuse dates that are in no order."""
        if self.cleaned_data.get("scheduled"):
            for name, problem in scheduling.problems(self.facts).items():
                if name in self.fields and name not in self.errors:
                    self.add_error(name, problem)
        return self.cleaned_data

    @property
    def facts(self) -> dict[str, Any]:
        """Return the fields of the part; dates of the other kind are emptied."""
        names = ("position", "counting", "points", *DATED, *COUNTED)
        return {name: self.cleaned_data.get(name) for name in names} | {"relative": self.relative}


class MembersField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # as above
    """Members to choose from; people of one name are told apart by their addresses."""

    def label_from_instance(self, obj: Member) -> str:
        """Return name and address."""
        return f"{obj.shown_name} ({obj.email})" if obj.shown_name != obj.email else obj.email


class ExtensionForm(forms.Form):
    """More time."""

    part = forms.ModelChoiceField(
        queryset=ScheduledPart.objects.none(),
        label=gettext_lazy("Part"),
        required=False,
        empty_label=gettext_lazy("Every part"),
    )
    members = MembersField(
        queryset=Member.objects.none(),
        label=gettext_lazy("Learners"),
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 8}),
        help_text=gettext_lazy("Hold Ctrl, on a Mac Command, to choose several."),
    )
    section = forms.ChoiceField(label=gettext_lazy("Or a whole section"), required=False)
    days = forms.IntegerField(
        label=gettext_lazy("Extra days"), required=False, min_value=1, max_value=365
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        help_text=gettext_lazy("Kept with your name. Other learners never see it."),
    )

    def __init__(self, *args: Any, klass: Class, **facts: Any) -> None:
        super().__init__(*args, **facts)
        self.fields["part"].queryset = klass.parts.scheduled()  # type: ignore[attr-defined]
        learners = klass.members.filter(role__in=(Role.LEARNER, Role.TEST)).in_order()
        self.fields["members"].queryset = learners  # type: ignore[attr-defined]
        self.fields["section"].choices = [  # type: ignore[attr-defined]
            ("", "–"),  # noqa: RUF001  # a dash for none
            *((name, name) for name in sections_of(klass)),
        ]
        due = MomentField(klass.zone, label=_("Or a new due date"), required=False)
        self.fields["due_at"] = due
        self.order_fields(["part", "members", "section", "days", "due_at", "reason"])


class ExtensionFileForm(forms.Form):
    """Extensions as a file."""

    file = forms.FileField(
        label=gettext_lazy("Extensions (CSV or XLSX)"),
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx,.txt,text/csv"}),
        help_text=gettext_lazy(
            "The first line names the columns: email, days, and if you like part (its title or "
            "slug; empty for every part) and reason."
        ),
    )
    reason = forms.CharField(label=gettext_lazy("Reason, where a line has none"), max_length=500)


class OverrideForm(forms.Form):
    """A person's decision about a mark."""

    points = forms.FloatField(
        label=gettext_lazy("Points"), min_value=0, max_value=MAX_POINTS, required=False
    )
    excused = forms.BooleanField(
        label=gettext_lazy("Excused: the part does not count for this learner"), required=False
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500)

    def clean(self) -> dict[str, Any]:
        """Refuse neither points nor an excuse, or both."""
        points, excused = self.cleaned_data.get("points"), self.cleaned_data.get("excused")
        if "points" not in self.errors and (points is None) != bool(excused):
            self.add_error("points", _("Give points, or excuse the learner."))
        return self.cleaned_data


class AnnouncementForm(forms.Form):
    """A message to a class."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=200)
    body = forms.CharField(
        label=gettext_lazy("Message"),
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=gettext_lazy("Markdown: **bold**, lists, links."),
    )
    section = forms.ChoiceField(label=gettext_lazy("To"), required=False)
    mail = forms.BooleanField(label=gettext_lazy("Send it by email too"), required=False)

    def __init__(self, *args: Any, klass: Class, chosen: Sequence[Member], **facts: Any) -> None:
        super().__init__(*args, **facts)
        if chosen:
            del self.fields["section"]
        else:
            self.fields["section"].choices = [  # type: ignore[attr-defined]
                ("", _("The whole class")),
                *((name, _("Section %(name)s") % {"name": name}) for name in sections_of(klass)),
            ]


def sections_of(klass: Class) -> list[str]:
    """Return the sections that present members are in, in order."""
    found = klass.members.present().exclude(section="").values_list("section", flat=True)
    return sorted(set(found))
