"""What of a reply to an editor's question is passed on."""

from __future__ import annotations

from exercises.workbench.questions import checked
from grader.sandbox.job import Question


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
