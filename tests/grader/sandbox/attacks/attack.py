"""Attacks as data: code that tries to break out and says whether it did.

Each attack defines ``attack()``, which returns evidence when it succeeds, and nothing or an
exception when the sandbox blocks it. ``$names`` are filled in from the host (`world`). One with a
control is harmless: outside the sandbox it must succeed, which shows that the attack itself works.
"""

from __future__ import annotations

from dataclasses import dataclass
from string import Template
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

PREAMBLE = """
import ctypes, errno, mmap, os, resource, signal, socket, stat, subprocess, sys
from pathlib import Path
libc = ctypes.CDLL(None, use_errno=True)

def call(name, *arguments):
    ctypes.set_errno(0)
    result = getattr(libc, name)(*arguments)
    if result == -1:
        raise OSError(ctypes.get_errno(), f"{name}: {os.strerror(ctypes.get_errno())}")
    return True
"""

VERDICT = """
try:
    evidence = attack()
    outcome = f"BREACH: {evidence!r}"[:300] if evidence else "blocked: no evidence"
except Exception as error:
    outcome = f"blocked: {error!r}"[:300]
"""


@dataclass(frozen=True)
class Attack:
    """One attack.

    Attributes:
        name: what it tries.
        code: defines ``attack()``.
        control: it is harmless and succeeds outside the sandbox, for any user.
    """

    name: str
    code: str
    control: bool = True

    def cells(self, facts: Mapping[str, object]) -> tuple[str, ...]:
        """Return the notebook that runs the attack and sets ``outcome``."""
        return PREAMBLE, Template(self.code).substitute(facts), VERDICT

    def script(self, facts: Mapping[str, object]) -> str:
        """Return the same as a program that prints its outcome."""
        return "\n".join((*self.cells(facts), "print(outcome)"))
