"""The system calls of `inside.bounds`, compiled to the kernel's own instructions on this side."""

from __future__ import annotations

import errno
import functools
import os

import pyseccomp as seccomp

from grader.sandbox.inside import bounds


@functools.cache
def compiled() -> bytes:
    """Return the seccomp filter.

    What is not allowed answers EPERM; `clone3`, whose flags a filter cannot see, answers ENOSYS so
    that the C library falls back to `clone`; a foreign architecture (x32 too) kills the process,
    since killing one thread would leave the others waiting for it.
    """
    policy = seccomp.SyscallFilter(seccomp.ERRNO(errno.EPERM))
    policy.set_attr(seccomp.Attr.ACT_BADARCH, seccomp.KILL_PROCESS)
    for name in bounds.SYSCALLS:
        _allow(policy, name)
    _allow(policy, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, bounds.CLONE_NEW_ANY, 0))
    policy.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")
    for name in ("socket", "socketpair"):
        _allow(policy, name, seccomp.Arg(0, seccomp.EQ, bounds.AF_UNIX))
    for request in bounds.IOCTLS:
        _allow(policy, "ioctl", seccomp.Arg(1, seccomp.EQ, request))
    return _exported(policy)


def _allow(policy: seccomp.SyscallFilter, name: str, *arguments: seccomp.Arg) -> None:
    number = seccomp.resolve_syscall(seccomp.Arch.NATIVE, name)
    if number >= 0:  # else unknown on this machine: it stays refused
        policy.add_rule(seccomp.ALLOW, number, *arguments)


def _exported(policy: seccomp.SyscallFilter) -> bytes:
    with os.fdopen(os.memfd_create("filter"), "w+b") as file:
        policy.export_bpf(file)
        file.seek(0)
        return file.read()
