"""Which values a declared variable may have, and which are refused, in a real sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from grader.sandbox.job import Job, Verdict

if TYPE_CHECKING:
    from grader.sandbox.job import Answer, Sandbox

IMPORTS = "import numpy as np, pandas as pd\n"


def answer(sandbox: Sandbox, source: str) -> Answer:
    """Return the answer for ``v`` after `source`; the run itself must succeed."""
    run = sandbox.run(Job(cells=(IMPORTS + source,), outputs=("v",)))
    assert run.error is None
    assert run.verdict is Verdict.OK
    return run.answers["v"]


@pytest.mark.parametrize(
    ("source", "kind", "expected"),
    [
        ("v = np.arange(6.).reshape(2, 3)", "ndarray", np.arange(6.0).reshape(2, 3)),
        ("v = np.arange(6.).reshape(2, 3).T", "ndarray", np.arange(6.0).reshape(2, 3).T),
        ("v = np.float32([0.5])", "ndarray", np.array([0.5])),
        ("v = np.arange(3, dtype='>u2')", "ndarray", np.array([0, 1, 2])),
        ("v = np.array([True, False])", "ndarray", np.array([True, False])),
        ("v = np.array(['a', 'bc'])", "ndarray", np.array(["a", "bc"])),
        ("v = np.array(2.5)", "ndarray", np.array(2.5)),
        ("v = np.zeros((0, 3))", "ndarray", np.zeros((0, 3))),
        ("v = np.array([np.nan, np.inf])", "ndarray", np.array([np.nan, np.inf])),
        ("v = np.matrix([[1., 2.]])", "ndarray", np.array([[1.0, 2.0]])),
        ("v = 3", "scalar", np.array(3)),
        ("v = 2.5", "scalar", np.array(2.5)),
        ("v = True", "scalar", np.array(True)),
        ("v = np.float64(1.5)", "scalar", np.array(1.5)),
        ("v = 'text'", "str", np.array("text")),
        ("v = ''", "str", np.array("")),
        ("v = [1, 2.5]", "list", np.array([1.0, 2.5])),
        ("v = ((1, 2), (3, 4))", "list", np.array([[1, 2], [3, 4]])),
        ("v = [np.float64(1), 2]", "list", np.array([1.0, 2.0])),
        ("v = [np.ones(2), np.zeros(2)]", "list", np.array([[1.0, 1.0], [0.0, 0.0]])),
        ("v = ['b', 'a']", "list", np.array(["b", "a"])),
        ("v = [['b', 'a'], ['c', 'd']]", "list", np.array([["b", "a"], ["c", "d"]])),
        ("v = list(np.array(['b', 'a']))", "list", np.array(["b", "a"])),
        ("v = np.array(['b', 'a'])[0]", "str", np.array("b")),
        ("v = []", "list", np.zeros(0)),
    ],
)
def test_plain_values_are_collected(
    warm: Sandbox,
    source: str,
    kind: str,
    expected: np.ndarray[tuple[int, ...], np.dtype[np.generic]],
) -> None:
    """Arrays, numbers, strings and nested lists keep value, shape and kind."""
    found = answer(warm, source)
    assert found.refusal is None
    assert found.source == kind
    assert found.array is not None
    np.testing.assert_array_equal(found.array, expected, strict=False)
    assert found.array.shape == expected.shape
    assert found.array.dtype.kind == expected.dtype.kind


def test_tables_keep_their_labels(warm: Sandbox) -> None:
    """A DataFrame's columns and index, a Series' index and a dictionary's keys are collected."""
    table = answer(warm, "v = pd.DataFrame({'a': [1., 2.], 'b': [3., 4.]}, index=['x', 'y'])")
    assert (table.source, table.columns, table.index) == ("DataFrame", ("a", "b"), ("x", "y"))
    series = answer(warm, "v = pd.Series([1., 2.], index=['x', 'y'])")
    assert (series.source, series.columns, series.index) == ("Series", None, ("x", "y"))
    mapping = answer(warm, "v = {'first': 1.0, 'second': np.float64(2)}")
    assert (mapping.source, mapping.index) == ("dict", ("first", "second"))
    keyed = answer(warm, "v = dict(zip(np.array(['a', 'b']), np.ones(2)))")
    assert (keyed.source, keyed.index) == ("dict", ("a", "b"))
    columns = answer(warm, "v = {'a': [1., 2.], 'b': np.ones(2).tolist()}")
    assert columns.array is not None
    assert (columns.index, columns.array.shape) == (("a", "b"), (2, 2))
    pairs = answer(warm, "v = [('good', 0.5), (np.str_('dull'), np.float64(-1))]")
    assert (pairs.source, pairs.index) == ("pairs", ("good", "dull"))
    np.testing.assert_array_equal(pairs.array, np.array([0.5, -1.0]))


def test_a_text_explanation_keeps_its_words(warm: Sandbox) -> None:
    """The weights of LIME's text explanation are labelled with their words."""
    source = (
        "from lime.lime_text import LimeTextExplainer\n"
        "f = lambda texts: np.array([[1 - (t := 'good' in x), t] for x in texts], float)\n"
        "e = LimeTextExplainer(random_state=0).explain_instance('so good so dull', f)\n"
    )
    found = answer(warm, source + "v = e")
    assert (found.source, found.columns) == ("lime.Explanation", ("so", "good", "dull"))
    assert found.array is not None
    assert int(np.abs(found.array[0].astype(float)).argmax()) == 1
    listed = answer(warm, source + "v = e.as_list()")
    assert listed.source == "pairs"
    assert sorted(listed.index or ()) == ["dull", "good", "so"]


def test_a_shap_explanation_keeps_its_parts(warm: Sandbox) -> None:
    """Values, base values, data and feature names are read from their attributes."""
    found = answer(
        warm,
        "import shap\nfrom sklearn.ensemble import GradientBoostingClassifier as G\n"
        "x = pd.DataFrame(np.random.default_rng(0).normal(size=(40, 3)), columns=list('abc'))\n"
        "v = shap.TreeExplainer(G(n_estimators=3).fit(x, x.a > 0))(x[:5])",
    )
    assert found.source == "shap.Explanation"
    assert found.columns == ("a", "b", "c")
    assert found.array is not None
    assert found.array.shape == (5, 3)
    assert sorted(found.parts) == ["base_values", "data"]
    assert found.parts["data"].shape == (5, 3)


def test_a_lime_explanation_is_in_feature_order(warm: Sandbox) -> None:
    """LIME's weights are in the order of the features, not of their size."""
    found = answer(
        warm,
        "from lime.lime_tabular import LimeTabularExplainer\n"
        "x = np.random.default_rng(0).normal(size=(200, 3))\n"
        "f = lambda r: np.c_[r[:, 2] * -3, r[:, 2] * 3]\n"
        "e = LimeTabularExplainer(x, feature_names=list('abc'), discretize_continuous=False)\n"
        "v = e.explain_instance(x[0], f, num_features=3)",
    )
    assert (found.source, found.columns, found.index) == (
        "lime.Explanation",
        ("a", "b", "c"),
        ("1",),
    )
    assert found.array is not None
    assert int(np.abs(found.array[0].astype(float)).argmax()) == 2
    assert sorted(found.parts) == ["intercept", "labels", "score"]


@pytest.mark.parametrize(
    ("source", "refusal"),
    [
        ("v = np.array([1, 'a', None], dtype=object)", "object_dtype"),
        ("v = [1, 'a']", "object_dtype"),
        ("v = [None]", "object_dtype"),
        ("v = pd.DataFrame({'a': [1, 'x']})", "object_dtype"),
        ("v = np.zeros(10**7)", "too_large"),
        ("v = np.zeros((10**5, 10**5), dtype='b') if 0 else np.broadcast_to(1.0, (10**6, 10**6))",
         "too_large"),
        ("v = 'x' * 10**7", "too_large"),
        ("v = ['x' * 10**6] + ['y'] * 10**5", "too_large"),
        ("v = [[1, 2], [3]]", "ragged"),
        ("v = [1, [2]]", "ragged"),
        ("v = np.zeros((1,) * 20)", "too_many_dimensions"),
        ("v = 1\nfor _ in range(100): v = [v]", "too_many_dimensions"),
        ("v = []\nv.append(v)", "too_many_dimensions"),
        ("v = np.array([1j])", "unsupported_dtype"),
        ("v = np.array(['2020-01-01'], dtype='M8[D]')", "unsupported_dtype"),
        ("v = 10**400", "unsupported_dtype"),
        ("v = np.array([2**64 - 1], dtype='u8')", "unsupported_dtype"),
        ("v = np.ma.masked_array([1., 2.], mask=[0, 1])", "masked"),
        ("v = object()", "unsupported_type"),
        ("v = print", "callable"),
        ("v = {(1, 2): 2}", "dict_keys"),
        ("v = None", "none"),
        ("v = (i for i in [1])", "iterator"),
        ("v = {1, 2}", "unordered"),
        ("v = b'bytes'", "unsupported_type"),
    ],
)  # fmt: skip
def test_unsupported_values_are_refused(warm: Sandbox, source: str, refusal: str) -> None:
    """A refused value gets a stable id of the reason, and the run continues."""
    found = answer(warm, source)
    assert found.array is None
    assert found.refusal == refusal


HOSTILE = {
    "raising": "class H:\n    def __getattr__(self, name): raise RuntimeError(name)\nv = H()",
    "exiting": "class H:\n    def __getattr__(self, name): raise SystemExit\nv = H()",
    "interrupting": "class H:\n    values = base_values = feature_names = 1\n"
    "    def __getattribute__(self, name): raise KeyboardInterrupt\nv = H()",
    "array protocol": "class H:\n    columns = index = 1\n    def to_numpy(self): return self\n"
    "    def __array__(self, *a): raise SystemExit\nv = H()",
    "a subclass that lies": "class H(np.ndarray):\n    shape = property(lambda s: (10**9,))\n"
    "    dtype = property(lambda s: 1 / 0)\n    __eq__ = lambda s, o: True\n"
    "    tobytes = lambda s: 1 / 0\nv = np.ones(3).view(H)",
    "a list that lies": "class H(list):\n    __len__ = lambda s: 10**12\nv = H([1])",
    "a number that lies": "class H(float):\n    __float__ = lambda s: 1 / 0\nv = [H(1)]",
    "endless labels": "import itertools\nclass H:\n    columns = itertools.count()\n"
    "    index = itertools.count()\n    to_numpy = lambda s: np.ones((2, 2))\nv = H()",
    "a text that lies": "class H(str):\n    __str__ = lambda s: 1 / 0\n"
    "    __len__ = lambda s: 10**12\n    __getitem__ = lambda s, k: s\n"
    "v = {H('a'): 1.0, H('b'): 2.0}",
    "a dict that lies": "class H(dict):\n    values = keys = items = lambda s: 1 / 0\n"
    "    __len__ = lambda s: 10**12\nv = H(a=1.0)",
    "attributes that lie": "class H:\n    values = 1\n    base_values = 'x' * 10**8\n"
    "    feature_names = {1: 2}\nv = H()",
}


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE)
def test_hostile_objects_do_not_break_the_run(warm: Sandbox, source: str) -> None:
    """An object may lie, raise or exit while it is read: the run still succeeds."""
    found = answer(warm, source)
    if found.array is not None:
        assert found.array.size <= 4
        assert found.array.dtype.kind in "fiubU"
    else:
        assert found.refusal is not None
