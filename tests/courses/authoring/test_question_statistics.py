"""What questions give away by their form is counted, judged by course, and absent from ours."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.core.management import CommandError, call_command

from courses.authoring.question_statistics import (
    LEAST_QUESTIONS,
    Statistics,
    question_problems,
    question_statistics,
    question_table,
)
from courses.authoring.tree import read_tree
from courses.quizzes.questions import Choice, Question

if TYPE_CHECKING:
    from tests.courses.material import Material

CONTENT = Path(__file__).resolve().parents[3] / "content"
SHORT, MIDDLE, LONG = "Eight ch", "Sixteen letters!", "A good deal longer than that"


def single(key: str, *wrong: str) -> Question:
    """Return a single-choice question with these choices."""
    return _question("single", [(key, True), *((text, False) for text in wrong)])


def multiple(*right: bool) -> Question:
    """Return a multiple-choice question with so many choices, right or wrong."""
    return _question("multiple", [(MIDDLE, one) for one in right])


def _question(kind: str, choices: list[tuple[str, bool]]) -> Question:
    facts = [
        {"id": f"c{at}", "html": f"<p>{text}</p>", "correct": correct, "explanation": "So."}
        for at, (text, correct) in enumerate(choices)
    ]
    return Question("q", kind, "?", choices=tuple(Choice(**one) for one in facts))  # type: ignore[arg-type]


def counted(*questions: Question, language: str = "en") -> Statistics:
    """Return the statistics of these questions."""
    one = Statistics("tiny", language, "content/courses/tiny/course.yaml")
    one.count(questions)
    return one


BALANCED = [
    *[single(LONG, MIDDLE, SHORT, LONG[:-1])] * 2,
    *[single(MIDDLE, SHORT, MIDDLE, LONG)] * 4,
    *[single(MIDDLE, SHORT, LONG, LONG)] * 2,
]


def test_questions_of_even_form_are_sound() -> None:
    """What the other tests unbalance is accepted before."""
    one = counted(*BALANCED)

    assert (one.single, one.longest, one.ratio) == (8, 2, 1.0)
    assert list(one.faults()) == []


def test_ties_count_as_longest() -> None:
    """A key as long as the longest distractor is found by somebody who picks the longest."""
    assert counted(single(MIDDLE, MIDDLE, SHORT)).longest == 1
    assert counted(single(MIDDLE, LONG, SHORT)).longest == 0


def test_the_length_is_that_of_the_words_shown() -> None:
    """Marks of a formula or of emphasis make no choice longer."""
    marked = "<math><mi>x</mi></math> <strong>grows</strong>"

    assert counted(single("x grows", marked, marked)).ratios == [1.0]


@pytest.mark.parametrize(
    ("questions", "reason"),
    [
        ([single(LONG, LONG[:-1], LONG[:-1])] * 8, "longest in 8 of 8"),
        ([single(MIDDLE, LONG, MIDDLE)] * 8, "longest in 0 of 8"),
        ([single(MIDDLE, LONG, SHORT)] * 8, "8 are at place 2 by length"),
        ([single(SHORT, LONG, LONG)] * 8, "0.29 times the length"),
        ([single("It may be so here", MIDDLE, LONG)] * 8, "100% of the right choices hedge"),
        ([single(MIDDLE, "It often is so here", LONG)] * 8, "0% of the right choices hedge"),
        ([multiple(True, True, False)] * 8, "8 of 8 multiple-choice questions have 2 right"),
        ([multiple(True, True, False), multiple(False, True, False)] * 4, "one right choice and"),
        ([multiple(True, True), multiple(True, True, True, False)] * 4, "one right choice and"),
    ],
)
def test_what_gives_a_key_away_is_reported(questions: list[Question], reason: str) -> None:
    """Length, hedging words and the number of right choices are each judged."""
    assert any(reason in fault for fault in counted(*questions).faults())


def test_any_number_of_right_choices_is_sound() -> None:
    """One, some and all right, none of them in more than half of the questions."""
    mixed = [
        *[multiple(True, False, False), multiple(True, True, True)] * 2,
        *[multiple(True, True, False)] * 4,
    ]

    assert list(counted(*mixed).faults()) == []


def test_hedging_is_counted_in_the_language_of_the_quiz() -> None:
    """French hedges are other words, and `cannot` hedges nothing."""
    assert counted(single("Cela peut arriver", MIDDLE), language="fr").hedging_keys == 1
    assert counted(single("Cela peut arriver", MIDDLE)).hedging_keys == 0
    assert counted(single("It cannot be told", MIDDLE)).hedging_keys == 0
    assert counted(single("It may be", MIDDLE), language="en-GB").hedging_keys == 1
    assert counted(single("Es kann sein", MIDDLE), language="de").keys == []


def test_few_questions_are_not_judged() -> None:
    """A share of few questions says nothing."""
    few = [single(LONG, SHORT, SHORT)] * (LEAST_QUESTIONS - 1)

    assert not any("longest" in fault for fault in counted(*few).faults())


def test_a_course_is_counted_in_each_of_its_languages() -> None:
    """A translation has its own lengths; the table has a line for each."""
    tree = read_tree(CONTENT)

    found = {(one.course, one.language): one for one in question_statistics(tree)}

    assert found["foundations", "fr"].single == found["foundations", "en"].single
    assert found["foundations", "fr"].ratios != found["foundations", "en"].ratios
    assert "l10n/fr/courses/foundations" in found["foundations", "fr"].file
    assert "| foundations | fr |" in question_table(tree)


def test_the_command_prints_the_table(material: Material) -> None:
    """`check_content --statistics` shows what was counted, also when something is wrong."""
    printed = StringIO()

    with pytest.raises(CommandError):
        call_command("check_content", str(material.course().root), statistics=True, stdout=printed)

    assert "| tiny | en | 2 | 0 (0%) | 2: 2 | 0.90 |" in printed.getvalue()


def test_our_questions_give_nothing_away() -> None:
    """Every course passes in each of its languages."""
    assert question_problems(read_tree(CONTENT)) == []
