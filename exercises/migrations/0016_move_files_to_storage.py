"""Move the contents of columns into storage, and render the pages of executed notebooks once."""

import gzip
import json
import logging
import uuid

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import migrations

from grader.notebook_page import render_notebook

logger = logging.getLogger(__name__)


def move(apps, _editor):
    """Write the files of one row after another; a row that has been moved is left alone."""
    rows = apps.get_model("exercises", "SubmissionFiles").objects
    for key in rows.filter(notebook="").values_list("pk", flat=True).iterator(500):
        row = rows.get(pk=key)
        executed = row.executed_text
        rows.filter(pk=key).update(
            notebook=_stored(key, "notebook", bytes(row.notebook_bytes)),
            executed=_stored(key, "executed", executed.encode()),
            page=_stored(key, "page", _page(key, executed).encode()),
            answers=_stored(key, "answers", bytes(row.answers_bytes)),
            notebook_bytes=b"",
            executed_text="",
            answers_bytes=b"",
        )


def move_back(apps, _editor):
    """Read the files of one row after another into their columns."""
    rows = apps.get_model("exercises", "SubmissionFiles").objects
    for key in rows.values_list("pk", flat=True).iterator(500):
        row = rows.get(pk=key)
        rows.filter(pk=key).update(
            notebook_bytes=_content(row.notebook.name),
            executed_text=_content(row.executed.name).decode(),
            answers_bytes=_content(row.answers.name),
            notebook="",
            executed="",
            page="",
            answers="",
        )
        for file in (row.notebook, row.executed, row.page, row.answers):
            if file.name:
                storages["submissions"].delete(file.name)


def _stored(key, kind, data):
    if not data:
        return ""
    name = f"{str(key)[:2]}/{key}/{kind}-{uuid.uuid4().hex[:12]}.gz"
    return storages["submissions"].save(name, ContentFile(gzip.compress(data, 5, mtime=0)))


def _content(name):
    if not name:
        return b""
    with storages["submissions"].open(name) as file:
        return gzip.decompress(file.read())


def _page(key, executed):
    if not executed:
        return ""
    try:
        return render_notebook(json.loads(executed))
    except (ValueError, TypeError, AttributeError, RecursionError):
        logger.exception("the page of submission %s could not be rendered", key)
        return ""


class Migration(migrations.Migration):
    dependencies = [("exercises", "0015_files_in_storage")]

    operations = [migrations.RunPython(move, move_back)]
