"""The Link header."""

from __future__ import annotations

import pytest

from classes.lti.link_header import next_address

BASE = "https://lms.example.org/members?page=1"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (
            '<https://lms.example.org/m?Cursor=AbC>; rel="next"',
            "https://lms.example.org/m?Cursor=AbC",
        ),
        ("<https://x.example/b>; rel=next", "https://x.example/b"),
        ('<https://x.example/b>;rel="NEXT"', "https://x.example/b"),
        ('<https://x.example/b> ; Rel = "next"', "https://x.example/b"),
        ('<https://x.example/b>; rel="last next"', "https://x.example/b"),
        ("<?page=2>; rel=next", "https://lms.example.org/members?page=2"),
        ("</m/2>; rel=next", "https://lms.example.org/m/2"),
        (
            '<https://x.example/a>; rel="prev", <https://x.example/b,c;d>; rel="next"',
            "https://x.example/b,c;d",
        ),
        (
            '<https://x.example/a>; title="rel=next, <https://evil.example/>; rel=next"; rel=first',
            None,
        ),
        ('<https://x.example/a>; title="a \\" b"; rel=next', "https://x.example/a"),
        ("<https://x.example/a>; rel=prev; rel=next", None),
        ("<https://x.example/a>; rel=nextpage", None),
        ("<https://x.example/a>", None),
        ("", None),
        ("nonsense", None),
        ("<" * 100_000, None),
        ('<a>; rel="' * 10_000, None),
        ("<a>" + "; x=y" * 20_000, None),
    ],
)
def test_the_next_page_is_found(header: str, expected: str | None) -> None:
    """By RFC 8288: quotes, case, several links and relations, relative addresses."""
    assert next_address(header, BASE) == expected
