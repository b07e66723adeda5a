"""API errors are problem details (RFC 9457), unknown addresses included."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from django.test import Client

UNKNOWN = ["/api/v1/", "/api/v1/submissions/xyz/", "/api/v1/nothing", "/api/v1/courses/a/b/c/"]


@pytest.mark.parametrize("path", UNKNOWN)
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_an_unknown_address_answers_in_json(client: Client, path: str, method: str) -> None:
    """A client that mistypes an address gets a problem document, not an HTML page."""
    answer = getattr(client, method)(path)

    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "Not found.",
        "code": "not_found",
    }


def test_a_missing_object_is_named(db: None, client: Client) -> None:
    """The message says what was not found, without Django's internal words."""
    answer = client.get("/api/v1/certificates/00000000-0000-0000-0000-000000000000/")

    assert answer.json()["detail"] == "Certificate not found."
    assert answer.json()["code"] == "not_found"


def test_an_invalid_request_names_its_fields(db: None, client: Client) -> None:
    """A refused field is listed by name, under the code `invalid`."""
    answer = client.post("/api/v1/auth/token/", {})

    assert answer.status_code == 400
    assert answer.json()["title"] == "Invalid request."
    assert answer.json()["code"] == "invalid"
    assert set(answer.json()["errors"]) == {"username", "password"}
