"""Strategies for input that is malformed, or nearly well-formed."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

SCALARS: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([2**63, -(2**63) - 1, 10**400])
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["\x00", "\ud800", "parameters", "🎲" * 9])
)
TREES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4)
    ),
    max_leaves=12,
)
"""Whatever JSON can say, with a few things that it cannot."""


@st.composite
def damaged(draw: st.DrawFn, data: bytes) -> bytes:
    """Return `data` after some cuts, repetitions and changes."""
    found = bytearray(data)
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(found)))
        end = draw(st.integers(start, min(len(found), start + 60)))
        piece = bytes(found[start:end])
        kind = draw(st.sampled_from(["cut", "repeat", "replace", "nest", "end"]))
        if kind == "cut":
            del found[start:end]
        elif kind == "repeat":
            found[start:end] = piece * draw(st.integers(2, 30))
        elif kind == "replace":
            found[start:end] = draw(st.binary(max_size=20))
        elif kind == "nest":
            depth = draw(st.sampled_from([3, 100, 20_000]))
            found[start:end] = b"[" * depth + piece + b"]" * depth
        else:
            del found[start:]
    return bytes(found)
