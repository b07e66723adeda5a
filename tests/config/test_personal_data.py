"""Personal data: the table is complete, the copy holds all of it, erasure leaves what it says."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.models import CASCADE
from knox.models import get_token_model

from courses.models import Certificate, Post, User
from courses.privacy.erasure import Certificates, Posts, erase
from courses.privacy.exporting import columns, write_export
from courses.privacy.rows import Erasure, Rows
from courses.privacy.table import NOT_ABOUT, SUBJECTS, UNKEYED
from tests.config import whole_person
from tests.config.whole_person import EMAIL, MARK, STAFF_EMAIL, STAFF_NAME, Whole

if TYPE_CHECKING:
    from django.db.models import Field, Model

ROWS = [rows for subject in SUBJECTS for rows in subject.rows]
PLACES = [(rows.label, rows.path) for rows in ROWS]


@pytest.fixture
def whole(transactional_db: None) -> Whole:
    """Two people with a row in every table."""
    return whole_person.whole_person()


def keys() -> dict[str, list[Field[Any, Any]]]:
    """Return every foreign key of every model, by the model's label; many-to-many tables too."""
    return {
        model._meta.label: [one for one in model._meta.concrete_fields if one.is_relation]
        for model in apps.get_models(include_auto_created=True)
    }


def personal_models() -> set[type[Model]]:
    """Return the user's model, and all from which foreign keys lead to it."""
    found: set[type[Model]] = {User}
    while True:
        more = {
            one.model
            for fields in keys().values()
            for one in fields
            if one.related_model in found and one.model not in found
        }
        if not more:
            return found
        found |= more


def test_every_key_that_leads_to_a_person_is_in_the_table() -> None:
    """A model with a path to a user is exported and erased, or the table says why not."""
    people = personal_models()
    leading = {
        (label, one.name)
        for label, fields in keys().items()
        for one in fields
        if one.related_model in people
    }
    told = {(rows.label, rows.path.partition("__")[0]) for rows in ROWS if rows.path != "pk"}

    assert len(leading) > 40, "the walk finds the models"
    assert leading - told - set(NOT_ABOUT) == set(), "say what becomes of them in the table"
    unknown = (told | set(NOT_ABOUT)) - leading - {("auditlog.LogEntry", "additional_data")}
    assert unknown == set(), "the table names what does not exist"


def test_no_row_of_the_table_is_said_twice_and_each_reaches_a_person() -> None:
    """Each path is a lookup that ends at the user's model; each file has one source."""
    assert len(PLACES) == len(set(PLACES))
    named = [rows.file for rows in ROWS if rows.file]
    assert len(named) == len(set(named))
    for rows in ROWS:
        assert rows.of(User(pk=0)).query.where is not None


@pytest.mark.parametrize("rows", ROWS, ids=lambda rows: f"{rows.label}-{rows.path}")
def test_what_is_not_exported_or_stays_has_a_reason(rows: Rows) -> None:
    """Nothing is left out, and nothing stays, without a sentence; what is erased, truly goes."""
    assert bool(rows.file) != bool(rows.unexported)
    assert (rows.erasure is Erasure.UNNAMED) == bool(rows.stays_because)
    if rows.erasure is Erasure.WITH_ACCOUNT and rows.path != "pk":
        model: Any = rows.model
        for step in rows.path.split("__"):
            field = model._meta.get_field(step)
            assert field.remote_field.on_delete is CASCADE, f"{field} does not go with the account"
            model = field.related_model


def test_tables_without_keys_that_name_people_exist() -> None:
    """The list of what erasure handles besides names tables of the site."""
    labels = {model._meta.label for model in apps.get_models()}
    assert set(UNKEYED) <= labels


def copy_of(user: User) -> zipfile.ZipFile:
    """Return a person's copy."""
    out = io.BytesIO()
    write_export(user, out)
    return zipfile.ZipFile(out)


def rows_in(archive: zipfile.ZipFile, rows: Rows) -> list[dict[str, Any]]:
    """Return what a copy holds of some rows."""
    found: list[dict[str, Any]] = json.loads(archive.read(f"{rows.file}.json"))
    return found


def test_a_copy_holds_every_table_with_every_column(whole: Whole) -> None:
    """Of each line of the table there is a row, with all columns but those that are left out."""
    copies = [copy_of(whole.learner), copy_of(whole.staff)]
    for rows in ROWS:
        people = [user for user in (whole.learner, whole.staff) if rows.of(user).exists()]
        assert people, f"the test has no row of {rows.label} by {rows.path}"
        if not rows.file:
            continue
        found = [row for archive in copies for row in rows_in(archive, rows)]
        assert found, rows.label
        expected = {one.attname for one in columns(rows)} | set(rows.names)
        assert set(found[0]) == expected, rows.label


def test_a_copy_holds_every_text_and_file_of_the_learner(whole: Whole) -> None:
    """Whatever stands in the database about the learner stands in the copy, files too."""
    archive = copy_of(whole.learner)
    texts = {name: archive.read(name).decode(errors="replace") for name in archive.namelist()}
    with_mark = {name for name, text in texts.items() if MARK in text}

    assert {
        *("account/account.json", "account/email-addresses.json", "learning/notes.json"),
        *("learning/quiz-attempts.json", "learning/quizzes-begun.json"),
        *("learning/task-answers.json", "notebooks/run-outputs.json", "notebooks/reviews.json"),
        *("notebooks/submissions.json", "discussion/posts.json", "discussion/reports.json"),
        *("classes/memberships.json", "classes/extensions.json", "classes/overrides.json"),
        *("platforms/accounts.json", "platforms/launches.json", "certificates/certificates.json"),
        *("notebooks/drafts/exercise-lime.ipynb", "notebooks/drafts/exercise-lime-version-1.ipynb"),
    } <= with_mark
    kinds = {name.rpartition("/")[2] for name in with_mark if name.startswith("notebooks/treeshap")}
    assert kinds == {"notebook.ipynb", "executed.ipynb", "page.html"}
    pdfs = [name for name in texts if name.endswith(".pdf")]
    assert len(pdfs) == 1
    assert archive.read(pdfs[0]).startswith(b"%PDF-")
    (marks,) = (
        json.loads(text) for name, text in texts.items() if name.startswith("classes/marks")
    )
    assert marks["class"] == "Explainable models"
    assert marks["parts"][0]["mark"]["attempts"] == 1
    assert "README.txt" in texts
    assert EMAIL in texts["README.txt"]


def test_a_copy_holds_no_secret_and_names_nobody_else(whole: Whole) -> None:
    """Neither digests nor keys are in it, nor who decided about the learner."""
    archive = copy_of(whole.learner)
    text = "\n".join(
        archive.read(name).decode(errors="replace")
        for name in archive.namelist()
        if not name.endswith(".pdf")
    )
    secrets = [
        whole.learner.password,
        *get_token_model().objects.values_list("digest", flat=True),
        *whole.learner.memberships.values_list("feed_key", flat=True),
    ]
    assert secrets
    assert not [secret for secret in secrets if secret in text]
    assert STAFF_EMAIL not in text
    assert STAFF_NAME not in text
    assert '"another person"' in text


def test_files_beyond_the_bound_are_listed_with_their_address(whole: Whole) -> None:
    """A copy is bounded; what does not fit can be had one by one, and the copy says where."""
    out = io.BytesIO()
    written = write_export(whole.learner, out, most=1)
    readme = zipfile.ZipFile(out).read("README.txt").decode()

    assert not [name for name in zipfile.ZipFile(out).namelist() if name.endswith(".ipynb")]
    assert [address for _name, address in written.left_out if address.startswith("/submissions/")]
    assert all(name in readme for name, _address in written.left_out)


def database_text() -> dict[str, str]:
    """Return all that the database holds, table by table."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608  # a table's own name
            found[table] = repr(cursor.fetchall()).lower()
    return found


def stored_files() -> list[Path]:
    """Return all files that the site keeps about submissions and copies."""
    roots = [settings.STORAGES[name]["OPTIONS"]["location"] for name in ("submissions", "exports")]
    return [one for root in roots for one in Path(root).rglob("*") if one.is_file()]


@pytest.mark.parametrize("certificates", list(Certificates))
@pytest.mark.parametrize("posts", list(Posts))
def test_erasure_leaves_nothing_of_the_learner_but_what_the_table_says(
    whole: Whole, certificates: Certificates, posts: Posts
) -> None:
    """No table and no file holds a text about the learner, and no row leads to the account."""
    before = set(stored_files())
    mine = [file for file in before if any(str(one) in str(file) for one in submissions(whole))]
    pk, staying = whole.learner.pk, {rows.label for rows in ROWS if rows.stays_because}
    assert len(mine) == 4

    erase(user=whole.learner, certificates=certificates, posts=posts)

    left = {table for table, text in database_text().items() if MARK in text}
    assert left == ({"courses_post"} if posts is Posts.KEEP else set())
    assert not [file for file in mine if file.exists()]
    for rows in ROWS:
        assert not rows.of(User(pk=pk)).exists(), rows.label
    assert {"courses.Certificate", "courses.Post", "classes.AuditEntry"} <= staying
    certificate = Certificate.objects.get()
    assert certificate.valid is (certificates is Certificates.KEEP)
    assert (certificate.learner_name, certificate.name_public) == ("", False)
    assert Post.objects.filter(author=None).count() == 1
    assert whole.browser.get("/dashboard/").status_code == 302


def submissions(whole: Whole) -> list[Any]:
    """Return the keys of the learner's submissions."""
    return list(whole.learner.submissions.values_list("pk", flat=True))


def test_erasure_of_staff_keeps_other_people_s_marks(whole: Whole) -> None:
    """What an instructor decided stays in force and names nobody."""
    erase(user=whole.staff, certificates=Certificates.FORGET, posts=Posts.FORGET)

    assert STAFF_NAME.lower() not in repr(database_text())
    assert STAFF_EMAIL not in repr(database_text())
    learner = whole.learner
    assert learner.memberships.get().overrides.get().points == 3.0
    assert learner.submissions.get().review.points == {"a": 1}
