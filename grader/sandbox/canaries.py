"""Attacks that a worker runs in its own sandbox before it runs a learner's code there.

Each is a cell that leaves True in ``blocked`` if the attack failed; a successful one does no harm.
"""

from __future__ import annotations

from typing import Final

PREAMBLE: Final = '''
import ctypes, errno, os, socket
from pathlib import Path
libc = ctypes.CDLL(None, use_errno=True)
blocked = {}

def check(name, attack):
    """Blocked: the attack raises an OSError or achieves nothing."""
    try:
        blocked[name] = not attack()
    except (OSError, PermissionError):
        blocked[name] = True
'''

CANARIES: Final = {
    "network": """
def connect():
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as line:
        return line.connect_ex(("127.0.0.1", 9)) in (0, errno.ECONNREFUSED)
check("network", connect)
""",
    "secrets": """
check("secrets", lambda: any(Path(place).exists() for place in
                             ("/etc/shadow", "/etc/hostname", "/srv", "/proc/1/root/etc/shadow")))
""",
    "processes": """
check("processes", lambda: [name for name in os.listdir("/proc") if name.isdigit()] != ["1"])
""",
    "root": """
check("root", lambda: os.getuid() == 0 or libc.setuid(0) == 0)
""",
    "namespaces": """
check("namespaces", lambda: libc.unshare(0x10000000) == 0)
""",
    "mounts": """
check("mounts", lambda: libc.mount(b"none", b"/tmp", b"tmpfs", 0, None) == 0)
""",
    "packages": """
def write():
    (Path(os.__file__).parent / "canary").write_text("")
    return True
check("packages", write)
""",
    "system calls": """
check("system calls", lambda: libc.syscall(101, 0, 0, 0, 0) == 0 or libc.syscall(425, 1, 0) >= 0)
""",
    "capabilities": """
status = Path("/proc/self/status").read_text().split()
check("capabilities", lambda: int(status[status.index("CapEff:") + 1], 16) != 0
      or int(status[status.index("CapBnd:") + 1], 16) != 0
      or status[status.index("NoNewPrivs:") + 1] != "1"
      or status[status.index("Seccomp:") + 1] != "2")
""",
}
