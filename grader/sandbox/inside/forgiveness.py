"""What Jupyter and Colab put up with: lines that have no meaning here are skipped with a note.

A note says what was skipped and, where there is one, what to use instead; the run goes on.
"""

from __future__ import annotations

import ast
import builtins
import getpass
import re
import sys
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

SKIPPED_MAGICS: Final = frozenset(
    """
    autosave store tensorflow_version conda mamba micromamba uv debug pdb edit ed connect_info
    qtconsole less more man pinfo2 notebook gui bookmark logon logstart logstop
    """.split()  # noqa: SIM905 - a table of words
)
"""Line magics of front ends, of Colab and of package managers."""
LENIENT_MAGICS: Final = frozenset({"config", "matplotlib", "pylab", "load_ext", "reload_ext"})
"""Magics that only set up a display; when they fail, nothing is lost."""
FOREIGN_CELLS: Final = frozenset(
    """
    R sql bigquery cython julia ruby perl js javascript html HTML svg SVG latex markdown bash sh
    script cmd powershell writefile file manim mermaid
    """.split()  # noqa: SIM905 - a table of words
)
"""Cell magics whose body is no Python."""
CELL_MAGIC: Final = re.compile(r"\s*%%(\w+)")
COLAB: Final = "google.colab"
NO_INPUT: Final = (
    "input() can't be answered here: nobody is there to type. Assign the value in a cell instead."
)


def note(text: str) -> None:
    """Show what was skipped, below the cell."""
    sys.stderr.write(f"[Skipped: {text}]\n")


class AbsentColab:
    """Stands for a module of `google.colab`: whatever is called does nothing, with a note."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return AbsentColab(f"{self._name}.{name}")

    def __call__(self, *_: object, **__: object) -> None:
        """Do nothing, or say why there is nothing to return."""
        if self._name.endswith(("files.upload", "userdata.get", "kernel.invoke_function")):
            raise RuntimeError(
                f"{self._name}() works only in Colab: read the exercise's files from data/ instead"
            )
        note(f"{self._name}() works only in Colab")


class ColabImports(ast.NodeTransformer):
    """Replaces imports of `google.colab`, except in a `try`, which has its own answer."""

    def visit_Try(self, node: ast.Try) -> ast.AST:
        """Leave it: `except ImportError` is how a notebook asks where it runs."""
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Leave it: nothing shows that it is called."""
        return node

    def visit_Import(self, node: ast.Import) -> ast.AST | list[ast.AST]:
        """Replace `import google.colab` and keep other modules of the same line."""
        absent = [name for name in node.names if _is_colab(name.name)]
        if not absent:
            return node
        note(f"import {absent[0].name} works only in Colab")
        kept = [name for name in node.names if name not in absent]
        bound = [
            (name.asname or "google", "google" if not name.asname else COLAB) for name in absent
        ]
        new: list[ast.AST] = [self._stand_in(node, *pair) for pair in bound]
        return [*([ast.copy_location(ast.Import(kept), node)] if kept else []), *new]

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | list[ast.AST]:
        """Replace `from google.colab import drive`."""
        module = node.module or ""
        colab = module == "google" and [name.name for name in node.names] == ["colab"]
        if not (_is_colab(module) or colab):
            return node
        note(f"from {module} import ... works only in Colab")
        return [
            self._stand_in(node, name.asname or name.name, f"{module}.{name.name}")
            for name in node.names
            if name.name != "*"
        ] or ast.copy_location(ast.Pass(), node)

    def _stand_in(self, node: ast.AST, variable: str, name: str) -> ast.AST:
        made = ast.parse(
            f"{variable} = __import__('inside.forgiveness').forgiveness.AbsentColab({name!r})"
        )
        return ast.fix_missing_locations(_placed(made.body[0], node))


def _placed(tree: ast.AST, place: ast.AST) -> ast.AST:
    for child in ast.walk(tree):
        ast.copy_location(child, place)
    return tree


def _is_colab(module: str) -> bool:
    return module == COLAB or module.startswith(f"{COLAB}.")


def skip_unknown_cell_magic(known: Callable[[str], Any]) -> Callable[[list[str]], list[str]]:
    """Return an input transformer that takes an unknown `%%magic` off a cell of Python.

    Its line stays as a comment, so that the lines of errors are right.
    """

    def transform(lines: list[str]) -> list[str]:
        first = next((i for i, line in enumerate(lines) if line.strip()), None)
        found = CELL_MAGIC.match(lines[first]) if first is not None else None
        if first is None or found is None or known(found[1]) is not None:
            return lines
        if found[1] in FOREIGN_CELLS:
            note(f"a cell of %%{found[1]}, which isn't available here")
            return ["pass\n"]
        note(f"%%{found[1]} isn't available here; the cell was run without it")
        return [*lines[:first], "# " + lines[first].lstrip(), *lines[first + 1 :]]

    return transform


def install(shell: Any) -> None:
    """Make the shell of a run forgiving."""
    shell.ast_transformers.append(ColabImports())
    known = shell.find_cell_magic
    shell.input_transformers_cleanup.append(skip_unknown_cell_magic(known))
    builtins.input = _refuse_input
    getpass.getpass = _refuse_input
    matplotlib = sys.modules.get("matplotlib")
    if matplotlib is not None:
        matplotlib.use = _inline_instead(matplotlib.use)  # type: ignore[attr-defined]


def _refuse_input(*_: object, **__: object) -> str:
    raise EOFError(NO_INPUT)


def _inline_instead(use: Callable[..., None]) -> Callable[..., None]:
    """Return `matplotlib.use` for a place without windows: only what draws files is switched to."""

    def choose(backend: str, *args: Any, **kwargs: Any) -> None:
        name = str(backend).lower()
        if name in {"agg", "svg", "pdf", "ps", "cairo", "inline"} or name.startswith(
            "module://matpl"
        ):
            use(backend, *args, **kwargs)
        else:
            note(f"matplotlib's {backend}, which needs a screen; figures appear below their cells")

    return choose
