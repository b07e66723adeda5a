#!/usr/bin/env python3
"""Run the steps of docker/Dockerfile without Docker, and start the result: ``make image-steps``.

A stage that begins at an official image for Python begins here in a Debian that debootstrap makes:
of the release that ``FROM`` names, with that release's Python, which has to be of the version that
``FROM`` names. The instructions are carried out in it; packages come from where this machine's apt
and pip get theirs. Then, as docker/compose.yaml says it (user, read-only root, temporary file
systems, volumes, commands, health checks) and without capabilities: ``prepare``, ``manage.py check
--deploy``, and all services that go on, until the web process answers and both kinds of workers
have found their sandbox to work. Compose's own program, of the same Debian, reads the file too.

Needs root, debootstrap, bubblewrap and 4 GB. What it cannot show: the official image (its Python
lies in /usr/local), Docker's seccomp and AppArmor profiles, its limits and its networks, and the
images of others: the database is SQLite, the broker a folder.
"""

from __future__ import annotations

import ast
import ctypes
import fcntl
import os
import re
import shlex
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests import image_files  # the checkout's own
from tests.image_containers import Containers, Image, entered, site_settings

if TYPE_CHECKING:
    from tests.image_files import Stage

CHECKOUT: Final = Path(__file__).resolve().parent.parent
DOCKERFILE: Final = CHECKOUT / "docker" / "Dockerfile"
STAND_IN: Final = (
    *("python3", "python3-venv", "python-is-python3"),
    *("ca-certificates", "netbase", "tzdata"),
)
"""What makes a Debian the stand-in of an official image for Python."""
CERTIFICATES: Final = "/etc/ssl/certs/ca-certificates.crt"
START_SECONDS: Final = 900.0
KEPT_OF_LOG: Final = 6000
CLONE_NEWNET: Final = 0x40000000
SIOCSIFFLAGS: Final = 0x8914
IFF_UP: Final = 1
METRICS: Final = "http://127.0.0.1:8000/metrics"


def say(text: str) -> None:
    """Print at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


@cache
def package_sources() -> tuple[dict[str, str], list[str]]:
    """Return pip's configuration as variables, and the paths of this machine that it names."""
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
    return variables, sorted({*map(str, around), CERTIFICATES, "/etc/resolv.conf"})


def _debian(root: Path, release: str) -> None:
    """Make a Debian from where this machine's apt gets its packages."""
    targets = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Label: Debian"]
    mirror = subprocess.check_output(targets, text=True).split()[0]
    packages = f"--include={','.join(STAND_IN)}"
    make = ["debootstrap", "--variant=minbase", packages, release, str(root), mirror]
    subprocess.run(make, check=True, stdout=subprocess.DEVNULL)
    settings = subprocess.check_output(["apt-config", "dump", "Acquire"], text=True)
    (root / "etc/apt/apt.conf.d/00machine").write_text(settings)


def run_step(image: Image, text: str) -> None:
    """Carry out RUN: a shell that may change the root.

    Raises:
        SystemExit: it failed.
    """
    variables, paths = package_sources()
    options = ["--bind", str(image.root), "/", "--dev", "/dev"]
    for path in paths:
        options += ["--ro-bind", path, path]
    shell = ["/bin/sh", "-ec", text]
    quiet = {**variables, "PIP_QUIET": "2"}
    step = entered(image, shell, quiet, user=image.user, options=options)
    status = subprocess.run(step, check=False, stdin=subprocess.DEVNULL).returncode
    if status:
        sys.exit(f"RUN failed with status {status}.")


def copy_files(image: Image, text: str) -> None:
    """Carry out COPY: files of the checkout, without what .dockerignore names."""
    *sources, target = shlex.split(text)
    patterns = image_files.ignore_patterns((CHECKOUT / ".dockerignore").read_text())

    def left_out(folder: str, names: list[str]) -> list[str]:
        below = Path(folder).relative_to(CHECKOUT)
        return [name for name in names if image_files.ignored((below / name).as_posix(), patterns)]

    goal = image.at(image.folder) / target
    goal.mkdir(parents=True, exist_ok=True)
    for source in sources:
        path = CHECKOUT / source
        if path.is_dir():
            shutil.copytree(path, goal, ignore=left_out, symlinks=True, dirs_exist_ok=True)
            goal.chmod(0o755)
        else:
            shutil.copy2(path, goal)


def carry_out(stage: Stage, image: Image) -> None:
    """Carry out the steps of a stage in an image."""
    for keyword, text in stage.steps:
        began = time.monotonic()
        if keyword == "ENV":
            image.environment |= dict(pair.split("=", 1) for pair in shlex.split(text))
        elif keyword == "WORKDIR":
            image.folder = text
            image.at(text).mkdir(parents=True, exist_ok=True)
        elif keyword == "USER":
            image.user = text
        elif keyword == "COPY":
            copy_files(image, text)
        elif keyword == "RUN":
            run_step(image, text)
        elif keyword == "CMD":
            image.command = image_files.read_command(text)
        say(f"{stage.name}: {keyword} {text[:80]} ({time.monotonic() - began:.0f} s)")


def build(folder: Path) -> dict[str, Image]:
    """Return the image of each stage, made in `folder`."""
    images: dict[str, Image] = {}
    for stage in image_files.read_stages(DOCKERFILE.read_text()):
        root = folder / stage.name
        official = image_files.OFFICIAL.fullmatch(stage.base)
        if official:
            say(f"{stage.name}: a Debian {official['release']} in the place of {stage.base}")
            _debian(root, official["release"])
            image = Image(root)
            run_step(image, f"python -V; python -V | grep -qF 'Python {official['python']}.'")
        else:
            base = images[stage.base]
            subprocess.run(["cp", "-a", "--reflink=auto", base.root, root], check=True)
            image = Image(root, dict(base.environment), base.folder, base.user, base.command)
        carry_out(stage, image)
        images[stage.name] = image
    return images


def ask_compose(image: Image) -> None:
    """Have Compose's own program, of the same Debian, read docker/compose.yaml."""
    asking = Image(image.root, image.environment | site_settings(), image.folder)
    install = "apt-get update -qq && apt-get install -y --no-install-recommends docker-compose"
    began = time.monotonic()
    run_step(
        asking,
        f"{install} >/dev/null && docker-compose version"
        " && docker-compose -f docker/compose.yaml config --quiet",
    )
    say(f"docker-compose config ({time.monotonic() - began:.0f} s)")


def enter_own_network() -> None:
    """Leave the machine's network for one with a loopback only, as compose's inner one."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))


def working_workers() -> set[str]:
    """Return the kinds of workers that say that their sandbox works, as the web process tells."""
    try:
        with urllib.request.urlopen(METRICS, timeout=20) as answer:
            told = answer.read().decode()
    except OSError:
        return set()
    line = r'^whybox_workers\{kind="(\w+)",state="working"\} [1-9]'
    return set(re.findall(line, told, re.MULTILINE))


def start(containers: Containers) -> list[str]:
    """Start the site, and return what is wrong with it."""
    services = containers.services
    web = services["web"]
    manage = [".venv/bin/python", "manage.py"]
    deploy = ["check", "--deploy", "--fail-level", "WARNING"]
    for service, command in (
        (services["prepare"], services["prepare"].command),
        (web, [*manage, "migrate", "--check"]),
        (web, [*manage, *deploy]),
        (web, ["pg_dump", "--version"]),
        (web, ["pg_restore", "--version"]),
    ):
        began = time.monotonic()
        if not containers.succeeds(service, command):
            return [f"failed: {shlex.join(command)}"]
        say(f"{service.name}: {shlex.join(command)} ({time.monotonic() - began:.0f} s)")
    lasting = [service for service in services.values() if service.restarts]
    wrong: list[str] = []
    with ExitStack() as stack:
        processes = {one.name: stack.enter_context(containers.running(one)) for one in lasting}
        began = time.monotonic()
        while len(working_workers()) < 2 and time.monotonic() - began < START_SECONDS:
            if any(process.poll() is not None for process in processes.values()):
                break
            time.sleep(1)
        say(f"{', '.join(processes)} ({time.monotonic() - began:.0f} s)")
        without = {"grading", "runs"} - working_workers()
        wrong += [f"no worker for {kind} has a working sandbox" for kind in sorted(without)]
        probes = [web.health, [*web.health[:-1], "/readyz"]]
        backup = [*manage, "backup", f"{web.volumes[0][1]}/first.tar"]
        wrong += [
            f"failed: {shlex.join(command)}"
            for command in (*probes, backup)
            if not containers.succeeds(web, command)
        ]
        wrong += [f"{name} has ended" for name, one in processes.items() if one.poll() is not None]
    if wrong:
        for service in lasting:
            say(f"--- {service.name}\n{containers.log(service).read_text()[-KEPT_OF_LOG:]}")
    return wrong


def main() -> int:
    """Build both images, start them, say what was found; return the exit status."""
    missing = [name for name in ("debootstrap", "bwrap") if not shutil.which(name)]
    if missing or os.geteuid() != 0:
        say(f"This needs root{' and: ' if missing else ''}{', '.join(missing)}.")
        return 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the folder is deleted
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="whybox-image-", dir="/var/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)  # the images' user enters it
        images = build(folder)
        for stage, image in images.items():
            size = subprocess.check_output(["du", "-sm", image.root], text=True).split()[0]
            say(f"{stage}: {size} MB")
        ask_compose(images["worker"])
        enter_own_network()
        wrong = start(Containers(images, folder))
    say("\n".join(wrong) or "Both images' processes start as compose.yaml says.")
    say(f"{time.monotonic() - began:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
