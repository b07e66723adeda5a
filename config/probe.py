"""Ask the web process beside this one for an address: exit 0 when it answers 200.

``python config/probe.py /healthz [PORT]``. It asks as the proxy does, by the site's own host name.
"""

from __future__ import annotations

import http.client
import os
import sys

SECONDS = 8
PORT = 8000


def main() -> int:
    """Ask, and return the exit status."""
    path, *port = sys.argv[1:]
    host = os.environ.get("WHYBOX_ALLOWED_HOSTS", "localhost").split(",")[0].strip()
    number = int(port[0]) if port else PORT
    connection = http.client.HTTPConnection("127.0.0.1", number, timeout=SECONDS)
    headers = {"Host": host.lstrip("."), "X-Forwarded-Proto": "https"}
    try:
        connection.request("GET", path, headers=headers)
        status = connection.getresponse().status
    except OSError as fault:
        sys.stderr.write(f"{path}: {fault}\n")
        return 1
    finally:
        connection.close()
    if status != http.HTTPStatus.OK:
        sys.stderr.write(f"{path}: {status}\n")
    return 0 if status == http.HTTPStatus.OK else 1


if __name__ == "__main__":
    sys.exit(main())
