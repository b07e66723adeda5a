"""A learner solves an exercise in its page: types, runs, submits, mends, passes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.journeys.live_site import GRADE_MILLISECONDS, TREESHAP

if TYPE_CHECKING:

    from playwright.sync_api import Locator

    from tests.journeys.live_site import Visitor

pytestmark = pytest.mark.browser

WORKER_SECONDS = 180.0
"""How long the worker for runs may take to open its sandbox on a busy machine."""
RUN_MILLISECONDS = 60_000
FX = "fx = model.decision_function(X_test[rows])"
FLIPPED = """import shap

explainer = shap.TreeExplainer(model)
shap_values = -explainer.shap_values(X_test[rows])
base_value = float(np.ravel(explainer.expected_value)[0])"""
RIGHT = FLIPPED.replace("-explainer", "explainer")
PLOT = """import matplotlib.pyplot as plt

plt.bar(range(len(fx)), fx)
plt.show()"""


def arrive(visitor: Visitor, email: str, exercise: str = TREESHAP) -> None:
    """Sign up and open an exercise, once runs can start."""
    visitor.site.ready_to_run()
    visitor.arrive(email)
    visitor.go(f"/exercises/{exercise}/")


def cell(visitor: Visitor, name: str) -> Locator:
    """Return a cell by its id."""
    return visitor.page.locator(f'[data-cell="{name}"]')


def write(visitor: Visitor, name: str, source: str) -> None:
    """Type into a cell's editor, in place of what stands there."""
    box = cell(visitor, name)
    box.scroll_into_view_if_needed()
    editor = box.locator(".cm-content")
    expect(editor).to_be_visible()
    editor.click()
    visitor.page.keyboard.press("ControlOrMeta+a")
    visitor.page.keyboard.insert_text(source)


def test_from_the_starter_to_a_pass_without_leaving_the_page(visitor: Visitor, email: str) -> None:
    """Type, run, see a plot, submit a mistake, read the diagnosis beside the cell, mend, pass."""
    visitor.site.ready_to_grade()
    arrive(visitor, email)
    page = visitor.page
    write(visitor, "fx", FX)
    write(visitor, "explain", FLIPPED)
    write(visitor, "check", PLOT)
    page.keyboard.press("Shift+Enter")
    picture = cell(visitor, "check").locator("[data-outputs] img")
    expect(picture).to_be_visible(timeout=RUN_MILLISECONDS)
    expect(cell(visitor, "data").locator("[data-outputs]")).to_contain_text("accuracy")
    expect(page.locator("[data-part=state]")).to_contain_text("Saved")
    visitor.look("workbench-run")

    page.locator("[data-part=submit]").click()
    note = cell(visitor, "explain").locator("[data-notes]")
    expect(note).to_contain_text("To check:", timeout=GRADE_MILLISECONDS)
    expect(note).to_contain_text("sign")
    visitor.look("workbench-diagnosis")
    assert f"/exercises/{TREESHAP}/" in page.url

    write(visitor, "explain", RIGHT)
    page.locator("[data-part=submit]").click()
    expect(page.locator("[data-part=verdict] .verdict--pass")).to_be_visible(
        timeout=GRADE_MILLISECONDS
    )
    visitor.look("workbench-passed")
