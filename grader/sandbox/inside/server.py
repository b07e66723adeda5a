"""The fork server: boots once, then forks one isolated process tree per request.

It runs no learner's code and holds no secret. Requests arrive on one inherited SEQPACKET socket,
each with two descriptors: the *line* (a stream socket to the host) and the *pipe* for results. For
each it forks a reaper, which enters new namespaces and forks the run's init (PID 1):

    reaper --line--> host: a pidfd of init; at the end its exit code and resource usage
    host --line--> init: the job, after the host has moved init into its cgroup
    init --pipe--> host: frames

For a chain of checkpoints a line of its own comes with the job; init then forks what runs the cells
(`checkpoints`).
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
import socket
import struct
import sys
import time
import traceback
from pathlib import Path
from typing import Any, NoReturn

from . import bounds, descriptors, isolation, runner, warm

LENGTH = struct.Struct(">I")


def main() -> None:
    """Serve on the descriptor given as the first argument until its other end is closed."""
    control = socket.socket(fileno=int(sys.argv[1]))
    wanted = json.loads(control.recv(1 << 16))
    seccomp_program = _receive_all(control, wanted["filter_bytes"])
    started = time.monotonic()
    shell = warm.build_shell()
    if wanted["warm"]:
        warm.warm_up(shell)
    gc.collect()
    gc.freeze()
    problems = _fork_hazards(control.fileno())
    ready = {"problems": problems, "boot_seconds": time.monotonic() - started}
    control.send(json.dumps(ready).encode())
    if not problems:
        _serve(control, seccomp_program, shell)
    os._exit(0)  # no cleanup needed: the sandbox ends with this process


def _receive_all(control: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        data += control.recv(1 << 16)
    return data


def _fork_hazards(control: int) -> list[str]:
    """Return the reasons why forking from this process is unsafe; usually none."""
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


def _serve(control: socket.socket, seccomp_program: bytes, shell: Any) -> None:
    poll = select.poll()
    poll.register(control, select.POLLIN)
    reapers: dict[int, int] = {}
    while True:
        for descriptor, _ in poll.poll():
            if descriptor in reapers:
                poll.unregister(descriptor)
                os.close(descriptor)
                os.waitpid(reapers.pop(descriptor), 0)
        try:
            message, given = descriptors.receive(control, 4096, 2, socket.MSG_DONTWAIT)
        except BlockingIOError:
            continue
        if not message:
            return
        reaper = os.fork()
        if reaper == 0:
            control.close()
            _run_as_reaper(seccomp_program, shell, *given)
        ended = os.pidfd_open(reaper)
        reapers[ended] = reaper
        poll.register(ended, select.POLLIN)
        for descriptor in given:
            os.close(descriptor)


def _run_as_reaper(seccomp_program: bytes, shell: Any, line: int, pipe: int) -> NoReturn:
    """Run as the reaper: enter new namespaces, fork init, wait for it and report its exit."""
    host = socket.socket(fileno=line)
    try:
        isolation.enter_namespaces()
        # The host may interrupt a run at any time: it is felt inside the cells, and nowhere else.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        init = os.fork()
        if init == 0:
            _run_as_init(host, pipe, seccomp_program, shell)
        os.close(pipe)
        pidfd = os.pidfd_open(init)
        socket.send_fds(host, [b"R"], [pidfd])
        os.close(pidfd)
        _, status, usage = os.wait4(init, 0)
        report: dict[str, Any] = {
            "exit_code": os.waitstatus_to_exitcode(status),
            "cpu_seconds": usage.ru_utime + usage.ru_stime,
            "peak_resident_bytes": usage.ru_maxrss * 1024,
        }
    except BaseException as error:  # noqa: BLE001 - any failure here is a platform error and is reported
        report = {"failure": f"{type(error).__name__}: {error}"}
    try:
        host.sendall(b"E" + json.dumps(report).encode())
    finally:
        os._exit(0)


def _run_as_init(host: socket.socket, pipe: int, seccomp_program: bytes, shell: Any) -> NoReturn:
    """Run as init (PID 1): read the job, complete the isolation, run the learner's notebook."""
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        job = json.loads(_read_exactly(host, LENGTH.unpack(_read_exactly(host, LENGTH.size))[0]))
        data = {name: _read_exactly(host, size) for name, size in job["data"]}
        lines = descriptors.receive(host, 1, 1)[1] if job["chain"] else []
        host.close()
        isolation.close_descriptors_except(pipe, *lines)
        isolation.mount_private_filesystems(
            scratch_bytes=job["limits"]["scratch_bytes"], data=data, hide_processes=job["chain"]
        )
        os.chdir(bounds.HOME)
        isolation.set_limits(job["limits"])
        isolation.drop_privileges(seccomp_program)
        runner.reseed()
        _set_threads(job["threads"])
    except BaseException:  # noqa: BLE001 - isolation is incomplete: report it, run nothing
        try:
            os.write(pipe, runner.setup_failed(traceback.format_exc()))
        finally:
            os._exit(70)
    try:
        if lines:
            runner.run_with_checkpoints(shell, job, pipe, lines[0], warm.font_caches)
        runner.run(shell, job, pipe)
    finally:
        os._exit(0)  # must not return: the caller's frames are the reaper's code


def _read_exactly(host: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        chunk = host.recv(min(1 << 20, size - len(data)))
        if not chunk:
            raise EOFError("the host closed the connection")
        data += chunk
    return bytes(data)


def _set_threads(count: int) -> None:
    """Set the number of threads to the run's number of cores; the server used one."""
    if count > 1:
        os.environ.update(dict.fromkeys(bounds.THREAD_VARIABLES, str(count)))
        with contextlib.suppress(ImportError):
            from threadpoolctl import (  # type: ignore[import-untyped]  # noqa: PLC0415 - may be absent
                threadpool_limits,
            )

            threadpool_limits(limits=count)


if __name__ == "__main__":
    main()
