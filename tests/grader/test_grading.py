"""One notebook, run twice in a real sandbox and marked: points, messages, and what stays hidden."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import nbformat
import pytest

from grader.errors import ExerciseContentError, GraderError, NotebookRefused
from grader.exercise import load_exercise
from grader.grading import grade_notebook, regrade
from grader.messages import message_text
from grader.sandbox.job import Verdict
from grader.variants import choose_hidden
from tests.grader.learner import SECRET, SOLUTION, Marker, messages, notebook

if TYPE_CHECKING:
    from pathlib import Path

    from grader.exercise import ExerciseDefinition
    from grader.reference import ReferenceStore
    from grader.report import GradeReport
    from grader.sandbox.job import Event, Sandbox


def named(report: GradeReport) -> tuple[str, ...]:
    """Give the ids of the mistake that is named plainly."""
    found = report.misconception
    return found.ids if found and found.certainty == "match" else ()


def test_the_solution_passes(mark: Marker) -> None:
    """Every point, no mistake, a figure, an executed notebook, stored answers, provenance."""
    report = mark(SOLUTION)
    assert (report.verdict, report.score, report.passed) == (Verdict.OK, 100, True)
    assert report.misconception is None
    assert report.plot is not None
    assert report.executed is not None
    nbformat.validate(nbformat.reads(report.executed, as_version=4))  # type: ignore[no-untyped-call]
    assert report.answers
    assert len(report.provenance["variants"]) == 2
    assert "numpy" in report.provenance["packages"]
    json.dumps(report.as_json(), allow_nan=False)


def test_the_starter_runs_and_earns_nothing(
    shares: ExerciseDefinition, runner: Sandbox, references: ReferenceStore
) -> None:
    """Placeholders are recognised as such, and no mistake is read into them."""
    report = grade_notebook(
        shares, shares.starter.read_bytes(), sandbox=runner, references=references, secret=SECRET
    )
    assert (report.verdict, report.score, report.passed) == (Verdict.OK, 0, False)
    assert messages(report)["shares"] == "criterion.untouched"
    assert report.misconception is None


@pytest.mark.parametrize(
    ("change", "misconceptions"),
    [
        ("shares = -shares", ("sign",)),
        ("shares, base = -shares, -base", ("opposite_class",)),
        ("shares = np.abs(shares)", ("absolute",)),
        ("shares = W * X[rows]", ("no_mean",)),
        ("shares = shares[:, [1, 2, 4, 5, 3, 0]]", ("sorted_features",)),
        ("shares = shares[:, [5, 0, 2, 1, 4, 3]]", ("feature_order",)),
        ("shares = shares[[3, 0, 4, 1, 2]]", ("row_order",)),
        ("shares = W * (X[20:25] - X.mean(axis=0))", ("other_rows",)),
        ("shares = W * (X[rows] - X[3:11].mean(axis=0))", ("background",)),
        ("shares = 2.54 * shares", ("scaled",)),
        ("shares = shares * np.array([[1], [2], [3], [4], [5]])", ("scaled_rows",)),
        ("base = 0.0", ("base_forgotten",)),
        ("shares = np.sin(37 * shares)", ()),
    ],
)
def test_misconceptions_are_named(
    mark: Marker, change: str, misconceptions: tuple[str, ...]
) -> None:
    """A known misconception is named plainly; an unknown one is not named."""
    report = mark(SOLUTION + change)
    assert not report.passed
    assert named(report) == misconceptions
    if report.misconception:
        assert message_text(report.misconception.message_id, report.misconception.facts)


def test_honest_roundings_pass(mark: Marker) -> None:
    """Three decimals, float32, a list and a DataFrame in another column order are right."""
    for form in (
        "np.round(shares, 3)",
        "shares.astype('float32')",
        "shares.tolist()",
        "__import__('pandas').DataFrame(shares, columns=names)[sorted(names)]",
    ):
        names = "names = ['zeta', 'alpha', 'beta', 'gamma', 'delta', 'eta']\n"
        assert mark(f"{SOLUTION}{names}shares = {form}").score == 100, form


def test_pasted_numbers_fail_with_the_reason(mark: Marker) -> None:
    """Right numbers written down hold for the visible parameters only, and it is said so."""
    report = mark(SOLUTION + "print(shares.tolist(), fx.tolist(), float(base))")
    assert report.executed is not None
    printed = nbformat.reads(report.executed, as_version=4).cells[-1].outputs[0].text  # type: ignore[no-untyped-call]
    values, fx, base = printed.replace("]] [", "]]|[").replace("] ", "]|").split("|")
    pasted = f"shares = np.array({values})\nfx = np.array({fx})\nbase = {base}"
    report = mark(pasted)
    assert not report.passed
    assert messages(report)["shares"] == "criterion.pasted"


def test_ignored_parameters_fail_with_the_reason(mark: Marker) -> None:
    """Rows set again, or never read, are told apart; a copy of the parameters is neither."""
    assert mark("rows = [1, 2, 3, 5, 8]\n" + SOLUTION).passed
    again = mark('rows = list(map(int, "12358"))\n' + SOLUTION)
    assert messages(again)["shares"] == "criterion.ignored_reassigned"
    unread = mark(SOLUTION.replace("[rows]", "[[1, 2, 3, 5, 8]]"))
    assert messages(unread)["shares"] == "criterion.ignored_unread"
    assert not again.passed
    assert not unread.passed


def test_what_holds_only_when_visible_says_so(mark: Marker) -> None:
    """An answer that goes wrong with other parameters fails without giving them away."""
    report = mark(SOLUTION + "shares = shares if rows == [1, 2, 3, 5, 8] else shares + 1")
    assert messages(report)["shares"] == "criterion.hidden_failed"


def test_hidden_parameters_do_not_leak(mark: Marker) -> None:
    """Neither the exception's text nor its class name carries hidden parameters outside."""
    hidden = choose_hidden(mark.exercise, SECRET, 1)
    assert hidden is not None
    rows = hidden.parameters["rows"]
    assert isinstance(rows, list)
    report = mark(
        "if rows != [1, 2, 3, 5, 8]:\n"
        "    raise type('E' + '_'.join(map(str, rows)), (Exception,), {})(str(rows))\n" + SOLUTION
    )
    assert messages(report)["shares"] == "criterion.hidden_error"
    text = json.dumps(report.as_json()) + str(report.executed)
    assert "_".join(map(str, rows)) not in text
    assert str(rows) not in text


@pytest.mark.parametrize(
    "ending",
    ["raise KeyError", "raise OverflowError", "import os; os._exit(3)", "while True: pass"],
)
def test_how_the_hidden_run_ends_is_not_told(mark: Marker, ending: str) -> None:
    """A chosen exception, exit or limit of the hidden run gives the same report, bit for bit."""
    branch = "if rows != [1, 2, 3, 5, 8]:\n"
    plain = mark(branch + "    raise ValueError\n" + SOLUTION)
    chosen = mark(branch + f"    {ending}\n" + SOLUTION)

    assert [result.facts for result in chosen.criteria] == [
        result.facts for result in plain.criteria
    ]
    assert messages(chosen) == messages(plain)
    assert messages(chosen)["shares"] == "criterion.hidden_error"


def test_answers_before_a_crash_count(mark: Marker) -> None:
    """A later error leaves the marks of what had been set, and is shown with its cell."""
    report = mark(SOLUTION, later="raise ValueError('afterwards')")
    assert (report.verdict, report.score) == (Verdict.RUNTIME_ERROR, 100)
    assert report.error is not None
    assert (report.error.name, report.error.cell) == ("ValueError", 3)
    early = mark("fx = X[rows] @ W + 2\nshares = nothing")
    assert messages(early)["shares"] == "criterion.not_reached"


def test_a_later_attempt_is_told_where(mark: Marker) -> None:
    """The first attempt says what failed, the second also where."""
    change = SOLUTION + "shares[2, 3] += 9"
    assert messages(mark(change))["shares"] == "criterion.disagrees"
    report = mark(change, attempt=2)
    result = next(result for result in report.criteria if result.id == "shares")
    assert result.message_id == "criterion.disagrees_where"
    assert result.facts["place"] == "shares[2, gamma]"


def test_every_message_has_words(mark: Marker) -> None:
    """Each message of a report can be said, and none holds a reference value."""
    for change in ("", "shares = -shares", "del shares", "base = np.nan", "fx = 'x'"):
        for attempt in (1, 2):
            for result in mark(SOLUTION + change, attempt=attempt).criteria:
                assert message_text(result.message_id, result.facts)


def test_marking_is_quick(mark: Marker) -> None:
    """Marking costs at most 50 ms beyond the run, references cached."""
    mark(SOLUTION + "shares = np.sin(37 * shares)")
    fastest = min(
        mark(SOLUTION + "shares = np.sin(37 * shares)").timings.mark_seconds for _ in range(3)
    )
    assert fastest <= 0.05


def test_progress_is_that_of_the_visible_run(
    shares: ExerciseDefinition, runner: Sandbox, references: ReferenceStore
) -> None:
    """Events begin with start, name each cell once, and end."""
    events: list[Event] = []
    grade_notebook(
        shares,
        notebook(shares, SOLUTION),
        sandbox=runner,
        references=references,
        secret=SECRET,
        on_event=events.append,
    )
    assert [event.cell for event in events if event.kind == "cell"] == [0, 1, 2]


def test_a_notebook_without_parameters_is_refused(mark: Marker) -> None:
    """Without the tagged cell there is nowhere to put hidden parameters."""
    bare = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x = 1", id="a")])  # type: ignore[no-untyped-call]
    with pytest.raises(NotebookRefused) as caught:
        grade_notebook(
            mark.exercise,
            nbformat.writes(bare).encode(),  # type: ignore[no-untyped-call]
            sandbox=mark.runner,
            references=mark.references,
        )
    assert caught.value.reason == "no_parameters_cell"


def test_stored_answers_are_regrade(mark: Marker) -> None:
    """Regrading runs nothing and gives the same marks; a changed rubric gives others."""
    report = mark(SOLUTION + "base = 0.0")
    again = regrade(mark.exercise, report.answers, references=mark.references)
    assert (again.score, again.passed) == (report.score, report.passed)
    assert again.criteria == report.criteria
    assert again.misconception == report.misconception


def test_regrading_a_changed_exercise_is_refused(
    mark: Marker, shares_folder: Path, references: ReferenceStore
) -> None:
    """Answers that were computed from other parameters cannot be marked again."""
    report = mark(SOLUTION)
    file = shares_folder / "exercise.yaml"
    text = file.read_text(encoding="utf-8")
    more = "parameters:\n  seed: {value: 0, meaning: A seed.}"
    file.write_text(text.replace("parameters:", more, 1), encoding="utf-8")
    with pytest.raises(GraderError, match="parameters have changed"):
        regrade(load_exercise(shares_folder), report.answers, references=references)


def test_an_authors_error_is_ours(
    shares_folder: Path, runner: Sandbox, references: ReferenceStore
) -> None:
    """reference.py that fails is named with its function; the learner loses nothing."""
    file = shares_folder / "reference.py"
    file.write_text(file.read_text("utf-8").replace("X.mean(axis=0) @ W", "missing"), "utf-8")
    exercise = load_exercise(shares_folder)
    with pytest.raises(ExerciseContentError, match=r"reference.py: reference: NameError"):
        grade_notebook(
            exercise, exercise.starter.read_bytes(), sandbox=runner, references=references
        )


def test_an_envelope_in_the_sandbox(
    noisy: ExerciseDefinition, runner: Sandbox, references: ReferenceStore
) -> None:
    """Honest sampling passes, too few samples are named, a verdict must follow from the numbers."""
    mark = Marker(noisy, runner, references)
    sample = (
        "true = np.array([[1, -2, 3, .5, -.7, 2.2], [.3, 1.2, -1, 2, 4, -3]])\n"
        "noise = np.random.default_rng({seed}).normal(size=({size}, 2, 6)).mean(axis=0)\n"
        "means = true + [.1, 3, .2, .5, 2, 1] * noise\n"
        "verdict = '{verdict}'\n"
    )
    assert mark(sample.format(seed=77777, size=400, verdict="high")).score == 10
    few = mark(sample.format(seed=77778, size=8, verdict="high"))
    assert not few.passed
    assert named(few) == ("few",)
    low = mark(sample.format(seed=77779, size=400, verdict="low"))
    assert messages(low)["ordered"] == "criterion.not_recomputed"


def test_the_figure_names_rows_as_the_data_does(mark: Marker) -> None:
    """Rows carry the numbers of the parameter `rows`; the figure knows of a wrong answer."""
    right = mark().plot
    assert right is not None
    assert [panel["label"] for panel in right["panels"]] == ["row 1", "row 2"]
    assert right["right"] is True
    wrong = mark(SOLUTION + "shares = 0 * shares\n").plot
    assert wrong is not None
    assert wrong["right"] is False
