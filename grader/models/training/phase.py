"""Train the attention-only model whose induction heads appear all at once; keep it on the way.

    python -m grader.models.training.phase

Needs torch, which is no dependency of the project: any environment that has torch and numpy will do
(2.14 was used). Two layers, four heads, 64 tokens, no MLP; each row repeats a random sequence. The
seed is fixed; another version of torch may give slightly other numbers.
"""

from __future__ import annotations

import argparse
import math
import string
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from torch.nn import functional

from grader.models.conversion import write, write_tokenizer
from grader.models.training.layers import norm, split, turn

if TYPE_CHECKING:
    from torch import Tensor

    Parameters = dict[str, Tensor]

SHIPPED: Final = Path(__file__).resolve().parents[1] / "shipped"
SYMBOLS: Final = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"
CHECKPOINTS: Final = (0, 100, 200, 300, 320, 340, 360, 380, 400, 500, 1000, 2500)
SEED: Final = 0
WIDTH: Final = 64
HEADS: Final = 4
LAYERS: Final = 2
LENGTH: Final = 64
ROWS: Final = 32
RATE: Final = 3e-3
_BASE: Final = 100.0
_WARM_UP: Final = 50
_UNPREDICTABLE: Final = 0.1
"""Weight of the first pass, which nothing can predict."""
_HEAD_WIDTH: Final = WIDTH // HEADS
_FORBIDDEN: Final = -1e9


def new_parameters() -> Parameters:
    """Return random matrices, named as the library names them."""
    count = len(SYMBOLS)
    found = {"embed": torch.randn(count, WIDTH) / 2, "unembed": torch.randn(count, WIDTH) / 8}
    for layer in range(LAYERS):
        for name in "qkvo":
            size = 16 if name == "o" else 8
            found[f"{layer}.{name}"] = torch.randn(WIDTH, WIDTH) / size
    return {name: matrix.requires_grad_() for name, matrix in found.items()}


def logits(parameters: Parameters, tokens: Tensor, patterns: list[Tensor] | None = None) -> Tensor:
    """Return the logits of some rows; the attention of each layer is added to `patterns`."""
    stream = parameters["embed"][tokens]
    future = torch.ones(tokens.shape[1], tokens.shape[1]).triu(1).bool()
    for layer in range(LAYERS):
        normed = norm(stream)
        q, k, v = (split(normed @ parameters[f"{layer}.{name}"].T, HEADS) for name in "qkv")
        scores = turn(q, _BASE) @ turn(k, _BASE).transpose(-1, -2) / _HEAD_WIDTH**0.5
        pattern = scores.masked_fill(future, _FORBIDDEN).softmax(-1)
        if patterns is not None:
            patterns.append(pattern)
        z = (pattern @ v).transpose(1, 2).reshape(stream.shape)
        stream = stream + z @ parameters[f"{layer}.o"].T
    return norm(stream) @ parameters["unembed"].T


def rows(generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return random sequences, each repeated to fill its row, and the weight of each target."""
    tokens = torch.empty(ROWS, LENGTH + 1, dtype=torch.long)
    weights = torch.ones(ROWS, LENGTH)
    for row in range(ROWS):
        period = int(torch.randint(5, 40, (1,), generator=generator))
        once = torch.randint(0, len(SYMBOLS), (period,), generator=generator)
        tokens[row] = once.repeat(math.ceil((LENGTH + 1) / period))[: LENGTH + 1]
        weights[row, :period] = _UNPREDICTABLE
    return tokens, weights


def train(steps: int) -> dict[int, Parameters]:
    """Return the parameters at each checkpoint."""
    torch.manual_seed(SEED)
    generator = torch.Generator().manual_seed(SEED)
    parameters = new_parameters()
    adam = torch.optim.AdamW(parameters.values(), lr=RATE, betas=(0.9, 0.98), weight_decay=0.01)
    kept = {}
    for step in range(steps + 1):
        if step in CHECKPOINTS:
            kept[step] = {name: matrix.detach().clone() for name, matrix in parameters.items()}
            print(step, _scores(parameters), f"{time.process_time():.0f} s", flush=True)
        tokens, weights = rows(generator)
        for group in adam.param_groups:
            group["lr"] = RATE * min(1, (step + 1) / _WARM_UP) * max(0.05, 1 - step / steps)
        losses = _losses(logits(parameters, tokens[:, :-1]), tokens)
        ((losses * weights).sum() / weights.sum()).backward()
        adam.step()
        adam.zero_grad()
    return kept


def _scores(parameters: Parameters) -> str:
    """Return the losses of both passes and the best heads' attention, on 16 fixed rows."""
    half = LENGTH // 2
    once = torch.randint(0, len(SYMBOLS), (16, half), generator=torch.Generator().manual_seed(5))
    tokens = torch.cat([once, once], 1)
    patterns: list[Tensor] = []
    with torch.no_grad():
        losses = _losses(logits(parameters, tokens, patterns)[:, :-1], tokens)
    previous = patterns[0].diagonal(-1, -2, -1).mean((0, 2)).max()
    induction = patterns[1].diagonal(1 - half, -2, -1)[..., 1:].mean((0, 2)).max()
    first, second = losses[:, : half - 1].mean(), losses[:, half:].mean()
    return f"loss {first:.2f} {second:.3f}, previous {previous:.2f}, induction {induction:.2f}"


def _losses(found: Tensor, tokens: Tensor) -> Tensor:
    targets = tokens[:, 1:]
    losses = functional.cross_entropy(found.flatten(0, 1), targets.flatten(), reduction="none")
    return losses.view(targets.shape)


def main() -> None:
    """Train and write."""
    parser = argparse.ArgumentParser(description="Train the model of the phase change.")
    parser.add_argument("--steps", type=int, default=max(CHECKPOINTS))
    parser.add_argument("--target", type=Path, default=SHIPPED)
    options = parser.parse_args()
    torch.set_num_threads(1)
    arrays: dict[str, Any] = {}
    ones = np.ones(WIDTH, np.float16)
    for step, parameters in train(options.steps).items():
        halves = {name: matrix.half().numpy() for name, matrix in parameters.items()}
        norms = {"final_norm": ones} | {f"{layer}.norm_1": ones for layer in range(LAYERS)}
        arrays |= {f"{step}/{name}": array for name, array in (halves | norms).items()}
    write(options.target / "phase.safetensors", arrays)
    write_tokenizer(options.target / "phase.tokenizer.json", tokens=list(SYMBOLS))


if __name__ == "__main__":
    main()
