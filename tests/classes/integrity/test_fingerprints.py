"""Fingerprints of code: what changes them, what does not, and hostile text."""

from __future__ import annotations

import json

import pytest

from classes.integrity.fingerprints import (
    GUARANTEED,
    MAX_CHARACTERS,
    NOISE,
    code_of,
    fingerprints,
    tokens,
)

CODE = """
import shap
explainer = shap.TreeExplainer(model)  # no background
values = explainer.shap_values(X_test.iloc[rows])
base = float(explainer.expected_value[0])
for row, name in enumerate(names):
    print(f"{name}: {values[row].sum() + base:.3f}")
"""
RENAMED = """
import shap
# all mine
e = shap.TreeExplainer(forest)
v = e.shap_values(data.iloc[which])
b = float(e.expected_value[1])
for i, n in enumerate(columns):
    print('%s' + "other")
    print("another text")
"""


def test_renaming_comments_numbers_and_spaces_change_nothing() -> None:
    """Names that are not called, comments, strings and numbers are one token each."""
    renamed = CODE.replace("explainer", "e").replace("values =", "v   =").replace("[0]", "[17]")
    renamed = renamed.replace("# no background", "# mine").replace("values[", "v[")

    assert tokens(renamed.replace("e.shap_v ", "")) == tokens(CODE)
    assert fingerprints(renamed) == fingerprints(CODE)


def test_a_copied_part_is_found_in_other_code() -> None:
    """A shared run as long as the guarantee gives a common fingerprint."""
    assert fingerprints(RENAMED) & fingerprints(CODE)


def test_what_is_called_tells_code_apart() -> None:
    """Another method, another library function: other fingerprints."""
    other = "result = permutation_importance(model, X, y, n_repeats=30).importances_mean.tolist()"

    assert not fingerprints(other * 3) & fingerprints(CODE)


def test_runs_as_long_as_the_guarantee_are_found_and_short_ones_never() -> None:
    """Winnowing's two promises, over every place and length."""
    common = [f".m{at}" for at in range(30)]
    for length in range(NOISE // 2, 30):
        left = "".join([f".a{at}" for at in range(40)] + common[:length])
        right = "".join([f".b{at}" for at in range(40)] + common[:length])
        shared = len(tokens("".join(common[:length])))
        met = bool(fingerprints(left) & fingerprints(right))
        if shared >= GUARANTEED:
            assert met, length
        if shared < NOISE:
            assert not met, length


@pytest.mark.parametrize(
    "text",
    ['"""' * 30_000, '"\\' * 50_000, "'" * 100_000, "((((" * 30_000, "#" * 100_000, "a" * 10**6],
    ids=["triple", "escapes", "quotes", "brackets", "comment", "name"],
)
def test_no_text_takes_long_to_read(text: str) -> None:
    """Strings without an end are read once; what is beyond the limit is not read at all."""
    notebook = json.dumps({"cells": [{"cell_type": "code", "source": text}]}).encode()
    code = code_of(notebook)

    assert len(code) <= MAX_CHARACTERS
    assert len("".join(tokens(code))) <= 6 * MAX_CHARACTERS
    fingerprints(code)


@pytest.mark.parametrize(
    "notebook",
    [b"", b"[]", b"{}", b'{"cells": 3}', b'{"cells": [1]}', b'{"cells": [{"cell_type": "code"}]}'],
)
def test_what_is_no_notebook_has_no_code(notebook: bytes) -> None:
    """Files may have expired or be of another form."""
    assert code_of(notebook) == ""
