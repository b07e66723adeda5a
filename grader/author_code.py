"""Runs the functions of an exercise's reference.py, the author's code.

It runs in the grader's own process, one thread at a time, never in the sandbox and never in the
web process. Whatever it raises is named as the author's.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import random
import sys
import threading
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.errors import ExerciseContentError, WeightsMissing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import ModuleType

    from grader.exercise import ExerciseDefinition


def author_code(exercise: ExerciseDefinition) -> ModuleType:
    """The exercise's reference.py as a module, executed once per content.

    Raises:
        ExerciseContentError: it cannot be imported.
    """
    with _AUTHOR:
        return _author_module(exercise)


def _author_module(exercise: ExerciseDefinition) -> ModuleType:
    known = _MODULES.get(exercise.folder)
    if known is not None and known[0] == exercise.content_hash:
        return known[1]
    file = exercise.reference_file
    name = f"whybox_reference_{exercise.slug.replace('-', '_')}_{exercise.content_hash[:12]}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ExerciseContentError("cannot be imported", file=file)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where dataclasses look their own module up
    with blaming(exercise, "import"):
        spec.loader.exec_module(module)
    _MODULES[exercise.folder] = (exercise.content_hash, module)
    return module


_MODULES: dict[Path, tuple[str, ModuleType]] = {}
_AUTHOR = threading.RLock()
"""Held while author code runs: its libraries draw from generators that all threads share."""


def author_function(exercise: ExerciseDefinition, name: str) -> Callable[..., Any]:
    """The function `name` of the exercise's reference.py.

    Raises:
        ExerciseContentError: there is none.
    """
    function = getattr(author_code(exercise), name, None)
    if not callable(function):
        raise ExerciseContentError(
            "there is no such function", file=exercise.reference_file, key=name
        )
    return function  # type: ignore[no-any-return]


def call_author(exercise: ExerciseDefinition, name: str, *arguments: Any) -> Any:
    """Call a function of reference.py; its exceptions become an ExerciseContentError.

    One thread at a time runs author code, each call from a known state of the global generators:
    what it returns depends on its arguments, not on what another thread drew in between.
    """
    function = author_function(exercise, name)
    with _AUTHOR, _seeded_generators(exercise, name, arguments), blaming(exercise, name):
        return function(*arguments)


@contextlib.contextmanager
def _seeded_generators(
    exercise: ExerciseDefinition, name: str, arguments: tuple[Any, ...]
) -> Iterator[None]:
    """Seed the global generators by function, parameters and seed; then restore them."""
    seeds = [argument for argument in arguments if isinstance(argument, int)]
    parts = [exercise.slug, name, arguments[:1], seeds]  # the parameters come first
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True, default=repr).encode()).digest()
    seed = int.from_bytes(digest[:4], "big")
    before, before_numpy = random.getstate(), np.random.get_state()  # noqa: NPY002  # lime and shap use it
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002  # the same
    try:
        yield
    finally:
        random.setstate(before)
        np.random.set_state(before_numpy)  # noqa: NPY002  # the same


@contextlib.contextmanager
def blaming(exercise: ExerciseDefinition, name: str) -> Iterator[None]:
    """Whatever the author's code raises is the author's: say which function, and keep the cause."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (ExerciseContentError, WeightsMissing):
        raise
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise ExerciseContentError(reason, file=exercise.reference_file, key=name) from error
