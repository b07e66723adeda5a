"""A scripted learner: from sign-up to certificate, over HTTP, against a running site.

It needs no Django and knows nothing but addresses. The right answers it reads from
the content folder, as an author could: the site shows none before an attempt.
"""

from __future__ import annotations

import html
import itertools
import json
import re
import secrets
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode

import yaml

from courses.quizzes.formulas import evaluate

CONTENT = Path(__file__).resolve().parent.parent / "content"
COURSE = "foundations"
VERDICT_SECONDS = 600.0
"""How long a verdict may take: a new site computes an exercise's references first."""
POLL_SECONDS = 0.2
NUMBER = re.compile(r"\d+(?:\.\d+)?")


class DemoFailed(Exception):  # noqa: N818  # named after what happened
    """The demo could not continue; the text says where."""


@dataclass
class _Form(HTMLParser):
    """The fields of the form that posts to an address ending in `action`."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    _inside: bool = False

    def __post_init__(self) -> None:
        super().__init__()

    @classmethod
    def read(cls, page: str, *, action: str) -> Self:
        form = cls(action)
        form.feed(page)
        return form

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = dict(attrs)
        if tag == "form":
            self._inside = (facts.get("action") or "").endswith(self.action)
        name = facts.get("name")
        if self._inside and tag == "input" and name:
            self.fields[name] = facts.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False


class Learner:
    """Somebody with a browser (cookies) and, once signed up, a token for the API."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")
        self.token = ""
        jar = urllib.request.HTTPCookieProcessor(CookieJar())
        self._browser = urllib.request.build_opener(jar)

    def page(self, path: str, form: dict[str, str] | None = None) -> str:
        """Open a page, or send a form; return what is shown at the end."""
        data = urlencode(form).encode() if form else None
        request = urllib.request.Request(self.address + path, data)  # noqa: S310  # our own site
        request.add_header("Referer", self.address + path)
        with self._open(request) as answer:
            return str(answer.read().decode())

    def call(self, path: str, data: dict[str, Any] | None = None, *, method: str = "") -> Any:
        """Call the API with JSON."""
        body = None if data is None else json.dumps(data).encode()
        return self._api(path, body, "application/json", method)

    def upload(self, path: str, file: Path) -> Any:
        """Submit a file."""
        boundary = secrets.token_hex(16)
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="notebook"; '
            f'filename="{file.name}"\r\nContent-Type: application/x-ipynb+json\r\n\r\n'
        )
        body = head.encode() + file.read_bytes() + f"\r\n--{boundary}--\r\n".encode()
        return self._api(path, body, f"multipart/form-data; boundary={boundary}", "POST")

    def _api(self, path: str, body: bytes | None, content_type: str, method: str) -> Any:
        headers = {"Content-Type": content_type} if body else {}
        if self.token:
            headers["Authorization"] = f"Token {self.token}"
        request = urllib.request.Request(  # noqa: S310  # our own site
            f"{self.address}/api/v1/{path}", body, headers, method=method or None
        )
        with self._open(request) as answer:
            return json.load(answer)

    def _open(self, request: urllib.request.Request) -> Any:
        try:
            return self._browser.open(request, timeout=60)
        except urllib.error.HTTPError as error:
            body = error.read().decode(errors="replace")[:500]
            place = f"{request.get_method()} {request.full_url}"
            raise DemoFailed(f"{place} answered {error.code}: {body}") from error
        except urllib.error.URLError as error:
            raise DemoFailed(f"{request.full_url} cannot be reached: {error.reason}") from error


def exercises(*, content: Path = CONTENT, course: str = COURSE) -> list[str]:
    """Return the exercises that the demo solves, by slug."""
    file = content / "courses" / course / "course.yaml"
    parts = yaml.safe_load(file.read_text(encoding="utf-8"))["parts"]
    return [part["exercise"] for part in parts if "exercise" in part]


def run_demo(address: str, *, content: Path = CONTENT, course: str = COURSE) -> int:
    """Run the demo against the site at `address`, print each step; 0 when it succeeded."""
    try:
        _run(Learner(address), content=content, course=course)
    except DemoFailed as failure:
        _say(f"\n✗ {failure}")
        return 1
    return 0


def _run(learner: Learner, *, content: Path, course: str) -> None:
    email = sign_up(learner)
    _say(f"Signed up as {email}, and got a token for the API")
    outline = learner.call(f"courses/{course}/")
    learner.call(f"courses/{course}/enrolment/", method="POST")
    _say(f"Enrolled in “{outline['title']}”: {len(outline['parts'])} parts")
    wrong_first = True
    for number, part in enumerate(outline["parts"], 1):
        _say(f"\n{number}. {part['title']}")
        if part["kind"] == "lesson":
            _learn(learner, course, part, _lesson_folder(content, course, part["slug"]))
        else:
            folder = content / "exercises" / part["slug"]
            _solve(learner, part["slug"], folder, wrong_first=wrong_first)
            wrong_first = False
    _show_certificate(learner, course)


def sign_up(learner: Learner) -> str:
    """Create an account with the form, and a token for the API; return the address."""
    email = f"demo-{secrets.token_hex(4)}@example.org"
    password = secrets.token_urlsafe(12)
    path = "/accounts/signup/"
    form = _Form.read(learner.page(path), action=path).fields
    answers = {"email": email} | {name: password for name in form if name.startswith("password")}
    learner.page(path, form | answers)
    facts = {"username": email, "password": password}
    learner.token = learner.call("auth/token/", facts)["token"]
    return email


def _learn(learner: Learner, course: str, part: dict[str, Any], folder: Path) -> None:
    slug = part["slug"]
    learner.page(f"/courses/{course}/{slug}/")
    learner.call(f"lessons/{course}/{slug}/completion/", method="POST")
    _say(f"   read ({part['minutes']} min for people)")
    if not (folder / "quiz.yaml").is_file():
        return
    asked = learner.call(f"quizzes/{course}/{slug}/")["questions"]
    written = yaml.safe_load((folder / "quiz.yaml").read_text(encoding="utf-8"))["questions"]
    by_id = {question["id"]: question for question in written}
    answers = {question["id"]: _answer(by_id[question["id"]], question) for question in asked}
    attempt = learner.call(f"quizzes/{course}/{slug}/attempts/", {"answers": answers})
    _say(f"   quiz: {attempt['correct']} of {attempt['total']} right")
    if not attempt["passed"]:
        wrong = [question["id"] for question in attempt["questions"] if not question["right"]]
        raise DemoFailed(f"the quiz of {slug} was not passed: {', '.join(wrong)}")


def _answer(written: dict[str, Any], asked: dict[str, Any]) -> str | float | list[str]:
    """Return the right answer as the author wrote it down."""
    if written["kind"] == "numeric":
        return evaluate(written["answer"], _drawn(written, asked["prompt"]))
    if written["kind"] == "order":
        return [item["id"] for item in written["items"]]
    right = [choice["id"] for choice in written["choices"] if choice.get("correct")]
    return right if written["kind"] == "multiple" else str(right[0])


def _drawn(written: dict[str, Any], prompt: str) -> dict[str, float]:
    """Find out which numbers were drawn, from those in the prompt."""
    draw: dict[str, list[float]] = written.get("draw", {})
    shown = NUMBER.findall(html.unescape(re.sub(r"<[^>]+>", " ", prompt)))
    for values in itertools.product(*draw.values()):
        numbers = dict(zip(draw, values, strict=True))
        text = written["prompt"]
        for name, value in numbers.items():
            text = text.replace(f"{{{name}}}", f"{value:g}")
        if NUMBER.findall(text) == shown:
            return numbers
    return {name: values[0] for name, values in draw.items()}


def _solve(learner: Learner, slug: str, folder: Path, *, wrong_first: bool) -> None:
    if wrong_first:
        graded = submit_notebook(learner, slug, _wrong_sample(folder))
        _say(f"   a wrong notebook: {_grade(graded)}")
        for criterion in graded["criteria"]:
            if not criterion["passed"]:
                _say(f"     ✗ {criterion['title']}: {criterion['message']}")
        if graded["misconception"]:
            _say(f"     → {graded['misconception']['message']}")
        if graded["passed"]:
            raise DemoFailed(f"a wrong notebook passed {slug}")
    graded = submit_notebook(learner, slug, folder / "solution.ipynb")
    seconds = sum(value or 0.0 for value in graded["timings"].values())
    _say(f"   the solution: {_grade(graded)}, verdict after {seconds:.2f} s")
    if not graded["passed"]:
        raise DemoFailed(f"the solution of {slug} was not passed: {json.dumps(graded, indent=1)}")


def _wrong_sample(folder: Path) -> Path:
    """Return the first of the author's samples that must fail with a named misconception."""
    for expected in sorted(folder.glob("samples/*/expected.yaml")):
        wanted = yaml.safe_load(expected.read_text(encoding="utf-8"))
        notebook = expected.with_name("submission.ipynb")
        if not wanted["passed"] and wanted.get("misconception") and notebook.is_file():
            return notebook
    raise DemoFailed(f"{folder.name} has no wrong sample with a named misconception")


def submit_notebook(
    learner: Learner, slug: str, notebook: Path, *, poll_seconds: float = POLL_SECONDS
) -> dict[str, Any]:
    """Submit a notebook and wait for its verdict: the submission as the API shows it.

    Raises:
        DemoFailed: there is none in time, or the site failed.
    """
    submission: dict[str, Any] = learner.upload(f"exercises/{slug}/submissions/", notebook)
    deadline = time.monotonic() + VERDICT_SECONDS
    while submission["state"] in {"queued", "running"}:
        if time.monotonic() > deadline:
            raise DemoFailed(f"no verdict on {slug} after {VERDICT_SECONDS:g} s; see /status/")
        time.sleep(poll_seconds)
        submission = learner.call(f"submissions/{submission['id']}/")
    if submission["state"] == "failed":
        raise DemoFailed(f"grading {slug} failed with a platform error; see the worker's log")
    return submission


def _grade(submission: dict[str, Any]) -> str:
    word = "passed" if submission["passed"] else "not passed"
    return f"{submission['score']:g} of {submission['max_score']:g} points, {word}"


def _show_certificate(learner: Learner, course: str) -> None:
    progress = learner.call(f"courses/{course}/")["progress"]
    if not progress["certificate"]:
        done = f"{progress['done']} of {progress['total']} parts are done"
        raise DemoFailed(f"no certificate was issued: {done}")
    path = f"/certificates/{progress['certificate']}/"
    stranger = Learner(learner.address)
    stranger.page(path)
    facts = stranger.call(f"certificates/{progress['certificate']}/facts/")
    _say(f"\nThe certificate opens without signing in: {learner.address}{path}")
    _say(f"  {facts['course']['title']}, {'valid' if facts['valid'] else 'NOT VALID'}")


def _lesson_folder(content: Path, course: str, slug: str) -> Path:
    folders = [*(content / "courses" / course).glob(f"[0-9]*-{slug}")]
    return folders[0] if folders else content / "courses" / course / slug


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
