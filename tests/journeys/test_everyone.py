"""The site for everyone: without a script, by keyboard, on a phone, in the dark, in French."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.journeys.answers import COURSE, FIRST, LESSON, OPEN_PAGES, answer_quiz, solution
from tests.journeys.live_site import GRADE_MILLISECONDS, PASSWORD, TREESHAP

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page

    from tests.journeys.live_site import Visitor

pytestmark = pytest.mark.browser


def test_the_route_needs_no_script(welcome: Callable[..., Visitor], email: str) -> None:
    """Without JavaScript one signs up, answers a quiz, hands in, and gets the verdict."""
    visitor = welcome(java_script_enabled=False)
    page = visitor.page
    visitor.sign_up(email)
    expect(page.get_by_role("button", name="Dark theme")).to_be_hidden()
    visitor.enrol(COURSE)
    answer_quiz(page.locator("#quiz"), FIRST)
    expect(page.get_by_role("heading", name="You are right! Congratulations")).to_be_visible()
    visitor.go(f"/exercises/{TREESHAP}/")
    visitor.submit(TREESHAP, solution(TREESHAP))
    expect(page.locator(".verdict--pass")).to_be_visible(timeout=GRADE_MILLISECONDS)


def press_to(page: Page, target: Locator, *, most: int = 120) -> None:
    """Press Tab until the focus, which must be seen, is on the target."""
    for _ in range(most):
        if target.evaluate("element => element === document.activeElement"):
            seen = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            around = page.evaluate(
                "getComputedStyle(document.activeElement.closest('.choice') ?? document.body)"
                ".outlineStyle"
            )
            assert "solid" in (seen, around), "the focus cannot be seen"
            return
        page.keyboard.press("Tab")
    pytest.fail(f"no way to {target} by Tab")


def test_the_route_can_be_gone_by_keyboard_alone(visitor: Visitor, email: str) -> None:
    """By Tab, Space, Enter and arrows: sign up, take the course, answer a question, submit."""
    page = visitor.page
    # Whoever listens only when the key is about to be pressed comes too late in every fourth case.
    page.on("filechooser", lambda _: None)
    visitor.go("/accounts/signup/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    page.keyboard.press("Enter")
    press_to(page, page.get_by_label("Email"))
    page.keyboard.type(email)
    press_to(page, page.get_by_label("Password"))
    page.keyboard.type(PASSWORD)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    visitor.go(f"/courses/{COURSE}/")
    press_to(page, page.get_by_role("button", name="Start course"))
    with page.expect_navigation():
        page.keyboard.press("Enter")
    radio = page.locator("form.quiz input[type=radio]").first
    press_to(page, radio)
    page.keyboard.press("Space")
    expect(radio).to_be_checked()
    page.keyboard.press("ArrowDown")
    expect(radio).not_to_be_checked()
    press_to(page, page.locator("#quiz").get_by_role("button", name="Check my answer"))
    page.keyboard.press("Enter")
    expect(page.locator("#quiz .quiz__step")).to_be_focused()
    press_to(page, page.get_by_role("link", name="Next question"))
    page.keyboard.press("Enter")
    expect(page.locator("#quiz .quiz__step")).to_be_focused()
    expect(page.locator("#quiz")).to_contain_text("Question 2 of")
    visitor.site.ready_to_grade()
    visitor.go(f"/exercises/{TREESHAP}/")
    press_to(page, page.get_by_role("tab", name="Work here"))
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Work in your own Jupyter")).to_be_focused()
    own = page.locator("#own")
    press_to(page, own.get_by_label("Your notebook (.ipynb)"))
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(solution(TREESHAP))
    press_to(page, own.get_by_role("button", name="Submit"))
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator(".verdict--pass")).to_be_focused(timeout=GRADE_MILLISECONDS)


def test_nothing_is_lost_at_320_pixels(welcome: Callable[..., Visitor], email: str) -> None:
    """A phone, or a window of 1280 pixels at 400 %: no page has to be moved sideways."""
    visitor = welcome(viewport={"width": 320, "height": 640}, device_scale_factor=2, has_touch=True)
    wide = []
    for name, path in OPEN_PAGES.items():
        visitor.go(path)
        if visitor.sideways() > 0:
            wide.append(path)
        if name in {"home", "course", "lesson", "exercise"}:
            visitor.keep(f"phone-{name}")
    visitor.arrive(email)
    for path in (
        "/dashboard/",
        "/kept/",
        "/profile/",
        "/accounts/2fa/",
        "/accounts/email/",
        LESSON,
    ):
        visitor.go(path)
        if visitor.sideways() > 0:
            wide.append(path)
    assert wide == []


def test_the_chosen_theme_is_there_from_the_first_byte(visitor: Visitor) -> None:
    """The dark theme is chosen once; the next page comes dark from the server, without a flash."""
    page = visitor.page
    visitor.go("/")
    page.get_by_role("button", name="Dark theme").click()
    expect(page.get_by_role("button", name="Dark theme", pressed=True)).to_be_visible()
    answer = page.goto(visitor.site.address + LESSON)
    assert answer is not None
    assert 'data-theme="dark"' in answer.text()[:200]
    ground = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert ground == "rgb(14, 21, 19)"
    visitor.keep("lesson-dark")
    # Drawings follow the button too, not only the system.
    assert page.locator("img.only-light:visible").count() == 0
    page.get_by_role("button", name="Dark theme").click()
    assert page.locator("img.only-dark:visible").count() == 0


@pytest.mark.parametrize("path", OPEN_PAGES.values(), ids=OPEN_PAGES)
def test_open_pages_have_no_violation(visitor: Visitor, path: str) -> None:
    """Each page that needs no account satisfies axe in both themes, and has one heading 1."""
    visitor.go(path)
    expect(visitor.page.get_by_role("heading", level=1)).to_have_count(1)
    visitor.look(path.strip("/").replace("/", "-") or "home", shot=False)


def test_the_site_speaks_french(visitor: Visitor, email: str) -> None:
    """One button changes the language, and everything of ours is said in it."""
    page = visitor.page
    visitor.go("/")
    visitor.follow(page.get_by_role("button", name="Français"))
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    expect(page.get_by_role("heading", level=1)).to_have_text("Pourquoi le modèle dit-il cela ?")
    visitor.look("home-french")
    visitor.go("/accounts/signup/")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Mot de passe").fill(PASSWORD)
    visitor.follow(page.get_by_role("main").get_by_role("button", name=re.compile("S.inscrire")))
    visitor.look("dashboard-french", shot=False)
    visitor.site.ready_to_grade()
    visitor.go(f"/exercises/{TREESHAP}/")
    page.get_by_role("tab", name="Travailler dans votre Jupyter").click()
    own = page.locator("#own")
    own.locator("input[type=file]").set_input_files(solution(TREESHAP))
    visitor.follow(own.get_by_role("button", name="oumettre"))
    expect(page.locator(".verdict--pass")).to_be_visible(timeout=GRADE_MILLISECONDS)
    visitor.look("submission-french")
