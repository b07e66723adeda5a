"""The outer sandbox's command line: bubblewrap around the interpreter, from the policy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from grader.sandbox import policy
from grader.sandbox.inside import bounds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.sandbox.environment import Environment

NAMESPACES = ("user", "ipc", "pid", "net", "uts", "cgroup")


@dataclass(frozen=True)
class Mount:
    """One read-only mount: a path on the host and its path inside."""

    source: Path
    target: str


def mounts(
    environment: Environment, runner: Path, libraries: Sequence[Mount] = ()
) -> tuple[Mount, ...]:
    """Return every host path that is visible inside; all are read-only.

    `libraries` are what notebooks find besides the packages of the environment.
    """
    system = [Path(folder) for folder in policy.SYSTEM_FOLDERS]
    found = [Mount(path, str(path)) for path in system if path.exists() and not path.is_symlink()]
    covered = {mount.target for mount in found}
    own = [
        Mount(path, str(path))
        for path in (environment.interpreter, environment.library)
        if not any(path.is_relative_to(place) for place in covered)
    ]
    return (
        *found,
        *own,
        Mount(environment.packages, policy.PACKAGES),
        Mount(runner, f"{policy.RUNNER}/inside"),
        *libraries,
    )


def hidden_folders(environment: Environment, visible: Sequence[Mount]) -> tuple[str, ...]:
    """Return the folders to hide behind an empty mount: packages of another environment."""
    targets = [mount.target for mount in visible]
    return tuple(
        str(folder)
        for folder in environment.foreign
        if any(folder.is_relative_to(target) for target in targets)
    )


def symlinks() -> tuple[tuple[str, str], ...]:
    """Return the system's symbolic symlinks (merged /usr) as (text, place)."""
    folders = [Path(folder) for folder in policy.SYSTEM_FOLDERS]
    return tuple((str(path.readlink()), str(path)) for path in folders if path.is_symlink())


def command(
    bubblewrap: str,
    visible: Sequence[Mount],
    *,
    hidden: Sequence[str],
    program: Sequence[str],
    passwd: int,
    group: int,
) -> list[str]:
    """Return the command line that runs `program` in the outer sandbox.

    `passwd` and `group` are descriptors from which bubblewrap reads the two files' contents.
    """
    line = [bubblewrap, "--die-with-parent", "--new-session"]
    line += [f"--unshare-{name}" for name in NAMESPACES]
    line += ["--uid", str(bounds.UID), "--gid", str(bounds.UID), "--hostname", bounds.HOSTNAME]
    for mount in visible:
        line += ["--ro-bind", str(mount.source), mount.target]
    for place in hidden:
        line += ["--tmpfs", place, "--remount-ro", place]
    for text, place in symlinks():
        line += ["--symlink", text, place]
    line += ["--proc", "/proc", "--dev", "/dev"]
    line += ["--ro-bind-data", str(passwd), "/etc/passwd"]
    line += ["--ro-bind-data", str(group), "/etc/group"]
    for place in bounds.SCRATCH_PLACES:
        line += ["--size", str(policy.SERVER_SCRATCH_BYTES), "--tmpfs", place]
    line += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/", "--clearenv"]
    for name, value in policy.VARIABLES.items():
        line += ["--setenv", name, value]
    return [*line, "--", *program]
