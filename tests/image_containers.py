"""Processes in an image's root folder, started as docker/compose.yaml says, without Docker."""

from __future__ import annotations

import os
import secrets
import shlex
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests import image_files

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.image_files import Service

COMPOSE: Final = Path(__file__).resolve().parent.parent / "docker" / "compose.yaml"
PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
SHARED_MEMORY: Final = "size=64m,mode=1777"
"""Docker's options of the shared memory of a container."""
EMBEDDED: Final = ("WHYBOX_DATABASE_URL", "WHYBOX_BROKER_URL", "WHYBOX_CACHE_URL")
"""Left out: the servers that they name are other people's images."""


@dataclass
class Image:
    """A root folder after its steps, and what the instructions have set."""

    root: Path
    environment: dict[str, str] = field(default_factory=lambda: {"PATH": PATH})
    folder: str = "/"
    user: str = "root"
    command: list[str] = field(default_factory=list)

    def account(self, user: str) -> tuple[int, int, str]:
        """Return the ids and the home of a user, given by name or id."""
        for line in (self.root / "etc/passwd").read_text().splitlines():
            name, _password, uid, gid, _words, home, _shell = line.split(":")
            if user in {name, uid}:
                return int(uid), int(gid), home
        sys.exit(f"{self.root.name}: no user {user}")

    def at(self, path: str) -> Path:
        """Return where a path of the image lies on this machine."""
        return self.root / path.lstrip("/")


def site_settings() -> dict[str, str]:
    """Return what docker/.env has to give, made up."""
    return {
        "POSTGRES_PASSWORD": secrets.token_hex(16),
        "WHYBOX_SECRET_KEY": secrets.token_urlsafe(48),
        "WHYBOX_VARIANT_SECRET": secrets.token_urlsafe(32),
        "WHYBOX_CERTIFICATE_KEY": secrets.token_urlsafe(32),
        "WHYBOX_SITE_URL": "https://whybox.example.org",
        "WHYBOX_ALLOWED_HOSTS": "whybox.example.org",
    }


def entered(
    image: Image,
    command: Sequence[str],
    variables: Mapping[str, str],
    *,
    user: str = "root",
    mounts: Sequence[str] = (),
    options: Sequence[str] = (),
) -> list[str]:
    """Return the command that runs `command` in an image, with processes and mounts of its own.

    What it has started ends with it. /proc is whole, as `systempaths=unconfined` makes it for the
    sandbox, and the root is changed by pivot_root: a chroot could make no user namespaces.
    """
    call = ["bwrap", *options, "--bind", "/proc", "/proc", "--ro-bind", "/sys", "/sys"]
    call += ["--chdir", image.folder, "--clearenv", "--cap-add", "ALL"]
    uid, gid, home = image.account(user)
    for name, value in {"HOME": home, **image.environment, **variables}.items():
        call += ["--setenv", name, value]
    if uid != 0:
        call += ["setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups"]
        call += ["--inh-caps=-all", "--bounding-set=-all", "--no-new-privs"]
    # The shell is the first process: it takes orphans, and what is left ends with it.
    steps = "\n".join([*mounts, f"{shlex.join([*call, *command])} || exit $?"])
    start = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
    return [*start, "/bin/sh", "-ec", steps]


def end(process: subprocess.Popen[bytes]) -> None:
    """End what `entered` has started: its first process, and by that all others, before it."""
    if process.poll() is not None:
        return
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    first = [int(pid) for pid in children.read_text().split()]
    for pid in first or [process.pid]:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


class Containers:
    """Starts services as docker/compose.yaml says, with volumes in a folder."""

    def __init__(self, images: Mapping[str, Image], folder: Path) -> None:
        self._images = images
        self._folder = folder
        self.services = image_files.read_services(COMPOSE.read_text(), site_settings())

    def _volume(self, image: Image, name: str, place: str) -> Path:
        """Return a volume's folder; a new one takes owner and mode of what it is mounted on."""
        volume = self._folder / "volumes" / name
        if not volume.exists():
            volume.mkdir(parents=True)
            before = image.at(place).stat()
            os.chown(volume, before.st_uid, before.st_gid)
            volume.chmod(before.st_mode & 0o7777)
        return volume

    def command(self, service: Service, command: Sequence[str] = ()) -> list[str]:
        """Return the command that runs a service, or another command in its place."""
        image = self._images[service.stage]
        bind = "--ro-bind" if service.read_only else "--bind"
        options = [bind, str(image.root), "/", "--dev", "/dev"]
        options += ["--unshare-uts", "--hostname", service.name]
        mounts = []
        for place, how in {"/dev/shm": SHARED_MEMORY, **service.temporary}.items():  # noqa: S108  # of a container
            here = self._folder / "temporary" / service.name / place.strip("/")
            here.mkdir(parents=True, exist_ok=True)
            limits = f"nosuid,nodev,noexec,{how}"
            mounts.append(shlex.join(["mount", "-t", "tmpfs", "-o", limits, "tmpfs", str(here)]))
            options += ["--bind", str(here), place]
        for name, place, writable in service.volumes:
            volume = self._volume(image, name, place)
            options += ["--bind" if writable else "--ro-bind", str(volume), place]
        variables = {
            name: value for name, value in service.environment.items() if name not in EMBEDDED
        }
        return entered(
            image,
            list(command) or service.command or image.command,
            variables,
            user=service.user,
            mounts=mounts,
            options=options,
        )

    def succeeds(self, service: Service, command: Sequence[str] = ()) -> bool:
        """Run to the end; whether it ended well."""
        call = self.command(service, command)
        return subprocess.run(call, check=False, stdin=subprocess.DEVNULL).returncode == 0

    @contextmanager
    def running(self, service: Service) -> Iterator[subprocess.Popen[bytes]]:
        """Run a service until the block ends."""
        call = self.command(service)
        with (
            self.log(service).open("wb") as log,
            subprocess.Popen(call, stdin=subprocess.DEVNULL, stdout=log, stderr=log) as process,
        ):
            try:
                yield process
            finally:
                end(process)

    def log(self, service: Service) -> Path:
        """Return the file of what a service prints."""
        return self._folder / f"{service.name}.log"
