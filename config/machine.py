#!/usr/bin/env python3
"""See to what a checkout needs from the machine, before there is any environment.

Run as a plain script with any Python 3 and nothing but the standard library:
``python3 config/machine.py run`` (or ``test``, ``browser``, ``services``). What is missing is
installed where that may be done without a password (root or sudo, with apt); otherwise it is named
with the one command that mends it, and the script ends with status 1.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST_PYTHON = (3, 11)

PACKAGES = {  # what a piece is called here -> Debian's packages that bring it
    "venv": ["python3-venv"],
    "bubblewrap": ["bubblewrap"],
    "Chromium": ["chromium", "fonts-dejavu-core"],
    "PostgreSQL": ["postgresql"],
    "Redis": ["redis-server"],
}
NEEDS = {  # purpose -> pieces
    "run": ["venv", "bubblewrap"],
    "test": ["venv", "bubblewrap"],
    "browser": ["venv", "bubblewrap", "Chromium"],
    "services": ["PostgreSQL", "Redis"],
}


def postgres_programs() -> Path | None:
    """Return the folder of PostgreSQL's server programs: Debian keeps them off the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


def _present(piece: str) -> bool:
    if piece == "venv":
        return importlib.util.find_spec("ensurepip") is not None
    if piece == "PostgreSQL":
        return postgres_programs() is not None
    program = {"bubblewrap": "bwrap", "Chromium": "chromium", "Redis": "redis-server"}[piece]
    return shutil.which(program) is not None


def _missing(pieces: list[str]) -> tuple[list[str], list[str]]:
    missing = [piece for piece in pieces if not _present(piece)]
    return missing, [package for piece in missing for package in PACKAGES[piece]]


def _apt() -> list[str] | None:
    """Return how apt can be called without a password, or None."""
    if shutil.which("apt-get") is None:
        return None
    if os.geteuid() == 0:
        return ["apt-get"]
    sudo = ["sudo", "-n"]
    allowed = shutil.which("sudo") and not subprocess.call([*sudo, "true"], stderr=-3)
    return [*sudo, "apt-get"] if allowed else None


def _install(packages: list[str]) -> None:
    apt = _apt()
    if apt is None:
        return
    say(f"Installing from the system's packages: {' '.join(packages)}")
    os.environ["DEBIAN_FRONTEND"] = "noninteractive"
    install = [*apt, "install", "-y", "-qq", "--no-install-recommends", *packages]
    if subprocess.call(install, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) != 0:
        subprocess.call([*apt, "update", "-qq"], stdout=subprocess.DEVNULL)
        subprocess.call(install, stdout=subprocess.DEVNULL)


def _namespaces_off() -> str | None:
    """Return the setting that would switch user namespaces on, where they are off."""
    for name, off, on in (
        ("kernel/unprivileged_userns_clone", "0", "1"),
        ("user/max_user_namespaces", "0", "65536"),
        ("kernel/apparmor_restrict_unprivileged_userns", "1", "0"),
    ):
        setting = Path("/proc/sys") / name
        if setting.exists() and setting.read_text().strip() == off:
            return f"{name.replace('/', '.')}={on}"
    return None


def say(words: str) -> None:
    """Print for the person at the terminal, at once."""
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def main(purposes: list[str]) -> int:
    """Look, install where that may be done, say what is left to do; return the exit status."""
    if sys.version_info < OLDEST_PYTHON:
        say(f"Whybox needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
        say("Remedy: install a newer one and name it: make run PYTHON=python3.11")
        return 1
    pieces = list(dict.fromkeys(piece for purpose in purposes for piece in NEEDS[purpose]))
    missing, packages = _missing(pieces)
    if missing:
        _install(packages)
        missing, packages = _missing(pieces)
    if missing:
        say(f"Missing on this machine: {', '.join(missing)}")
        say(f"Remedy: sudo apt-get install {' '.join(packages)}")
        return 1
    setting = _namespaces_off() if "bubblewrap" in pieces and os.geteuid() != 0 else None
    if setting:
        say("User namespaces are off here, and nothing is run without isolation.")
        say(f"Remedy: sudo sysctl -w {setting}")
        return 1
    return 0


if __name__ == "__main__":
    if len(sys.argv) == 1 or not set(sys.argv[1:]) <= set(NEEDS):
        say(f"usage: machine.py {'|'.join(NEEDS)} ...")
        sys.exit(2)
    sys.exit(main(sys.argv[1:]))
