"""Dockerfile, .dockerignore and compose.yaml, read as far as `tests/image_steps.py` keeps to them.

Everything that is not known here is refused, so that a new instruction is not passed over.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

INSTRUCTIONS: Final = {"CMD", "COPY", "ENV", "EXPOSE", "RUN", "USER", "WORKDIR"}
OFFICIAL: Final = re.compile(r"python:(?P<python>\d+\.\d+)-slim-(?P<release>[a-z]+)")
"""An official image for Python on a slim Debian."""
_VARIABLE: Final = re.compile(r"\$\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<rest>[^}]*))?\}")


@dataclass
class Stage:
    """A stage of the Dockerfile: where it begins, and its instructions in order."""

    name: str
    base: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def texts(self, keyword: str) -> list[str]:
        """Return what follows each instruction of one kind."""
        return [text for kind, text in self.steps if kind == keyword]


@dataclass(frozen=True)
class Service:
    """A service of compose.yaml that runs one of our images."""

    name: str
    stage: str
    command: list[str]
    """Instead of the image's own, where it is not empty."""
    user: str
    read_only: bool
    temporary: dict[str, str]
    """Folder to options of its own temporary file system."""
    volumes: list[tuple[str, str, bool]]
    """Volume, folder, and whether it may be written."""
    environment: dict[str, str]
    health: list[str]
    """The command of its health check, where that is one without a shell."""
    restarts: bool


def read_stages(text: str) -> list[Stage]:
    """Return the stages of a Dockerfile, its continued lines joined and its comments left out.

    Raises:
        ValueError: an instruction that is not known here, or an option of one.
    """
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    stages: list[Stage] = []
    for line in re.sub(r"\\[ \t]*\n", " ", "\n".join(lines)).splitlines():
        if not line.strip():
            continue
        keyword, _space, rest = line.strip().partition(" ")
        if keyword == "FROM":
            base, _as, name = rest.split()
            stages.append(Stage(name, base))
        elif keyword not in INSTRUCTIONS or rest.lstrip().startswith("--"):
            raise ValueError(f"not known here: {line.strip()}")
        else:
            stages[-1].steps.append((keyword, rest.strip()))
    return stages


def read_command(text: str) -> list[str]:
    """Return the words of a CMD, which has to be the list that no shell reads."""
    words: list[str] = json.loads(text)
    return words


def ignore_patterns(text: str) -> list[re.Pattern[str]]:
    """Return the patterns of a .dockerignore; each matches a path or a folder above it.

    Raises:
        ValueError: an exception to a pattern, which is not known here.
    """
    patterns = []
    for line in (one.strip() for one in text.splitlines()):
        if line.startswith("!"):
            raise ValueError(f"not known here: {line}")
        if not line or line.startswith("#"):
            continue
        words = [re.escape(word) for word in line.removeprefix("**/").strip("/").split("*")]
        above = "(?:.*/)?" if line.startswith("**/") else ""
        patterns.append(re.compile(f"{above}{'[^/]*'.join(words)}(?:/.*)?"))
    return patterns


def ignored(path: str, patterns: Sequence[re.Pattern[str]]) -> bool:
    """Whether .dockerignore keeps a path, relative to the checkout, out of the image."""
    return any(pattern.fullmatch(path) for pattern in patterns)


def filled_in(text: str, given: Mapping[str, str]) -> str:
    """Return a text of compose.yaml with its variables replaced.

    Raises:
        KeyError: one that has to be given is not.
    """

    def value(match: re.Match[str]) -> str:
        default = match["rest"] if match["kind"] == "-" else None
        return given.get(match["name"]) or (given[match["name"]] if default is None else default)

    return _VARIABLE.sub(value, text)


def read_services(text: str, given: Mapping[str, str]) -> dict[str, Service]:
    """Return the services of a compose.yaml that run our images, by name."""
    found: dict[str, dict[str, Any]] = yaml.safe_load(text)["services"]
    return {name: _service(name, told, given) for name, told in found.items() if "build" in told}


def _service(name: str, told: Mapping[str, Any], given: Mapping[str, str]) -> Service:
    volumes = []
    for one in told["volumes"]:
        volume, folder, *options = one.split(":")
        volumes.append((volume, folder, options != ["ro"]))
    kind, *command = told.get("healthcheck", {}).get("test", [""])
    return Service(
        name,
        stage=told["build"]["target"],
        command=told.get("command", []),
        user=told["user"],
        read_only=told["read_only"],
        temporary=dict(one.split(":", 1) for one in told["tmpfs"]),
        volumes=volumes,
        environment={
            key: filled_in(str(value), given) for key, value in told["environment"].items()
        },
        health=command if kind == "CMD" else [],
        restarts=told["restart"] != "no",
    )
