"""Where brackets and strings lie in JSON text, found without parsing it.

A parser needs up to fifty times the text's size in memory; this needs less than thirty times, with
whole arrays at a time, so that what is not wanted can be cut out before anything is parsed.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import re

    from numpy.typing import NDArray

QUOTE, BACKSLASH = 34, 92
MAX_MARKS = 3_000_000
"""Of brackets, quotes and backslashes each; a view of LIME has 100,000."""
MAX_MATCHES = 20_000
OPENING, CLOSING = np.frombuffer(b"[{", np.uint8), np.frombuffer(b"]}", np.uint8)


class JsonScan:
    """The structure of one JSON text.

    Attributes:
        max_depth: how deep brackets lie in brackets, outside of strings.
        containers: how many lists and objects there are.

    Raises:
        ValueError: there are more brackets, quotes or backslashes than any notebook has.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        text = np.frombuffer(data, np.uint8)
        quotes = text == QUOTE
        if max(np.count_nonzero(quotes), np.count_nonzero(text == BACKSLASH)) > MAX_MARKS:
            raise ValueError("more strings than any notebook has")
        quotes[_escaped(text, quotes)] = False
        outside = (np.cumsum(quotes, dtype=np.uint8) & 1) == 0
        steps = np.zeros(text.size, np.int8)
        steps[outside & np.isin(text, OPENING)] = 1
        steps[outside & np.isin(text, CLOSING)] = -1
        if np.count_nonzero(steps) > MAX_MARKS:
            raise ValueError("more brackets than any notebook has")
        self._brackets = np.flatnonzero(steps)
        self._steps = steps[self._brackets]
        self._depths = np.cumsum(self._steps, dtype=np.int32)
        self.max_depth = int(self._depths.max(initial=0))
        self.containers = int(np.count_nonzero(self._steps > 0))

    def without(self, key: re.Pattern[bytes], *, depth: int) -> bytes:
        """Return the text with the bracketed value after each `key` at `depth` emptied.

        The number of lines stays, so that a parser names the right one.
        """
        parts: list[bytes] = []
        done = 0
        ends = self._brackets[(self._steps < 0) & (self._depths == depth)]
        for match in islice(key.finditer(self._data), MAX_MATCHES):
            start = match.end()
            place = int(np.searchsorted(self._brackets, start))
            opens = place < self._brackets.size and self._brackets[place] == start
            if start < done or not opens or self._depths[place] != depth + 1:
                continue
            closing = int(np.searchsorted(ends, start))
            if closing == ends.size:
                break
            end = int(ends[closing])
            parts += [
                self._data[done : start + 1],
                b"\n" * self._data.count(b"\n", start, end),
                self._data[end : end + 1],
            ]
            done = end + 1
        return b"".join([*parts, self._data[done:]])


def _escaped(text: NDArray[np.uint8], quotes: NDArray[np.bool_]) -> NDArray[np.intp]:
    """The quotes after an odd number of backslashes."""
    slashes = np.flatnonzero(text == BACKSLASH)
    if not slashes.size:
        return slashes
    places = np.flatnonzero(quotes)
    last = np.searchsorted(slashes, places) - 1  # of the backslashes before the quote
    touching = (last >= 0) & (slashes[np.maximum(last, 0)] == places - 1)
    # In a run of neighbours, place minus rank is constant: the first with that value starts it.
    runs = slashes - np.arange(slashes.size)
    starts = np.searchsorted(runs, runs[np.maximum(last, 0)])
    length = last - starts + 1
    return places[touching & (length % 2 == 1)]  # type: ignore[no-any-return]
