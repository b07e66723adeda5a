"""The forms of the discussion."""

from django import forms
from django.utils.translation import gettext_lazy as _

from courses.discussion.posts import LONGEST_POST


class AnswerForm(forms.Form):
    """An answer."""

    body = forms.CharField(
        label=_("Your text"),
        max_length=LONGEST_POST,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("Markdown: `code`, **strong**, $x^2$."),
    )
    spoiler = forms.BooleanField(label=_("Contains spoilers (hide until passed)"), required=False)


class QuestionForm(AnswerForm):
    """A question."""

    title = forms.CharField(label=_("Title"), max_length=200)
    field_order = ("title", "body", "spoiler")


class ReportForm(forms.Form):
    """A report."""

    reason = forms.CharField(label=_("Reason"), max_length=500)
