"""Runs a program under a container runtime's seccomp profile, as an unprivileged user.

``python -m tests.grader.sandbox.confined <profile.json> [-<call> ...] -- <program> ...``: each
``-<call>`` is taken off the profile, which makes it stricter. ``-clone`` leaves threads and forks,
and takes only namespaces, as Docker's own profile does.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pyseccomp as seccomp

from grader.sandbox.inside import bounds
from tests.grader.sandbox.unprivileged import drop_root

ACTIONS = {"SCMP_ACT_ALLOW": seccomp.ALLOW}


def main() -> None:
    """Drop root, install the filter, and exec the program."""
    cut = sys.argv.index("--")
    profile, removed = Path(sys.argv[1]), {name[1:] for name in sys.argv[2:cut]}
    rules = json.loads(profile.read_text())
    if os.geteuid() == 0:
        drop_root()
    policy = seccomp.SyscallFilter(seccomp.ERRNO(rules["defaultErrnoRet"]))
    for rule in rules["syscalls"]:
        action = ACTIONS.get(rule["action"]) or seccomp.ERRNO(rule["errnoRet"])
        for name in set(rule["names"]) - removed:
            number = seccomp.resolve_syscall(seccomp.Arch.NATIVE, name)
            if number >= 0:
                policy.add_rule(action, number)
    if "clone" in removed:
        plain = seccomp.Arg(0, seccomp.MASKED_EQ, bounds.CLONE_NEW_ANY, 0)
        policy.add_rule(seccomp.ALLOW, "clone", plain)
    policy.load()
    os.execv(sys.argv[cut + 1], sys.argv[cut + 1 :])  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main()
