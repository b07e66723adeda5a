"""What can be asked for: commands, options, and the help that documents them."""

from __future__ import annotations

import argparse

DESCRIPTION = "Get, submit and follow exercises of a Whybox site."
EXIT_CODES = """exit codes:
  0  passed, or done as asked
  1  graded, not passed
  2  refused: usage, file, unknown exercise, no attempts left
  3  connection, sign-in, rate limit, or a problem of the site
  4  not graded yet

The token is stored in ~/.config/whybox/account.json, which only you can read."""
WAIT_SECONDS = 900.0


def parser(*, magic: bool = False) -> argparse.ArgumentParser:
    """Return the parser; in a notebook one waits for the grade unless told otherwise."""
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--json", action="store_true", help="print the answer as JSON")
    shared.add_argument("--account", metavar="FILE", help="where the token is stored")
    made = argparse.ArgumentParser(
        prog="%whybox" if magic else "whybox",
        description=DESCRIPTION,
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = made.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def command(name: str, words: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=words, description=words, parents=[shared])

    login = command("login", "sign in: asks for site, email and password")
    login.add_argument(
        "site", nargs="?", metavar="SITE", help="such as https://courses.example.org"
    )
    login.add_argument("--user", metavar="EMAIL", help="the account's email")
    login.add_argument("--token", action="store_true", help="ask for a token instead of a password")
    login.add_argument("--plain-http", action="store_true", help="allow http:// to another machine")
    command("logout", "delete the stored token")
    listing = command("list", "list the exercises and your best scores")
    listing.add_argument("course", nargs="?", metavar="COURSE", help="of this course only")
    getting = command("get", "download an exercise's notebook")
    getting.add_argument("exercise", metavar="EXERCISE", help="its name, as listed")
    getting.add_argument("file", nargs="?", metavar="FILE", help="default: EXERCISE.ipynb")
    getting.add_argument("--draft", action="store_true", help="your notebook from the site's page")
    getting.add_argument("--force", action="store_true", help="replace an existing file")
    submitting = command("submit", "submit a notebook")
    submitting.add_argument(
        "notebook",
        nargs="?",
        metavar="NOTEBOOK",
        help="a file, or an exercise; default: the only notebook of an exercise in this folder",
    )
    submitting.add_argument("--exercise", metavar="EXERCISE", help="if the notebook names none")
    submitting.add_argument(
        "--email",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="email me when it's graded (default: as in your profile)",
    )
    what = "a submission's id, an exercise or a notebook; default: your latest submission"
    for asking in (
        command("status", "say how far a submission is"),
        command("feedback", "show points, diagnosis and error of a submission"),
    ):
        asking.add_argument("submission", nargs="?", metavar="SUBMISSION", help=what)
        _add_wait(asking, default=False)
    _add_wait(submitting, default=magic)
    return made


def _add_wait(command: argparse.ArgumentParser, *, default: bool) -> None:
    command.add_argument(
        "--wait",
        action=argparse.BooleanOptionalAction,
        default=default,
        help="wait for the grade",
    )
    command.add_argument(
        "--timeout",
        type=float,
        default=WAIT_SECONDS,
        metavar="SECONDS",
        help=f"wait no longer (default {WAIT_SECONDS:g})",
    )
