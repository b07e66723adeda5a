"""Attempts on other processes, and on more than the share of the machine."""

from tests.grader.sandbox.attacks.attack import Attack

PROCESSES = (
    Attack(
        "seeing other processes",
        """
def attack():
    return [name for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()]
""",
    ),
    Attack(
        "tracing",
        """
def attack():
    child = os.fork()
    if child == 0:
        os._exit(0 if libc.ptrace(0, 0, 0, 0) == 0 else 1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
""",
    ),
    Attack(
        "reading a process's memory",
        """
def attack():
    class Piece(ctypes.Structure):
        _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]
    source, target = ctypes.create_string_buffer(b"memory"), ctypes.create_string_buffer(6)
    here, there = Piece(ctypes.addressof(target), 6), Piece(ctypes.addressof(source), 6)
    read = libc.process_vm_readv(os.getpid(), ctypes.byref(here), 1, ctypes.byref(there), 1, 0)
    return read == 6
""",
    ),
    Attack(
        "signalling the parent",
        """
def attack():
    return os.getppid() != 0 and os.kill(os.getppid(), 0) is None
""",
    ),
    Attack(
        "signalling a process of the host by number",
        """
def attack():
    os.kill($victim, 0)
    return True
""",
    ),
    Attack(
        "a handle on a process of the host",
        """
def attack():
    return os.pidfd_open($victim)
""",
    ),
    Attack(
        "the other cores",
        """
def attack():
    os.sched_setaffinity(0, os.sched_getaffinity(0))
    return True
""",
    ),
    Attack(
        "priority over others",
        """
def attack():
    os.nice(-5)
    return True
""",
        control=False,
    ),
    Attack(
        "real-time scheduling",
        """
def attack():
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    return True
""",
        control=False,
    ),
    Attack(
        "being spared when memory runs out",
        """
def attack():
    Path("/proc/self/oom_score_adj").write_text("-500")
    return True
""",
        control=False,
    ),
    Attack(
        "raising one's limits",
        """
def attack():
    resource.setrlimit(resource.RLIMIT_DATA, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    return True
""",
    ),
    Attack(
        "core files",
        """
def attack():
    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    return hard not in (0, 1)
""",
        control=False,
    ),
    Attack(
        "a shell or any other program",
        """
def attack():
    found = [p for place in ("/bin", "/usr/bin", "/sbin", "/usr/sbin") if Path(place).is_dir()
             for p in Path(place).iterdir() if not p.name.startswith("python")]
    return found or subprocess.run("id", shell=True, check=True)
""",
    ),
)
