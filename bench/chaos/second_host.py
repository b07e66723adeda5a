"""A second host: a network of its own, tied to this machine's by one cable that can be cut."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from typing import Final

PROGRAMS: Final = ("ip", "nsenter")


class SecondHost:
    """A network namespace with an address; `address` is this machine's at the other end.

    Processes that are started with `prefix` see that network only.
    """

    def __init__(self) -> None:
        number = os.getpid()
        self.name = f"whybox-{number}"
        self._here, self._there = f"wbx{number}a", f"wbx{number}b"
        network = f"198.18.{number // 64 % 256}.{number % 64 * 4}".rpartition(".")
        self.address = f"{network[0]}.{int(network[2]) + 1}"
        self._far_address = f"{network[0]}.{int(network[2]) + 2}"
        self.prefix = f"nsenter --net=/run/netns/{self.name} "
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def make(self) -> str:
        """Make it; return why that is not possible, or nothing."""
        if os.geteuid() != 0:
            return "not root"
        missing = [program for program in PROGRAMS if shutil.which(program) is None]
        if missing:
            return f"{missing[0]} is not installed"
        steps = (
            f"netns add {self.name}",
            f"link add {self._here} type veth peer name {self._there}",
            f"link set {self._there} netns {self.name}",
            f"addr add {self.address}/30 dev {self._here}",
            f"-n {self.name} addr add {self._far_address}/30 dev {self._there}",
            f"link set {self._here} up",
            f"-n {self.name} link set lo up",
            f"-n {self.name} link set {self._there} up",
        )
        for step in steps:
            done = subprocess.run(
                ["ip", *step.split()], capture_output=True, text=True, check=False
            )
            if done.returncode:
                self.remove()
                return done.stderr.strip() or f"ip {step} failed"
        return ""

    def remove(self) -> None:
        """Remove the network and the cable."""
        self.join_again()
        for step in (f"link del {self._here}", f"netns del {self.name}"):
            subprocess.run(["ip", *step.split()], capture_output=True, check=False)

    def cut(self, seconds: float) -> int:
        """Cut the cable, and join it again after so many seconds; 0 if it is cut already."""
        with self._lock:
            if self._timer is not None:
                return 0
            self._set("down")
            self._timer = threading.Timer(seconds, self.join_again)
            self._timer.daemon = True
            self._timer.start()
        return 1

    def join_again(self) -> None:
        """Join the cable again, if it is cut."""
        with self._lock:
            if self._timer is None:
                return
            self._timer.cancel()
            self._timer = None
            self._set("up")

    def _set(self, state: str) -> None:
        step = ["ip", "-n", self.name, "link", "set", self._there, state]
        subprocess.run(step, capture_output=True, check=True)
