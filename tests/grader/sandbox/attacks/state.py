"""Attempts to leave something behind, or to find what was left."""

from tests.grader.sandbox.attacks.attack import Attack

STATE = (
    Attack(
        "changing the packages",
        """
def attack():
    import numpy
    Path(numpy.__file__).with_name("planted.py").write_text("x = 1")
    return True
""",
        control=False,
    ),
    Attack(
        "changing the runner",
        """
def attack():
    found = [p for p in Path("/opt").rglob("*.py") if os.access(p, os.W_OK)]
    return found or Path("/opt/whybox/inside/planted.py").write_text("")
""",
        control=False,
    ),
    Attack(
        "writing to a world-writable folder",
        """
def attack():
    return Path("$folder/open/planted").write_text("x")
""",
    ),
    Attack(
        "any writable path that another run would see",
        """
def attack():
    own = ("/home/learner", "/tmp", "/dev/shm", "/proc", "/dev/pts")
    found = []
    for folder, folders, _ in os.walk("/"):
        folders[:] = [name for name in folders
                      if not os.path.join(folder, name).startswith(own)
                      and not os.path.islink(os.path.join(folder, name))
                      and os.path.join(folder, name) not in ("/opt/packages", "/usr/lib")]
        if folder not in own and os.access(folder, os.W_OK):
            found.append(folder)
    return found
""",
        control=False,
    ),
    Attack(
        "inherited descriptors",
        """
def attack():
    left = {}
    for name in os.listdir("/proc/self/fd"):
        try:
            left[int(name)] = os.readlink(f"/proc/self/fd/{name}")
        except OSError:
            continue
    pipes = [number for number, link in left.items() if link.startswith("pipe:")]
    return len(pipes) > 1 or [link for link in left.values()
                              if link != "/dev/null" and not link.startswith(("pipe:", "/proc/"))]
""",
        control=False,
    ),
    Attack(
        "files of the platform among the mappings",
        """
def attack():
    for line in Path("/proc/self/maps").read_text().splitlines():
        if "/grader/" in line or "$checkout/content" in line:
            return line
""",
        control=False,
    ),
    Attack(
        "code of the platform among the modules",
        """
def attack():
    return [name for name in sys.modules
            if name.split(".")[0] in ("grader", "exercises", "courses", "config", "django")]
""",
        control=False,
    ),
    Attack(
        "a lock on a file that another run can read",
        """
def attack():
    import fcntl
    with open(os.__file__) as file:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return True
""",
    ),
    Attack(
        "a record lock on such a file",
        """
def attack():
    import fcntl
    with open(os.__file__) as file:
        fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return True
""",
    ),
    Attack(
        "asking for another run's record lock",
        """
def attack():
    import fcntl, struct
    with open(os.__file__) as file:
        return fcntl.fcntl(file, fcntl.F_GETLK, struct.pack("hhqqi4x", 1, 0, 0, 0, 0))
""",
    ),
    Attack(
        "a lease on such a file",
        """
def attack():
    import fcntl
    with open("own", "w"):
        pass
    with open("own") as file:
        return fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK) == 0
""",
    ),
    Attack(
        "a watch on a folder that another run reads",
        """
def attack():
    number, folder = libc.inotify_init1(0), os.path.dirname(os.__file__).encode()
    return number >= 0 and libc.inotify_add_watch(number, folder, 1) >= 0
""",
    ),
    Attack(
        "the old watch on such a folder",
        """
def attack():
    import fcntl
    folder = os.open(os.path.dirname(os.__file__), os.O_RDONLY)
    return fcntl.fcntl(folder, fcntl.F_NOTIFY, fcntl.DN_ACCESS) == 0
""",
    ),
    Attack(
        "splice",
        """
def attack():
    ends, others = os.pipe(), os.pipe()
    os.write(ends[1], b"x")
    return call("splice", ends[0], None, others[1], None, 1, 0)
""",
    ),
    Attack(
        "tee",
        """
def attack():
    ends, others = os.pipe(), os.pipe()
    os.write(ends[1], b"x")
    return call("tee", ends[0], others[1], 1, 0)
""",
    ),
)
