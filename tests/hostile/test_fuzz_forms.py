"""Every address of the site, by every kind of visitor, with forms that no browser would send.

The forms are those of the pages themselves; their fields are left out, repeated, or filled with
what they do not ask for. No answer is a server error, and none costs much memory.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode, urljoin, urlsplit

import pytest
from django.apps import apps
from django.core.cache import caches
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DataError, connection, transaction
from django.http import SimpleCookie
from django.test import Client
from django.urls import NoReverseMatch, reverse
from hypothesis import given
from hypothesis import strategies as st

from classes.models import Role
from courses.models import User
from tests.classes.material import make_member
from tests.config.test_queries_of_pages import ADDRESSES, Site
from tests.malformed import ANY, TREES, VALUES, bounded_memory, sent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db

VISITORS: Final = ("visitor", "learner", "instructor", "staff", "superuser")
OTHER_FIELDS: Final = (
    *("action", "answer", "body", "code", "confirm", "date", "email", "file", "id", "key", "kind"),
    *("language", "name", "next", "notebook", "page", "points", "q", "reason", "role", "seed"),
    *("state", "subject", "text", "title", "token", "user", "value", "version"),
)
FORMS: Final = "forms of the site"
FORGET_AFTER: Final = 20
"""Requests after which what throttles have counted is forgotten."""
FILES: Final = (
    b"",
    b"\x00\xff",
    b"email,name\na@example.org,A\n",
    b"\xff\xfee\x00m\x00",
    b"PK\x03\x04",
    b"\x1f\x8b\x08\x00",
    b"%PDF-1.7",
    b"\x89PNG\r\n\x1a\n",
    b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    b'{"nbformat": 4, "cells": ' + b"[" * 3000,
    b'{"nbformat": 1e999, "nbformat_minor": NaN, "cells": {}}',
)


@dataclass
class Form:
    """A form of a page: where it goes, and its fields with their values."""

    address: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    files: set[str] = field(default_factory=set)


class Forms(HTMLParser):
    """Finds the forms of a page that change something, those of htmx included."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self._address = address
        self._inside: Form | None = None
        self.found: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a form, or a field of the form that is open."""
        facts = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = Form(self._target(facts.get("action", "")))
            if facts.get("method", "").lower() == "post":
                self.found.append(self._inside)
        elif self._inside and facts.get("name"):
            self._inside.fields.append((facts["name"], facts.get("value", "")))
            if facts.get("type") == "file":
                self._inside.files.add(facts["name"])
        if "hx-post" in facts:
            fields = self._inside.fields if self._inside else []
            self.found.append(Form(self._target(facts["hx-post"]), fields))

    def handle_endtag(self, tag: str) -> None:
        """Note the end of a form."""
        if tag == "form":
            self._inside = None

    def _target(self, action: str) -> str:
        found = urlsplit(urljoin(self._address, action))
        return found.path + (f"?{found.query}" if found.query else "")


class Visitor:
    """Somebody's browser, and what it knows of the site."""

    def __init__(self, site: Site, who: str) -> None:
        self._site = site
        self._browser = Client()
        if who == "instructor":
            teacher = make_member(site.klass, "ines@example.org", Role.INSTRUCTOR).user
            assert teacher is not None
            self._browser.force_login(teacher)
        elif who != "visitor":
            self._browser.force_login(site.people[who])
        self._cookies = self._browser.cookies.output(header="", sep=";")
        self._forms: dict[str, list[Form]] = {}
        self._turns = 0
        self.names = [name for name in sorted(ADDRESSES) if self.address(name)]

    def address(self, name: str, changed: dict[str, str] | None = None) -> str:
        """Return an address behind which there is something; nothing where there is none."""
        facts = self._site.facts(name)
        if name.startswith("admin:"):
            facts["object_id"] = facts["id"] = _first_key(name)
        wanted = ADDRESSES[name].pattern.regex.groupindex
        arguments = {one: facts.get(one, "none") for one in wanted} | {
            one: value for one, value in (changed or {}).items() if one in wanted
        }
        try:
            return reverse(name, kwargs=arguments)
        except NoReverseMatch:
            return ""

    def forms(self, address: str) -> list[Form]:
        """Return the forms of a page, as it was when it was opened for the first time."""
        if address not in self._forms:
            answer = self.ask("get", address)
            parser = Forms(address)
            if answer.get("Content-Type", "").startswith("text/html") and not answer.streaming:
                parser.feed(answer.content.decode())
            self._forms[address] = [form for form in parser.found if form.address.startswith("/")]
        return self._forms[address]

    def ask(self, method: str, *arguments: Any, **options: Any) -> Any:
        """Send a request; what it changes is undone."""
        self._turns += 1
        if self._turns % FORGET_AFTER == 0:
            for cache in caches.all():
                cache.clear()
        self._browser.cookies = SimpleCookie(self._cookies)
        with transaction.atomic(), connection.execute_wrapper(as_postgresql_does):
            answer = getattr(self._browser, method)(*arguments, **options)
            transaction.set_rollback(True)
        return answer


@contextmanager
def answered(size: int, kind: str) -> Iterator[Callable[[Any], None]]:
    """Check an answer: no error of ours, unless no worker is there, and little memory."""
    sent(kind)

    def check(answer: Any) -> None:
        is_no_worker = answer.status_code == 503 and answer.json().get("code") == "no_worker"
        assert answer.status_code < 500 or is_no_worker, answer.content[:500]

    with bounded_memory(size):
        yield check


def as_postgresql_does(
    execute: Callable[..., Any], sql: str, params: Any, many: Any, context: Any
) -> Any:
    """Refuse texts with a NUL, which SQLite stores."""
    for row in params if many else [params]:
        values = row.values() if isinstance(row, dict) else row or ()
        if any(isinstance(value, str) and "\0" in value for value in values):
            raise DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
    return execute(sql, params, many, context)


def _first_key(name: str) -> Any:
    """Return the key of a row of the model that an address of the admin site is about."""
    app, _, rest = name.removeprefix("admin:").partition("_")
    try:
        model = apps.get_model(app, rest.partition("_")[0])
    except LookupError:
        return "0"
    if model._meta.swapped:
        model = User
    row = model._default_manager.first()
    return row.pk if row else "0"


@st.composite
def filled(draw: st.DrawFn, form: Form) -> list[tuple[str, Any]]:
    """Return a form's fields: as they are, wrong, repeated, or not there."""
    found: list[tuple[str, Any]] = []
    for name, value in form.fields[:40]:
        kind = draw(st.sampled_from(["as it is", "as it is", "wrong", "twice", "gone"]))
        if name in form.files and kind != "gone":
            content = draw(st.sampled_from(FILES) | st.binary(max_size=99))
            found.append(
                (name, SimpleUploadedFile(draw(st.sampled_from(["a", "ä.xlsx"])), content))
            )
        elif kind == "as it is":
            found.append((name, value))
        elif kind != "gone":
            found += [(name, draw(VALUES)) for _ in range(1 + (kind == "twice"))]
    for _ in range(draw(st.integers(0, 3))):
        found.append((draw(st.sampled_from(OTHER_FIELDS)), draw(VALUES)))
    return found


def encoded(fields: list[tuple[str, Any]], coding: str) -> tuple[Any, str]:
    """Return a body and its media type; None where the test client makes them."""
    if coding == "urlencoded":
        pairs = [(name, value) for name, value in fields if isinstance(value, str)]
        body = urlencode(pairs).encode()
        return body.replace(b"%EF%BF%BD", b"%ED%A0%80"), "application/x-www-form-urlencoded"
    if coding == "json":
        plain = {name: value for name, value in fields if isinstance(value, str)}
        return json.dumps(plain).encode(), "application/json"
    grouped: dict[str, list[Any]] = {}
    for name, value in fields:
        grouped.setdefault(name, []).append(value)
    return grouped, ""


@pytest.fixture
def site(tmp_path: Path, settings: Settings) -> Site:
    """A site on which nothing is empty, and on which nobody is slowed down."""
    settings.CONTENT_DIR = tmp_path / "content"
    settings.ACCOUNT_RATE_LIMITS = False
    settings.CONTENT_DIR.mkdir()
    return Site(settings.CONTENT_DIR)


def test_any_form_of_any_page(site: Site) -> None:
    """The forms of each page, and fields that it does not have, sent to it and to its targets."""
    visitors = {who: Visitor(site, who) for who in VISITORS}
    assert all(len(visitor.names) > 150 for visitor in visitors.values())

    @given(data=st.data())
    @ANY
    def attack(data: st.DataObject) -> None:
        visitor = visitors[data.draw(st.sampled_from(VISITORS))]
        address = visitor.address(data.draw(st.sampled_from(visitor.names)))
        forms = [*visitor.forms(address), Form(address)]
        form = data.draw(st.sampled_from(forms))
        fields = data.draw(filled(form))
        coding = data.draw(st.sampled_from(["urlencoded", "multipart", "multipart", "json"]))
        body, kind = encoded(fields, coding)
        size = sum(len(str(value)) for _name, value in fields)
        options = {"content_type": kind} if kind else {}
        with answered(size, FORMS) as check:
            check(visitor.ask("post", form.address, body, **options))

    attack()


def test_any_address_and_any_body(site: Site) -> None:
    """Arguments and queries that no page links to, methods and bodies that nothing expects."""
    visitors = {who: Visitor(site, who) for who in VISITORS}
    methods = ["GET", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "X"]
    kinds = [
        *("application/json", "multipart/form-data; boundary=x", "multipart/form-data"),
        *("application/x-www-form-urlencoded; charset=utf-7", "text/plain", "x/" * 99, ""),
    ]
    bodies = (
        st.binary(max_size=200)
        | TREES.map(lambda tree: json.dumps(tree).encode())
        | st.sampled_from([b"--x\r\n\r\n", b'--x\r\nContent-Disposition: form-data; name="\xff"'])
    )

    @given(data=st.data())
    @ANY
    def attack(data: st.DataObject) -> None:
        visitor = visitors[data.draw(st.sampled_from(VISITORS))]
        name = data.draw(st.sampled_from(visitor.names))
        wrong = data.draw(
            st.dictionaries(
                st.sampled_from(["slug", "task", "code", "secret", "object_id"]), VALUES
            )
        )
        address = visitor.address(name, wrong) or visitor.address(name)
        query = data.draw(st.lists(st.tuples(st.sampled_from(OTHER_FIELDS), VALUES), max_size=3))
        if query:
            address += "?" + urlencode(query).replace("%EF%BF%BD", "%ED%A0%80")
        method = data.draw(st.sampled_from(methods))
        body, kind = b"", "application/octet-stream"
        if method not in {"GET", "HEAD"}:
            body, kind = data.draw(bodies), data.draw(st.sampled_from(kinds))
        with answered(len(address), "addresses, queries and bodies of the site") as check:
            check(visitor.ask("generic", method, address, body, content_type=kind))

    attack()
