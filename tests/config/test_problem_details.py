"""API errors are problem details (RFC 9457), unknown addresses included."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from django.test import Client

UNKNOWN = [
    "/api/",
    "/api/v2/courses/",
    "/api/v1/",
    "/api/v1/submissions/xyz/",
    "/api/v1/nothing",
    "/api/v1/courses/a/b/c/",
]


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


@pytest.mark.parametrize(
    ("method", "address", "headers", "body", "status", "code"),
    [
        ("get", "/api/v1/auth/token/", {}, "", 405, "method_not_allowed"),
        ("post", "/api/v1/auth/token/", {}, "{", 400, "parse_error"),
        ("post", "/api/v1/courses/x/enrolment/", {}, "{}", 401, "not_authenticated"),
        ("get", "/api/v1/courses/", {"Accept": "text/csv"}, "", 406, "not_acceptable"),
        ("get", "/api/v1/courses/x/", {}, "", 404, "not_found"),
        ("get", "/api/v1/courses/", {"Authorization": "Token x"}, "", 401, "authentication_failed"),
        (
            "post",
            "/api/v1/auth/token/",
            {},
            '{"username": "a@example.org", "password": "b"}',
            401,
            "authentication_failed",
        ),
    ],
)
def test_every_refusal_carries_its_code(
    db: None,
    client: Client,
    *,
    method: str,
    address: str,
    headers: dict[str, str],
    body: str,
    status: int,
    code: str,
) -> None:
    """A program can tell refusals apart without reading sentences."""
    answer = client.generic(
        method.upper(), address, body, content_type="application/json", headers=headers
    )

    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == code
    assert answer.json()["status"] == status
