"""Doing something in a lesson and its quiz: micro-tasks, and one question at a time."""

from __future__ import annotations

import re
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from playwright.sync_api import Page, expect

from tests.courses.material import Material
from tests.journeys.live_site import Site

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Locator, Route

    from tests.journeys.live_site import Visitor

pytestmark = pytest.mark.browser

COURSE: Final = "tiny"
PAGE: Final = "/courses/tiny/page-1/"
RUN_MILLISECONDS: Final = 60_000
LESSON: Final = "courses/tiny/01-page-1/lesson.md"
BLOCK: Final = '```python run\nprint("zebra")\n```\n\n```text output\nzebra\n```\n'
HTMX: Final = re.compile(r"/vendor/htmx\b[^/]*\.js$")
MINUS: Final = "\N{MINUS SIGN}"
TASKS: Final = """\
```python run
contributions = [0.5, -1.75, 0.4]
print(f"base 0.31, sum {0.31 + sum(contributions):.2f}")
```

```yaml task
id: the-sum
kind: predict
prompt: The base value is 0.31; the contributions are 0.5, -1.75 and 0.4. What do they add up to?
answer: -0.54
tolerance: 0.02
unit: log-odds
wrong:
  - {value: -0.85, tolerance: 0.005, explanation: That leaves out the base value.}
explanation: "*Local accuracy*: base value and contributions add up to the model's output."
```

```text output
base 0.31, sum -0.54
```

```yaml task
id: too-good
kind: find-the-fault
prompt: The score is too good. Which line lets the test rows in?
code: |
  scaled = StandardScaler().fit_transform(X)
  train, test = train_test_split(scaled, random_state=0)

  model.fit(train, labels)
fault: 1
lines:
  - {line: 2, explanation: The split is fine; look at what was done to the rows before it.}
fixed: scaled = X
explanation: The scaler has seen the mean and spread of the test rows.
```

```yaml task
id: which-background
kind: complete-the-line
prompt: Explain against the training rows.
code: |
  explainer = shap.TreeExplainer(model, ____)
answers: [X_train, data=X_train]
wrong:
  - {text: X_test, explanation: Then the base value depends on the rows to be explained.}
run: false
explanation: The second argument is the background.
```

```yaml task
id: flat-curve
kind: defend
prompt: A colleague reads the flat curve as "age does not matter". Answer in two sentences.
model: The curve averages over rows that rise and fall; the single lines show it.
rubric: [says that an average can be flat while its lines are not, names what would show it]
```
"""
EXPLAIN: Final = """\
  - id: why
    kind: explain
    prompt: Why is the *mean* flat?
    model: Because rising and falling lines cancel.
    rubric: [names both directions, says that they cancel]
"""


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """Start a site with a small course that has a task of each kind."""
    folder = Path(tempfile.mkdtemp(prefix="whybox-journeys-"))
    material = Material(folder / "content")
    material.course(COURSE, exercises=())
    (material.root / "exercises").mkdir()
    material.replace(LESSON, BLOCK, TASKS)
    quiz = material.root / "courses/tiny/01-page-1/quiz.yaml"
    quiz.write_text(quiz.read_text() + EXPLAIN)
    running = Site(folder, material.root)
    try:
        running.open()
        yield running
    finally:
        running.close()


@pytest.fixture
def learner(visitor: Visitor, email: str) -> Page:
    """The page of a learner who has opened the lesson."""
    visitor.arrive(email)
    visitor.enrol(COURSE)
    return visitor.page


def task(page: Page, name: str) -> Locator:
    """Return a micro-task of the lesson."""
    return page.locator(f"#task-{name}")


def order_shown(page: Page) -> list[str]:
    """Return the items of the order question as they stand."""
    return [words.strip() for words in page.locator("ol[data-order] label").all_inner_texts()]


def skip_to(page: Page, question: str) -> None:
    """Skip questions of the quiz until this one is asked."""
    quiz = page.locator("#quiz")
    for _question in range(6):
        if quiz.locator(f"#q-{question}").count():
            return
        quiz.get_by_role("button", name="Skip").click()
        quiz.get_by_role("link", name="Next question").click()
        expect(quiz.get_by_role("button", name="Skip")).to_be_visible()
    pytest.fail(f"{question} was not asked")


def test_predict_then_run(visitor: Visitor, learner: Page) -> None:
    """The output is folded until a number is predicted; then the block runs in place."""
    visitor.site.ready_to_run()
    learner.reload()
    predict = task(learner, "the-sum")
    expect(predict.locator("samp")).to_be_hidden()
    visitor.look("task-predict", part="#task-the-sum")
    predict.get_by_role("button", name="Predict").click()
    expect(predict.get_by_text("Answer the question first.")).to_be_focused()
    predict.get_by_label("Your prediction").fill(f"{MINUS}0,85")
    predict.get_by_label("Your prediction").press("Enter")

    expect(predict).to_contain_text("That leaves out the base value.")
    expect(predict).to_contain_text(
        f"You predicted {MINUS}0,85; the output is {MINUS}0.54 log-odds."
    )
    expect(predict.locator("samp")).to_be_visible()
    expect(predict.get_by_role("button", name="Predict")).to_have_count(0)
    visitor.look("task-predicted", part="#task-the-sum")
    block = learner.locator('[data-block="b1"]')
    block.get_by_role("button", name="Run").click()
    expect(block.locator("[data-outputs]")).to_contain_text("sum -0.54", timeout=RUN_MILLISECONDS)
    expect(predict.locator("samp")).to_be_hidden()
    learner.reload()
    expect(predict).to_contain_text("You predicted")


def test_the_fault_is_found_at_the_second_try(visitor: Visitor, learner: Page) -> None:
    """A wrong line is told why it is fine; by keyboard another is chosen, and the fix is shown."""
    fault = task(learner, "too-good")
    fault.locator("label", has_text="train_test_split").click()
    fault.get_by_role("button", name="Check my answer").click()
    expect(fault).to_contain_text("look at what was done to the rows before it")
    expect(fault).not_to_contain_text("has seen the mean")
    visitor.look("task-fault", part="#task-too-good")
    fault.locator("input[value=line-2]").focus()
    learner.keyboard.press("ArrowUp")
    learner.keyboard.press("Enter")
    expect(fault).to_contain_text("✓ Correct")
    expect(fault).to_contain_text("The scaler has seen the mean and spread of the test rows.")
    visitor.look("task-fault-found", part="#task-too-good")


def test_a_line_is_completed_and_an_answer_defended(visitor: Visitor, learner: Page) -> None:
    """A known mistake is named; spaces do not count; the model answer stands beside one's own."""
    line = task(learner, "which-background")
    field = line.get_by_label("What belongs in the blank")
    field.fill("X_test")
    field.press("Enter")
    expect(line).to_contain_text("depends on the rows to be explained")
    line.get_by_label("What belongs in the blank").fill("data = X_train")
    line.get_by_role("button", name="Check my answer").click()
    expect(line.locator("mark")).to_have_text("X_train")
    visitor.look("task-line", part="#task-which-background")

    defend = task(learner, "flat-curve")
    defend.get_by_role("textbox").fill("An average can hide two groups.")
    defend.get_by_role("button", name="Save").click()
    expect(defend).to_contain_text("The curve averages over rows")
    defend.get_by_label("names what would show it").check()
    visitor.look("task-defend", part="#task-flat-curve")


def test_tasks_need_no_script(welcome: Callable[..., Visitor], email: str) -> None:
    """A form is sent, and the page comes back at the task."""
    visitor = welcome(java_script_enabled=False)
    visitor.arrive(email)
    visitor.enrol(COURSE)
    predict = task(visitor.page, "the-sum")
    predict.get_by_label("Your prediction").fill("-0.54")
    visitor.follow(predict.get_by_role("button", name="Predict"))
    assert visitor.page.url.endswith("#task-the-sum")
    expect(predict).to_contain_text("✓ Correct")
    expect(predict.locator("samp")).to_be_visible()


@pytest.mark.parametrize("arrives", [True, False], ids=["late", "never"])
def test_what_is_pressed_before_htmx_came_is_sent_once(
    welcome: Callable[..., Visitor], email: str, *, arrives: bool
) -> None:
    """It is fetched when one comes to the quiz; without it the answer is sent by the form alone."""
    # What a service worker fetches for a page cannot be held back.
    visitor = welcome(service_workers="block")
    visitor.ignored.append("ERR_FAILED")
    visitor.arrive(email)
    visitor.enrol(COURSE)
    page = visitor.page
    held: list[Route] = []
    sent: list[str] = []
    page.route(HTMX, lambda route: held.append(route))  # noqa: PLW0108  # it marks its handler
    page.on("request", lambda one: sent.append(one.url) if one.method == "POST" else None)
    visitor.go(PAGE)
    quiz = page.locator("#quiz")
    assert held == []
    with page.expect_request(HTMX):
        quiz.get_by_label("The left").check()
    page.evaluate("globalThis.isSamePage = true")
    check = quiz.get_by_role("button", name="Check my answer")
    check.click(no_wait_after=True)
    check.click(no_wait_after=True)
    assert sent == []
    (script,) = held
    if arrives:
        script.continue_()
    else:
        script.abort()

    expect(quiz).to_contain_text("That is a mirror.")
    assert page.evaluate("globalThis.isSamePage === true") is arrives
    assert len(sent) == 1


def test_one_question_at_a_time(visitor: Visitor, learner: Page) -> None:
    """An answer is told at once, the right choice is not; a reload goes on with the next."""
    quiz = learner.locator("#quiz")
    expect(quiz).to_contain_text("Question 1 of 5")
    visitor.look("quiz-step", part="#quiz")
    quiz.get_by_role("button", name="Check my answer").click()
    expect(quiz.get_by_text("Answer the question first.")).to_be_focused()
    quiz.get_by_label("The left").check()
    quiz.get_by_role("button", name="Check my answer").click()
    expect(quiz.locator(".quiz__step")).to_be_focused()
    expect(quiz).to_contain_text("That is a mirror.")
    expect(quiz).not_to_contain_text("Because.")
    visitor.look("quiz-step-graded", part="#quiz")
    learner.reload()
    expect(quiz).to_contain_text("Question 2 of 5")
    for choice in ("A", "B"):
        quiz.get_by_label(choice, exact=True).check()
    quiz.get_by_role("button", name="Check my answer").click()
    expect(quiz).to_contain_text("✓ Correct")
    quiz.get_by_role("link", name="Next question").click()
    expect(quiz.locator(".quiz__step")).to_be_focused()
    skip_to(learner, "why")
    quiz.get_by_role("textbox").fill("They cancel.")
    quiz.get_by_role("button", name="Check my answer").click()
    expect(quiz.locator(".verdict")).to_be_focused()
    expect(quiz).to_contain_text("Because rising and falling lines cancel.")
    expect(quiz).to_contain_text("1 of 4")
    quiz.get_by_label("says that they cancel").check()
    visitor.look("quiz-explain", within="#quiz", part="#q-why")


def test_an_order_is_made_by_buttons(visitor: Visitor, learner: Page) -> None:
    """Each item moves up and down; the focus stays on it; the grading follows."""
    skip_to(learner, "steps")
    quiz = learner.locator("#quiz")
    expect(quiz.get_by_role("button", name="Move up: First")).to_be_visible()
    visitor.look("quiz-order", part="#quiz")
    for words, place in (("First", 0), ("Second", 1), ("Third", 2)):
        while order_shown(learner).index(words) > place:
            button = quiz.get_by_role("button", name=f"Move up: {words}")
            button.focus()
            learner.keyboard.press("Enter")
            moved = quiz.locator("li", has=learner.locator("button:focus"))
            expect(moved).to_contain_text(words)
    assert order_shown(learner) == ["First", "Second", "Third"]
    quiz.get_by_role("button", name="Check my answer").click()
    expect(quiz).to_contain_text("✓ Correct")


def test_an_order_is_made_by_dragging(visitor: Visitor, learner: Page) -> None:
    """An item that is dragged above another stands there; the numbers follow."""
    skip_to(learner, "steps")
    items = learner.locator("ol[data-order] > li")
    expect(items.first).to_have_attribute("draggable", "true")
    for place, words in enumerate(("First", "Second", "Third")):
        item = items.filter(has_text=words)
        if order_shown(learner).index(words) != place:
            item.drag_to(items.nth(place), target_position={"x": 40, "y": 3})
    assert order_shown(learner) == ["First", "Second", "Third"]
    numbers = learner.locator("ol[data-order] input[type=number]")
    assert [one.input_value() for one in numbers.all()] == ["1", "2", "3"]
    learner.locator("#quiz").get_by_role("button", name="Check my answer").click()
    expect(learner.locator("#quiz")).to_contain_text("✓ Correct")
    visitor.look("quiz-order-graded", within="#quiz", shot=False)


def test_a_review_and_the_tasks_on_a_phone(
    welcome: Callable[..., Visitor], site: Site, email: str
) -> None:
    """At 390 pixels nothing overflows; a due question is asked and explained."""
    size = {"width": 390, "height": 780}
    visitor = welcome(viewport=size, device_scale_factor=2, has_touch=True, is_mobile=True)
    page = visitor.page
    visitor.arrive(email)
    visitor.enrol(COURSE)
    visitor.look("lesson-tasks-phone", shot=False)
    assert visitor.sideways() == 0
    quiz = page.locator("#quiz")
    quiz.get_by_label("The left").check()
    quiz.get_by_role("button", name="Check my answer").click()
    for _question in range(4):
        quiz.get_by_role("link", name="Next question").click()
        quiz.get_by_role("button", name="Skip").click()
    expect(quiz.locator(".verdict")).to_be_visible()
    past = f"timezone.now() - timedelta(days={timedelta(days=1).days})"
    change = f"ReviewCard.objects.filter(user__email={email!r}).update(due={past})"
    imports = "from datetime import timedelta; from django.utils import timezone"
    models = "from courses.models import ReviewCard"
    site.run("manage.py", "shell", "-c", f"{imports}; {models}; {change}")
    visitor.go("/review/")
    visitor.look("review-phone")
    assert visitor.sideways() == 0
    page.get_by_label("The right").check()
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_text("✓ Correct")).to_be_visible()
    assert visitor.sideways() == 0
