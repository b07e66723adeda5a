"""What no column holds is the sender's mistake, in pages and in the API."""

from __future__ import annotations

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import RequestFactory

from config.unstorable_values import UnstorableValuesMiddleware, is_unstorable
from tests.hostile.test_fuzz_forms import as_postgresql_does

MIDDLEWARE = UnstorableValuesMiddleware(lambda _request: HttpResponse("-"))


def refusal(value: str | int) -> Exception:
    """Return what the database says to a value."""
    with connection.execute_wrapper(as_postgresql_does), connection.cursor() as cursor:
        try:
            cursor.execute("SELECT CAST(%s AS bigint)", [value])
        except Exception as error:  # noqa: BLE001  # whatever it is is looked at
            return error
    raise AssertionError("it was taken")


@pytest.mark.django_db
@pytest.mark.parametrize("value", ["a\0b", 2**70], ids=["a NUL", "a number out of range"])
@pytest.mark.parametrize("path", ["/lti/login/", "/api/v1/exercises/"])
def test_it_is_a_bad_request(value: str | int, path: str, caplog: pytest.LogCaptureFixture) -> None:
    """400, as a page or as a problem document; the log does not quote the value."""
    error = refusal(value)
    assert is_unstorable(error)
    answer = MIDDLEWARE.process_exception(RequestFactory().get(path), error)
    assert answer is not None
    assert answer.status_code == 400
    assert str(value) not in caplog.text
    assert "was refused" in caplog.text


def test_other_errors_stay_ours() -> None:
    """A mistake in the site's code is still a server error."""
    for error in (ValueError("a\0b"), OverflowError("math range error"), KeyError("x")):
        assert MIDDLEWARE.process_exception(RequestFactory().get("/"), error) is None
