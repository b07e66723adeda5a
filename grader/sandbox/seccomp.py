"""Compiles the system calls allowed by `inside.bounds` to a seccomp BPF program, on the host."""

from __future__ import annotations

import errno
import functools
import os

import pyseccomp

from grader.sandbox.inside import bounds

LOCKS = ("flock",)
LOCK_FCNTLS = (5, 6, 7, 36, 37, 38)  # F_GETLK, F_SETLK, F_SETLKW, and the same for open files
"""Refused with "no locks available", which programs that want a lock know how to report."""


@functools.cache
def compile_filter() -> bytes:
    """Return the seccomp filter.

    Calls that are not allowed fail with EPERM; `clone3`, whose flags a filter cannot inspect, with
    ENOSYS so that the C library falls back to `clone`; a foreign architecture (x32 too) kills the
    process, since killing one thread would leave the others waiting for it.
    """
    rules = pyseccomp.SyscallFilter(pyseccomp.ERRNO(errno.EPERM))
    rules.set_attr(pyseccomp.Attr.ACT_BADARCH, pyseccomp.KILL_PROCESS)
    for name in bounds.SYSCALLS:
        _allow(rules, name)
    _allow(rules, "clone", pyseccomp.Arg(0, pyseccomp.MASKED_EQ, bounds.CLONE_NEW_ANY, 0))
    rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")
    for name in ("socket", "socketpair"):
        _allow(rules, name, pyseccomp.Arg(0, pyseccomp.EQ, bounds.AF_UNIX))
    for request in bounds.IOCTLS:
        _allow(rules, "ioctl", pyseccomp.Arg(1, pyseccomp.EQ, request))
    for request in bounds.FCNTLS:
        _allow(rules, "fcntl", pyseccomp.Arg(1, pyseccomp.EQ, request))
    for name in LOCKS:
        rules.add_rule(pyseccomp.ERRNO(errno.ENOLCK), name)
    for request in LOCK_FCNTLS:
        rules.add_rule(
            pyseccomp.ERRNO(errno.ENOLCK), "fcntl", pyseccomp.Arg(1, pyseccomp.EQ, request)
        )
    return _exported(rules)


def _allow(rules: pyseccomp.SyscallFilter, name: str, *arguments: pyseccomp.Arg) -> None:
    number = pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name)
    if number >= 0:  # otherwise unknown on this machine, and refused
        rules.add_rule(pyseccomp.ALLOW, number, *arguments)


def _exported(rules: pyseccomp.SyscallFilter) -> bytes:
    with os.fdopen(os.memfd_create("filter"), "w+b") as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()
