"""The forms of the discussion and of its moderators."""

from django import forms
from django.utils.translation import gettext_lazy as _

from courses.discussion.models import Outcome
from courses.discussion.moderation import LONGEST_WARNING
from courses.discussion.posts import LONGEST_POST
from courses.discussion.reports import LONGEST_REASON


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


class EditAnswerForm(AnswerForm):
    """One's own answer, with the version that is being edited."""

    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)


class EditQuestionForm(QuestionForm):
    """One's own question, with the version that is being edited."""

    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)


class HideForm(forms.Form):
    """Why a post is hidden; its author reads it."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=LONGEST_REASON,
        help_text=_("The author reads this, here and by email."),
    )


class WarningForm(forms.Form):
    """A message to the author of a post."""

    message = forms.CharField(
        label=_("Message"),
        max_length=LONGEST_WARNING,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("It is mailed to the author and kept."),
    )


class ResolveForm(forms.Form):
    """What a moderator found about the open reports of a post."""

    outcome = forms.ChoiceField(label=_("The report is"), choices=Outcome, widget=forms.RadioSelect)
    note = forms.CharField(
        label=_("Note"),
        max_length=LONGEST_REASON,
        required=False,
        help_text=_("For other moderators."),
    )
