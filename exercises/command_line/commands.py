"""The commands, as functions of the parsed arguments, and `main`."""

from __future__ import annotations

import getpass
import json
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from . import account, notebooks, outcomes, report
from .arguments import parser
from .outcomes import Failure, Refused, SiteFailed
from .site import Site, address_of, checked_slug

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

SUBMISSION = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
FIRST_POLL_SECONDS = 0.5
LONGEST_POLL_SECONDS = 5.0
INTERRUPTED = 130
"""What shells use for a program that Ctrl-C ended."""


def main(
    arguments: Sequence[str] | None = None,
    *,
    in_notebook: bool = False,
    notebook: Path | None = None,
) -> int:
    """Run a command; return its exit code.

    Args:
        arguments: without the program's name; of the process by default.
        in_notebook: called by the magic.
        notebook: the file that the calling cell belongs to, if that is known.
    """
    try:
        options = parser(magic=in_notebook).parse_args(arguments)
    except SystemExit as ended:  # argparse has said why
        return int(ended.code or 0)
    options.in_notebook, options.current = in_notebook, notebook
    try:
        code = COMMANDS[options.command](options)
    except Failure as failure:
        if options.json:
            print(json.dumps({"code": failure.code, "detail": str(failure)}))
        print(f"whybox: {report.plain(failure)}", file=sys.stderr)
        return failure.exit_code
    except KeyboardInterrupt:
        print("whybox: interrupted", file=sys.stderr)
        return INTERRUPTED
    except EOFError:
        print("whybox: an answer was expected on standard input", file=sys.stderr)
        return outcomes.REFUSED
    return code


def log_in(options: argparse.Namespace) -> int:
    """Ask for what is not given, and store a token that the site accepts."""
    address = address_of(options.site or _ask("Site: "), plain_http=options.plain_http)
    if options.token:
        token = _secret(options, "Token: ")
    else:
        email = options.user or _ask("Email: ")
        facts = {"username": email, "password": _secret(options, "Password: ")}
        try:
            answer = Site(address).post("auth/token/", facts)
        except Failure as failure:
            if failure.code != "second_factor_required":
                raise
            said = f"{failure} Then run: whybox login {address} --token"
            raise SiteFailed(failure.code, said) from failure
        token = answer.get("token") if isinstance(answer, dict) else None
        if not isinstance(token, str):
            message = f"{address} doesn't answer as a Whybox site does."
            raise SiteFailed("not_whybox", message)
    if not re.fullmatch(r"[0-9a-f]{40,64}", token):
        raise Refused("token_invalid", "That's no token. Generate one on your profile page.")
    Site(address, token).get("submissions/")
    file = _account_file(options)
    account.save(account.Account(address, token), file)
    _tell(options, {"site": address, "file": str(file)}, f"Signed in at {address}.")
    return outcomes.PASSED


def log_out(options: argparse.Namespace) -> int:
    """Delete the stored token."""
    was = account.forget(_account_file(options))
    said = "Signed out. To revoke the token, generate a new one on your profile page."
    _tell(options, {"signed_out": was}, said if was else "You weren't signed in.")
    return outcomes.PASSED


def list_exercises(options: argparse.Namespace) -> int:
    """Show the exercises of all courses."""
    exercises = _site(options).get("exercises/")
    if options.course:
        exercises = [one for one in exercises if one["course"] == options.course]
        if not exercises:
            message = f'No course "{options.course}" with exercises. List them all: whybox list'
            raise Refused("unknown_course", message)
    _tell(options, exercises, report.exercise_list(exercises))
    return outcomes.PASSED


def get(options: argparse.Namespace) -> int:
    """Write an exercise's notebook into a file."""
    slug = checked_slug(options.exercise)
    file = Path(options.file or f"{slug}.ipynb")
    if file.exists() and not options.force:
        message = f"{file} exists. Give another name, or replace it with --force."
        raise Refused("file_exists", message)
    part = "draft/notebook" if options.draft else "starter"
    content = notebooks.named(_of_exercise(options, slug, f"exercises/{slug}/{part}/"), slug)
    try:
        file.write_bytes(content)
    except OSError as error:
        raise Refused("no_file", f"Can't write {file}: {error.strerror}.") from error
    said = f"Wrote {file}. When you are done: whybox submit {file} --wait"
    _tell(options, {"exercise": slug, "file": str(file)}, said)
    return outcomes.PASSED


def submit(options: argparse.Namespace) -> int:
    """Submit a notebook file; wait for the grade if asked to."""
    site = _site(options)
    file = options.current if options.current and not options.notebook else None
    notebook = notebooks.read(file or notebooks.find(options.notebook or "", Path.cwd()))
    slug = checked_slug(options.exercise) if options.exercise else notebook.exercise
    if not slug:
        message = (
            f"{notebook.file} doesn't say which exercise it is for. "
            "Name it: --exercise EXERCISE (whybox list)"
        )
        raise Refused("no_exercise", message)
    try:
        submission = site.submit(slug, notebook.content, email=options.email)
    except Failure as failure:
        raise _known(failure, slug) from failure
    saved = time.strftime("%H:%M:%S", time.localtime(notebook.saved))
    if not options.json:
        print(f"Submitted {report.plain(notebook.file)} as saved at {saved}.", flush=True)
    if not options.wait:
        _tell(options, submission, f"Ask for the result: whybox status {submission['id']}")
        return outcomes.PASSED
    return _show(options, _graded(options, site, submission))


def status(options: argparse.Namespace) -> int:
    """Say how far a submission is."""
    submission = _found(options)
    _tell(options, submission, report.status_line(submission))
    return report.exit_code(submission)


def feedback(options: argparse.Namespace) -> int:
    """Show the grade of a submission and the reasons for it."""
    return _show(options, _found(options))


def _found(options: argparse.Namespace) -> dict[str, Any]:
    """Return the submission that is meant, with its feedback."""
    site, wanted = _site(options), options.submission or ""
    if not SUBMISSION.fullmatch(wanted):
        current = options.current and not wanted
        if current or wanted.endswith(".ipynb"):
            wanted = notebooks.read(options.current if current else Path(wanted)).exercise
        query = f"?exercise={quote(checked_slug(wanted))}" if wanted else ""
        latest = site.get(f"submissions/{query}")
        if not latest:
            message = f"You have submitted nothing{f' for {wanted}' if wanted else ''} yet."
            raise Refused("no_submission", message)
        wanted = latest[0]["id"]
    submission: dict[str, Any] = site.get(f"submissions/{wanted}/")
    return _graded(options, site, submission) if options.wait else submission


def _graded(options: argparse.Namespace, site: Site, submission: dict[str, Any]) -> dict[str, Any]:
    """Return the submission once it is graded, or as it is when the time is over."""
    deadline = time.monotonic() + options.timeout
    pause = FIRST_POLL_SECONDS
    while submission["state"] not in report.ENDED and time.monotonic() < deadline:
        time.sleep(max(0.0, min(pause, deadline - time.monotonic())))
        pause = min(pause * 1.2, LONGEST_POLL_SECONDS)
        try:
            submission = site.get(f"submissions/{submission['id']}/")
        except SiteFailed as failure:  # the submission is safe: a short absence ends nothing
            gone = failure.code in {"token_invalid", "not_whybox", "moved"}
            if gone or time.monotonic() >= deadline:
                raise
            pause = max(pause, min(failure.retry_seconds or LONGEST_POLL_SECONDS, 60.0))
    return submission


def _show(options: argparse.Namespace, submission: dict[str, Any]) -> int:
    text = report.feedback(submission)
    if submission["state"] not in report.ENDED:
        text += f"\nNot graded yet. Ask again: whybox feedback {submission['id']}"
    _tell(options, submission, text)
    return report.exit_code(submission)


def _of_exercise(options: argparse.Namespace, slug: str, path: str) -> bytes:
    try:
        return _site(options).notebook(path)
    except Failure as failure:
        raise _known(failure, slug) from failure


def _known(failure: Failure, slug: str) -> Failure:
    """Return a failure in terms of the exercise that was named."""
    if failure.code != "not_found":
        return failure
    message = f'There is no exercise "{slug}" on this site. List them: whybox list'
    return Refused("unknown_exercise", message)


def _site(options: argparse.Namespace) -> Site:
    known = account.load(_account_file(options))
    return Site(known.site, known.token)


def _account_file(options: argparse.Namespace) -> Path:
    return Path(options.account) if options.account else account.default_file()


def _ask(prompt: str) -> str:
    return input(prompt if sys.stdin.isatty() else "").strip()


def _secret(options: argparse.Namespace, prompt: str) -> str:
    """Return a password or token: typed without echo, or the next line of a pipe."""
    if options.in_notebook or sys.stdin.isatty():
        return getpass.getpass(prompt).strip("\r\n")
    return sys.stdin.readline().strip("\r\n")


def _tell(options: argparse.Namespace, facts: object, text: str) -> None:
    if options.json:
        print(json.dumps(facts, indent=1))
        return
    print(report.plain(text))


COMMANDS = {
    "login": log_in,
    "logout": log_out,
    "list": list_exercises,
    "get": get,
    "submit": submit,
    "status": status,
    "feedback": feedback,
}
