"""Attempts to speak to anything at all."""

from tests.grader.sandbox.attacks.attack import Attack

NETWORK = (
    Attack(
        "loopback by TCP",
        """
def attack():
    with socket.create_connection(("127.0.0.1", $tcp), timeout=2):
        return True
""",
    ),
    Attack(
        "loopback by UDP",
        """
def attack():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        return line.sendto(b"x", ("127.0.0.1", $udp))
""",
    ),
    Attack(
        "a socket for IPv6",
        """
def attack():
    with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as line:
        return line.fileno()
""",
    ),
    Attack(
        "a name by DNS",
        """
def attack():
    return socket.getaddrinfo("example.org", 80)
""",
        control=False,
    ),
    Attack(
        "an abstract socket of the host",
        r"""
def attack():
    with socket.socket(socket.AF_UNIX) as line:
        line.connect("\\0$abstract")
        return True
""".replace("\\\\", "\\"),
    ),
    Attack(
        "a socket in the host's files",
        """
def attack():
    with socket.socket(socket.AF_UNIX) as line:
        line.connect("$folder/socket")
        return True
""",
    ),
    Attack(
        "the kernel's netlink",
        """
def attack():
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as line:
        return line.fileno()
""",
    ),
    Attack(
        "raw packets",
        """
def attack():
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as line:
        return line.fileno()
""",
        control=False,
    ),
    Attack(
        "any other address family",
        """
def attack():
    opened = []
    for family in range(2, 46):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
            try:
                socket.socket(family, kind).close()
                opened.append(family)
            except OSError:
                continue
    return opened
""",
    ),
    Attack(
        "a socket pair of another family",
        """
def attack():
    pair = (ctypes.c_int * 2)()
    for family in (2, 10, 16, 30, 38):
        if libc.socketpair(family, 1, 0, pair) == 0:
            return family
""",
        control=False,
    ),
)
