"""Attacks that a worker tries on its own walls before it lets a learner's code near them.

Each is a cell that leaves True in ``held`` when the wall held. They do no harm where it does not.
"""

from __future__ import annotations

from typing import Final

PREAMBLE: Final = '''
import ctypes, errno, os, socket
from pathlib import Path
libc = ctypes.CDLL(None, use_errno=True)
held = {}

def holds(name, attack):
    """The wall holds when the attack raises what a wall raises, and achieves nothing."""
    try:
        held[name] = not attack()
    except (OSError, PermissionError):
        held[name] = True
'''

CANARIES: Final = {
    "network": """
def connect():
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as line:
        return line.connect_ex(("127.0.0.1", 9)) in (0, errno.ECONNREFUSED)
holds("network", connect)
""",
    "secrets": """
holds("secrets", lambda: any(Path(place).exists() for place in
                             ("/etc/shadow", "/etc/hostname", "/srv", "/proc/1/root/etc/shadow")))
""",
    "processes": """
holds("processes", lambda: [name for name in os.listdir("/proc") if name.isdigit()] != ["1"])
""",
    "root": """
holds("root", lambda: os.getuid() == 0 or libc.setuid(0) == 0)
""",
    "namespaces": """
holds("namespaces", lambda: libc.unshare(0x10000000) == 0)
""",
    "mounts": """
holds("mounts", lambda: libc.mount(b"none", b"/tmp", b"tmpfs", 0, None) == 0)
""",
    "packages": """
def write():
    (Path(os.__file__).parent / "canary").write_text("")
    return True
holds("packages", write)
""",
    "system calls": """
holds("system calls", lambda: libc.syscall(101, 0, 0, 0, 0) == 0 or libc.syscall(425, 1, 0) >= 0)
""",
    "capabilities": """
status = Path("/proc/self/status").read_text().split()
holds("capabilities", lambda: int(status[status.index("CapEff:") + 1], 16) != 0
      or int(status[status.index("CapBnd:") + 1], 16) != 0
      or status[status.index("NoNewPrivs:") + 1] != "1"
      or status[status.index("Seccomp:") + 1] != "2")
""",
}
