"""Which site one works on, and the token for it: a file that only its owner can read."""

from __future__ import annotations

import json
import os
import stat
import tempfile
from pathlib import Path
from typing import NamedTuple

from .outcomes import SiteFailed

MOST_BYTES = 10_000
OTHERS = stat.S_IRWXG | stat.S_IRWXO


class Account(NamedTuple):
    """A site, and the token that it knows one by."""

    site: str
    token: str


def default_file() -> Path:
    """Return where the token is stored."""
    base = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "whybox" / "account.json"


def load(file: Path) -> Account:
    """Return the stored account.

    Raises:
        SiteFailed: there is none, or others could have read it.
    """
    try:
        with file.open("rb") as opened:
            mode = os.fstat(opened.fileno()).st_mode
            data = opened.read(MOST_BYTES)
    except FileNotFoundError:
        raise SiteFailed("not_signed_in", "You aren't signed in. Run: whybox login") from None
    except OSError as error:
        raise SiteFailed("account_file", f"Can't read {file}: {error.strerror}.") from error
    if os.name == "posix" and mode & OTHERS:
        raise SiteFailed(
            "account_file",
            f"Others can read your token: {file} has mode {stat.S_IMODE(mode):o}. Generate a new "
            f"token on your profile page if this machine is shared, then run: chmod 600 {file}",
        )
    try:
        stored = json.loads(data)
        return Account(str(stored["site"]), str(stored["token"]))
    except (ValueError, TypeError, KeyError):
        message = f"{file} isn't readable as an account. Run: whybox login"
        raise SiteFailed("account_file", message) from None


def save(account: Account, file: Path) -> None:
    """Store the account with mode 600; the file is complete at any time.

    Raises:
        SiteFailed: it cannot be written.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Made with mode 600 under another name, so that nobody could ever read it.
        number, made = tempfile.mkstemp(dir=str(file.parent), prefix=f".{file.name}.")
        with os.fdopen(number, "w", encoding="utf-8") as opened:
            json.dump(account._asdict(), opened)
        Path(made).replace(file)
    except OSError as error:
        raise SiteFailed("account_file", f"Can't write {file}: {error.strerror}.") from error


def forget(file: Path) -> bool:
    """Delete the stored token; say whether there was one."""
    try:
        file.unlink()
    except FileNotFoundError:
        return False
    return True
