"""A learning platform in a process of its own: lti1p3platform, and the checks that it lacks.

``python -m tests.classes.lti.lms_platform PORT TOOL`` serves one until it ends. The library
builds and signs messages and answers services; what it does not check is checked here: redirect
address, nonce, state and client of a login, audience, subject and single use of assertions and
answers, the scope and key of access tokens, media types, timestamps and maxima of scores.
``/control`` sets what goes wrong, and tells what has arrived.
"""

from __future__ import annotations

import contextlib
import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.classes.lti.lms_launches import Answer, Call, Platform, Refused, auth, new_key, start
from tests.classes.lti.lms_services import (
    configuration,
    deep_linked,
    items,
    members,
    register,
    token,
)


class Server(ThreadingHTTPServer):
    """Serves a platform.

    A request keeps the platform with which it began: one that is still under way when the next
    test begins leaves nothing in that test's platform.
    """

    def __init__(self, port: int, platform: Platform) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.platform = platform


def control(server: Server, call: Call) -> Answer:
    """Set what goes wrong; tell what has arrived."""
    if call.method == "POST":
        wanted = json.loads(call.body)
        if wanted.pop("reset", False):
            server.platform = server.platform.fresh()
        platform = server.platform
        if wanted.pop("rotate", False):
            platform.key = new_key()
        platform.tool = wanted.pop("tool", platform.tool)
        platform.members = wanted.pop("members", platform.members)
        if wanted.pop("forget_items", False):
            platform.items.clear()
        platform.knobs |= wanted
    platform = server.platform
    return (
        200,
        {
            "scores": platform.scores,
            "history": platform.history,
            "items": list(platform.items.values()),
            "content": platform.content,
            "hits": platform.hits,
            "score_posts": platform.score_posts,
            "complaints": platform.complaints,
            "registered": platform.registered,
        },
        {},
    )


ROUTES = {
    "/start": start,
    "/auth": auth,
    "/token": token,
    "/members": members,
    "/return": deep_linked,
    "/openid": configuration,
    "/register": register,
}


def route(platform: Platform, call: Call) -> Answer:  # noqa: PLR0911  # one for each address
    """Answer a request, in the state that the test has set."""
    platform.hits.append(f"{call.method} {call.path}")
    if platform.knobs.get("down") and call.path.startswith(("/items", "/token", "/members")):
        return 503, {"error": "down"}, {"Retry-After": "1"}
    time.sleep(platform.knobs.get("slow", 0) if call.path == "/token" else 0)
    try:
        if call.path == "/jwks":
            if platform.knobs.get("no_keys"):
                return 500, {}, {}
            return 200, platform.jwks(), {}
        if call.path.startswith("/items"):
            return items(platform, call)
        if call.path not in ROUTES:
            return 404, {}, {}
        return ROUTES[call.path](platform, call)
    except Refused as refusal:
        platform.complaints.append(f"{call.path}: {refusal}")
        return refusal.status, {"error": str(refusal)}, {}
    except Exception as error:  # noqa: BLE001  # the library lets many kinds through
        platform.complaints.append(f"{call.path}: {error!r}")
        return 401, {"error": repr(error)}, {}


class Handler(BaseHTTPRequestHandler):
    """Answers the requests of a server."""

    protocol_version = "HTTP/1.1"
    server: Server

    def log_message(self, *_words: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Answer."""
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        query, headers = dict(parse_qsl(parts.query)), dict(self.headers.items())
        call = Call(self.command, parts.path, query, body, headers)
        if call.path == "/control":
            status, content, more = control(self.server, call)
        else:
            status, content, more = route(self.server.platform, call)
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **more}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        with contextlib.suppress(ConnectionError):  # a tool that waited long enough is gone
            self.wfile.write(data)

    do_POST = do_GET  # noqa: N815  # the name that the server looks for


def main() -> None:
    """Serve a platform."""
    port, tool = int(sys.argv[1]), sys.argv[2]
    Server(port, Platform(f"http://127.0.0.1:{port}", tool)).serve_forever()


if __name__ == "__main__":
    main()
