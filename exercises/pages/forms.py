"""Forms: the upload of a notebook, the answer to a diagnosis, a review."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.html import escape
from django.utils.translation import gettext_lazy as _

from exercises.models import DiagnosisAnswer
from exercises.submissions.uploads import checked_notebook
from grader.errors import NotebookRefused

if TYPE_CHECKING:
    from exercises.catalogue.rubric import ReviewRubric
    from exercises.models import Exercise


class UploadForm(forms.Form):
    """A notebook, and whether to email the verdict."""

    notebook = forms.FileField(
        label=_("Notebook"),
        widget=forms.FileInput(attrs={"accept": ".ipynb,application/x-ipynb+json"}),
        error_messages={
            "required": _("Choose a notebook (.ipynb) to submit."),
            "empty": _("The file is empty. Save the notebook and submit it again."),
        },
    )
    mail_wanted = forms.BooleanField(label=_("Email me when it's graded"), required=False)

    def __init__(
        self, *args: Any, exercise: Exercise, mail_wanted: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._exercise = exercise
        self.fields["mail_wanted"].initial = mail_wanted

    def clean_notebook(self) -> bytes:
        """Return the bytes of the notebook."""
        upload = self.cleaned_data["notebook"]
        try:
            return checked_notebook(upload, exercise=self._exercise)
        except NotebookRefused as refusal:
            raise forms.ValidationError(str(refusal), code=refusal.reason) from refusal


class DiagnosisForm(forms.Form):
    """Was the diagnosis right?"""

    answer = forms.ChoiceField(
        choices=[choice for choice in DiagnosisAnswer.choices if choice[0]],
        label=_("Was this diagnosis right?"),
    )


class ReviewForm(forms.Form):
    """A level for each criterion of a rubric, and a comment."""

    comment = forms.CharField(
        label=_("Comment for the learner"),
        help_text=_("What works well, what is missing, and what to do next."),
        widget=forms.Textarea(attrs={"rows": 8}),
        required=False,
        max_length=10_000,
    )

    def __init__(self, *args: Any, rubric: ReviewRubric, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._ids = [criterion.id for criterion in rubric.criteria]
        for criterion in rubric.criteria:
            self.fields[f"points_{criterion.id}"] = forms.TypedChoiceField(
                label=criterion.title,
                help_text=escape(criterion.description),
                choices=[(f"{one.points:g}", one.description) for one in criterion.levels],
                coerce=float,
                widget=forms.RadioSelect,
                error_messages={"required": _("Choose the level that fits best.")},
            )
        self.order_fields([f"points_{name}" for name in self._ids])

    @property
    def levels(self) -> list[forms.BoundField]:
        """Return the fields of the criteria."""
        return [self[f"points_{name}"] for name in self._ids]

    @property
    def points(self) -> dict[str, float]:
        """Return points by criterion id, once the form is valid."""
        return {name: self.cleaned_data[f"points_{name}"] for name in self._ids}
