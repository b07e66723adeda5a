"""What a learner may hand in, checked before anything is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.html import escape
from django.utils.translation import gettext_lazy as _

from exercises.models import DiagnosisAnswer
from grader.errors import NotebookRefused
from grader.messages import message_text
from grader.notebook import MAX_BYTES, find_parameters_cell, read_notebook
from grader.sandbox.job import MIB

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

    from exercises.models import Exercise
    from exercises.rubric import ReviewRubric


def checked_notebook(upload: UploadedFile[Any], *, exercise: Exercise) -> bytes:
    """Return the uploaded bytes once they are a notebook that the exercise can run.

    No more than the accepted size is read into memory, however large the upload is.

    Raises:
        NotebookRefused: with a stable `reason` and words that name the mend.
    """
    if upload.size is None or upload.size > MAX_BYTES:
        facts = {"size": round((upload.size or 0) / MIB, 1), "limit": round(MAX_BYTES / MIB, 1)}
        raise NotebookRefused("too_large", message_text("notebook.too_large", facts))
    data = upload.read()
    notebook = read_notebook(data)
    find_parameters_cell(notebook, required=bool(exercise.description["parameters"]))
    return bytes(data)


class UploadForm(forms.Form):
    """A notebook, and whether to be told by mail."""

    notebook = forms.FileField(
        label=_("Notebook"),
        widget=forms.FileInput(attrs={"accept": ".ipynb,application/x-ipynb+json"}),
        error_messages={
            "required": _("Choose the notebook (.ipynb) that you want to hand in."),
            "empty": _("The file is empty. Save the notebook and hand it in again."),
        },
    )
    mail_wanted = forms.BooleanField(label=_("Mail me when it is marked"), required=False)

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
    """Was the named mistake the right one?"""

    answer = forms.ChoiceField(
        choices=[choice for choice in DiagnosisAnswer.choices if choice[0]],
        label=_("Was this diagnosis right?"),
    )


class ReviewForm(forms.Form):
    """A level for each criterion of a rubric, and a comment."""

    comment = forms.CharField(
        label=_("Comment for the learner"),
        help_text=_("What is good, what is missing, and what would be the next step."),
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
