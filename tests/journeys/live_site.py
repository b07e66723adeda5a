"""What the journeys use: a real temporary site, and a visitor with a real browser.

Nothing is replaced: web, worker, mail and beat run as `make run` starts them, with the content of
this checkout and the sandbox, in a temporary folder. Each test process has a site of its own.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import (  # type: ignore[import-untyped]  # it has none
    Axe,
)
from django.contrib.auth.models import AnonymousUser
from django.template.loader import render_to_string
from django.test import RequestFactory

from config.run import process_commands

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, Route

CHECKOUT: Final = Path(__file__).resolve().parents[2]
CONTENT: Final = Path(os.environ.get("WHYBOX_CONTENT", CHECKOUT / "content"))
SCREENSHOTS: Final = CHECKOUT / "docs" / "features" / "screenshots"
REFERENCES: Final = CHECKOUT / "var" / "references"
"""The cache of `make run` and `make check-short`: what one has computed, the others find."""
TREESHAP: Final = "treeshap-gradient-boosting"
LIME: Final = "lime-tabular"
GRADED: Final = (TREESHAP, LIME)
START_SECONDS: Final = 120.0
"""How long the site may take until the first page is served."""
RUN_WORKER_SECONDS: Final = 400.0
"""How long a worker for runs may take to open its sandbox on a busy machine."""
GRADE_MILLISECONDS: Final = 120_000
"""How long a page may wait for a verdict on a busy machine, hidden references included."""
PASSWORD: Final = "a-quiet-river-42"
AXE_RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
AXE: Final[str] = Axe().axe_script
UNFOLD: Final = """() => {
  scrollTo(0, 0);
  return Promise.all([...document.querySelectorAll("img[loading=lazy]")].map((picture) => {
    picture.loading = "eager";
    return picture.decode().catch(() => 0);
  }));
}"""
"""Loads lazy images before a screenshot of the whole page is taken."""


CLEANUP: Final = """
import os, pathlib, shutil, signal, sys, time
sys.stdin.read()
folder = pathlib.Path(sys.argv[1])
for file in folder.glob("*.pid"):
    try:
        os.killpg(int(file.read_text()), signal.SIGKILL)
    except ProcessLookupError:
        pass
for _ in range(100):  # a killed process may still be finishing a write
    shutil.rmtree(folder, ignore_errors=True)
    if not folder.exists():
        break
    time.sleep(0.1)
"""
"""Stops a site whose test process has died: an interrupted run ends its processes at once."""


class Site:
    """A site on a free port with its data in `folder`; each process can be stopped and started."""

    def __init__(self, folder: Path, content: Path = CONTENT) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.address = f"http://localhost:{self.port}"
        self.environment = {
            **{name: value for name, value in os.environ.items() if "WHYBOX" not in name},
            "DJANGO_SETTINGS_MODULE": "config.settings.development",
            "OMP_NUM_THREADS": "1",
            "WHYBOX_CONTENT": str(content),
            "WHYBOX_REFERENCES": str(REFERENCES),
            "WHYBOX_VARIANT_SECRET": "known to everyone, for journeys only",
            "WHYBOX_VAR": str(folder),
            "WHYBOX_SITE_URL": self.address,
            "WHYBOX_EMAIL_URL": f"filemail:///{folder / 'mail'}",
        }
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        # Its standard input ends with this process, however this process ends.
        self._cleanup = subprocess.Popen(
            [sys.executable, "-c", CLEANUP, str(folder)],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )

    def open(self) -> None:
        """Prepare the site and start its processes; return when pages are served."""
        for command in ("migrate", "collectstatic --no-input", "load_content", "load_exercises"):
            self.run("manage.py", *command.split())
        # The visible references of the exercises that are submitted here, which visitors wait for.
        # The worker computes hidden ones on demand, since a journey needs one of the whole pool.
        folders = [str(CONTENT / "exercises" / exercise) for exercise in GRADED]
        build = f"{sys.executable} -m grader build {' '.join(folders)} --references {REFERENCES}"
        environment = {**self.environment}
        del environment["WHYBOX_VARIANT_SECRET"]
        self._start("build", build, environment)
        for name in ("web", "worker", "interactive", "mail", "beat"):
            self.start(name)
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            web = self._running["web"]
            assert web.poll() is None, f"the web process ended:\n{self.log('web')}"
            assert time.monotonic() < deadline, f"no answer:\n{self.log('web')}"
            time.sleep(0.1)

    def run(self, *arguments: str) -> None:
        """Run a management command or a script of the checkout to its end."""
        command = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=CHECKOUT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        pid_file = self.folder / "command.pid"
        pid_file.write_text(str(command.pid))
        output, _ = command.communicate()
        pid_file.unlink()
        assert command.returncode == 0, output.decode()

    def ready_to_grade(self) -> None:
        """Wait until the visible references of the exercises that are submitted here exist."""
        assert self._running["build"].wait() == 0, self.log("build")

    def ready_to_run(self) -> None:
        """Wait until a worker takes runs of notebooks in the browser."""
        deadline = time.monotonic() + RUN_WORKER_SECONDS
        with contextlib.closing(sqlite3.connect(self.folder / "whybox.sqlite3")) as database:
            working = "SELECT COUNT(*) FROM exercises_runworker WHERE sandbox_open"
            while not database.execute(working).fetchone()[0]:
                assert time.monotonic() < deadline, self.log("interactive")
                time.sleep(0.2)

    def start(self, name: str) -> None:
        """Start one of the site's processes, by its name in `process_commands`."""
        self._start(name, process_commands(self.port, self.folder)[name])

    def _start(self, name: str, command: str, environment: dict[str, str] | None = None) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                command.split(),
                cwd=CHECKOUT,
                env=environment or self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        (self.folder / f"{name}.pid").write_text(str(self._running[name].pid))

    def kill(self, name: str) -> None:
        """Kill one of the processes, as a crash would."""
        process = self._running.pop(name)
        (self.folder / f"{name}.pid").unlink()
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def ensure(self, name: str) -> None:
        """Start one of the processes unless it is running."""
        if name not in self._running or self._running[name].poll() is not None:
            self.start(name)

    def close(self) -> None:
        """Stop all processes as Ctrl-C does, and delete the folder."""
        if build := self._running.get("build"):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(build.pid, signal.SIGKILL)  # its pool outlives a terminated parent
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
        self._cleanup.communicate()

    def mailed_link(self, email: str) -> str:
        """Return the path of the link in the latest mail to an address, once all are sent."""
        deadline = time.monotonic() + START_SECONDS
        while self._unsent():
            assert time.monotonic() < deadline, f"mail was not sent:\n{self.log('mail')}"
            time.sleep(0.05)
        mails = sorted((self.folder / "mail").glob("*.log"), key=lambda mail: mail.stat().st_mtime)
        # Letters sent over one connection stand in one file, with a rule after each.
        written = (letter for mail in mails for letter in mail.read_text().split("-" * 79))
        letters = [letter for letter in written if f"To: {email}\n" in letter]
        assert letters, f"no mail to {email}"
        links: list[str] = re.findall(rf"{re.escape(self.address)}(/\S+)", letters[-1])
        return links[-1]

    def _unsent(self) -> int:
        with contextlib.closing(sqlite3.connect(self.folder / "whybox.sqlite3")) as database:
            (count,) = database.execute("SELECT count(*) FROM courses_outgoingmail").fetchone()
        return int(count)

    def log(self, name: str) -> str:
        """Return the end of a process's log."""
        return (self.folder / f"{name}.log").read_text()[-4000:]

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(self.address, timeout=5) as answer:  # noqa: S310  # our own
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


class Visitor:
    """A person with a browser: what they see and do, and the faults found on the way.

    `faults` collects what no page may have: requests to other hosts, script errors, violations of
    the content security policy, and accessibility violations found by axe-core. A test that stops
    a process names what the console may say meanwhile in `ignored`.
    """

    def __init__(self, site: Site, context: BrowserContext) -> None:
        self.site = site
        self.context = context
        self.faults: list[str] = []
        self.expected_statuses: set[int] = set()
        self.ignored: list[str] = []
        context.set_default_timeout(15_000)
        ours = re.escape(urlsplit(site.address).netloc)
        context.route(re.compile(rf"^https?://(?!{ours}/)"), self._stop)
        context.on("console", self._listen)
        context.on("weberror", lambda error: self.faults.append(f"script: {error.error}"))
        self.page: Page = context.new_page()

    def _stop(self, route: Route) -> None:
        self.faults.append(f"request to another host: {route.request.url}")
        route.abort()

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type != "error":
            return
        status = re.search(r"status of (\d+)", message.text)
        if status and int(status[1]) in self.expected_statuses:
            return
        if any(words in message.text for words in self.ignored):
            return
        self.faults.append(f"console of {self.page.url}: {message.text}")

    def go(self, path: str) -> None:
        """Open a page of the site."""
        answer = self.page.goto(self.site.address + path)
        assert answer is not None
        assert answer.ok or answer.status in self.expected_statuses, f"{path}: {answer.status}"

    def follow(self, way: Locator) -> None:
        """Click a link or button that leads to another page, and wait for that page."""
        with self.page.expect_navigation():
            way.click()

    def look(
        self, name: str, *, shot: bool = True, within: str | None = None, part: str | None = None
    ) -> None:
        """Check the page with axe in both themes, and take a screenshot.

        Args:
            name: of the screenshot, also used in the messages of faults.
            shot: take a screenshot where WHYBOX_KEEP_SCREENSHOTS asks for them.
            within: check this element only; the rest of the page has just been checked.
            part: take the screenshot of this element instead of the page's upper part.
        """
        # Without motion, or axe would measure colours in the middle of a transition.
        self.page.emulate_media(color_scheme="light", reduced_motion="reduce")
        self.check(f"{name}, light", AXE_RULES, within)
        self.page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        self.check(f"{name}, dark", ["color-contrast"], within)  # all that a theme can change
        self.page.emulate_media(color_scheme="light", reduced_motion="reduce")
        if shot:
            self.keep(name, part=part)
        self.page.emulate_media(color_scheme="light", reduced_motion="no-preference")

    def check(self, where: str, rules: list[str], within: str | None = None) -> None:
        """Note what axe finds on the page by these rules."""
        options = {"runOnly": rules, "resultTypes": ["violations"]}
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE)
        # A transition that began before goes on without motion too; it takes a tenth of a second.
        # In a page that is not drawn it never ends: then its colours do not change either.
        self.page.evaluate(
            "() => Promise.race([new Promise((done) => setTimeout(done, 2000)),"
            " Promise.all(document.getAnimations()"
            ".filter((one) => one instanceof CSSTransition)"
            ".map((one) => one.finished.catch(() => undefined)))]).then(() => undefined)"
        )
        found = self.page.evaluate(
            "([context, options]) => axe.run(context ?? document, options)", [within, options]
        )
        for violation in found["violations"]:
            nodes: list[dict[str, Any]] = violation["nodes"]
            quoted = " | ".join(node["html"][:160] for node in nodes[:3])
            self.faults.append(f"{where}: {violation['id']} ({violation['help']}): {quoted}")

    def keep(self, name: str, *, part: str | None = None) -> None:
        """Save a screenshot of the page's upper part, or of `part`, for docs, if asked for."""
        if os.environ.get("WHYBOX_KEEP_SCREENSHOTS"):
            SCREENSHOTS.mkdir(parents=True, exist_ok=True)
            if part is not None:
                # hiding the caret would add a style that the site's policy refuses
                self.page.locator(part).screenshot(
                    path=SCREENSHOTS / f"{name}.png", caret="initial"
                )
                return
            self.page.evaluate(UNFOLD)
            width, height = self.page.evaluate(
                "[innerWidth, Math.min(document.documentElement.scrollHeight, innerWidth * 1.3)]"
            )
            self.page.screenshot(
                path=SCREENSHOTS / f"{name}.png",
                full_page=True,
                clip={"x": 0, "y": 0, "width": width, "height": max(height, 700)},
            )

    def show(self, template: str) -> None:
        """Render a template that no URL of this site shows, such as an error page, and open it."""
        # Through a service worker the request would reach the site, which has no such page.
        request = RequestFactory().get("/shown/")
        request.user = AnonymousUser()
        body = render_to_string(template, request=request)
        self.page.route(
            "**/shown/", lambda route: route.fulfill(body=body, content_type="text/html")
        )
        self.page.goto(f"{self.site.address}/shown/")

    def enrol(self, course: str) -> None:
        """Start a course, which leads to its first part."""
        self.go(f"/courses/{course}/")
        self.follow(self.page.get_by_role("button", name="Start course"))

    def submit(self, exercise: str, notebook: Path) -> None:
        """Submit a notebook and arrive on the submission's page."""
        self.site.ready_to_grade()
        if f"/exercises/{exercise}/" not in self.page.url:
            self.go(f"/exercises/{exercise}/")
        self.page.locator(".tabs a[href='#own']").click()  # a tab, or without script a link
        own = self.page.locator("#own")
        own.get_by_label("Your notebook (.ipynb)").set_input_files(notebook)
        self.follow(own.get_by_role("button", name="Submit"))

    def sideways(self) -> int:
        """Return by how many pixels the page overflows the window horizontally."""
        wider: int = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return wider

    def arrive(self, email: str) -> None:
        """Sign up by the form's own requests, where signing up is not what is tested."""
        form = f"{self.site.address}/accounts/signup/"
        token = re.search(
            r'name="csrfmiddlewaretoken" value="(\w+)"', self.context.request.get(form).text()
        )
        assert token
        facts = {"email": email, "password1": PASSWORD, "csrfmiddlewaretoken": token[1]}
        answer = self.context.request.post(form, form=facts)
        assert answer.url.endswith("/dashboard/"), answer.text()

    def sign_up(self, email: str) -> None:
        """Sign up through the form."""
        self.go("/accounts/signup/")
        self.page.get_by_label("Email").fill(email)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.follow(self.page.get_by_role("main").get_by_role("button", name="Sign up"))
        assert self.page.url.endswith("/dashboard/")
