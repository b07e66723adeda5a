"""Which questions of an editor need the cells before, and what of a reply is passed on."""

from __future__ import annotations

import pytest

from exercises.workbench.questions import checked, is_about_an_import
from grader.sandbox.job import Question


@pytest.mark.parametrize(
    ("earlier", "source", "expected"),
    [
        (("import shap",), "x = shap.Tree", True),
        ((), "import shap\nshap.Tree", True),
        (("import numpy as np",), "np.linalg.ei", True),
        (("import numpy as np",), "np.zeros(", True),
        (("import numpy as np", "np = 3"), "np.re", False),
        (("model = fit()",), "model.pre", False),
        (("import numpy as np",), "values.np.x", False),
        (("import numpy as np",), "pri", False),
    ],
)
def test_attributes_of_imports_need_no_cell_to_run(
    earlier: tuple[str, ...], source: str, *, expected: bool
) -> None:
    """What a cell has assigned needs it; a module does not."""
    question = Question("complete", source, len(source), earlier)

    assert is_about_an_import(question) is expected


def test_a_reply_is_built_anew() -> None:
    """Parts that no reply has, wrong types and labels that are no names are left out."""
    question = Question("complete", "abc", 3)
    item = {"label": "abcd", "type": "<b>", "detail": "x", "more": 1}
    reply = {"from": 0, "items": [item, {"label": "a b"}, 7], "more": 1}

    assert checked(question, reply) == {
        "from": 0,
        "items": [{"label": "abcd", "type": "text", "detail": ""}],
    }
    assert checked(question, {"from": 99, "items": []}) == {}
    assert checked(question, None) == {}
    told = checked(Question("inspect", "a", 1), {"found": True, "name": "a" * 500, "doc": 5})
    assert (len(told["name"]), told["signature"], told["doc"]) == (200, "", "")
