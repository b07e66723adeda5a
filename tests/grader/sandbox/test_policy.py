"""The rules of the outer and inner sandbox, tested as data; no sandbox is started here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from grader.sandbox import bubblewrap, cgroup, policy, seccomp
from grader.sandbox.environment import Environment, default_python, discover
from grader.sandbox.inside import bounds, frames

CHECKOUT = Path(__file__).resolve().parents[3]
ENVIRONMENT = Environment(
    interpreter=Path("/opt/python/bin/python3.11"),
    library=Path("/opt/python/lib"),
    packages=Path("/srv/site/.venv-sandbox/lib/python3.11/site-packages"),
    foreign=(Path("/opt/python/lib/python3.11/site-packages"), Path("/elsewhere")),
)

NEVER = """
    unshare setns mount umount2 pivot_root chroot move_mount open_tree fsopen fsconfig fsmount
    fspick mount_setattr ptrace process_vm_readv process_vm_writev kcmp pidfd_getfd process_madvise
    keyctl add_key request_key bpf perf_event_open userfaultfd io_uring_setup io_uring_enter
    io_uring_register init_module finit_module delete_module kexec_load kexec_file_load reboot
    swapon swapoff acct quotactl nfsservctl sethostname setdomainname settimeofday clock_settime
    clock_adjtime adjtimex iopl ioperm modify_ldt mknod mknodat name_to_handle_at open_by_handle_at
    setuid setgid setreuid setregid setresuid setresgid setgroups setfsuid setfsgid capset
    personality syslog lookup_dcookie fanotify_init fanotify_mark memfd_create memfd_secret
    shmget shmat semget msgget sched_setaffinity sched_setscheduler sched_setattr sched_setparam
    migrate_pages move_pages vhangup uselib ustat sysfs seccomp landlock_create_ruleset
    clone clone3 socket socketpair ioctl
""".split()  # noqa: SIM905 - a table of words


def test_no_dangerous_call_is_on_the_list() -> None:
    """Calls with a large kernel attack surface are not on the allow-list."""
    assert set(NEVER).isdisjoint(bounds.SYSCALLS)


def test_the_list_names_each_call_once() -> None:
    """A duplicate would hide a removal."""
    assert len(set(bounds.SYSCALLS)) == len(bounds.SYSCALLS)


def test_only_local_sockets_and_harmless_requests() -> None:
    """Only AF_UNIX is allowed; ioctls that inject terminal input are not."""
    assert bounds.AF_UNIX == 1
    assert {0x5412, 0x541C, 0x4B46}.isdisjoint(bounds.IOCTLS)


def test_the_filter_consists_of_whole_instructions() -> None:
    """An instruction has 8 bytes; the kernel accepts at most 4096 of them."""
    program = seccomp.compile_filter()
    assert len(program) % 8 == 0
    assert 100 < len(program) // 8 <= 4096


def test_nothing_of_the_project_is_mounted_but_the_runner() -> None:
    """The interpreter, its library, the packages, the system's libraries, and `inside`."""
    runner = Path("/srv/site/grader/sandbox/inside")
    visible = bubblewrap.mounts(ENVIRONMENT, runner)
    assert {str(mount.source) for mount in visible} - set(policy.SYSTEM_FOLDERS) == {
        "/opt/python/bin/python3.11",
        "/opt/python/lib",
        "/srv/site/.venv-sandbox/lib/python3.11/site-packages",
        "/srv/site/grader/sandbox/inside",
    }
    targets = {mount.target for mount in visible}
    assert not [target for target in targets if target.startswith("/srv")]
    assert "/usr/bin" not in targets


def test_packages_of_another_environment_are_hidden() -> None:
    """The interpreter's own packages are not part of the pinned environment."""
    visible = bubblewrap.mounts(ENVIRONMENT, Path("/runner"))
    hidden = bubblewrap.hidden_folders(ENVIRONMENT, visible)
    assert hidden == ("/opt/python/lib/python3.11/site-packages",)


def test_the_command_line_isolates_everything() -> None:
    """All namespaces, no environment, no controlling terminal, no writable host path."""
    line = bubblewrap.command(
        "/usr/bin/bwrap",
        bubblewrap.mounts(ENVIRONMENT, Path("/runner")),
        hidden=(),
        program=["python"],
        passwd=8,
        group=9,
    )
    assert {f"--unshare-{name}" for name in ("user", "ipc", "pid", "net", "uts", "cgroup")} <= set(
        line
    )
    assert {"--clearenv", "--new-session", "--die-with-parent"} <= set(line)
    assert {"--bind", "--dev-bind", "--share-net", "--bind-try"}.isdisjoint(line)
    assert line[line.index("--remount-ro") + 1] == "/dev"
    assert line[-2:] == ["--", "python"]


def test_the_environment_contains_nothing_of_the_host() -> None:
    """Only the policy's variables: no secret can be inherited."""
    assert policy.VARIABLES["PATH"] == "/nonexistent"
    assert not [name for name in policy.VARIABLES if "WHYBOX" in name or "DJANGO" in name]
    assert {policy.VARIABLES[name] for name in bounds.THREAD_VARIABLES} == {"1"}


def test_the_dedicated_user_is_not_used_otherwise() -> None:
    """Neither root nor a user id that a distribution or systemd allocates."""
    assert 60578 <= policy.SANDBOX_UID <= 61183


def test_the_learners_environment_is_found() -> None:
    """The interpreter is resolved, and its fingerprint is stable."""
    found = discover(default_python())
    assert found.interpreter.is_file()
    assert not found.interpreter.is_symlink()
    assert (found.library / "python3.11").is_dir() or found.library.is_dir()
    assert (found.packages / "IPython").is_dir()
    assert found.fingerprint() == discover(default_python()).fingerprint()


def test_frames_survive_a_round_trip() -> None:
    """Frames are parsed correctly wherever the stream is split."""
    reader = frames.Reader(lambda kind: 100 if kind in (b"S", b"A") else None)
    stream = frames.pack(b"S", {"text": "ä"}) + frames.pack(b"A", b"\x00\n\xff")
    seen = [frame for byte in stream for frame in reader.feed(bytes([byte]))]
    assert seen == [(b"S", b'{"text": "\\u00e4"}'), (b"A", b"\x00\n\xff")]


def test_frames_are_bounded_by_their_declared_size() -> None:
    """A frame is refused when its header is read, before its body is buffered."""
    reader = frames.Reader(lambda kind: 10 if kind == b"S" else None)
    with pytest.raises(frames.FrameTooLarge):
        list(reader.feed(frames.HEADER.pack(b"S", 11)))
    with pytest.raises(frames.BadFrame):
        list(frames.Reader(lambda _: None).feed(frames.HEADER.pack(b"?", 1)))


def test_control_groups_of_both_versions_are_read(tmp_path: Path) -> None:
    """Versions 1 and 2 use different file names."""
    for version, bound, peak in (
        (1, "memory.limit_in_bytes", "memory.max_usage_in_bytes"),
        (2, "memory.max", "memory.peak"),
    ):
        hierarchy = cgroup.Hierarchy(tmp_path, version)
        assert (hierarchy.bound_file, hierarchy.peak_file) == (bound, peak)


def test_a_group_that_cannot_be_removed_is_only_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A control group that the kernel does not release in time never hides a run's verdict."""
    group = cgroup.Group(cgroup.Hierarchy(tmp_path, 1), owner=1, bound_bytes=2**20)

    group.remove()  # its folder holds a file, as a group in use holds a process

    assert "was not removed" in caplog.text


def test_a_container_that_forbids_landlock_is_as_a_kernel_without_it() -> None:
    """Its filter answers EPERM where an old kernel answers ENOSYS: the mounts go on to hold."""
    script = (
        "import errno, pyseccomp\n"
        "forbidding = pyseccomp.SyscallFilter(pyseccomp.ALLOW)\n"
        "forbidding.add_rule(pyseccomp.ERRNO(errno.EPERM), 'landlock_create_ruleset')\n"
        "forbidding.load()\n"
        "from grader.sandbox.inside import landlock\n"
        "print(landlock.version())\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=CHECKOUT, check=True, capture_output=True, text=True
    )
    assert run.stdout == "0\n"
