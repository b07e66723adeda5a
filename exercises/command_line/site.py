"""The site's API over HTTP: one request at a time, answers bounded, failures as sentences."""

from __future__ import annotations

import http.client
import json
import locale
import re
import secrets
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from .outcomes import Failure, Refused, SiteFailed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from email.message import Message
    from typing import IO

MOST_BYTES = 32 * 2**20
"""A notebook with its outputs may be this large; no answer is read further."""
TIMEOUT_SECONDS = 60.0
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")
REDIRECTS = {301, 302, 303, 307, 308}
NOTEBOOK = "application/x-ipynb+json"


def address_of(text: str, *, plain_http: bool = False) -> str:
    """Return a site's address as it was meant: https, without a slash at the end.

    Raises:
        Refused: it is none, or a token would cross the network in the clear.
    """
    text = text.strip().rstrip("/")
    if "://" not in text:
        host = urlsplit(f"//{text}").hostname or ""
        text = f"{'http' if host in LOOPBACK else 'https'}://{text}"
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        host = ""
    if not host or parts.scheme not in {"http", "https"} or parts.username or parts.query:
        message = "That's no site address. It looks like https://courses.example.org"
        raise Refused("address", message)
    if parts.scheme == "http" and host not in LOOPBACK and not plain_http:
        message = (
            "Over http:// anybody on the way could read your password. Use https://, or "
            "--plain-http in a network that you trust."
        )
        raise Refused("address", message)
    return text


def checked_slug(text: str) -> str:
    """Return an exercise's name.

    Raises:
        Refused: it cannot be one.
    """
    if not SLUG.fullmatch(text):
        raise Refused("unknown_exercise", f'"{text}" is no exercise. List them: whybox list')
    return text


class SameAddress(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: the token would go wherever an answer points to."""

    def redirect_request(  # noqa: PLR0917  # the library's signature
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: Message,
        newurl: str,
    ) -> None:
        """Leave it to the caller."""


class Site:
    """A site, and how it knows the caller."""

    def __init__(self, address: str, token: str = "") -> None:
        self.address = address
        self._token = token
        self._opener = urllib.request.build_opener(SameAddress())

    def get(self, path: str) -> Any:
        """Return an answer's JSON."""
        return self._json(self._open(path))

    def post(self, path: str, facts: Mapping[str, str]) -> Any:
        """Send JSON; return the answer's."""
        return self._json(self._open(path, json.dumps(facts).encode(), "application/json"))

    def notebook(self, path: str) -> bytes:
        """Return a notebook."""
        return self._open(path, accept=NOTEBOOK)

    def submit(self, exercise: str, notebook: bytes, *, email: bool | None) -> dict[str, Any]:
        """Submit a notebook; return the submission."""
        boundary = secrets.token_hex(16)
        fields = "" if email is None else _field(boundary, "mail_wanted", str(email).lower())
        head = (
            f"{fields}--{boundary}\r\nContent-Disposition: form-data; "
            f'name="notebook"; filename="{exercise}.ipynb"\r\nContent-Type: {NOTEBOOK}\r\n\r\n'
        )
        body = head.encode() + notebook + f"\r\n--{boundary}--\r\n".encode()
        kind = f"multipart/form-data; boundary={boundary}"
        path = f"exercises/{quote(exercise)}/submissions/"
        submission: dict[str, Any] = self._json(self._open(path, body, kind))
        return submission

    def _json(self, body: bytes) -> Any:
        try:
            return json.loads(body)
        except ValueError:
            message = f"{self.address} doesn't answer as a Whybox site does."
            raise SiteFailed("not_whybox", message) from None

    def _open(
        self, path: str, body: bytes | None = None, kind: str = "", *, accept: str = ""
    ) -> bytes:
        headers = {"Accept": accept or "application/json", "User-Agent": "whybox"}
        if language := (locale.getlocale()[0] or "").replace("_", "-"):
            headers["Accept-Language"] = language
        if kind:
            headers["Content-Type"] = kind
        if self._token:
            headers["Authorization"] = f"Token {self._token}"
        request = urllib.request.Request(f"{self.address}/api/v1/{path}", body, headers)  # noqa: S310  # http and https only: address_of
        try:
            with self._opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
                data: bytes = answer.read(MOST_BYTES + 1)
        except urllib.error.HTTPError as error:
            with error:
                raise self._failure(error) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason = getattr(error, "reason", None) or error
            message = f"Can't reach {self.address} ({reason}). Check the address and your network."
            raise SiteFailed("no_connection", message) from error
        if len(data) > MOST_BYTES:
            raise SiteFailed("too_large", f"{self.address} sent more than 32 MiB.")
        return data

    def _failure(self, error: urllib.error.HTTPError) -> Failure:
        """Return what an answer that is no success means."""
        try:
            problem = json.loads(error.read(100_000))
        except (OSError, ValueError, http.client.HTTPException):
            problem = None
        problem = problem if isinstance(problem, dict) else {}
        code, detail = str(problem.get("code") or ""), _sentences(problem)
        return self._ours(error) or self._site_s(error, code, detail)

    def _ours(self, error: urllib.error.HTTPError) -> Failure | None:
        """Return what concerns address, token and pace, whatever was asked for."""
        if error.code in REDIRECTS:
            place = error.headers.get("Location", "")
            message = f"{self.address} has moved to {place}. Log in there: whybox login ADDRESS"
            return SiteFailed("moved", message)
        if error.code == http.client.UNAUTHORIZED and self._token:
            message = f"Your token isn't valid any more on {self.address}. Run: whybox login"
            return SiteFailed("token_invalid", message)
        if error.code == http.client.TOO_MANY_REQUESTS:
            wait = error.headers.get("Retry-After", "")
            seconds = float(wait) if wait.isdecimal() else 60.0
            message = f"Too many requests. Try again in {seconds:g} s."
            return SiteFailed("rate_limit", message, retry_seconds=seconds)
        return None

    def _site_s(self, error: urllib.error.HTTPError, code: str, detail: str) -> Failure:
        """Return what the site says of the request itself."""
        if error.code in {http.client.UNAUTHORIZED, http.client.FORBIDDEN}:
            return SiteFailed(code or "refused", detail or "The site refused to sign you in.")
        if error.code < http.client.INTERNAL_SERVER_ERROR:
            said = detail or f"{self.address} refused it ({error.code})."
            return Refused(code or "refused", said)
        message = f"{self.address} has a problem ({error.code}). Try again later."
        return SiteFailed(code or "server_error", message)


def _sentences(problem: Mapping[str, Any]) -> str:
    """Return the sentences of a problem document."""
    if problem.get("detail"):
        return str(problem["detail"])
    errors = problem.get("errors")
    if not isinstance(errors, dict):
        return ""
    said = [each if isinstance(each, list) else [each] for each in errors.values()]
    return " ".join(str(sentence) for each in said for sentence in each)


def _field(boundary: str, name: str, value: str) -> str:
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'
    return f"{head}\r\n\r\n{value}\r\n"
