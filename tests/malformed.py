"""Strategies for input that is malformed, or nearly well-formed, and bounds that hold for it."""

from __future__ import annotations

import contextlib
import copy
import tracemalloc
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Iterator

MIB: Final = 2**20
MOST_PEAK_BYTES: Final = 64 * MIB
"""For inputs of some kilobytes; nbformat's schema alone takes a few MiB once."""
PEAK_PER_BYTE: Final = 20
ANY: Final = settings(deadline=None, suppress_health_check=list(HealthCheck), database=None)

SENT: Final = Counter[str]()
"""How many inputs this process has sent, by kind; printed at the end of `make fuzz`."""


def sent(kind: str) -> None:
    """Count an input."""
    SENT[kind] += 1


@contextlib.contextmanager
def bounded_memory(size: int = 0) -> Iterator[None]:
    """Fail when what happens inside takes more memory than an input of `size` bytes may cost."""
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < MOST_PEAK_BYTES + PEAK_PER_BYTE * size, f"{peak / MIB:.0f} MiB"


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

DEEP: Final = 3000
"""Deeper than Python's parser goes."""
LONG: Final = 50_000
"""Characters; a form may have 65,536 bytes."""
WORDS: Final[st.SearchStrategy[str]] = st.sampled_from(
    [
        *("", " ", "\x00", "a\x00b", "%00", "�", "🎲" * 9, "\u202e", "a" * 300, "x" * LONG),
        *("-1", "0", "1", "2147483648", "9223372036854775808", "9" * 400, "1e999", "NaN", "-inf"),
        *("true", "on", "null", "[]", "{}", "[" * DEEP, '{"a":' * DEEP, "٣", "0x10", "1_000"),
        *("0000-00-00", "9999-12-31", "9999-12-31T23:59", "0001-01-01T00:00", "2026-02-30"),
        *("2026-03-29 02:30", "T", "00000000-0000-0000-0000-000000000000", "not-a-uuid"),
        *("javascript:alert(1)", "//evil.example", "\r\nX: 1", "../../etc/passwd", "';--", "{{x}}"),
        *("a@b", '"@example.org', "a@example.org\nb", "é@ö.example", "Europe/Nowhere", "xx"),
    ]
)
"""What somebody may put into a field of a form instead of what it asks for."""
VALUES: Final[st.SearchStrategy[str]] = WORDS | st.text(
    st.characters(exclude_categories=["Cs"]), max_size=40
)


@st.composite
def mutated(draw: st.DrawFn, tree: Any) -> Any:
    """Return a JSON tree of which some values have another type or size, or are gone."""
    found = copy.deepcopy(tree)
    for _ in range(draw(st.integers(1, 3))):
        places = list(_places(found))
        if not places:
            break
        holder, key = places[draw(st.integers(0, len(places) - 1))]
        kind = draw(st.sampled_from(["other", "word", "gone", "listed", "deep"]))
        if kind == "gone":
            del holder[key]
        elif kind == "listed":
            holder[key] = [holder[key]] * draw(st.integers(0, 3))
        elif kind == "deep":
            for _level in range(draw(st.sampled_from([20, 200]))):
                holder[key] = [holder[key]]
        else:
            holder[key] = draw(TREES if kind == "other" else WORDS)
    return found


def _places(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each value's holder and key; not below a nesting that a mutation has made."""
    waiting = [(tree, 0)]
    while waiting:
        one, depth = waiting.pop()
        inner = one.items() if isinstance(one, dict) else enumerate(one)
        for key, value in list(inner):
            yield one, key
            if isinstance(value, dict | list) and depth < 12:  # deeper than any
                waiting.append((value, depth + 1))


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
