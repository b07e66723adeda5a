#!/usr/bin/env python3
"""Run the steps of docker/Dockerfile without Docker, and start the result: ``make image-steps``.

Each stage begins in a Debian that debootstrap makes, of the release that ``FROM`` names and with
that release's Python, which has to be the version that ``FROM`` names. RUN, COPY, ENV, WORKDIR and
USER are carried out in it; packages come from where this machine's apt and pip get theirs. Then, as
the image's ordinary user, on a read-only root and without capabilities: ``config.prepare``, the
commands of both stages, ``/readyz``, and a worker that has checked its sandbox.

Needs root, debootstrap, bubblewrap and 3 GB. What it cannot show: the official image itself,
Docker's own seccomp and AppArmor profiles, and its networks.
"""

from __future__ import annotations

import ast
import ctypes
import fcntl
import fnmatch
import os
import re
import secrets
import shlex
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

CHECKOUT: Final = Path(__file__).resolve().parent.parent
DOCKERFILE: Final = CHECKOUT / "docker" / "Dockerfile"
STAND_IN: Final = ("python3", "python3-venv", "python-is-python3", "ca-certificates")
"""What makes a Debian the stand-in of an official image for Python."""
OFFICIAL: Final = re.compile(r"python:(?P<python>\d+\.\d+)-slim-(?P<release>[a-z]+)")
VOLUME: Final = "/var/lib/whybox"
CERTIFICATES: Final = "/etc/ssl/certs/ca-certificates.crt"
START_SECONDS: Final = 180.0
CLONE_NEWNET: Final = 0x40000000
SIOCSIFFLAGS: Final = 0x8914
IFF_UP: Final = 1
WORKING: Final = re.compile(
    r'^whybox_workers\{(?=[^}]*kind="grading")(?=[^}]*state="working")[^}]*\} [1-9]', re.MULTILINE
)


@dataclass
class Stage:
    """A stage of the Dockerfile: where it begins, and its instructions in order."""

    name: str
    base: str
    steps: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Image:
    """A root folder after its steps, and what the instructions have set."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)
    folder: str = "/"
    user: str = "root"
    command: list[str] = field(default_factory=list)


def read_stages(text: str) -> list[Stage]:
    """Return the stages of a Dockerfile, its continued lines joined and its comments left out."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    stages: list[Stage] = []
    for line in re.sub(r"\\\n", " ", "\n".join(lines)).splitlines():
        if not line.strip():
            continue
        keyword, rest = line.strip().split(None, 1)
        if keyword == "FROM":
            base, _as, name = rest.split()
            stages.append(Stage(name, base))
        else:
            stages[-1].steps.append((keyword, rest.strip()))
    return stages


def ignored(path: str, patterns: Sequence[str]) -> bool:
    """Whether .dockerignore keeps a path, relative to the checkout, out of the image."""
    for pattern in patterns:
        anywhere = pattern.startswith("**/")
        parts = path.split("/")
        tails = ["/".join(parts[start:]) for start in range(len(parts))] if anywhere else [path]
        wanted = pattern.removeprefix("**/")
        if any(fnmatch.fnmatchcase(tail, wanted) for tail in tails):
            return True
    return False


def ignore_patterns() -> list[str]:
    """Return the patterns of .dockerignore."""
    lines = (CHECKOUT / ".dockerignore").read_text().splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def say(text: str) -> None:
    """Print at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _package_sources() -> tuple[dict[str, str], list[str]]:
    """Return pip's configuration as variables, and the folders of this machine that it names."""
    listed = subprocess.check_output([sys.executable, "-m", "pip", "config", "list"], text=True)
    variables = {}
    for line in listed.splitlines():
        name, _is, value = line.partition("=")
        key = name.rpartition(".")[2].upper().replace("-", "_")
        variables[f"PIP_{key}"] = str(ast.literal_eval(value))
    words = [word.removeprefix("file://") for one in variables.values() for word in one.split()]
    paths = {Path(word) for word in words if word[:1] == "/" and Path(word).exists()}
    # An index in a folder links to files beside it.
    around = {path.parent if path.is_dir() and len(path.parts) > 2 else path for path in paths}
    return variables, sorted(map(str, around))


def _debian(root: Path, release: str) -> None:
    """Make a Debian from where this machine's apt gets its packages."""
    targets = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]
    mirror = subprocess.check_output(targets, text=True).split()[0]
    packages = f"--include={','.join(STAND_IN)}"
    make = ["debootstrap", "--variant=minbase", packages, release, str(root), mirror]
    subprocess.run(make, check=True, stdout=subprocess.DEVNULL)
    settings = subprocess.check_output(["apt-config", "dump", "Acquire"], text=True)
    (root / "etc/apt/apt.conf.d/00machine").write_text(settings)


def inside(
    image: Image,
    command: Sequence[str],
    variables: Mapping[str, str] | None = None,
    *,
    volume: Path | None = None,
) -> list[str]:
    """Return the command that runs `command` in an image; with a volume, as a container does.

    As a container: the root is read-only, without capabilities. Otherwise root may change it.
    /proc is the machine's, whole: as `systempaths=unconfined` makes it for the sandbox.
    """
    call = ["bwrap", "--die-with-parent", "--ro-bind" if volume else "--bind", str(image.root), "/"]
    call += ["--dev", "/dev", "--bind", "/proc", "/proc", "--ro-bind", "/sys", "/sys"]
    if volume:
        call += ["--perms", "1777", "--tmpfs", "/tmp", "--bind", str(volume), VOLUME]  # noqa: S108  # a mount
    else:
        for path in ("/etc/resolv.conf", CERTIFICATES, *_package_sources()[1]):
            if path == CERTIFICATES or not path.startswith("/etc/ssl/"):
                call += ["--ro-bind", path, path]
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    call += ["--chdir", image.folder, "--clearenv", "--cap-add", "ALL", "--setenv", "PATH", path]
    for name, value in {**image.environment, **(variables or {})}.items():
        call += ["--setenv", name, value]
    if image.user != "root":
        call += ["setpriv", f"--reuid={image.user}", f"--regid={image.user}", "--clear-groups"]
        call += ["--inh-caps=-all", "--bounding-set=-all", "--no-new-privs"]
    return [*call, *command]


def _copy(image: Image, text: str) -> None:
    """Carry out COPY: files of the checkout, without what .dockerignore names."""
    *sources, target = shlex.split(text)
    patterns = ignore_patterns()

    def left_out(folder: str, names: list[str]) -> list[str]:
        below = Path(folder).relative_to(CHECKOUT)
        return [name for name in names if ignored((below / name).as_posix(), patterns)]

    goal = image.root / image.folder.lstrip("/") / target
    goal.mkdir(parents=True, exist_ok=True)
    for source in sources:
        path = CHECKOUT / source
        if path.is_dir():
            shutil.copytree(path, goal, ignore=left_out, symlinks=True, dirs_exist_ok=True)
        else:
            shutil.copy2(path, goal)


def carry_out(stage: Stage, image: Image) -> None:
    """Carry out the steps of a stage in an image.

    Raises:
        SystemExit: an instruction that this program does not know.
        CalledProcessError: a RUN step failed.
    """
    for keyword, text in stage.steps:
        say(f"{stage.name}: {keyword} {text if len(text) < 90 else text[:90] + '…'}")
        if keyword == "ENV":
            image.environment |= dict(pair.split("=", 1) for pair in shlex.split(text))
        elif keyword == "WORKDIR":
            image.folder = text
            (image.root / text.lstrip("/")).mkdir(parents=True, exist_ok=True)
        elif keyword == "USER":
            image.user = text
        elif keyword == "COPY":
            _copy(image, text)
        elif keyword == "RUN":
            run = inside(image, ["/bin/sh", "-ec", text], _package_sources()[0])
            subprocess.run(run, check=True)
        elif keyword == "CMD":
            image.command = ast.literal_eval(text)
        elif keyword != "EXPOSE":
            sys.exit(f"{keyword} is not known here.")


def build(folder: Path) -> dict[str, Image]:
    """Return the image of each stage, made in `folder`."""
    images: dict[str, Image] = {}
    for stage in read_stages(DOCKERFILE.read_text()):
        root = folder / stage.name
        official = OFFICIAL.fullmatch(stage.base)
        if official:
            say(f"{stage.name}: a Debian {official['release']} in the place of {stage.base}")
            _debian(root, official["release"])
            image = Image(root, {"LANG": "C.UTF-8"})
            version = subprocess.check_output(inside(image, ["python", "-V"]), text=True)
            if not version.startswith(f"Python {official['python']}."):
                sys.exit(f"The stand-in has {version.strip()}; FROM says {stage.base}.")
        else:
            base = images[stage.base]
            subprocess.run(["cp", "-a", str(base.root), str(root)], check=True)
            image = Image(root, dict(base.environment), base.folder, base.user, base.command)
        carry_out(stage, image)
        images[stage.name] = image
    return images


@contextmanager
def running(command: Sequence[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process until the block ends; what it prints goes to `log`."""
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output) as one:
        try:
            yield one
        finally:
            one.terminate()


def _enter_own_network() -> None:
    """Leave the machine's network for one with a loopback only, as compose's inner one."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    with socket.socket() as any_socket:
        up = struct.pack("16sH14x", b"lo", IFF_UP)
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, up)


def _metrics() -> str:
    try:
        with urllib.request.urlopen("http://127.0.0.1:8000/metrics", timeout=10) as answer:
            return str(answer.read().decode())
    except (urllib.error.URLError, OSError):
        return ""


def start(images: dict[str, Image], folder: Path) -> list[str]:
    """Start the site as docker/compose.yaml does, one process of each image; return complaints."""
    site, worker = images["site"], images["worker"]
    volume = folder / "volume"
    volume.mkdir()
    owner = (site.root / VOLUME.lstrip("/")).stat()  # as a new volume takes them
    os.chown(volume, owner.st_uid, owner.st_gid)
    variables = {
        "WHYBOX_SECRET_KEY": secrets.token_urlsafe(48),
        "WHYBOX_VARIANT_SECRET": secrets.token_urlsafe(32),
        "WHYBOX_CERTIFICATE_KEY": secrets.token_urlsafe(32),
        "WHYBOX_SITE_URL": "https://whybox.example.org",
        "WHYBOX_ALLOWED_HOSTS": "whybox.example.org",
    }
    python = ".venv/bin/python"

    def container(image: Image, command: Sequence[str]) -> list[str]:
        return inside(image, command, variables, volume=volume)

    subprocess.run(container(site, [python, "-m", "config.prepare"]), check=True)
    for program in ("pg_dump", "pg_restore"):  # manage.py backup and restore
        subprocess.run(container(site, [program, "--version"]), check=True)
    complaints = []
    with (
        running(container(site, site.command), folder / "web.log") as web,
        running(container(worker, worker.command), folder / "worker.log") as grading,
    ):
        deadline = time.monotonic() + START_SECONDS
        while not WORKING.search(_metrics()) and time.monotonic() < deadline:
            if web.poll() is not None or grading.poll() is not None:
                break
            time.sleep(0.5)
        if not WORKING.search(_metrics()):
            complaints.append("no worker accepts submissions")
        complaints += [
            f"{path} does not answer 200"
            for path in ("/healthz", "/readyz")
            if subprocess.call(container(site, [python, "config/probe.py", path])) != 0
        ]
        backup = [python, "manage.py", "backup", f"{VOLUME}/first.tar"]
        if subprocess.call(container(site, backup)) != 0:
            complaints.append("a backup failed")
    if complaints:
        say((folder / "web.log").read_text() + (folder / "worker.log").read_text())
    return complaints


def main() -> int:
    """Build both images, start them, say what was found; return the exit status."""
    missing = [name for name in ("debootstrap", "bwrap") if not shutil.which(name)]
    if missing or os.geteuid() != 0:
        say(f"This needs root and: {', '.join(missing) or 'no more'}.")
        return 1
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="whybox-image-", dir="/var/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)  # the images' user enters it
        images = build(folder)
        _enter_own_network()
        complaints = start(images, folder)
        for stage, image in images.items():
            size = subprocess.check_output(["du", "-sm", image.root], text=True).split()[0]
            say(f"{stage}: {size} MB")
    say(f"{time.monotonic() - began:.0f} s")
    say("\n".join(complaints) or "Both images start as an ordinary user on a read-only root.")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
