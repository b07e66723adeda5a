"""The attention-only model at steps of its training: its shape, its gradients, its phase change."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from unittest import mock

import numpy as np
import pytest

from grader.models import fetching
from grader.models.whybox_models import Decoder, checkpoints, load, load_decoder

if TYPE_CHECKING:
    from collections.abc import Iterator

STEP = 1e-2


@pytest.fixture(autouse=True)
def _shipped() -> Iterator[None]:
    """Read the files that lie in the repository."""
    with mock.patch.dict(os.environ, {"WHYBOX_MODELS": str(fetching.SHIPPED)}):
        yield


def second_half(model: Decoder) -> float:
    """Return the mean loss on the second copy of 32 random symbols."""
    once = np.random.default_rng(0).integers(0, 64, 32)
    tokens = np.concatenate([once, once])
    logits = model(tokens)
    logs = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    return float(-logs[np.arange(32, 63), tokens[33:]].mean())


def test_the_loss_falls_at_once() -> None:
    """Before step 300 a repetition helps little, at 500 it is continued nearly without error."""
    steps = checkpoints()
    assert steps[0] == 0
    assert len(steps) >= 10
    losses = {step: second_half(load_decoder(f"phase-{step}")) for step in steps}
    assert losses[300] > 3
    assert losses[500] < 0.5
    assert losses[steps[-1]] < 0.1


def test_without_a_step_it_is_the_last_checkpoint() -> None:
    """`load("phase")` is what training ended with; a step that was not kept is refused."""
    last, named = load("phase"), load_decoder(f"phase-{checkpoints()[-1]}")
    assert isinstance(last, Decoder)
    tokens = named.to_tokens("WhyboxWhyb")
    assert len(tokens) == 10
    assert np.array_equal(last(tokens), named(tokens))
    with pytest.raises(ValueError, match="nothing here begins with '7/'"):
        load_decoder("phase-7")


def test_a_model_without_mlps_has_no_place_for_them() -> None:
    """Neither in the cache nor for a hook, which would otherwise do nothing in silence."""
    model = load_decoder("phase-500")
    tokens = model.to_tokens("abcabc")
    _, cache = model.run_with_cache(tokens)
    assert not [name for name, _ in cache if name.startswith("mlp")]
    with pytest.raises(KeyError, match="no hook at"):
        model.run_with_hooks(tokens, {("mlp_out", 0): lambda array: array})


@pytest.mark.parametrize("name", ["resid_pre", "pattern", "z", "attn_out", "resid_post"])
@pytest.mark.parametrize("layer", [0, 1])
def test_gradients_are_those_of_small_changes(name: str, layer: int) -> None:
    """With attention only, and an unembedding that is not the embedding."""
    model = load_decoder("phase-400")
    tokens = model.to_tokens("Whybox7Whyb")
    rng = np.random.default_rng(1)
    metric = rng.normal(size=64).astype(np.float32)
    _, cache = model.run_with_cache(tokens)
    change = rng.normal(size=cache[name, layer].shape) * np.abs(cache[name, layer]).mean()

    def moved(size: float) -> float:
        hooks = {(name, layer): lambda array: array + size * change}
        return float(model.run_with_hooks(tokens, hooks)[-1] @ metric)

    measured = (moved(STEP) - moved(-STEP)) / (2 * STEP)
    expected = float((model.gradients(cache, metric)[name, layer] * change).sum())
    assert expected == pytest.approx(measured, rel=0.03, abs=0.02)
