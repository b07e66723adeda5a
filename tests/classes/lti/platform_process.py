"""Starts the platform, and plays the browser of somebody who comes from it."""

from __future__ import annotations

import contextlib
import html
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import requests

from config.environment import BASE_DIR
from tests.config.site_process import free_port, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
ACTION = re.compile(r'action="([^"]+)"')


class PlatformProcess:
    """The platform, as tests set and question it."""

    def __init__(self, port: int) -> None:
        self.base = f"http://127.0.0.1:{port}"

    def set(self, **knobs: Any) -> None:
        """Let things go wrong, or end that."""
        requests.post(f"{self.base}/control", json=knobs, timeout=10).raise_for_status()

    def told(self) -> dict[str, Any]:
        """Return what has arrived."""
        answer: dict[str, Any] = requests.get(f"{self.base}/control", timeout=10).json()
        return answer


@contextlib.contextmanager
def platform_process(tool: str) -> Iterator[PlatformProcess]:
    """Run a platform in a process of its own."""
    port = free_port()
    command = [sys.executable, "-m", "tests.classes.lti.lms_platform", str(port), tool]
    process = subprocess.Popen(command, cwd=BASE_DIR)
    try:
        wait_for(port, process)
        yield PlatformProcess(port)
    finally:
        process.terminate()
        process.wait(timeout=20)


class Session(requests.Session):
    """Keeps cookies and no connection.

    The server of tests, which is none for real sites, has once taken for a request what it had left
    of the one before on the same connection.
    """

    def send(self, request: requests.PreparedRequest, **how: Any) -> requests.Response:
        """Send a request on a connection of its own."""
        answer = super().send(request, **how)
        self.close()
        return answer


class Person:
    """A browser without scripts: keeps cookies, follows redirects, sends the platform's form.

    Browsers send `Secure` cookies to this machine over http; `requests` has to be told to.
    """

    def __init__(self, platform: PlatformProcess) -> None:
        self.platform = platform
        self.session = Session()

    def click(self, user: str = "u1", kind: str = "resource") -> tuple[str, dict[str, str]]:
        """Click on a link in the platform; return the form that goes to the tool."""
        address = f"{self.platform.base}/start?user={user}&kind={kind}"
        answer = self.session.get(address, timeout=30)
        assert answer.status_code == 200, answer.text
        for cookie in self.session.cookies:
            cookie.secure = False
        return form_of(answer.text)

    def launch(self, user: str = "u1", kind: str = "resource") -> requests.Response:
        """Click on a link and send the platform's form; return the page where it ends."""
        address, fields = self.click(user, kind)
        return self.session.post(address, data=fields, timeout=30)

    def choose(self, page: requests.Response, **fields: str) -> requests.Response:
        """Send a form of a page of the tool, with its token."""
        found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
        assert found, page.text
        data = {"csrfmiddlewaretoken": found[1], **fields}
        headers = {"Referer": page.url}
        return self.session.post(page.url, data=data, headers=headers, timeout=30)


def form_of(page: str) -> tuple[str, dict[str, str]]:
    """Return where the form of a page goes, and its hidden fields."""
    action = ACTION.search(page)
    assert action, page
    fields = {html.unescape(name): html.unescape(value) for name, value in HIDDEN.findall(page)}
    return html.unescape(action[1]), fields
