"""The fork server: boots once, then makes one sealed process tree per request.

It runs no learner's code and holds no secret. One inherited socket (SEQPACKET) brings requests,
each with two descriptors: the *line* (a stream socket to the host) and the *pipe* for results. For
each it forks a warden, which leaves the shared namespaces and forks process 1 of the run:

    warden --line--> host: a pidfd of process 1; at the end how it died and what it used
    host --line--> process 1: the job, after the host has put it under its cgroup
    process 1 --pipe--> host: frames
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import random
import select
import signal
import socket
import struct
import sys
import time
import traceback
from pathlib import Path
from typing import Any, NoReturn

from . import bounds, descriptors, runner, seal, warm

LENGTH = struct.Struct(">I")


def main() -> None:
    """Serve on the descriptor given as the first argument until its other end is closed."""
    control = socket.socket(fileno=int(sys.argv[1]))
    wanted = json.loads(control.recv(1 << 16))
    program = _receive_all(control, wanted["filter_bytes"])
    started = time.monotonic()
    shell = warm.build_shell()
    if wanted["warm"]:
        warm.warm_up()
    gc.collect()
    gc.freeze()
    problems = _unfit(control.fileno())
    hello = {"problems": problems, "boot_seconds": time.monotonic() - started}
    control.send(json.dumps(hello).encode())
    if not problems:
        _serve(control, program, shell)
    os._exit(0)  # nothing to tidy up: the wall goes with this process


def _receive_all(control: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        data += control.recv(1 << 16)
    return data


def _unfit(control: int) -> list[str]:
    """Say why forking from this process would be unsafe; nothing, usually."""
    problems = []
    threads = os.listdir("/proc/self/task")  # noqa: PTH208 - names of threads, not paths
    if len(threads) != 1:
        problems.append(f"{len(threads)} threads after the imports, 1 expected")
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 - the same
        link = Path("/proc/self/fd", name)
        if int(name) not in {0, 1, 2, control} and link.is_symlink():
            problems.append(f"descriptor {name} is open: {link.readlink()}")
    mappings = Path("/proc/self/maps").read_text().splitlines()
    shared = [line for line in mappings if line.split()[1] in ("rw-s", "rwxs", "-w-s")]
    return problems + [f"a shared writable mapping: {line}" for line in shared]


def _serve(control: socket.socket, program: bytes, shell: Any) -> None:
    poll = select.poll()
    poll.register(control, select.POLLIN)
    wardens: dict[int, int] = {}
    while True:
        for descriptor, _ in poll.poll():
            if descriptor in wardens:
                poll.unregister(descriptor)
                os.close(descriptor)
                os.waitpid(wardens.pop(descriptor), 0)
        try:
            message, given = descriptors.receive(control, 4096, 2, socket.MSG_DONTWAIT)
        except BlockingIOError:
            continue
        if not message:
            return
        warden = os.fork()
        if warden == 0:
            control.close()
            _keep_watch(program, shell, *given)
        ended = os.pidfd_open(warden)
        wardens[ended] = warden
        poll.register(ended, select.POLLIN)
        for descriptor in given:
            os.close(descriptor)


def _keep_watch(program: bytes, shell: Any, line: int, pipe: int) -> NoReturn:
    """Be the warden: seal, fork process 1, wait for its end and report it."""
    host = socket.socket(fileno=line)
    try:
        seal.leave_shared_namespaces()
        learner = os.fork()
        if learner == 0:
            _be_process_one(host, pipe, program, shell)
        os.close(pipe)
        pidfd = os.pidfd_open(learner)
        socket.send_fds(host, [b"R"], [pidfd])
        os.close(pidfd)
        _, status, usage = os.wait4(learner, 0)
        report: dict[str, Any] = {
            "exit_code": os.waitstatus_to_exitcode(status),
            "cpu_seconds": usage.ru_utime + usage.ru_stime,
            "peak_resident_bytes": usage.ru_maxrss * 1024,
        }
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is ours and must be said
        report = {"failure": f"{type(error).__name__}: {error}"}
    try:
        host.sendall(b"E" + json.dumps(report).encode())
    finally:
        os._exit(0)


def _be_process_one(host: socket.socket, pipe: int, program: bytes, shell: Any) -> NoReturn:
    """Take the job, seal the rest, and run the learner's notebook."""
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        job = json.loads(_read_exactly(host, LENGTH.unpack(_read_exactly(host, LENGTH.size))[0]))
        data = {name: _read_exactly(host, size) for name, size in job["data"]}
        host.close()
        seal.keep_only(pipe)
        seal.lay_private_mounts(scratch_bytes=job["limits"]["scratch_bytes"], data=data)
        os.chdir(bounds.HOME)
        seal.bind_limits(job["limits"])
        seal.give_up_rights(program)
        _reseed()
        _set_threads(job["threads"])
    except BaseException:  # noqa: BLE001 - the wall is not complete: say so, run nothing
        try:
            os.write(pipe, runner.unsealed(traceback.format_exc()))
        finally:
            os._exit(70)
    try:
        runner.run(shell, job, pipe)
    finally:
        os._exit(0)  # the warden's code lies below on this stack: it must never be reached


def _read_exactly(host: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        chunk = host.recv(min(1 << 20, size - len(data)))
        if not chunk:
            raise EOFError("the host went away")
        data += chunk
    return bytes(data)


def _reseed() -> None:
    """Give each run random numbers of its own; a fork inherits the generators' state."""
    random.seed()
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed(int.from_bytes(os.urandom(4)))


def _set_threads(count: int) -> None:
    """Give a run the threads of its share of the cores; the server had one."""
    if count > 1:
        os.environ.update(dict.fromkeys(bounds.THREAD_VARIABLES, str(count)))
        with contextlib.suppress(ImportError):
            from threadpoolctl import (  # type: ignore[import-untyped]  # noqa: PLC0415 - may be absent
                threadpool_limits,
            )

            threadpool_limits(limits=count)


if __name__ == "__main__":
    main()
