"""Attempts on the kernel's wider face. Numbers are those of x86-64's system calls."""

from tests.grader.sandbox.attacks.attack import Attack


def _call(name: str, *arguments: str, control: bool = False) -> Attack:
    """Return an attack that makes one call of the C library."""
    line = ", ".join((f'"{name.partition(" ")[0]}"', *arguments))
    return Attack(name, f"def attack():\n    return call({line})\n", control=control)


def _number(name: str, *arguments: object, control: bool = False) -> Attack:
    """Return an attack that makes one system call by its number."""
    line = ", ".join(map(str, arguments))
    code = f'def attack():\n    return call("syscall", {line})\n'
    return Attack(name, code, control=control)


KERNEL = (
    _call("unshare a user namespace", "0x10000000", control=True),
    _call("unshare mounts", "0x20000"),
    _call("mount", 'b"none"', 'b"/tmp"', 'b"tmpfs"', "0", "None"),
    _call("umount2", 'b"/proc"', "2"),
    _call("chroot", 'b"/tmp"'),
    _call("setuid", "0"),
    _call("setgroups", "1", "(ctypes.c_uint32 * 1)(0)"),
    _call("personality", "0x0040000", control=True),
    _call("sethostname", 'b"mine"', "4"),
    _call("reboot", "0"),
    _call("swapoff", 'b"/none"'),
    _call("fanotify_init", "0", "0"),
    _call("acct", "None"),
    _call("quotactl", "0", "None", "0", "None"),
    _number("keys of the kernel", 250, 0, -3, 0, control=True),
    _number("io_uring", 425, 1, "ctypes.create_string_buffer(120)", control=True),
    _number("bpf", 321, 0, "ctypes.create_string_buffer(128)", 128),
    _number("userfaultfd", 323, 1, control=True),
    _number("performance counters", 298, "ctypes.create_string_buffer(128)", 0, -1, -1, 0),
    _number("a new namespace by clone3", 435, "ctypes.create_string_buffer(88)", 88),
    _number("kernel modules", 313, -1, 'b""', 0),
    _number("pivot_root", 155, 'b"/tmp"', 'b"/tmp"'),
    _number("the new way to mount", 430, 'b"tmpfs"', 0),
    _number("open_tree", 428, -100, 'b"/"', 1),
    _number("setns", 308, 'os.open("/proc/self/ns/user", os.O_RDONLY)', 0),
    _number("ports", 173, 0, 1, 1),
    _number("memory that no process maps", 319, 'b"x"', 0, control=True),
    _number("System V segments", 29, 0, 4096, 0o1600, control=True),
    _number("System V messages", 68, 0, 0o1600, control=True),
    _number("another process's descriptors", 438, "os.pidfd_open(os.getpid())", 0, 0, control=True),
    _number("comparing kernel objects", 312, "os.getpid()", "os.getpid()", 0, 0, 0),
    Attack(
        "a new user namespace by clone",
        """
def attack():
    child = libc.syscall(56, 0x10000000 | signal.SIGCHLD, 0, 0, 0, 0)
    if child == 0:
        os._exit(0)
    if child > 0:
        os.waitpid(child, 0)
        return True
""",
    ),
    Attack(
        "a device node",
        """
def attack():
    os.mknod("/tmp/device", stat.S_IFBLK | 0o600, os.makedev(254, 0))
    return True
""",
        control=False,
    ),
    Attack(
        "writing kernel settings",
        """
def attack():
    done = []
    for place in ("kernel/core_pattern", "vm/overcommit_memory", "kernel/hostname",
                  "net/ipv4/ip_forward", "fs/suid_dumpable"):
        try:
            switch = Path("/proc/sys", place)
            switch.write_text(switch.read_text())
            done.append(place)
        except OSError:
            continue
    return done
""",
        control=False,
    ),
    Attack(
        "typing into a terminal",
        """
def attack():
    import fcntl
    main, side = os.openpty()
    fcntl.ioctl(side, 0x5412, b"x")
    return True
""",
        control=False,
    ),
    Attack(
        "the terminal that the host runs in",
        """
def attack():
    return os.open("/dev/tty", os.O_RDWR)
""",
        control=False,
    ),
    Attack(
        "remaining capabilities",
        """
def attack():
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    rights = [name for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
              if int(status[name], 16)]
    return rights or status["NoNewPrivs"].strip() != "1" or status["Seccomp"].strip() != "2"
""",
    ),
    Attack(
        "rewriting one's user map",
        """
def attack():
    Path("/proc/self/uid_map").write_text("0 0 1")
    return True
""",
        control=False,
    ),
)
