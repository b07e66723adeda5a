"""Checks that the sections of `exercise.yaml` are consistent with each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.exercise.worlds import other_values, world_size

if TYPE_CHECKING:
    from grader.exercise.definition import ExerciseDefinition, Parameter
    from grader.yaml_tree import Checks


def check_names(exercise: ExerciseDefinition, check: Checks) -> None:
    """Every name that one section uses must exist in the other, and once only."""
    names = {output.name for output in exercise.outputs}
    declared = {misconception.id for misconception in exercise.misconceptions}
    above: set[str] = set()
    for index, criterion in enumerate(exercise.criteria):
        key = f"rubric.{index}"
        check.that(criterion.id not in above, f"{key}.id", f"{criterion.id!r} is used twice")
        for role in ("output", "base", "fx"):
            name = getattr(criterion, role)
            check.that(not name or name in names, f"{key}.{role}", f"no output named {name!r}")
        for each in criterion.requires:
            check.that(each in above, f"{key}.requires", f"{each!r} does not stand above it")
        proved = criterion.misconception
        known = not proved or proved in declared
        check.that(known, f"{key}.mistake", f"no misconception {proved!r}")
        above.add(criterion.id)
    ids: set[str] = set()
    for index, misconception in enumerate(exercise.misconceptions):
        key, name = f"misconceptions.{index}", misconception.output
        check.that(misconception.id not in ids, key, f"{misconception.id!r} is declared twice")
        check.that(name in names, f"{key}.output", f"no output named {name!r}")
        unknown = ", ".join(sorted(set(misconception.resembles) - declared))
        check.that(not unknown, f"{key}.resembles", f"no misconception {unknown}")
        ids.add(misconception.id)
    figure = exercise.figure
    check.that(figure is None or figure.output in names, "figure.output", "no such output")


def check_numbers(exercise: ExerciseDefinition, check: Checks) -> None:
    """Lengths, bounds and points must fit each other."""
    for index, output in enumerate(exercise.outputs):
        key = f"outputs.{output.name}"
        last = output.shape[-1] if output.shape else None
        check.that(not output.columns or last == len(output.columns), f"{key}.columns",
                   f"{len(output.columns)} names for a last axis of {last}")  # fmt: skip
        check.that(not output.choices or output.dtype == "string", f"{key}.choices",
                   f"choices need dtype string (output {index + 1})")  # fmt: skip
        runs = output.runs == 1 or (output.shape[:1] == (output.runs,) and not output.labelled)
        check.that(runs, f"{key}.runs", "must be the first axis of the shape, without labels")
    for parameter in exercise.parameters:
        _check_draw(check, parameter)
    size = world_size(exercise)
    check.that(exercise.variants <= size, "variants", f"{exercise.variants} variants, but only "
               f"{size:g} drawings differ from the visible one in every parameter")  # fmt: skip
    check.that(0 < exercise.pass_score <= exercise.max_score, "pass_score", "must lie above 0 and "
               f"at most at the {exercise.max_score:g} points of the rubric")  # fmt: skip
    envelope = any(criterion.kind == "envelope" for criterion in exercise.criteria)
    check.that(not envelope or exercise.seeds >= 100, "seeds",  # noqa: PLR2004 - the bound is in the text
               "an envelope needs at least 100 seeds")  # fmt: skip


def _check_draw(check: Checks, parameter: Parameter) -> None:
    """A hidden variant has to differ from the visible one in every parameter that is drawn."""
    draw, key = parameter.draw, f"parameters.{parameter.name}.draw"
    if draw is None:
        return
    if draw.kind == "choice":
        check.that(parameter.value in draw.options, key, "the visible value is not among them")
        repeated = any(option in draw.options[:place] for place, option in enumerate(draw.options))
        check.that(not repeated, key, "a value stands twice among them")
    else:
        check.that(draw.low < draw.high, key, "the lower bound must lie below the upper one")
    if draw.kind == "sample":
        check.that(draw.size <= draw.high - draw.low, key, "more to draw than there are numbers")
    check.that(other_values(parameter) >= 1, key, "no value but the visible one can be drawn")
