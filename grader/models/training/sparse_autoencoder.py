"""Train the sparse autoencoder of MiniLM's layer 3 on Austen's novels; about a minute, numpy only.

    WHYBOX_MODELS=var/models python -m grader.models.training.sparse_autoencoder NOVELS

Writes `sae.safetensors`, and the passages that it has not seen: `austen.passages.json`.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from grader.models.conversion import write
from grader.models.fetching import SHIPPED
from grader.models.training.novels import paragraphs
from grader.models.whybox_models import load_encoder
from grader.models.whybox_models.autoencoder import ACTIVE, keep_largest
from grader.models.whybox_models.store import AUTOENCODER_PLACE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.models.whybox_models import Encoder
    from grader.models.whybox_models.weights import Array

SEED: Final = 0
FEATURES: Final = 512
STEPS: Final = 1500
BATCH: Final = 512
RATE: Final = 2e-3
_COOLING: Final = 400
_LENGTHS: Final = range(60, 400)
_FOR_TRAINING: Final = 700
_HELD_OUT: Final = 240


def chosen_passages(novels: Path) -> tuple[list[str], list[str]]:
    """Return the passages for training and those held out, drawn by lot."""
    fit = [text.replace("_", "") for text in paragraphs(novels) if len(text) in _LENGTHS]
    order = np.random.default_rng(SEED).permutation(len(fit))
    drawn = [fit[at] for at in order[: _FOR_TRAINING + _HELD_OUT]]
    return drawn[:_FOR_TRAINING], drawn[_FOR_TRAINING:]


def activations(model: Encoder, passages: Sequence[str]) -> Array:
    """Return the stream at the place of the autoencoder, without [CLS] and [SEP]."""
    runs = (model.run_with_cache(model.to_tokens(text))[1] for text in passages)
    return np.concatenate([run[AUTOENCODER_PLACE][1:-1] for run in runs])


def train(stream: Array, features: int, steps: int, seed: int) -> dict[str, Array]:
    """Return the matrices of an autoencoder: Adam, the decoder's rows kept at length 1."""
    rng = np.random.default_rng(seed)
    mean = stream.mean(axis=0)
    scale = np.sqrt(np.square(stream - mean).sum(axis=1).mean()).reshape(1)
    rows = (stream - mean) / scale
    decoder = rng.normal(size=(features, rows.shape[1])).astype(np.float32)
    decoder /= np.linalg.norm(decoder, axis=1, keepdims=True)
    weights = [decoder.T.copy(), np.zeros(features, np.float32), decoder]
    first = [np.zeros_like(array) for array in weights]
    second = [np.zeros_like(array) for array in weights]
    for step in range(1, steps + 1):
        batch = rows[rng.integers(0, len(rows), BATCH)]
        code = keep_largest(batch @ weights[0] + weights[1], ACTIVE)
        error = 2 * (code @ weights[2] - batch) / BATCH
        back = (error @ weights[2].T) * (code > 0)
        gradients = [batch.T @ back, back.sum(axis=0), code.T @ error]
        rate = RATE * min(1.0, (steps - step + 1) / _COOLING)
        for at, gradient in enumerate(gradients):
            first[at] = 0.9 * first[at] + 0.1 * gradient
            second[at] = 0.99 * second[at] + 0.01 * np.square(gradient)
            size = np.sqrt(second[at] / (1 - 0.99**step)) + 1e-8
            weights[at] -= np.float32(rate / (1 - 0.9**step)) * first[at] / size
        weights[2] /= np.linalg.norm(weights[2], axis=1, keepdims=True)
    names = ("encoder", "bias", "decoder")
    return dict(zip(names, weights, strict=True)) | {"mean": mean, "scale": scale}


def main() -> None:
    """Train, say what came of it, and write."""
    parser = argparse.ArgumentParser(description="Train the sparse autoencoder.")
    parser.add_argument("novels", type=Path, help="the file of the package r-cran-janeaustenr")
    parser.add_argument("--target", type=Path, default=SHIPPED)
    options = parser.parse_args()
    seen, held_out = chosen_passages(options.novels)
    stream = activations(load_encoder(), seen)
    print(f"{len(stream)} positions of {len(seen)} passages, {time.process_time():.0f} s")
    trained = train(stream, FEATURES, STEPS, SEED)
    rows = (stream - trained["mean"]) / trained["scale"]
    code = keep_largest(rows @ trained["encoder"] + trained["bias"], ACTIVE)
    left = np.square(rows - code @ trained["decoder"]).sum() / np.square(rows).sum()
    dead = int((code > 0).any(axis=0).sum())
    print(f"variance explained {1 - left:.3f}, features active somewhere {dead} of {FEATURES}")
    print(f"{time.process_time():.0f} s of processor time")
    halves = {name: array.astype(np.float16) for name, array in trained.items()}
    write(options.target / "sae.safetensors", halves)
    text = json.dumps(held_out, ensure_ascii=False, indent=0)
    (options.target / "austen.passages.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
