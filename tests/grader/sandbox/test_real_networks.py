"""Real networks inside the sandbox: the library is there, the weights too, both read-only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.models.fetching import fetch
from grader.sandbox.environment import models_folder
from grader.sandbox.job import Job, Verdict

if TYPE_CHECKING:
    from grader.sandbox.job import Sandbox

OPEN = """
import whybox_models
model = whybox_models.load("austen")
logits, cache = model.run_with_cache(model.to_tokens("Mr. Bing"))
print(model.to_text([logits[-1].argmax()]), cache["pattern", 2].shape)
"""
WRITE = """
from pathlib import Path
for place in ("/models/mine", whybox_models.__file__):
    try:
        Path(place).write_text("x")
    except OSError as error:
        print(type(error).__name__)
"""


def test_a_notebook_opens_a_network(warm: Sandbox) -> None:
    """It predicts "ley" after "Bing"; neither weights nor library can be changed."""
    folder = models_folder()
    assert folder is not None
    fetch(folder, ["austen"], say=lambda _: None)
    run = warm.run(Job(cells=(OPEN, WRITE), outputs=()))
    assert run.verdict is Verdict.OK, run.error
    printed = ["".join(output.get("text", "") for output in cell.outputs) for cell in run.cells]
    assert printed[0] == "['ley'] (4, 4, 4)\n"
    assert printed[1].split() in (["OSError", "OSError"], ["PermissionError", "PermissionError"])
