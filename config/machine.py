#!/usr/bin/env python3
"""Check what a checkout needs from the machine, before any environment exists.

A plain script for Python 3.7 or newer without any package:
``python3 config/machine.py run`` (or another of `NEEDS`). It installs what is
missing where that needs no password (root or sudo, with apt); otherwise it prints what is missing
and the command that fixes it, and exits with status 1.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

PROVEN_PYTHONS = ((3, 11), (3, 12), (3, 13))
"""The tests pass on these, and requirements/*.txt are locked for these only."""

PACKAGES = {  # component -> Debian packages that provide it
    "venv": ["python3-venv"],
    "bubblewrap": ["bubblewrap"],
    "Chromium": ["chromium", "fonts-dejavu-core"],
    "PostgreSQL": ["postgresql"],
    "Redis": ["redis-server"],
    "nginx": ["nginx-light"],
    "caddy": ["caddy"],  # the other example of a reverse proxy
    "prometheus": ["prometheus"],  # reads the metrics with docker/prometheus
    "systemd-analyze": ["systemd"],  # checks the units of docker/systemd
    "debootstrap": ["debootstrap"],  # makes the stand-in of an image's base
    "npm": ["nodejs", "npm"],  # verifiers of certificates that are not ours
}
NEEDS = {  # purpose -> components
    "run": ["venv", "bubblewrap"],
    "test": ["venv", "bubblewrap", "nginx", "caddy", "prometheus", "systemd-analyze", "npm"],
    "browser": ["venv", "bubblewrap", "Chromium"],
    "services": ["PostgreSQL", "Redis"],
    "images": ["bubblewrap", "debootstrap"],
}


def unsupported_python(version: tuple[int, int]) -> str:
    """Return what to say to a Python that Whybox does not run on; nothing to one that it does."""
    if version in PROVEN_PYTHONS:
        return ""
    names = [".".join(map(str, proven)) for proven in PROVEN_PYTHONS]
    proven = ", ".join(names[:-1]) + " or " + names[-1]
    found = ".".join(map(str, version))
    if version < PROVEN_PYTHONS[0]:
        reason = f"This is Python {found}, which is too old."
    else:
        reason = f"This is Python {found}: newer than any that the locked packages support."
    return f"Whybox runs on Python {proven}. {reason}\nFix: make run PYTHON=python{names[-1]}"


def postgres_programs() -> Path | None:
    """Return the folder of PostgreSQL's server programs: Debian keeps them off the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


def _is_installed(component: str) -> bool:
    if component == "venv":
        return importlib.util.find_spec("ensurepip") is not None
    if component == "PostgreSQL":
        return postgres_programs() is not None
    program = {"bubblewrap": "bwrap", "Chromium": "chromium", "Redis": "redis-server"}
    # Debian keeps servers in a folder that is not on everybody's PATH.
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"])
    return shutil.which(program.get(component, component), path=path) is not None


def _missing(components: list[str]) -> tuple[list[str], list[str]]:
    missing = [component for component in components if not _is_installed(component)]
    return missing, [package for component in missing for package in PACKAGES[component]]


def _apt() -> list[str] | None:
    """Return the command that calls apt without a password, or None."""
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
    say(f"Installing system packages: {' '.join(packages)}")
    os.environ["DEBIAN_FRONTEND"] = "noninteractive"
    install = [*apt, "install", "-y", "-qq", "--no-install-recommends", *packages]
    if subprocess.call(install, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) != 0:
        subprocess.call([*apt, "update", "-qq"], stdout=subprocess.DEVNULL)
        subprocess.call(install, stdout=subprocess.DEVNULL)


def _namespace_fix() -> str | None:
    """Return the kernel setting that would enable user namespaces, where they are disabled."""
    for name, off, on in (
        ("kernel/unprivileged_userns_clone", "0", "1"),
        ("user/max_user_namespaces", "0", "65536"),
        ("kernel/apparmor_restrict_unprivileged_userns", "1", "0"),
    ):
        setting = Path("/proc/sys") / name
        if setting.exists() and setting.read_text().strip() == off:
            return f"{name.replace('/', '.')}={on}"
    return None


def say(text: str) -> None:
    """Print to the terminal, unbuffered."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main(purposes: list[str]) -> int:
    """Check, install what needs no password, print what is left to do; return the exit status."""
    unsupported = unsupported_python(sys.version_info[:2])
    if unsupported:
        say(unsupported)
        return 1
    components = list(dict.fromkeys(piece for purpose in purposes for piece in NEEDS[purpose]))
    missing, packages = _missing(components)
    if missing:
        _install(packages)
        missing, packages = _missing(components)
    if missing:
        say(f"Missing on this machine: {', '.join(missing)}")
        say(f"Fix: sudo apt-get install {' '.join(packages)}")
        return 1
    setting = _namespace_fix() if "bubblewrap" in components and os.geteuid() != 0 else None
    if setting:
        say("User namespaces are disabled on this machine, and notebooks never run unisolated.")
        say(f"Fix: sudo sysctl -w {setting}")
        return 1
    return 0


if __name__ == "__main__":
    if len(sys.argv) == 1 or not set(sys.argv[1:]) <= set(NEEDS):
        say(f"usage: machine.py {'|'.join(NEEDS)} ...")
        sys.exit(2)
    sys.exit(main(sys.argv[1:]))
