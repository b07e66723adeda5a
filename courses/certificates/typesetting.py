"""A process that sets one PDF or draws one badge: ``python -m courses.certificates.typesetting``.

It reads a `Job` as JSON from its standard input and writes the PDF to its standard output. A name
is a stranger's text, and fonts are large: the process has a limit of time and of memory, and when
it dies, one PDF is missing.
"""

from __future__ import annotations

import importlib.util
import json
import resource
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

TEMPLATES: Final = Path(__file__).resolve().parents[2] / "templates" / "certificates"
FONTS: Final = Path(__file__).resolve().parent / "fonts"
SECONDS: Final = 20
"""It takes half a second; a busy machine may need more."""
CPU_SECONDS: Final = 10
MEMORY_BYTES: Final = 2 << 30
"""Of address space: fonts are mapped, not read."""

_turns: Final = threading.BoundedSemaphore(2)
"""However many people ask, a web process sets two certificates at a time."""


class TypesettingError(Exception):
    """The PDF could not be made within the limits."""


@dataclass(frozen=True)
class Job:
    """What is to be set.

    Attributes:
        template: a typst file.
        inputs: typst's `sys.inputs`, data as text.
        timestamp: the document's own, so that the same certificate gives the same bytes.
        form: a PDF, or a PNG of its first page.
    """

    template: str
    inputs: Mapping[str, str]
    timestamp: int
    form: Literal["pdf", "png"] = "pdf"


def typeset(job: Job) -> bytes:
    """Return the PDF of a certificate.

    Raises:
        TypesettingError: the process has failed or took too long.
    """
    if not _turns.acquire(timeout=SECONDS):
        raise TypesettingError("too many certificates are being set")
    try:
        done = subprocess.run(
            [sys.executable, "-m", "courses.certificates.typesetting"],
            cwd=Path(__file__).resolve().parents[2],
            input=json.dumps(asdict(job)).encode(),
            capture_output=True,
            check=True,
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise TypesettingError(f"it took more than {SECONDS} s") from error
    except subprocess.CalledProcessError as error:
        message = error.stderr.decode(errors="replace").strip()[-500:]
        raise TypesettingError(message or f"status {error.returncode}") from error
    finally:
        _turns.release()
    return done.stdout


def _compile(job: Job) -> bytes:
    import typst  # noqa: PLC0415  # only the child process needs it

    def compiled(*standards: Literal["a-3a", "ua-1"]) -> bytes:
        return typst.compile(
            job.template,
            format=job.form,
            font_paths=[str(folder) for folder in _font_folders()],
            pdf_standards=list(standards),
            timestamp=job.timestamp,
            sys_inputs=dict(job.inputs),
        )

    if job.form == "png":
        return compiled()
    try:
        return compiled("a-3a", "ua-1")
    except typst.TypstError as error:
        # Both forbid a character that no font has: a certificate with a box is still one.
        sys.stderr.write(f"not as PDF/A and PDF/UA: {error}\n")
        return compiled()


def _font_folders() -> list[Path]:
    folders = [FONTS]
    spec = importlib.util.find_spec("matplotlib")
    if spec is not None and spec.origin is not None:
        folders.append(Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf")
    return folders


def main() -> None:
    """Read a job, set it, write the PDF."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    sys.stdout.buffer.write(_compile(Job(**json.load(sys.stdin.buffer))))


if __name__ == "__main__":
    main()
