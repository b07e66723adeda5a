"""Hostile and careless answers, made in a real sandbox: a message each, no crash, no points."""

from __future__ import annotations

import pytest

from grader.messages import message_text
from grader.sandbox.job import Verdict
from tests.grader.learner import SOLUTION, Marker, messages

BAD = {
    "ten million values": "shares = np.zeros(10_000_000)",
    "a hundred million values": "shares = np.zeros(100_000_000, dtype=np.int8)",
    "a string of 10 MB": "shares = 'x' * 10_000_000",
    "a list of strings of 10 MB": "shares = ['x' * 10_000_000] * 3",
    "nested objects": "shares = [[{'a': [object()]}]]",
    "a list nested a thousand deep": "shares = []\nfor _ in range(1000):\n    shares = [shares]",
    "a list that holds itself": "shares = []\nshares.append(shares)",
    "a ragged list": "shares = [[1.0], [1.0, 2.0]]",
    "an object array": "shares = np.array([[None] * 6] * 5, dtype=object)",
    "complex numbers": "shares = shares + 0j",
    "dates": "shares = np.zeros((5, 6), dtype='datetime64[s]')",
    "a structured array": "shares = np.zeros(5, dtype=[('a', float), ('b', int)])",
    "None": "shares = None",
    "a function": "shares = lambda: 1",
    "a module": "shares = np",
    "an __array__ that raises": (
        "class Liar:\n    def __array__(self, *a, **k): raise RuntimeError('no')\nshares = Liar()"
    ),
    "an __array__ that lies": (
        "class Liar:\n"
        "    shape = (5, 6)\n"
        "    def __array__(self, *a, **k): return 'ok'\n"
        "shares = Liar()"
    ),
    "an __array__ that never ends": (
        "class Liar:\n    def __array__(self, *a, **k):\n        while True: pass\nshares = Liar()"
    ),
    "an array that equals everything": (
        "class Equal(np.ndarray):\n"
        "    def __eq__(self, other): return np.True_\n"
        "    def __sub__(self, other): return np.zeros((5, 6))\n"
        "    def __le__(self, other): return np.True_\n"
        "shares = np.ones((5, 6)).view(Equal)\nshares[0, 0] = 2"
    ),
    "a DataFrame that lies about itself": (
        "import pandas as pd\n"
        "class Frame(pd.DataFrame):\n"
        "    @property\n"
        "    def columns(self): raise RuntimeError('no')\n"
        "shares = Frame(np.ones((5, 6)))"
    ),
    "negative zeros and infinities": "shares = shares / -0.0",
    "subnormal numbers": "shares = np.full((5, 6), 5e-324); shares[0, 0] = 1e-323",
    "the largest numbers": "shares = np.full((5, 6), 1.7e308); shares[0, 0] = -1.7e308",
    "a masked array": "shares = np.ma.masked_array(shares + 1, mask=True)",
    "a generator": "shares = (row for row in shares)",
}


@pytest.mark.parametrize("name", BAD)
def test_bad_answers_get_a_message_and_no_points(mark: Marker, name: str) -> None:
    """The criterion fails with words, the other answers keep their points where the run went on."""
    report = mark(SOLUTION + BAD[name])
    assert report.verdict in {Verdict.OK, Verdict.TIME_LIMIT, Verdict.MEMORY_LIMIT}
    result = next(result for result in report.criteria if result.id == "shares")
    assert (result.points, result.passed) == (0, False)
    assert message_text(result.message_id, result.facts)
    assert not report.passed
    if report.verdict is Verdict.OK:
        assert messages(report)["base"] == "criterion.passed"
