"""Attempts to read what is not the learner's."""

from tests.grader.sandbox.attacks.attack import Attack

READING = (
    Attack(
        "the host's users",
        """
def attack():
    return "root:" in Path("/etc/passwd").read_text()
""",
    ),
    Attack(
        "the host's passwords",
        """
def attack():
    return Path("/etc/shadow").read_bytes()
""",
        control=False,
    ),
    Attack(
        "homes and services' data",
        """
def attack():
    places = (Path("/home"), Path("/root"), Path("/srv"), Path("/var/lib"), Path("/run"))
    keep = {"learner", ".pyenv", ".local"}
    return [p for place in places if place.exists() for p in place.iterdir() if p.name not in keep]
""",
    ),
    Attack(
        "a world-readable file of the host",
        """
def attack():
    return Path("$folder/secret.txt").read_text() == "$secret"
""",
    ),
    Attack(
        "the platform's own code and content",
        """
def attack():
    found = [Path("$checkout", name) for name in ("pyproject.toml", "grader", "content", ".git")]
    return [path for path in found if path.exists()]
""",
    ),
    Attack(
        "a secret in any process's environment",
        """
def attack():
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if b"$secret" in (process / "environ").read_bytes():
                return process
        except OSError:
            continue
    return [name for name in os.environ if "SECRET" in name or "WHYBOX" in name]
""",
    ),
    Attack(
        "the host's root through /proc",
        """
def attack():
    places = [*Path("/proc").glob("[0-9]*/root"), *Path("/proc").glob("[0-9]*/cwd")]
    found = []
    for place in places:
        try:
            found += [p for p in (place / "etc/hostname", place / "pyproject.toml") if p.exists()]
        except OSError:
            continue
    return found
""",
    ),
    Attack(
        "out of the root by parents",
        """
def attack():
    return Path("/../../../../etc/hostname").exists()
""",
    ),
    Attack(
        "the kernel's memory and log",
        """
def attack():
    for place in ("/dev/kmsg", "/dev/mem", "/proc/kcore", "/proc/kmsg"):
        try:
            return os.open(place, os.O_RDONLY)
        except OSError:
            continue
    return libc.klogctl(10, None, 0) >= 0
""",
        control=False,
    ),
    Attack(
        "the host's devices",
        """
def attack():
    known = {"null", "zero", "full", "random", "urandom", "tty", "ptmx"}
    return [p for p in Path("/dev").iterdir()
            if p.is_char_device() and not p.is_symlink() and p.name not in known]
""",
    ),
    Attack(
        "the host's mounts",
        """
def attack():
    return [line for line in Path("/proc/self/mounts").read_text().splitlines()
            if line.split()[1] in ("/sys", "/sys/fs/cgroup", "/boot", "/run")]
""",
    ),
    Attack(
        "the machine's name",
        """
def attack():
    return socket.gethostname() == "$hostname"
""",
    ),
    Attack(
        "a file by its handle, around every mount",
        """
def attack():
    handle = ctypes.create_string_buffer(136)
    ctypes.memmove(handle, (128).to_bytes(4, "little"), 4)
    mount = ctypes.c_int()
    return call("name_to_handle_at", -100, b"/usr/lib", handle, ctypes.byref(mount), 0)
""",
    ),
)
