"""The program `whybox`."""

from __future__ import annotations

import sys
from typing import TextIO, cast

from .commands import main

if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):  # a terminal that lacks a sign shows a "?"
        cast("TextIO", stream).reconfigure(errors="replace")  # type: ignore[attr-defined]  # of files
    raise SystemExit(main())
