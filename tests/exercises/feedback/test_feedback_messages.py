"""What a stored report says in the reader's language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.utils import translation

from exercises.catalogue.translations import ORIGINAL
from exercises.feedback import messages
from grader.family_texts import FAMILIES, with_nouns
from grader.messages import MESSAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

WORDS = {
    "rows": "lignes",
    " or ": " ou ",
    FAMILIES["shifted_rows"][0]: "{rows} décalées d'un rang",
    FAMILIES["shifted_rows"][1]: "Vos {rows} sont décalées d'un rang.",
    FAMILIES["sign"][0]: "le mauvais signe",
    MESSAGES["diagnosis.match_either"]: "Plusieurs erreurs : {mistake}.",
}


@pytest.fixture
def french(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A catalogue of a few words in the place of French's own."""
    monkeypatch.setattr(messages, "_", lambda text: WORDS.get(text, text))
    with translation.override("fr"):
        yield


def diagnosis(*ids: str, **changes: Any) -> dict[str, Any]:
    """A stored diagnosis of ready-made families, as the grader writes it."""
    texts = [[with_nouns(part, "rows", "features") for part in FAMILIES[each]] for each in ids]
    facts = {
        "rows": "rows",
        "columns": "features",
        "mistake": " or ".join(title for title, _, _ in texts),
        "message": texts[0][1] if len(ids) == 1 else "",
        "question": texts[0][2],
    }
    kind = "diagnosis.match_either" if len(ids) > 1 else "diagnosis.match"
    facts |= changes
    return {"ids": list(ids), "certainty": "match", "message_id": kind, "facts": facts}


@pytest.mark.usefixtures("french")
def test_a_family_is_named_in_the_reader_s_language() -> None:
    """Title and message are translated before the nouns are put in, which are translated too."""
    said = messages._misconception(diagnosis("shifted_rows"), ORIGINAL)
    assert (said.title, said.message) == (
        "lignes décalées d'un rang",
        "Vos lignes sont décalées d'un rang.",
    )


@pytest.mark.usefixtures("french")
def test_each_of_two_names_is_translated() -> None:
    """Names between "or" are translated one by one."""
    said = messages._misconception(diagnosis("sign", "shifted_rows"), ORIGINAL)
    assert said.message == "Plusieurs erreurs : le mauvais signe ou lignes décalées d'un rang."


@pytest.mark.usefixtures("french")
def test_an_author_s_words_and_older_reports_are_shown_as_they_are() -> None:
    """What is no family's text, or says nothing of its axes, is not touched."""
    own = diagnosis("sign", message="The author's own sentence.")
    assert messages._misconception(own, ORIGINAL).message == "The author's own sentence."
    older = diagnosis("sign")
    del older["facts"]["rows"]
    assert messages._misconception(older, ORIGINAL).title == FAMILIES["sign"][0]
