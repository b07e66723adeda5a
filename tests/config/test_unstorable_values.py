"""What no column holds is the sender's mistake, in pages and in the API."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.db import DataError, connection
from django.http import HttpResponse
from django.test import Client, RequestFactory

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
    assert "(tests/" in caplog.text  # where it came from


def test_other_errors_stay_ours() -> None:
    """A mistake in the site's code is still a server error."""
    for error in (ValueError("a\0b"), OverflowError("math range error"), KeyError("x")):
        assert MIDDLEWARE.process_exception(RequestFactory().get("/"), error) is None


def test_a_mistake_of_our_query_stays_ours() -> None:
    """PostgreSQL counts a division by zero among the errors of data; no visitor sent it."""
    cause = ArithmeticError("division by zero")
    cause.sqlstate = "22012"  # type: ignore[attr-defined]  # as psycopg's errors have it
    error = DataError("division by zero")
    error.__cause__ = cause
    assert not is_unstorable(error)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/api/v1/courses/"])
def test_a_session_s_key_with_a_nul_is_no_session(path: str) -> None:
    """It is looked up before any view, where no middleware answers what the database says."""
    client = Client(raise_request_exception=False)
    client.cookies[settings.SESSION_COOKIE_NAME] = "\0abcdefgh"
    with connection.execute_wrapper(as_postgresql_does):
        assert client.get(path).status_code == 200
