"""The decoder: its gradients, its hooks and what it is known to do, on the model of our own."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from unittest import mock

import numpy as np
import pytest

from grader.models import fetching
from grader.models.whybox_models import ablate, load_decoder, patch
from grader.models.whybox_models.decoder import PLACES

if TYPE_CHECKING:
    from grader.models.whybox_models import Decoder
    from grader.models.whybox_models.activations import Place

PROMPT = "It is a truth universally acknowledged, that a single man"
STEP = 1e-2


@pytest.fixture(scope="module")
def model() -> Decoder:
    """Return the model of Austen's novels, which lies in the repository."""
    with mock.patch.dict(os.environ, {"WHYBOX_MODELS": str(fetching.SHIPPED)}):
        return load_decoder("austen")


def repeated(model: Decoder) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return 30 random tokens, twice."""
    once = np.random.default_rng(3).integers(1, model.weights.count("embed"), 30)
    return np.concatenate([once, once])


def losses(logits: np.ndarray, tokens: np.ndarray) -> np.ndarray:
    """Return the cross entropy of each next token, in nats."""
    shifted = logits - logits.max(-1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
    found: np.ndarray = -logs[np.arange(len(tokens) - 1), tokens[1:]]
    return found


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("layer", [0, 2, 3])
def test_gradients_are_those_of_small_changes(model: Decoder, name: str, layer: int) -> None:
    """A small random change at any place moves the metric as its gradient says."""
    tokens = model.to_tokens(PROMPT)
    metric = np.random.default_rng(1).normal(size=model.weights.count("embed"))
    logits, cache = model.run_with_cache(tokens)
    place: Place = (name, layer)
    change = np.random.default_rng(2).normal(size=cache[place].shape)
    change *= np.abs(cache[place]).mean()

    def moved(size: float) -> float:
        hooks = {place: lambda array: array + size * change}
        return float(model.run_with_hooks(tokens, hooks)[-1] @ metric)

    measured = (moved(STEP) - moved(-STEP)) / (2 * STEP)
    said = float((model.gradients(cache, metric)[place] * change).sum())
    scale = np.abs(logits[-1] @ metric) + 1
    assert measured == pytest.approx(said, rel=0.01, abs=3e-4 * scale)


def test_a_metric_may_look_at_every_position(model: Decoder) -> None:
    """The gradient of a sum over positions is the sum of the gradients of each."""
    tokens = model.to_tokens(PROMPT)
    logits, cache = model.run_with_cache(tokens)
    metric = np.zeros_like(logits)
    metric[2, 5], metric[-1, 9] = 1, -2
    alone = [
        np.where(np.arange(len(logits))[:, None] == at, metric, 0) for at in (2, len(logits) - 1)
    ]
    parts = [model.gradients(cache, part)["resid_pre", 0] for part in alone]
    whole = model.gradients(cache, metric)["resid_pre", 0]
    assert whole == pytest.approx(parts[0] + parts[1], abs=1e-5)


def test_no_position_reads_a_later_one(model: Decoder) -> None:
    """The prediction at a position is the same, whatever follows it."""
    tokens = model.to_tokens(PROMPT)
    shorter = model(tokens[:6])
    assert model(tokens)[:6] == pytest.approx(shorter, abs=1e-4)
    _, cache = model.run_with_cache(tokens)
    assert not np.triu(cache.stack("pattern"), 1).any()


def test_the_stream_is_the_sum_of_what_was_added(model: Decoder) -> None:
    """Embedding and the two additions of each layer make the last stream."""
    tokens = model.to_tokens(PROMPT)
    logits, cache = model.run_with_cache(tokens)
    added = cache.stack("attn_out").sum(0) + cache.stack("mlp_out").sum(0)
    assert cache["resid_post", 3] == pytest.approx(model.embed(tokens) + added, abs=1e-4)
    assert model.unembed(cache["resid_post", 3]) == pytest.approx(logits, abs=1e-5)


def test_it_copies_by_induction_heads(model: Decoder) -> None:
    """On repeated random tokens the second pass is easy, and without the heads it is not."""
    tokens = repeated(model)
    logits, cache = model.run_with_cache(tokens)
    first, second = losses(logits, tokens)[:29].mean(), losses(logits, tokens)[30:].mean()
    assert first > 6
    assert second < 1
    # An induction head reads, at a token's second place, the token after its first place.
    patterns = cache.stack("pattern")
    scores = np.array([[np.diagonal(head, -29).mean() for head in layer] for layer in patterns])
    assert np.unravel_index(scores.argmax(), scores.shape)[0] == 2
    assert scores.max() > 0.8
    heads = {("z", 2): ablate(range(4))}
    without = losses(model.run_with_hooks(tokens, heads), tokens)[30:].mean()
    assert without > second + 3


def test_patching_everything_brings_the_clean_run_back(model: Decoder) -> None:
    """Denoising at all positions of one layer gives the clean logits; noising the corrupted."""
    clean, corrupted = (
        model.to_tokens("Mr. Darcy was proud"),
        model.to_tokens("Mr. Bingley was kind"),
    )
    length = min(len(clean), len(corrupted))
    clean, corrupted = clean[:length], corrupted[:length]
    logits, cache = model.run_with_cache(clean)
    other, other_cache = model.run_with_cache(corrupted)
    denoised = model.run_with_hooks(corrupted, {("resid_post", 1): patch(cache["resid_post", 1])})
    noised = model.run_with_hooks(clean, {("resid_post", 1): patch(other_cache["resid_post", 1])})
    assert denoised == pytest.approx(logits, abs=1e-4)
    assert noised == pytest.approx(other, abs=1e-4)
    one = patch(cache["resid_post", 1], positions=[0])
    assert model.run_with_hooks(corrupted, {("resid_post", 1): one}) != pytest.approx(
        logits, abs=1e-2
    )


def test_ablation_replaces_the_named_heads_only(model: Decoder) -> None:
    """By zero or by a mean, and no other head."""
    tokens = model.to_tokens(PROMPT)
    _, before = model.run_with_cache(tokens)
    _, after = model.run_with_cache(tokens, {("z", 1): ablate([2])})
    assert not after["z", 1][2].any()
    assert np.array_equal(np.delete(after["z", 1], 2, 0), np.delete(before["z", 1], 2, 0))
    mean = before["z", 1].mean(axis=1, keepdims=True)
    _, after = model.run_with_cache(tokens, {("z", 1): ablate([2], by=mean)})
    assert np.ptp(after["z", 1][2], axis=0) == pytest.approx(0)


def test_mistakes_are_named(model: Decoder) -> None:
    """A wrong name, layer, shape or token says what would be right."""
    tokens = model.to_tokens(PROMPT)
    with pytest.raises(KeyError, match="layers 0 to 3"):
        model.run_with_hooks(tokens, {("z", 4): lambda array: array})
    with pytest.raises(KeyError, match="resid_pre"):
        model.run_with_hooks(tokens, {("residual", 0): lambda array: array})
    with pytest.raises(ValueError, match="has to return"):
        model.run_with_hooks(tokens, {("z", 0): lambda array: array[0]})
    with pytest.raises(KeyError, match="the names are"):
        model.run_with_cache(tokens)[1]["attention", 0]
    with pytest.raises(ValueError, match="between 0 and 1023"):
        model([5, 1024])
    with pytest.raises(ValueError, match="one row"):
        model([])
    with pytest.raises(KeyError, match="tokens, not one"):
        model.tokenizer.id_of(" Wickham")


def test_a_hook_cannot_change_the_weights_or_another_run(model: Decoder) -> None:
    """A hook that writes into its array leaves later runs as they were."""
    tokens = model.to_tokens(PROMPT)
    before = model(tokens)

    def spoil(array: np.ndarray) -> np.ndarray:
        array[:] = 0
        return array

    model.run_with_hooks(tokens, {("resid_pre", 0): spoil})
    assert np.array_equal(model(tokens), before)


def test_text_survives_its_tokens(model: Decoder) -> None:
    """Any text of known bytes comes back as it was."""
    text = '"My dear Mr. Bennet," said his lady to him one day,  "have you heard?"\n1813'
    assert model.tokenizer.decode(model.tokenizer.encode(text)) == text
    with pytest.raises(ValueError, match="no token for a character"):
        model.to_tokens("東京")
    assert "".join(model.to_text(model.to_tokens(PROMPT))) == PROMPT
