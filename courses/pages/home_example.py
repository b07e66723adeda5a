"""The wrong answer on the home page: a sample of an exercise, and what its grading said.

The page shows what a learner sees who submits this sample. A journey submits it and compares.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

EXERCISE: Final = "treeshap-gradient-boosting"
SAMPLE: Final = "interventional"
CODE: Final = (
    "explainer = shap.TreeExplainer(model, X_train[:100])",
    "shap_values = explainer.shap_values(X_test[rows])",
    "base_value = explainer.expected_value",
)
PRINTED: Final = "largest gap: 1.6347872033861677e-07"
SCORE: Final = 30
MAX_SCORE: Final = 100
MESSAGE = _(
    "The explainer was given background data, which switches it to the interventional variant."
)
QUESTION = _("Which arguments did TreeExplainer get, and what does its feature_perturbation say?")
VALUES: Final = (
    ("area error", -2.375, -2.4, -1.6),
    ("worst concave points", -1.452, -2.4, -1.6),
    ("worst area", -1.103, -1.2, -0.4),
    ("worst concavity", -0.683, -0.4, 0.4),
)
"""Of row 26: feature, value, and the range that was expected."""
LOW: Final = -2.5
HIGH: Final = 0.5
"""The ends of the scale that the bars are drawn on."""


@dataclass(frozen=True)
class Value:
    """A value of the wrong answer; places are per cent of the figure's width."""

    name: str
    own: float
    low: float
    high: float

    @property
    def inside(self) -> bool:
        """Say whether the value is inside the expected range."""
        return self.low <= self.own <= self.high

    @property
    def bar(self) -> tuple[float, float]:
        """Return where the bar begins, and its width; it ends at zero, for all are negative."""
        return _place(self.own), round(_place(0.0) - _place(self.own), 2)

    @property
    def band(self) -> tuple[float, float]:
        """Return where the expected range begins, and its width."""
        return _place(self.low), round(_place(self.high) - _place(self.low), 2)

    @property
    def zero(self) -> float:
        """Return where zero lies."""
        return _place(0.0)


def _place(value: float) -> float:
    return round(100 * (value - LOW) / (HIGH - LOW), 2)


def example() -> dict[str, object]:
    """Return what the template shows."""
    return {
        "address": reverse("exercises:exercise", args=[EXERCISE]),
        "suspect": CODE[0],
        "code": "\n".join(CODE[1:]),
        "printed": PRINTED,
        "score": SCORE,
        "max_score": MAX_SCORE,
        "message": MESSAGE,
        "question": QUESTION,
        "values": [Value(*line) for line in VALUES],
    }
