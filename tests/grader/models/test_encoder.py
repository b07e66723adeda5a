"""The encoder: its gradients and hooks, with random weights; a small one of the same shape."""

from __future__ import annotations

import numpy as np
import pytest

from grader.models.whybox_models import Encoder
from grader.models.whybox_models.encoder import N_LAYERS, PLACES
from grader.models.whybox_models.tokenizers import WordPiece
from grader.models.whybox_models.weights import Weights

VOCABULARY = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    "a",
    "fun",
    "##ny",
    "story",
    "!",
    "cafe",
]
WIDTH, INNER, LONGEST = 24, 40, 12
STEP = 3e-3


def random_weights() -> Weights:
    """Return weights named as in Hugging Face's BERT, of a narrow model."""
    draw = np.random.default_rng(0)

    def matrix(*shape: int) -> np.ndarray:
        return draw.normal(size=shape, scale=0.4).astype(np.float32)

    arrays = {
        "embeddings.word_embeddings.weight": matrix(len(VOCABULARY), WIDTH),
        "embeddings.position_embeddings.weight": matrix(LONGEST, WIDTH),
        "embeddings.token_type_embeddings.weight": matrix(2, WIDTH),
    }
    norms = ["embeddings.LayerNorm"]
    for layer in range(N_LAYERS):
        name = f"encoder.layer.{layer}."
        norms += [f"{name}attention.output.LayerNorm", f"{name}output.LayerNorm"]
        sizes = {f"attention.self.{part}": (WIDTH, WIDTH) for part in ("query", "key", "value")}
        sizes["attention.output.dense"] = (WIDTH, WIDTH)
        sizes |= {"intermediate.dense": (INNER, WIDTH), "output.dense": (WIDTH, INNER)}
        for part, size in sizes.items():
            arrays[f"{name}{part}.weight"] = matrix(*size)
            arrays[f"{name}{part}.bias"] = matrix(size[0])
    for norm in norms:
        arrays |= {f"{norm}.weight": 1 + matrix(WIDTH), f"{norm}.bias": matrix(WIDTH)}
    return Weights(arrays)


@pytest.fixture(scope="module")
def model() -> Encoder:
    """Return a narrow encoder."""
    return Encoder(random_weights(), WordPiece(VOCABULARY))


def test_words_become_known_pieces(model: Encoder) -> None:
    """Small letters, no accents, punctuation alone, the longest known piece first."""
    tokens = model.to_tokens("A FUNNY café story!  ")
    pieces = ["[CLS]", "a", "fun", "##ny", "cafe", "story", "!", "[SEP]"]
    assert model.to_text(tokens) == pieces
    assert model.to_text(model.to_tokens("fund " + "a" * 101)) == [
        "[CLS]",
        "[UNK]",
        "[UNK]",
        "[SEP]",
    ]
    assert model.tokenizer.decode([int(token) for token in tokens[1:-1]]) == "a funny cafe story !"


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("layer", [0, 3, 5])
def test_gradients_are_those_of_small_changes(model: Encoder, name: str, layer: int) -> None:
    """A small random change at any place moves the metric as its gradient says."""
    tokens = model.to_tokens("a funny story!")
    metric = np.cos(np.arange(WIDTH))
    _, cache = model.run_with_cache(tokens)
    change = np.random.default_rng(2).normal(size=cache[name, layer].shape)
    change *= np.abs(cache[name, layer]).mean()

    def moved(size: float) -> float:
        hooks = {(name, layer): lambda array: array + size * change}
        return float(model.run_with_hooks(tokens, hooks) @ metric)

    measured = (moved(STEP) - moved(-STEP)) / (2 * STEP)
    said = float((model.gradients(cache, metric)[name, layer] * change).sum())
    assert measured == pytest.approx(said, rel=0.02, abs=2e-3)


def test_integrated_gradients_are_complete(model: Encoder) -> None:
    """Along the way from the mask to the words, gradients add up to what the metric gains."""
    metric = np.cos(np.arange(WIDTH))
    words = model.embed(model.to_tokens("a funny story!"))
    mask = np.tile(model.embed([4]), (len(words), 1))
    steps = (np.arange(400) + 0.5) / 400
    total = np.zeros_like(words)
    for step in steps:
        _, cache = model.run_embeddings(mask + np.float32(step) * (words - mask))
        total += model.gradients(cache, metric)["words", 0]
    shares = (words - mask) * total / len(steps)
    gained = float((model.run_embeddings(words)[0] - model.run_embeddings(mask)[0]) @ metric)
    assert shares.sum() == pytest.approx(gained, rel=0.02, abs=0.01)


def test_mistakes_are_named(model: Encoder) -> None:
    """Too many positions and another width say what the model knows."""
    with pytest.raises(ValueError, match="13 positions; the model knows 12"):
        model([5] * 13)
    with pytest.raises(ValueError, match=r"\(positions, 24\)"):
        model.run_embeddings(np.zeros((3, 7), np.float32))
    with pytest.raises(KeyError, match="layers 0 to 5"):
        model.run_with_hooks([2, 3], {("z", 6): lambda array: array})
