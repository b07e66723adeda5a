"""Cases that any exercise has: what can be done to an array, each with drawn parameters."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING

from bench.diagnosis_harness.case import Case

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

    from grader.exercise import ExerciseDefinition, Output

ORDERS = frozenset({"row_order", "shifted_rows", "reversed_rows", "sorted_rows", "other_rows"})
FEATURES = frozenset({"feature_order", "sorted_features"})
FEWEST_VALUES = 6
COMPARED = ("agreement", "range", "envelope")
SCALES = frozenset({"scaled", "percent"})


def generic_cases(exercise: ExerciseDefinition, generator: np.random.Generator) -> Iterator[Case]:
    """Yield the cases of each output; whatever they draw comes from `generator`."""
    yield Case("the solution itself", "correct")
    for output in exercise.outputs:
        yield from _correct(output)
    names = ", ".join(output.name for output in exercise.outputs)
    if exercise.parameters:
        again = "\n".join(f"{p.name} = {p.value!r}" for p in exercise.parameters)
        first = f"# as in the starter\n{again}\n"
        yield Case(
            "every parameter set again",
            "ignoring",
            {"import numpy as np": f"{first}import numpy as np"},
        )
    compared = {c.output for c in exercise.criteria if c.kind in COMPARED}
    for output in exercise.outputs:
        if output.dtype == "float":
            for case in _floats(output, generator):
                # Neither a recomputed output nor a few numbers have a shape that can be named.
                large = prod(size or 1 for size in output.run_shape) >= FEWEST_VALUES
                known = output.name in compared and (large or "sign" in case.true)
                yield case if known else replace(case, true=frozenset(), may=case.may | case.true)
        elif output.shape:
            yield from _exact(output, generator)
    if len(exercise.outputs) > 1:
        zero = "\n".join(
            f"{o.name} = np.asarray({o.name}) * 0.5" for o in exercise.outputs if o.dtype == "float"
        )
        if zero:
            yield _appended(f"half of everything ({names})", "double", zero, (), may=SCALES)


def _appended(
    name: str,
    kind: str,
    code: str,
    outputs: tuple[str, ...],
    *,
    true: frozenset[str] = frozenset(),
    may: frozenset[str] = frozenset(),
) -> Case:
    return Case(name, kind, {}, "import numpy as np\n" + code, outputs, true, may)


def _correct(output: Output) -> Iterator[Case]:
    x = output.name
    if output.labelled or not output.shape:
        return
    yield _appended(f"{x} as a list", "correct", f"{x} = np.asarray({x}).tolist()", (x,))
    if output.runs > 1:
        code = f"{x} = np.asarray({x})[::-1]"
        yield _appended(f"{x}: runs in another order", "correct", code, (x,))
    if output.dtype == "float":
        code = f"{x} = np.asarray({x}, dtype=np.float32)"
        yield _appended(f"{x} in single precision", "correct", code, (x,))
        code = f"import pandas as pd\n{x} = np.asfortranarray({x})"
        if len(output.shape) == 2:  # noqa: PLR2004 - a table
            columns = f", columns={list(output.columns)!r}" if output.columns else ""
            code = f"import pandas as pd\n{x} = pd.DataFrame(np.asarray({x}){columns})"
        yield _appended(f"{x} in another container", "correct", code, (x,))


def _floats(output: Output, generator: np.random.Generator) -> Iterator[Case]:
    seed = int(generator.integers(2**31))
    factor = float(generator.choice([-1, 1]) * 10 ** generator.uniform(0.2, 1.6))

    def case(name: str, kind: str, code: str, *true: str, may: frozenset[str] = SCALES) -> Case:
        return _edited(output, seed, Case(name, kind, true=frozenset(true), may=may), code)

    yield case("opposite sign", "redrawn", "v = -v", "sign", "scaled")
    yield case("a common factor", "redrawn", f"v = {factor!r} * v", "scaled", "percent")
    yield case("an offset", "redrawn", f"v = v + {factor!r} * np.abs(v).mean()")
    if not output.run_shape:
        yield case("from nowhere", "gaming", "v = v * 0 + rng.normal()")
        return
    yield case("absolute values", "redrawn", "v = np.abs(v)", "absolute")
    yield case("noise of half the size", "redrawn",
               "v = v + rng.normal(0, 0.5 * np.abs(v).mean(), v.shape)")  # fmt: skip
    yield case("noise in proportion", "redrawn", "v = v * rng.normal(1, 0.25, v.shape)")
    yield case("one value negated", "subtle",
               "i = np.argmax(np.abs(v))\nv.flat[i] = -v.flat[i]")  # fmt: skip
    yield case("from nowhere", "gaming", "v = rng.normal(0, np.abs(v).mean(), v.shape)")
    yield case("constant", "gaming", "v = np.full(v.shape, v.mean())",
               "row_mean", may=frozenset({"global_importance", "row_mean"}))  # fmt: skip
    # That features were left out is true of it: they weigh zero.
    yield case("one half of the values", "subtle",
               "keep = rng.random(v.shape) < 0.5\nv = np.where(keep, v, 0.0)",
               may=SCALES | {"few_features", "top_only"})  # fmt: skip
    yield case("sorted and scaled", "double", f"v = {factor!r} * np.sort(v, axis=-1)",
               may=SCALES | {"sorted_values", "feature_order", "absolute"})  # fmt: skip
    if len(output.run_shape) == 1:
        yield case("in another order", "redrawn", "v = v[rng.permutation(len(v))]",
                   may=FEATURES | ORDERS | {"sorted_values"})  # fmt: skip
        return
    yield from _tables(output, seed=seed, factor=factor)


def _tables(output: Output, *, seed: int, factor: float) -> Iterator[Case]:
    def case(name: str, kind: str, code: str, *true: str, may: frozenset[str] = SCALES) -> Case:
        return _edited(output, seed, Case(name, kind, true=frozenset(true), may=may), code)

    rows = "order = np.roll(rng.permutation(len(v)), 1)\n"
    columns = "places = rng.permutation(v.shape[-1])\n"
    yield case("rows in another order", "redrawn", f"{rows}v = v[order]", *ORDERS)
    yield case("rows rotated", "redrawn", "v = np.roll(v, 1, axis=0)", *ORDERS)
    yield case("columns in another order", "redrawn",
               f"{columns}v = v[..., places]", *FEATURES)  # fmt: skip
    yield case("the mean over the rows", "redrawn",
               "v = np.broadcast_to(v.mean(axis=0), v.shape)", "row_mean",
               may=frozenset({"summed_over_rows"}))  # fmt: skip
    yield case("rows rescaled", "redrawn",
               "v = v * np.exp(rng.normal(0, 0.7, (len(v),) + (1,) * (v.ndim - 1)))",
               "scaled_rows", "normalised")  # fmt: skip
    yield case("normalised", "redrawn",
               "v = v / np.abs(v).sum(axis=-1, keepdims=True)",
               "normalised", "scaled_rows")  # fmt: skip
    yield case("one row from another", "subtle", "i = rng.integers(len(v))\n"
               "v[i] = v[(i + 1) % len(v)]",
               may=frozenset({"other_rows", "one_row"}))  # fmt: skip
    yield case("one row scaled", "subtle", "i = rng.integers(len(v))\nv[i] *= 3",
               may=frozenset({"scaled_rows"}))  # fmt: skip
    yield case("one column negated", "subtle",
               "j = np.argmax(np.abs(v).reshape(-1, v.shape[-1]).sum(axis=0))\n"
               "v[..., j] = -v[..., j]")  # fmt: skip
    yield case("other order and sign", "double", f"{rows}v = -v[order]",
               may=ORDERS | {"sign"})  # fmt: skip
    yield case("other order and absolute", "double", f"{rows}v = np.abs(v[order])",
               may=ORDERS | {"absolute"})  # fmt: skip
    yield case("columns and rows in another order", "double",
               f"{rows}{columns}v = v[order][..., places]", may=ORDERS | FEATURES)  # fmt: skip
    yield case("mean over the rows, scaled", "double",
               f"v = {factor!r} * np.broadcast_to(v.mean(axis=0), v.shape)",
               may=SCALES | {"row_mean"})  # fmt: skip


def _edited(output: Output, seed: int, case: Case, code: str) -> Case:
    """A case that changes `v`; of an output with several runs each of them in the same way."""
    x, lines = output.name, "\n    ".join(code.split("\n"))
    function = (
        f"def edited(v):\n    rng = np.random.default_rng({seed})\n    {lines}\n    return v\n"
    )
    whole = f"{x} = edited(np.array({x}, dtype=float))"
    if output.runs > 1:
        whole = f"{x} = np.stack([edited(run) for run in np.array({x}, dtype=float)])"
    return _appended(
        f"{x}: {case.name}", case.kind, function + whole, (x,), true=case.true, may=case.may
    )


def _exact(output: Output, generator: np.random.Generator) -> Iterator[Case]:
    x, seed = output.name, int(generator.integers(2**31))
    rng = f"rng = np.random.default_rng({seed})\n{x} = np.asarray({x})\n"

    def case(name: str, kind: str, code: str, *true: str, may: frozenset[str] = ORDERS) -> Case:
        return _appended(f"{x}: {name}", kind, rng + code, (x,), true=frozenset(true), may=may)

    yield case("in another order", "redrawn", f"{x} = {x}[rng.permutation(len({x}))]",
               may=ORDERS | {"relabelled"})  # fmt: skip
    if output.dtype == "boolean":
        yield case("one truth value turned", "subtle", f"i = rng.integers(len({x}))\n"
                   f"{x} = np.where(np.arange(len({x})) == i, ~{x}, {x})")  # fmt: skip
        yield case("random truth values", "gaming", f"{x} = rng.random(len({x})) < 0.5")
        yield case("nothing raised", "gaming", f"{x} = {x} & False")
        return
    if output.dtype == "integer":
        yield case("one more", "redrawn", f"{x} = {x} + 1",
                   may=frozenset({"numbered_from_one", "class_names_from_one"}))  # fmt: skip
        yield case("one value moved", "subtle", f"i = rng.integers(len({x}))\n"
                   f"{x} = {x} + (np.arange(len({x})) == i)")  # fmt: skip
