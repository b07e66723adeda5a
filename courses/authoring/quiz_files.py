"""quiz.yaml: checked beyond its schema, and rendered into questions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from courses.authoring.files import Document, schema_problems
from courses.authoring.schema import QUESTION_BY_KIND
from courses.markup.problems import InvalidContentError, Problem
from courses.markup.rendering import Source, render_fragment
from courses.quizzes.formulas import FormulaError, evaluate
from courses.quizzes.questions import (
    MOST_DRAWS,
    Choice,
    Item,
    Question,
    WrongNumber,
    all_draws,
    placeholders,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from courses.markup.figures import FigureFile

LEAST_CHOICES: Final = 2


def quiz_problems(document: Document, *, original: Document | None = None) -> list[Problem]:
    """Return what is wrong with a quiz whose outline fits the schema.

    Args:
        document: the quiz.
        original: of which it is the translation; then ids and answers must be the same.
    """
    found: list[Problem] = []
    seen: set[str] = set()
    for position, facts in enumerate(document.value["questions"]):
        where = ("questions", position)
        question = Document(document.file, facts, _lines_below(document, where))
        misfits = schema_problems(question, QUESTION_BY_KIND[facts["kind"]])
        found.extend(misfits)
        if misfits:
            continue
        if facts["id"] in seen:
            found.append(document.problem((*where, "id"), f"{facts['id']!r} is taken already."))
        seen.add(facts["id"])
        found.extend(document.problem((*where, key), why) for key, why in _problems(facts))
    if not any(facts["kind"] != "explain" for facts in document.value["questions"]):
        found.append(document.problem(("questions",), "At least one question must count."))
    if original is not None and not found:
        found.extend(_differences(document, original))
    return found


def read_questions(
    document: Document, language: str, figures: Mapping[str, FigureFile]
) -> list[Question]:
    """Return the questions of a checked quiz, rendered.

    Raises:
        InvalidContentError: a formula, figure or link is wrong; with all problems of the quiz.
    """
    problems: list[Problem] = []
    questions = []
    for position, facts in enumerate(document.value["questions"]):

        def rendered(text: str, *keys: str | int, at: int = position) -> str:
            line = document.line(("questions", at, *keys))
            source = Source(document.file, line - 1, language, figures)
            try:
                return render_fragment(text, source)
            except InvalidContentError as error:
                problems.extend(Problem(one.file, line, one.reason) for one in error.problems)
                return ""

        questions.append(_question(facts, rendered))
    if problems:
        raise InvalidContentError(problems)
    return questions


def _question(facts: Mapping[str, Any], rendered: Callable[..., str]) -> Question:
    marks = placeholders(facts.get("draw", {}))

    def text(value: str, *keys: str | int) -> str:
        for name, mark in marks.items():
            value = value.replace("{" + name + "}", mark)
        return rendered(value, *keys)

    return Question(
        id=facts["id"],
        kind=facts["kind"],
        prompt=text(facts["prompt"], "prompt"),
        explanation=text(facts.get("explanation", ""), "explanation"),
        choices=tuple(
            Choice(
                id=choice["id"],
                html=text(choice["text"], "choices", at, "text"),
                correct=choice.get("correct", False),
                explanation=text(choice["explanation"], "choices", at, "explanation"),
            )
            for at, choice in enumerate(facts.get("choices", []))
        ),
        items=tuple(
            Item(id=item["id"], html=text(item["text"], "items", at, "text"))
            for at, item in enumerate(facts.get("items", []))
        ),
        answer=facts.get("answer"),
        tolerance=facts.get("tolerance", 0.0),
        unit=facts.get("unit", ""),
        wrong=tuple(
            WrongNumber(
                value=wrong["value"],
                tolerance=wrong["tolerance"],
                explanation=text(wrong["explanation"], "wrong", at, "explanation"),
            )
            for at, wrong in enumerate(facts.get("wrong", []))
        ),
        draw=facts.get("draw"),
        model=text(facts.get("model", ""), "model"),
        rubric=tuple(text(point, "rubric", at) for at, point in enumerate(facts.get("rubric", []))),
    )


def _problems(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    if facts["kind"] == "explain":
        return []
    return _numeric_problems(facts) if facts["kind"] == "numeric" else _option_problems(facts)


def _option_problems(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    key = "items" if facts["kind"] == "order" else "choices"
    ids = [option["id"] for option in facts[key]]
    found = []
    if len(set(ids)) != len(ids):
        found.append((key, "Two of them have the same id."))
    correct = sum(choice.get("correct", False) for choice in facts.get("choices", []))
    if facts["kind"] == "single" and correct != 1:
        found.append((key, f"Exactly one choice must be correct; {correct} are."))
    if facts["kind"] == "multiple" and correct == 0:
        found.append((key, "At least one choice must be correct."))
    return found


def _numeric_problems(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    draw = facts.get("draw", {})
    if math.prod(len(values) for values in draw.values()) > MOST_DRAWS:
        return [("draw", f"More than {MOST_DRAWS} combinations.")]
    formulas = [("answer", facts["answer"])]
    formulas += [("wrong", wrong["value"]) for wrong in facts.get("wrong", [])]
    for numbers in all_draws(draw):
        for key, formula in formulas:
            try:
                evaluate(formula, numbers)
            except FormulaError as error:
                drawn = ", ".join(f"{name} = {value:g}" for name, value in numbers.items())
                return [(key, f"{error}" + (f" ({drawn})" if drawn else ""))]
        for wrong in [] if draw else facts.get("wrong", []):
            distance = abs(evaluate(wrong["value"], numbers) - evaluate(facts["answer"], numbers))
            if not distance > facts["tolerance"]:
                return [("wrong", f"The wrong value {wrong['value']} is within the tolerance.")]
    return []


def _differences(document: Document, original: Document) -> list[Problem]:
    """Return where a translation asks something else than its original."""

    def outline(facts: Mapping[str, Any]) -> list[Any]:
        options = facts.get("choices", facts.get("items", []))
        marks = [(option["id"], option.get("correct", False)) for option in options]
        wrong = [(one["value"], one["tolerance"]) for one in facts.get("wrong", [])]
        numbers = [facts.get(key) for key in ("answer", "tolerance", "draw")]
        points = len(facts.get("rubric", []))
        return [facts["id"], facts["kind"], marks, wrong, numbers, points]

    theirs = document.value["questions"]
    ours = original.value["questions"]
    if len(theirs) != len(ours):
        return [
            document.problem(
                ("questions",), f"{original.file} has {len(ours)} questions, here {len(theirs)}."
            )
        ]
    return [
        document.problem(
            ("questions", position), f"Ids and answers must be those of {original.file}."
        )
        for position, (here, there) in enumerate(zip(theirs, ours, strict=True))
        if outline(here) != outline(there)
    ]


def _lines_below(
    document: Document, where: tuple[str | int, ...]
) -> dict[tuple[str | int, ...], int]:
    return {
        keys[len(where) :]: line
        for keys, line in document.lines.items()
        if keys[: len(where)] == where
    }
