"""Write an imported assignment as an exercise folder: outputs from one run of its solution."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import numpy as np
from ruamel.yaml import YAML

from grader.authoring import Cell, notebook_text
from grader.errors import ExerciseContentError
from grader.imports import assigned_names, used_names
from grader.imports.nbgrader import is_nbgrader, read_nbgrader
from grader.imports.otter import is_otter, read_otter
from grader.notebook import code_cells, read_notebook
from grader.sandbox.job import Job, Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from grader.imports import Assignment
    from grader.sandbox.job import Answer, Sandbox

DTYPES = {"f": "float", "i": "integer", "b": "boolean", "U": "string"}
MAX_SHAPE = 4

REFERENCE = '''\
"""Reference: what the imported solution left behind, kept beside this file."""

import json
from pathlib import Path


def reference(parameters, seed):
    """The solution's values."""
    return json.loads(Path(__file__).with_name("reference.json").read_text("utf-8"))
'''


def import_notebook(source: Path, folder: Path, *, sandbox: Sandbox) -> tuple[str, ...]:
    """Write the exercise folder of an nbgrader or otter notebook; returns what was left out.

    The solution runs once, in the sandbox: dtype, shape and value of each variable that a test
    looks at become an output with its criterion.

    Raises:
        ExerciseContentError: neither format, a failing solution, or nothing that can be graded.
        NotebookRefused: no notebook at all.
    """
    notebook = read_notebook(source.read_bytes())
    if is_nbgrader(notebook):
        assignment = read_nbgrader(notebook, source.stem)
    elif is_otter(notebook):
        assignment = read_otter(notebook, source.stem)
    else:
        raise ExerciseContentError("is neither an nbgrader nor an otter notebook", file=source)
    worth, left_out = _worth(assignment)
    text = notebook_text(assignment.solution)
    cells = tuple(cell.source for cell in code_cells(read_notebook(text.encode())))
    run = sandbox.run(Job(cells, tuple(worth)))
    if run.verdict is not Verdict.OK:
        what = f"{run.error.name}: {run.error.message}" if run.error else str(run.verdict)
        raise ExerciseContentError(f"its solution does not run ({what})", file=source)
    values: dict[str, Any] = {}
    outputs: dict[str, Any] = {}
    for name in worth:
        found = _output(run.answers.get(name))
        if found is None:
            left_out.append(f"{name}: not plain numbers or text, so it cannot be an output")
        else:
            outputs[name], values[name] = found
    if not outputs:
        raise ExerciseContentError("no test looks at a variable that could be marked", file=source)
    left_out.append("hidden variants: the notebook has no parameters; add some (see the page for "
                    "authors), or pasted answers pass")  # fmt: skip
    tree = _exercise_yaml(assignment, worth, outputs)
    folder.mkdir(parents=True, exist_ok=True)
    listed = "".join(f"- {line}\n" for line in left_out)
    for name, content in {
        "exercise.yaml": _yaml_text(tree),
        "reference.py": REFERENCE,
        "reference.json": json.dumps(values),
        "starter.ipynb": _starter(assignment, outputs),
        "solution.ipynb": text,
        "import.md": f"# Not carried over\n\n{listed}",
    }.items():
        (folder / name).write_text(content, encoding="utf-8")
    return tuple(left_out)


def _worth(assignment: Assignment) -> tuple[dict[str, float], list[str]]:
    """Points by variable: each test's are shared by the solution's variables that it reads."""
    solution = [cell for cell in assignment.solution if cell.is_code]
    known = {name for cell in solution for name in assigned_names(cell.source)}
    worth: dict[str, float] = {}
    left_out = list(assignment.left_out)
    for test in assignment.tests:
        names = sorted(used_names(test.source) & known)
        if not names:
            left_out.append(f"test {test.name} ({test.points:g} points): looks at no variable")
        for name in names:
            worth[name] = worth.get(name, 0.0) + (test.points or 1.0) / len(names)
    return worth, left_out


def _output(answer: Answer | None) -> tuple[dict[str, Any], Any] | None:
    """The declaration and the value of one variable; None when it is no plain data."""
    if answer is None or answer.array is None:
        return None
    array = np.asarray(answer.array)
    if array.dtype.kind not in DTYPES or array.ndim > MAX_SHAPE or 0 in array.shape:
        return None
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        return None
    output = {
        "dtype": DTYPES[array.dtype.kind],
        "shape": list(array.shape),
        "meaning": f"The variable {answer.name}.",
    }
    return output, array.tolist()


def _yaml_text(tree: dict[str, Any]) -> str:
    writer, stream = YAML(), io.StringIO()
    writer.width = 100
    writer.dump(tree, stream)
    return stream.getvalue()


def _exercise_yaml(
    assignment: Assignment, worth: dict[str, float], outputs: dict[str, Any]
) -> dict[str, Any]:
    rubric: list[dict[str, Any]] = []
    for name, output in outputs.items():
        kind = "agreement" if output["dtype"] == "float" else "exact"
        criterion = {"id": f"value_{len(rubric) + 1}", "title": name, "kind": kind, "output": name,
                     "points": round(worth[name], 6)}  # fmt: skip
        if kind == "agreement":
            criterion["threshold"] = 0.01
        rubric.append(criterion)
    total = sum(criterion["points"] for criterion in rubric)
    text = [cell.source for cell in assignment.starter if not cell.is_code]
    return {
        "version": 1,
        "title": assignment.title[:120],
        "summary": f"Imported from {assignment.title}."[:300],
        "level": "introductory",
        "minutes": 30,
        "statement": "\n\n".join(text)[:20_000] or assignment.title,
        "outputs": outputs,
        "rubric": rubric,
        "pass_score": round(0.8 * total, 6),
        "hints": ["Look at what failed.", "Look at where it fails.", "Look at why.", "An example."],
    }


def _starter(assignment: Assignment, outputs: dict[str, Any]) -> str:
    """The learner's notebook, with a placeholder of each output in front so that it runs."""
    zeros = {"float": "0.0", "integer": "0", "boolean": "False", "string": '""'}
    lines = ["import numpy as np", ""]
    for name, output in outputs.items():
        zero = zeros[output["dtype"]]
        full = f"np.full({tuple(output['shape'])}, {zero})" if output["shape"] else zero
        lines.append(f"{name} = {full}")
    cells = [cell for cell in assignment.starter if "parameters" not in cell.tags]
    return notebook_text([Cell("placeholders", "\n".join(lines), is_code=True), *cells])
