"""Exercises ask for what their lessons teach, and do not reward what these warn of."""

import re
from pathlib import Path
from typing import Any

import yaml

CONTENT = Path(__file__).resolve().parents[2] / "content"


def exercise(slug: str) -> dict[str, Any]:
    """Return what an exercise's YAML says."""
    text = (CONTENT / "exercises" / slug / "exercise.yaml").read_text(encoding="utf-8")
    facts: dict[str, Any] = yaml.safe_load(text)
    return facts


def lesson(address: str) -> str:
    """Return the text of a lesson."""
    return (CONTENT / "courses" / address / "lesson.md").read_text(encoding="utf-8")


def test_the_customers_to_call_follow_from_an_experiment_and_not_from_their_risk() -> None:
    """A benefit in proportion to the risk is a named mistake; no sentence speaks of causes."""
    task = exercise("churn-drivers")
    texts = " ".join(
        [task["title"], task["summary"], task["statement"]]
        + [output["meaning"] for output in task["outputs"].values()]
        + [criterion["title"] for criterion in task["rubric"]]
    )

    assert {"effect", "standard_error"} <= set(task["outputs"])
    assert "benefit_by_risk" in [one["id"] for one in task["misconceptions"]]
    assert re.findall(r"\b(?:push\w*|driv\w+|because of|due to)\b", texts) == []
    assert "targeting by risk can be futile" in lesson(
        "interpretability-at-work/09-business-questions"
    )


def test_the_alarm_on_attributions_needs_the_distance_that_its_lesson_teaches() -> None:
    """The index alone is a named mistake; lesson and exercise weigh by the same distance."""
    task = exercise("attribution-drift")
    taught = lesson("interpretability-at-work/08-monitoring-and-drift")

    assert "distance" in task["outputs"]
    assert "index_alone" in [one["id"] for one in task["misconceptions"]]
    for text in (task["statement"], taught):
        assert "wasserstein_distance" in text
        assert "2 %" in text
