"""The networks compute what PyTorch computes with the same weights.

fidelity.json holds what torch and transformers gave (its `made_with` says which releases) for the
published weights of the pinned packages, and for SmolLM2 also for its 8-bit form. Needs the models:
`make models`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from grader.models.whybox_models import load_decoder, load_encoder, load_vision
from grader.sandbox.environment import MODELS_VARIABLE, models_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

KNOWN: dict[str, Any] = json.loads(Path(__file__).with_name("fidelity.json").read_text("utf-8"))


@pytest.fixture(autouse=True, scope="module")
def models() -> Iterator[None]:
    """Let the library read this machine's models."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv(MODELS_VARIABLE, str(models_folder()))
        yield


@pytest.mark.parametrize("known", KNOWN["minilm"], ids=lambda known: known["text"][:12])
def test_minilm(known: dict[str, Any]) -> None:
    """Tokens are the same; activations agree to 1e-6, gradients to 1e-5."""
    model = load_encoder()
    tokens = model.to_tokens(known["text"])
    assert tokens.tolist() == known["ids"]
    pooled, cache = model.run_with_cache(tokens)
    assert pooled[:24] == pytest.approx(np.array(known["pooled"]), abs=1.5e-6)
    assert cache["pattern", 3][5, 1] == pytest.approx(np.array(known["pattern"]), abs=1.5e-6)
    gradient = model.gradients(cache, np.cos(np.arange(384)))["words", 0]
    assert gradient[:, 0] == pytest.approx(np.array(known["gradient"]), abs=1e-5)
    assert np.linalg.norm(gradient) == pytest.approx(known["gradient_norm"], rel=1e-5)


@pytest.mark.parametrize("known", KNOWN["smollm2"], ids=lambda known: known["text"][:12])
def test_smollm2(known: dict[str, Any]) -> None:
    """With the same 8-bit weights to 1e-4; the published ones give the same first three tokens."""
    model = load_decoder("smollm2")
    tokens = model.to_tokens(known["text"])
    assert tokens.tolist() == known["ids"]
    logits, cache = model.run_with_cache(tokens)
    same, published = known["eight_bit"], known["published"]
    assert logits[-1, same["top"]] == pytest.approx(np.array(same["logits"]), abs=1e-4)
    assert logits[0, :6] == pytest.approx(np.array(same["first"]), abs=1e-4)
    assert cache["pattern", 23][3, -1] == pytest.approx(np.array(same["pattern"]), abs=1e-5)
    metric = np.zeros(logits.shape[1], np.float32)
    metric[same["pair"]] = 1, -1
    gradient = model.gradients(cache, metric)["resid_pre", 0][:, 0]
    largest = np.abs(same["gradient"]).max()
    assert gradient == pytest.approx(np.array(same["gradient"]), abs=2e-5 * largest)
    assert np.argsort(-logits[-1])[:3].tolist() == published["top"][:3]
    logs = logits[-1] - np.log(np.exp(logits[-1] - logits[-1].max()).sum()) - logits[-1].max()
    expected = np.array(published["log_probability"])
    assert logs[published["top"]] == pytest.approx(expected, abs=0.4)


def picture(number: int) -> np.ndarray:
    """Return a coloured pattern of rings and stripes, computed as it was for the known values."""
    down, right = np.mgrid[:224, :224]
    rings = np.hypot(right - 112, down - 100) / (7 + number)
    stripes = (right + 2 * down) / (11 + 3 * number)
    channels = [127 + 100 * np.cos(rings), 127 + 90 * np.sin(stripes), 40 + (right + down) / 3]
    return np.stack(channels, -1).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("known", KNOWN["efficientnet"], ids=lambda known: str(known["picture"]))
def test_efficientnet(known: dict[str, Any]) -> None:
    """In half floats logits agree to .05; the class map adds up to the logit exactly."""
    model = load_vision()
    logits, cache = model.run_with_cache(picture(known["picture"]))
    assert logits[known["top"]] == pytest.approx(np.array(known["logits"]), abs=0.05)
    named = known["top"][0]
    metric = np.zeros(1000, np.float32)
    metric[named] = 1
    gradient = model.gradients(cache, metric)["pixels", 0]
    part = np.array(known["gradient_block"])
    assert np.corrcoef(gradient[::28, ::28, 1].ravel(), part.ravel())[0, 1] > 0.97
    assert np.linalg.norm(gradient) == pytest.approx(known["gradient_norm"], rel=0.02)
    evidence = cache["head", 0] @ model.weights["fc.w"][:, named]
    total = evidence.mean() + model.weights["fc.b"][named]
    assert total == pytest.approx(logits[named], abs=1e-4)
