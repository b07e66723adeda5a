"""Answers an editor's questions about code that is not run: completions, and signatures.

The answer is found in a fork with a time limit, since an attribute look-up may run the learner's
code. Nothing else runs: imports of the cell that is being written are looked up among the modules
that are loaded already.
"""

from __future__ import annotations

import ast
import contextlib
import inspect
import json
import os
import re
import select
import signal
import sys
import time
import warnings
from typing import TYPE_CHECKING, Any, Final

from IPython.utils.tokenutil import token_at_cursor

from . import bounds

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_ITEMS: Final = 100
LABEL_CHARACTERS: Final = 200
SIGNATURE_CHARACTERS: Final = 1000
DOCUMENTATION_CHARACTERS: Final = 4000

_IMPORT: Final = re.compile(r"^[ \t]*(?:import|from)[ \t].*$", re.MULTILINE)
_WORD: Final = re.compile(r"\w*$")
_KINDS: Final = (
    (inspect.isclass, "class"),
    (inspect.ismodule, "module"),
    (inspect.ismethod, "method"),
    (inspect.isroutine, "function"),
    (lambda value: isinstance(value, property), "property"),
)


def reply(shell: Any, question: Mapping[str, Any]) -> bytes:
    """Return the answer as JSON; ``{}`` when there is none in time."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            _write_all(writing, _answered(shell, question))
        finally:
            os._exit(0)
    os.close(writing)
    try:
        return _read_in_time(reading) or b"{}"
    finally:
        os.close(reading)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(child, 0)


def _answered(shell: Any, question: Mapping[str, Any]) -> bytes:
    warnings.simplefilter("ignore")
    source, cursor = str(question["source"]), int(question["cursor"])
    for text in (*question["earlier"], source[:cursor]):
        _bind_imports(shell.user_ns, text)
    found = (_completions if question["kind"] == "complete" else _signature)(shell, source, cursor)
    return json.dumps(found).encode()


def _write_all(pipe: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(pipe, view) :]


def _read_in_time(pipe: int) -> bytes:
    """Return what the child writes until it ends; nothing if it is late or writes too much."""
    deadline = time.monotonic() + bounds.REPLY_SECONDS
    data = b""
    poll = select.poll()
    poll.register(pipe, select.POLLIN | select.POLLHUP)
    while (left := deadline - time.monotonic()) > 0 and len(data) < bounds.REPLY_BYTES:
        if not poll.poll(1000 * left):
            break
        chunk = os.read(pipe, 1 << 16)
        if not chunk:
            return data
        data += chunk
    return b""


def _bind_imports(namespace: dict[str, Any], source: str) -> None:
    """Give the names that the imports in `source` would, as far as their modules are loaded."""
    for line in _IMPORT.findall(source):
        with contextlib.suppress(SyntaxError, ValueError, AttributeError):
            for node in ast.parse(line.strip()).body:
                _bind(namespace, node)


def _bind(namespace: dict[str, Any], node: ast.stmt) -> None:
    if isinstance(node, ast.Import):
        for name in node.names:
            shown = name.name if name.asname else name.name.partition(".")[0]
            if module := sys.modules.get(shown):
                namespace.setdefault(name.asname or shown, module)
    elif isinstance(node, ast.ImportFrom) and not node.level and node.module in sys.modules:
        module = sys.modules[node.module]
        for name in node.names:
            if name.name in vars(module):
                namespace.setdefault(name.asname or name.name, vars(module)[name.name])


def _completions(shell: Any, source: str, cursor: int) -> dict[str, Any]:
    completer = shell.Completer
    completer.use_jedi = False
    typed = source[:cursor]
    word = _WORD.search(typed)
    start = word.start() if word else cursor
    owner = _owner(shell.user_ns, typed[:start])
    items: dict[str, str] = {}
    for found in completer.completions(source, cursor):
        label = found.text[start - found.start :] if found.start <= start else ""
        if not label.isidentifier() or not label.startswith(typed[start:]):
            continue
        items.setdefault(label[:LABEL_CHARACTERS], "")
        if len(items) == MAX_ITEMS:
            break
    for label in items:
        items[label] = _kind(owner, label, shell.user_ns)
    return {
        "from": start,
        "items": [{"label": label, "type": kind, "detail": ""} for label, kind in items.items()],
    }


def _owner(namespace: Mapping[str, Any], before: str) -> Any:
    """Return what stands before the dot of an attribute; None for a plain name."""
    name = re.search(r"([A-Za-z_][\w.]*)\.$", before)
    return _resolve(namespace, name[1]) if name else None


def _resolve(namespace: Mapping[str, Any], dotted: str) -> Any:
    first, *rest = dotted.split(".")
    builtins: dict[str, Any] = vars(sys.modules["builtins"])
    value = namespace[first] if first in namespace else builtins.get(first)
    for name in rest:
        value = getattr(value, name, None)
    return value


def _kind(owner: Any, label: str, namespace: Mapping[str, Any]) -> str:
    if owner is None:
        value = _resolve(namespace, label)
        if value is None:
            return "keyword" if label not in namespace else "variable"
    else:
        try:
            value = inspect.getattr_static(owner, label)
        except AttributeError:
            value = None
    for is_kind, kind in _KINDS:
        if is_kind(value):
            is_bound = kind == "function" and owner is not None and not inspect.ismodule(owner)
            return "method" if is_bound else kind
    return "variable"


def _signature(shell: Any, source: str, cursor: int) -> dict[str, Any]:
    name = token_at_cursor(source, cursor)
    value = _resolve(shell.user_ns, name) if name else None
    if value is None:
        return {"found": False}
    signature = ""
    if callable(value):
        with contextlib.suppress(ValueError, TypeError):
            signature = str(inspect.signature(value))
    return {
        "found": True,
        "name": name[:LABEL_CHARACTERS],
        "signature": _cut(signature, SIGNATURE_CHARACTERS),
        "doc": _cut(inspect.getdoc(value) or "", DOCUMENTATION_CHARACTERS),
    }


def _cut(text: str, bound: int) -> str:
    return text if len(text) <= bound else text[: bound - 1] + "…"
