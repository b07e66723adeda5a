"""Learners who submit notebooks, run drafts and read pages, and try again when the site fails."""

from __future__ import annotations

import http.client
import json
import random
import secrets
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from bench.chaos.editor import Editor, RunsTold
from bench.chaos.material import SLUGS, notebook

if TYPE_CHECKING:
    from collections.abc import Mapping

REQUEST_SECONDS: Final = 30.0
PAUSE_SECONDS: Final = 0.5
ACCEPTED: Final = 202
REFUSED: Final = 400
PAGES: Final = ("/courses/", "/status/")


@dataclass
class Account:
    """What the learners were answered.

    Attributes:
        accepted: ids of submissions for which the site has answered 202.
        runs: what pages of the workbench were told of their runs.
        refused: what the site called wrong; all that is sent is right.
        answers: how often each status came; 0 is a connection that failed.
        slowest: seconds of the slowest answer.
    """

    accepted: set[str] = field(default_factory=set)
    runs: RunsTold = field(default_factory=RunsTold)
    refused: list[str] = field(default_factory=list)
    answers: Counter[int] = field(default_factory=Counter)
    slowest: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)


class Learner(threading.Thread):
    """One learner, until `ended` is set."""

    def __init__(
        self, port: int, token: str, *, account: Account, ended: threading.Event, seed: float
    ) -> None:
        super().__init__(daemon=True)
        self._port, self._token = port, token
        self._account, self._ended = account, ended
        self._chance = random.Random(seed)  # noqa: S311  # nothing here is secret

    def run(self) -> None:
        """Submit, run a draft, or read a page, one after the other."""
        while not self._ended.is_set():
            turn = self._chance.random()
            if turn < 0.6:  # noqa: PLR2004  # most of what matters
                self.submit()
            elif turn < 0.8:  # noqa: PLR2004  # some of them
                self._run_draft()
            else:
                self._call("GET", self._chance.choice(PAGES))
            self._ended.wait(PAUSE_SECONDS * self._chance.random() * 2)

    def submit(self) -> None:
        """Submit a notebook to one of the exercises; note it if it was accepted."""
        seconds = self._chance.choice((0, 0, 0, 0.5, 2))
        body, kind = upload(seconds=seconds)
        path = f"/api/v1/exercises/{self._chance.choice(SLUGS)}/submissions/"
        status, answer = self._call("POST", path, body, kind)
        if status == ACCEPTED and answer:
            with self._account.lock:
                self._account.accepted.add(answer["id"])

    def _run_draft(self) -> None:
        base = f"/api/v1/exercises/{self._chance.choice(SLUGS)}/draft/"
        Editor(base, self._call, self._account.runs, self._chance).work()

    def _call(
        self, method: str, path: str, body: bytes | None = None, kind: str = "application/json"
    ) -> tuple[int, dict[str, Any] | None]:
        status, answer, seconds = call(self._port, method, path, self._token, body=body, kind=kind)
        with self._account.lock:
            self._account.answers[status] += 1
            if status == REFUSED:
                self._account.refused.append(f"{method} {path}: {(answer or {}).get('code')}")
            self._account.slowest = max(self._account.slowest, seconds)
        return status, answer


def upload(*, seconds: float, mail_wanted: bool = True) -> tuple[bytes, str]:
    """Return the form that submits a notebook of so many seconds, and its media type."""
    boundary = secrets.token_hex(16)
    wanted = "true" if mail_wanted else "false"
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="mail_wanted"\r\n\r\n{wanted}\r\n'
        f'--{boundary}\r\nContent-Disposition: form-data; name="notebook"; '
        'filename="n.ipynb"\r\nContent-Type: application/x-ipynb+json\r\n\r\n'
    )
    body = head.encode() + notebook(seconds=seconds) + f"\r\n--{boundary}--\r\n".encode()
    return body, f"multipart/form-data; boundary={boundary}"


def call(
    port: int,
    method: str,
    path: str,
    token: str,
    *,
    body: bytes | None = None,
    kind: str = "",
    told: dict[str, str] | None = None,
) -> tuple[int, dict[str, Any] | None, float]:
    """Ask the API; return status (0 without an answer), the JSON object, and the seconds."""
    headers = {"Authorization": f"Token {token}"}
    if body is not None:
        headers["Content-Type"] = kind
    status, content, seconds = fetch(port, method, path, headers, body, told=told)
    try:
        found = json.loads(content) if content.startswith(b"{") else None
    except ValueError:
        return 0, None, seconds
    return status, found, seconds


def fetch(
    port: int,
    method: str,
    path: str,
    headers: Mapping[str, str],
    body: bytes | None = None,
    *,
    told: dict[str, str] | None = None,
) -> tuple[int, bytes, float]:
    """Send a request; return status (0 without an answer), body, and the seconds.

    `told` takes the answer's headers.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=REQUEST_SECONDS)
    started = time.monotonic()
    status, content = 0, b""
    try:
        connection.request(method, path, body, dict(headers))
        response = connection.getresponse()
        content = response.read()
        status = response.status
        if told is not None:
            told.update(response.headers)
    except (OSError, http.client.HTTPException):
        status = 0
    finally:
        connection.close()
    return status, content, time.monotonic() - started
