"""A learner solves an exercise in its page: types, runs, submits, corrects, passes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.journeys.live_site import GRADE_MILLISECONDS, PASSWORD, TREESHAP

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Route

    from tests.journeys.live_site import Visitor

pytestmark = pytest.mark.browser

RUN_MILLISECONDS = 60_000
NOTEBOOK = re.compile(r"/js/workbench/page\b[^/]*\.js$")
"""The script that makes a notebook of the form, with or without a digest in its name."""
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
    """Type, run, see a plot, submit a mistake, read the diagnosis at the cell, correct it, pass."""
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
    visitor.look("workbench-run", part="#here")

    page.locator("[data-part=submit]").click()
    note = cell(visitor, "explain").locator("[data-notes]")
    expect(note).to_contain_text("To check:", timeout=GRADE_MILLISECONDS)
    expect(note).to_contain_text("sign")
    visitor.look("workbench-diagnosis", shot=False)
    assert f"/exercises/{TREESHAP}/" in page.url

    write(visitor, "explain", RIGHT)
    page.locator("[data-part=submit]").click()
    expect(page.locator("[data-part=verdict] .verdict--pass")).to_be_visible(
        timeout=GRADE_MILLISECONDS
    )
    visitor.look("workbench-passed", shot=False)


def test_two_tabs_never_overwrite_each_other(visitor: Visitor, email: str) -> None:
    """The second tab is asked; whichever is kept, the other is in the history."""
    arrive(visitor, email)
    visitor.expected_statuses.add(409)
    first = visitor.page
    second = visitor.context.new_page()
    second.goto(first.url)
    write(visitor, "fx", "mine = 1")
    expect(first.locator("[data-part=state]")).to_contain_text("Saved")

    visitor.page = second
    write(visitor, "fx", "theirs = 2")
    dialog = second.locator("dialog[data-dialog=conflict]")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Keep mine").click()
    expect(second.locator("[data-part=state]")).to_contain_text("Saved")

    second.locator("summary", has_text="Notebook").click()
    second.get_by_role("button", name="History").click()
    versions = second.locator("[data-versions] li")
    expect(versions).to_have_count(2)
    visitor.look("workbench-history", within="dialog[data-dialog=history]", shot=False)
    versions.nth(1).get_by_role("button", name="Go back to this").click()
    expect(cell(visitor, "fx").locator(".cm-content")).to_contain_text("mine = 1")


def test_tab_completes_and_shift_tab_explains(visitor: Visitor, email: str) -> None:
    """`shap.Tree` and Tab: from the process, not from the words of the page."""
    arrive(visitor, email)
    write(visitor, "explain", "import shap\nshap.Tree")
    visitor.page.keyboard.press("Tab")
    options = visitor.page.locator(".cm-tooltip-autocomplete")
    content = cell(visitor, "explain").locator(".cm-content")
    named = content.or_(options).filter(has_text="TreeExplainer")
    expect(named.first).to_be_visible(timeout=20_000)
    if options.is_visible():
        visitor.page.wait_for_timeout(200)  # the editor ignores keys that meet a list just opened
        visitor.page.keyboard.press("Enter")
    expect(content).to_contain_text("shap.TreeExplainer")

    visitor.page.keyboard.insert_text("(")
    visitor.page.keyboard.press("Shift+Tab")
    expect(visitor.page.locator(".cm-tooltip", has_text="feature_perturbation")).to_be_visible(
        timeout=10_000
    )


def test_what_was_typed_survives_a_server_that_is_away(visitor: Visitor, email: str) -> None:
    """The page says so, keeps it, and saves it once the server is back; a run works again."""
    arrive(visitor, email)
    visitor.expected_statuses |= {502, 503, 504}
    visitor.ignored.append("ERR_CONNECTION_REFUSED")
    state = visitor.page.locator("[data-part=state]")
    write(visitor, "fx", "x = 1")
    expect(state).to_contain_text("Saved")
    visitor.site.kill("web")
    try:
        write(visitor, "fx", "print('still here')")
        expect(state).to_contain_text("Offline")
    finally:
        visitor.site.start("web")
    expect(state).to_contain_text("Saved", timeout=60_000)
    visitor.page.keyboard.press("Control+Enter")
    expect(cell(visitor, "fx").locator("[data-outputs]")).to_contain_text(
        "still here", timeout=RUN_MILLISECONDS
    )


def test_a_lost_session_loses_nothing(visitor: Visitor, email: str) -> None:
    """The session ends while one types: the page says so, keeps it, and goes on after a sign-in."""
    arrive(visitor, email)
    # 409: the page in which one signs in may save what was kept first; both hold the same text.
    visitor.expected_statuses |= {401, 403, 409}
    page = visitor.page
    state = page.locator("[data-part=state]")
    write(visitor, "fx", "x = 1")
    expect(state).to_contain_text("Saved")
    visitor.context.clear_cookies(name="sessionid")
    write(visitor, "fx", "print('typed without a session')")
    expect(state).to_contain_text("Session ended")
    page.keyboard.insert_text("  # and on")
    visitor.look("workbench-session", within="#notebook", shot=False)

    with visitor.context.expect_page() as opened:
        page.locator("[data-part=sign-in]").click()
    form = opened.value
    form.get_by_label("Email").fill(email)
    form.get_by_label("Password").fill(PASSWORD)
    form.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
    form.wait_for_url(f"**/exercises/{TREESHAP}/")
    form.close()
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(state).to_contain_text("Saved", timeout=30_000)
    expect(page.locator("[data-part=sign-in]")).to_be_hidden()
    page.reload()
    content = cell(visitor, "fx").locator(".cm-content")
    expect(content).to_contain_text("typed without a session')  # and on")


def test_somebody_else_who_signs_in_gets_nothing_that_was_typed(
    welcome: Callable[..., Visitor], email: str
) -> None:
    """On a shared computer: the first one's page saves nothing for the second."""
    visitor = welcome()
    arrive(visitor, email)
    visitor.expected_statuses |= {401, 403}
    state = visitor.page.locator("[data-part=state]")
    write(visitor, "fx", "x = 1")
    expect(state).to_contain_text("Saved")
    other = welcome()
    other.arrive(f"other-{email}")
    visitor.context.clear_cookies()
    visitor.context.add_cookies(
        [
            {"name": one["name"], "value": one["value"], "url": visitor.site.address}
            for one in other.context.cookies()
        ]
    )
    write(visitor, "fx", "mine = 'not theirs'")
    expect(state).to_contain_text("Session ended")
    other.go(f"/exercises/{TREESHAP}/")
    expect(cell(other, "fx")).to_contain_text("fx = np.zeros")
    assert "not theirs" not in other.page.content()


def test_the_page_of_the_command_line(welcome: Callable[..., Visitor]) -> None:
    """On a desktop and on a phone: nothing overflows, and axe finds nothing."""
    for options in ({}, {"viewport": {"width": 390, "height": 800}, "is_mobile": True}):
        visitor = welcome(**options)
        visitor.go("/cli/")
        assert visitor.sideways() == 0
        visitor.look("command-line-phone" if options else "command-line", shot=False)


def test_what_is_typed_and_pressed_before_the_scripts_came_is_done(
    welcome: Callable[..., Visitor], email: str
) -> None:
    """Nothing of the notebook is loaded on opening; what came first is kept, run and saved."""
    # What a service worker fetches for a page cannot be held back.
    visitor = welcome(service_workers="block")
    visitor.site.ready_to_run()
    visitor.arrive(email)
    page = visitor.page
    asked: list[str] = []
    held: list[Route] = []
    page.on("request", lambda request: asked.append(request.url))
    page.route(NOTEBOOK, lambda route: held.append(route))  # noqa: PLW0108  # it marks its handler
    visitor.go(f"/exercises/{TREESHAP}/")
    assert [url for url in asked if "codemirror" in url or NOTEBOOK.search(url)] == []

    box = cell(visitor, "fx")
    with page.expect_request(NOTEBOOK):
        box.scroll_into_view_if_needed()
    box.locator("textarea").fill("print('typed early')")
    page.keyboard.press("Control+Enter")
    expect(box.locator("[data-outputs]")).to_be_empty()
    (script,) = held
    script.continue_()

    expect(box.locator("[data-outputs]")).to_contain_text("typed early", timeout=RUN_MILLISECONDS)
    expect(box.locator(".cm-content")).to_contain_text("typed early")
    expect(page.locator("[data-part=state]")).to_contain_text("Saved")


def test_a_button_pressed_before_the_scripts_came_is_pressed_once(
    welcome: Callable[..., Visitor], email: str
) -> None:
    """Without a connection the page says so, and the next press asks again and runs once."""
    visitor = welcome(service_workers="block")
    visitor.ignored.append("ERR_FAILED")
    visitor.site.ready_to_run()
    visitor.arrive(email)
    page = visitor.page
    runs: list[str] = []
    page.on(
        "request", lambda sent: runs.append(sent.method) if sent.url.endswith("runs/") else None
    )
    page.route(NOTEBOOK, lambda route: route.abort())
    visitor.go(f"/exercises/{TREESHAP}/")
    box = cell(visitor, "data")
    run = box.get_by_role("button", name="Run the cells up to here")
    run.click()
    expect(page.locator("[data-part=said]")).to_contain_text("connection")
    assert runs == []

    page.unroute(NOTEBOOK)
    run.click()
    expect(box.locator("[data-outputs]")).to_contain_text("accuracy", timeout=RUN_MILLISECONDS)
    assert runs == ["POST"]


def test_by_keyboard_only(visitor: Visitor, email: str) -> None:
    """Into the editor, type, run, out by Escape and Tab, and on to the next button."""
    arrive(visitor, email)
    page = visitor.page
    cell(visitor, "parameters").scroll_into_view_if_needed()
    expect(cell(visitor, "parameters").locator(".cm-content")).to_be_visible()
    cell(visitor, "parameters").get_by_role("button", name="Run the cells up to here").focus()
    page.keyboard.press("Tab")
    focused = "document.activeElement.closest('[data-cell]')?.dataset.cell"
    assert page.evaluate(focused) == "parameters"
    page.keyboard.press("Control+End")
    page.keyboard.insert_text("\nprint('typed')")
    page.keyboard.press("Control+Enter")
    expect(cell(visitor, "parameters").locator("[data-outputs]")).to_contain_text(
        "typed", timeout=RUN_MILLISECONDS
    )
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    assert not page.evaluate("document.activeElement.classList.contains('cm-content')")


def test_on_a_phone(welcome: Callable[..., Visitor], email: str) -> None:
    """Nothing overflows; a cell runs by its button."""
    visitor = welcome(viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    arrive(visitor, email)
    box = cell(visitor, "data")
    box.scroll_into_view_if_needed()
    box.get_by_role("button", name="Run the cells up to here").tap()
    expect(box.locator("[data-outputs]")).to_contain_text("accuracy", timeout=RUN_MILLISECONDS)
    visitor.page.evaluate("scrollTo(0, 0)")

    assert visitor.sideways() == 0
    visitor.look("workbench-phone", within="#notebook", part='[data-cell="data"]')


def test_without_javascript(welcome: Callable[..., Visitor], email: str) -> None:
    """Text areas and buttons: save and run, with the outputs on the page that follows."""
    scripted = welcome()
    arrive(scripted, email)
    visitor = welcome(java_script_enabled=False, storage_state=scripted.context.storage_state())
    visitor.go(f"/exercises/{TREESHAP}/")
    page = visitor.page
    page.locator('textarea[name="source-fx"]').fill("print('no script')")
    visitor.follow(cell(visitor, "fx").locator("button[name=run]"))
    if page.get_by_text("Still running").count():
        page.wait_for_timeout(5_000)
        page.reload()

    expect(cell(visitor, "fx").locator("[data-outputs]")).to_contain_text("no script")
    expect(page.locator("#own")).to_be_visible()
    visitor.follow(page.locator("button[name=action][value=save]"))
    expect(page.get_by_text("Saved.")).to_be_visible()


def test_a_visitor_who_is_not_signed_in_gets_no_editor(visitor: Visitor) -> None:
    """Neither notebook nor script: the task, the starter to download, and the way to sign in."""
    visitor.go(f"/exercises/{TREESHAP}/")

    assert visitor.page.locator("[data-workbench]").count() == 0
    assert "workbench" not in visitor.page.content()
    visitor.go("/courses/foundations/shap-in-ten-minutes/")
    assert "workbench" not in visitor.page.content()


def test_a_lesson_s_code_is_edited_and_run(visitor: Visitor, email: str) -> None:
    """Run gives the block's own output below it; an edit is saved and is there after a reload."""
    visitor.site.ready_to_run()
    visitor.arrive(email)
    visitor.go("/courses/foundations/shap-in-ten-minutes/")
    page = visitor.page
    block = page.locator('[data-block="b2"]')
    printed = page.locator(".code-output", has_text="area error")
    expect(printed).to_be_visible()
    block.get_by_role("button", name="Edit").click()
    expect(block.locator(".cm-content")).to_be_visible()
    block.locator(".cm-content").click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text("print('rows', len(X_test))")
    block.get_by_role("button", name="Run").click()
    expect(block.locator("[data-outputs]")).to_contain_text("rows 143", timeout=RUN_MILLISECONDS)
    expect(printed).to_be_hidden()
    expect(block.locator("[data-draft-state]")).to_contain_text("Saved")
    visitor.look("lesson-code-edited", shot=False)

    page.reload()
    expect(block.locator(".cm-content")).to_contain_text("len(X_test)")
