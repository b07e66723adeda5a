"""Micro-tasks answered on the page and through the API: graded at once, the solution held back."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from courses.authoring.loading import load
from courses.microtasks.answers import answer_task, check_answer, find_task
from courses.models import Lesson, TaskAnswer, User
from courses.quizzes.grading import LONGEST_TEXT, AnswerError

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.test import Client

    from tests.courses.material import Material

PAGE = "/courses/tiny/page-1/"
LESSON = "courses/tiny/01-page-1/lesson.md"
ZEBRA = "```text output\nzebra\n```"
TASKS = """\
```yaml task
id: legs
kind: predict
prompt: How many *legs*?
answer: 4
tolerance: 0.5
unit: legs
wrong:
  - {value: 6, tolerance: 0.5, explanation: That is an ant.}
explanation: A zebra has four.
```

```text output
4 legs
```

```yaml task
id: wrong-line
kind: find-the-fault
prompt: Which line?
code: |
  total = 0

  total = 2  # <b>
fault: 3
lines:
  - {line: 1, explanation: It starts there.}
fixed: total += 2
explanation: It is overwritten.
```

```yaml task
id: blank
kind: complete-the-line
prompt: Complete it.
code: |
  print(sum([1], ____))
answers: [start=1, "1"]
wrong:
  - {text: "2", explanation: One too many.}
explanation: It starts at one.
```

```yaml task
id: defence
kind: defend
prompt: Why?
model: The model answer.
rubric: [First point, Second point]
```
"""


@pytest.fixture
def lesson(material: Material, db: None) -> Lesson:
    """The first page, with one task of each kind."""
    material.course()
    material.replace(LESSON, ZEBRA, TASKS)
    load(material.root)
    return Lesson.objects.select_related("course").get(slug="page-1")


@pytest.fixture
def browser(client: Client, lesson: Lesson, learner: User) -> Client:
    """The browser of a learner who is signed in."""
    assert lesson
    client.force_login(learner)
    return client


def send(browser: Client, task: str, answer: str, *, script: bool = True) -> HttpResponse:
    """Send the form of a task."""
    headers = {"HX-Request": "true"} if script else {}
    return cast(
        "HttpResponse", browser.post(f"{PAGE}tasks/{task}/", {"answer": answer}, headers=headers)
    )


def test_the_page_shows_each_task_in_its_place(browser: Client) -> None:
    """No placeholder is left; the output of the prediction is folded, no solution is there."""
    page = browser.get(PAGE).content.decode()

    assert "data-task" not in page
    assert page.index('id="task-legs"') < page.index('id="task-wrong-line"')
    assert '<details class="task__output" data-output-of="b1">' in page
    for told in ("A zebra has four", "is overwritten", "starts at one", "The model answer", "+="):
        assert told not in page
    assert "&lt;b&gt;" in page  # shown code is escaped


def test_a_visitor_reads_the_tasks_and_is_asked_to_sign_in(client: Client, lesson: Lesson) -> None:
    """The output can be opened; nothing can be sent."""
    page = client.get(lesson.get_absolute_url()).content.decode()

    assert page.count("Sign in to answer") == 4
    assert 'name="answer"' not in page
    assert client.post(f"{PAGE}tasks/legs/", {"answer": "4"}).status_code == 302
    assert not TaskAnswer.objects.exists()


def test_a_prediction_is_answered_with_the_output_and_counts_once(browser: Client) -> None:
    """The known mistake is named, then why it is so; a second prediction changes nothing."""
    answer = send(browser, "legs", "6,0").content.decode()

    assert "Incorrect" in answer
    assert "That is an ant." in answer
    assert "A zebra has four." in answer
    assert '<details class="task__output" data-output-of="b1" open>' in answer
    send(browser, "legs", "4")
    assert TaskAnswer.objects.get().answer == "6,0"
    assert "That is an ant." in browser.get(PAGE).content.decode()


def test_the_fault_is_told_after_the_second_miss(browser: Client) -> None:
    """The first miss is told what is said of its line; the second shows fault and remedy."""
    first = send(browser, "wrong-line", "line-1").content.decode()
    assert "It starts there." in first
    assert "is overwritten" not in first
    assert 'type="radio"' in first

    second = send(browser, "wrong-line", "line-1").content.decode()
    assert "It is overwritten." in second
    assert "As it should be" in second
    assert 'type="radio"' not in second


def test_a_completed_line_is_compared_as_text(browser: Client) -> None:
    """A known mistake is named; spaces do not count; what is right stays right."""
    assert "One too many." in send(browser, "blank", "2").content.decode()
    answer = send(browser, "blank", " start = 1 ").content.decode()

    assert "✓ Correct" in answer
    assert "It starts at one." in answer
    send(browser, "blank", "wrong again")
    kept = TaskAnswer.objects.get()
    assert (kept.solved, kept.correct, kept.tries) == (True, True, 2)


def test_a_defence_is_kept_and_set_beside_the_model_answer(browser: Client) -> None:
    """It is marked by the learner and may be written again."""
    answer = send(browser, "defence", "Because <i>it</i> is.").content.decode()

    assert "The model answer." in answer
    assert "Second point" in answer
    assert "Because &lt;i&gt;it&lt;/i&gt; is." in answer
    send(browser, "defence", "Better.")
    kept = TaskAnswer.objects.get()
    assert (kept.answer, kept.correct) == ("Better.", None)


@pytest.mark.parametrize(
    ("task", "answer", "reason"),
    [
        ("legs", "four", "Enter a number, such as 0.25."),
        ("legs", "nan", "Enter a finite number."),
        ("legs", "", "Answer the question first."),
        ("wrong-line", "line-9", "is not one of the options"),
        ("blank", "x" * 201, "Answer in at most 200 characters."),
        ("blank", "a\0b", "Answer in at most 200 characters."),
        ("defence", "x" * (LONGEST_TEXT + 1), "Answer in at most 1000 characters."),
        ("defence", "   ", "Answer the question first."),
    ],
)
def test_an_answer_that_is_none_is_refused_and_not_kept(
    browser: Client, task: str, answer: str, reason: str
) -> None:
    """The reason stands at the task, with and without scripts."""
    assert reason in send(browser, task, answer).content.decode()
    refused = send(browser, task, answer, script=False)

    assert refused.status_code == 422
    assert reason in refused.content.decode()
    assert not TaskAnswer.objects.exists()


def test_without_scripts_the_page_comes_back_at_the_task(browser: Client) -> None:
    """The form is a form."""
    answer = send(browser, "legs", "4", script=False)

    assert (answer.status_code, answer["Location"]) == (302, f"{PAGE}#task-legs")
    assert "✓ Correct" in browser.get(PAGE).content.decode()


def test_unknown_tasks_are_not_found(browser: Client) -> None:
    """Neither on the page nor in the API."""
    assert send(browser, "nothing", "4").status_code == 404
    assert (
        browser.post("/api/v1/lessons/tiny/page-1/tasks/nothing/", {"answer": 4}).status_code == 404
    )


def test_the_api_lists_and_answers_tasks(browser: Client) -> None:
    """The same rules hold: the solution comes with a prediction, and with a solved task."""
    address = "/api/v1/lessons/tiny/page-1/tasks/"
    listed = browser.get(address).json()
    assert [one["form"] for one in listed] == ["number", "choice", "line", "text"]
    assert all(one["solution"] is None and not one["told"] for one in listed)

    told = browser.post(f"{address}legs/", {"answer": 4.2}, "application/json").json()
    assert (told["correct"], told["solution"], told["tries"]) == (True, "4", 1)
    missed = browser.post(f"{address}blank/", {"answer": "x"}, "application/json").json()
    assert (missed["correct"], missed["solution"]) == (False, None)
    refused = browser.post(f"{address}blank/", {"answer": ["x"]}, "application/json")
    assert refused.status_code == 400
    assert [one["tries"] for one in browser.get(address).json()] == [1, 0, 1, 0]


def test_an_opening_figure_stands_below_title_and_summary(
    material: Material, client: Client, db: None
) -> None:
    """Before facts, objectives and contents; what the lesson is about is said with its title."""
    material.course()
    figure = '![Two bars, the upper one longer.](figures/bars.svg "Bars.")\n\n'
    material.replace(LESSON, "## Why it matters", f"{figure}## Why it matters")
    load(material.root)

    page = client.get(PAGE).content.decode()

    places = ("<h1", 'class="lead"', "<figure", 'class="meta"', 'id="why-it-matters"')
    assert sorted(places, key=page.index) == list(places)


def test_answers_go_with_the_account(lesson: Lesson, learner: User) -> None:
    """Deleting an account deletes them."""
    task = find_task(lesson, "legs")
    assert task is not None
    answer_task(user=learner, lesson=lesson, task=task, given="4")

    learner.delete()

    assert not TaskAnswer.objects.exists()


def test_code_is_never_run(lesson: Lesson) -> None:
    """What is typed into a blank is only compared, whatever it says."""
    task = find_task(lesson, "blank")
    assert task is not None

    assert check_answer(task, "(_ for _ in ()).throw(SystemExit)") == (
        "(_ for _ in ()).throw(SystemExit)",
        False,
    )
    with pytest.raises(AnswerError):
        check_answer(task, 3.0)
