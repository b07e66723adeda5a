"""Bad input through the pages: a clear answer, and nothing half-written."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from classes.models import Class, Extension, PendingImport, Role
from classes.urls import urlpatterns
from tests.classes.material import make_class, make_course, make_member
from tests.classes.test_making import SETTINGS

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db

IMPORTS = ("roster_import", "extensions_import")
OF_PARTS = {"cell", "quiz_figures", "exercise_figures", "similar", "pair"}
"""Pages of a part, of which a class without a course has none."""


@pytest.fixture
def klass(client: Client) -> Class:
    """A class without a course; its instructor is signed in."""
    made = make_class()
    ines = make_member(made, "ines@example.org", Role.INSTRUCTOR).user
    assert ines is not None
    client.force_login(ines)
    return made


def bomb() -> bytes:
    """A workbook of 40 kB that unpacks to 40 MB."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", b"-")
        archive.writestr("xl/worksheets/sheet1.xml", b"A" * 40_000_000)
    return file.getvalue()


@pytest.mark.parametrize("name", IMPORTS)
@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"email,days\n" + b"a@example.org,1\n" * 50_000, "more than 10,000 rows"),
        (bomb(), "unpacks to more"),
        (b"name\nAda\n", "email"),
        (b"", "empty"),
    ],
    ids=["50,000 rows", "zip bomb", "no addresses", "empty"],
)
def test_a_file_that_is_refused_is_explained_on_its_page(
    client: Client, klass: Class, name: str, data: bytes, reason: str
) -> None:
    """The form says why; no import waits, nobody is added, nothing is granted."""
    file = SimpleUploadedFile("list.xlsx", data)
    answer = client.post(
        reverse(f"classes:{name}", args=[klass.pk]), {"file": file, "reason": "Strike"}
    )

    assert answer.status_code == 422
    assert reason in answer.content.decode()
    assert not PendingImport.objects.exists()
    assert klass.members.count() == 1
    assert not Extension.objects.exists()


def test_every_page_of_a_class_without_a_course_opens(client: Client, klass: Class) -> None:
    """And of one whose learner has done nothing: no page divides by the number of parts."""
    learner = make_member(klass, "ada@example.org")
    known = {"key": klass.pk, "member_key": learner.pk, "shape": "xlsx"}
    opened = 0
    for pattern in urlpatterns:
        wanted = pattern.pattern.converters
        takes = getattr(pattern.callback, "methods", ())
        if "key" not in wanted or "GET" not in takes or not set(wanted) <= set(known):
            continue
        address = reverse(f"classes:{pattern.name}", kwargs={name: known[name] for name in wanted})
        expected = 302 if pattern.name == "due" else 200  # a part of the dashboard, not a page
        assert client.get(address).status_code == expected, address
        opened += 1
    assert opened > 20


def test_the_second_of_two_who_change_the_policy_is_told(client: Client) -> None:
    """Settings that were opened before somebody else saved are refused as a whole."""
    klass = make_class(make_course())
    for name in ("ines", "uma"):
        make_member(klass, f"{name}@example.org", Role.INSTRUCTOR)
    address = reverse("classes:settings", args=[klass.pk])
    opened = klass.version
    sent = SETTINGS | {"version": str(opened), "courses": [klass.courses.get().pk]}
    status = {}
    for name, floor in (("ines", "40"), ("uma", "30")):
        user = klass.members.get(email=f"{name}@example.org").user
        assert user is not None
        client.force_login(user)
        status[name] = client.post(address, sent | {"late_floor": floor}).status_code

    assert status == {"ines": 302, "uma": 409}
    assert Class.objects.get().late_floor == 40


@pytest.mark.parametrize("version", ["", "0", "-1", "x", "99999999999999999999"])
def test_settings_without_the_version_that_was_seen_are_refused(
    client: Client, klass: Class, version: str
) -> None:
    """A form that does not say what it was made of writes nothing."""
    answer = client.post(
        reverse("classes:settings", args=[klass.pk]), SETTINGS | {"version": version}
    )
    assert answer.status_code in {409, 422}
    assert Class.objects.get().title == klass.title
