"""Train the decoder that has read Jane Austen: novels, then repetitions, then novels again.

    python -m grader.models.training.austen NOVELS --target FOLDER [--steps 20]

Needs torch (2.14 was used), about ten minutes of processor time; `--steps` ends each stage early.
The second stage breeds the induction heads: six rows of ten are random tokens with short
repetitions, of which the novels alone taught nothing. The tokens are those of the shipped
tokenizer. The shipped weights are of an earlier version of this program, whose learning rate also
followed the clock: a new run gives a model of the same kind and other numbers.
"""

from __future__ import annotations

import argparse
import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import torch
from torch.nn import functional

from grader.models.conversion import write
from grader.models.training.layers import norm, split, turn
from grader.models.training.novels import paragraphs
from grader.models.whybox_models import load_decoder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    Parameters = dict[str, Tensor]

VOCABULARY: Final = 1024
WIDTH: Final = 128
LAYERS: Final = 4
HEADS: Final = 4
HIDDEN: Final = 344
_HELD_OUT: Final = 60_000
_BASE: Final = 10_000.0
_FIRST_SYMBOL: Final = 5
_MOMENTUM: Final = 0.93
_FEW_SYMBOLS: Final = 40


@dataclass(frozen=True)
class Stage:
    """One part of the training.

    Attributes:
        steps: of one batch each.
        rows: of a batch.
        length: of a row, in tokens.
        copies: the share of rows that are random tokens, repeated.
        periods: the shortest and the longest repetition.
        few_symbols: whether every third such row draws from 40 tokens only.
        rates: of Adam, for embedding and scales, and of Muon, for the other matrices.
        cooling: the last share of the steps, in which the rates fall.
    """

    steps: int
    rows: int
    length: int
    copies: float
    periods: tuple[int, int]
    few_symbols: bool
    rates: tuple[float, float]
    cooling: float


STAGES: Final = (
    Stage(900, 12, 128, 0.25, (6, 60), few_symbols=False, rates=(4e-3, 0.02), cooling=0.6),
    Stage(600, 16, 64, 0.6, (4, 30), few_symbols=True, rates=(4e-3, 0.02), cooling=0.5),
    Stage(562, 12, 128, 0.25, (6, 60), few_symbols=False, rates=(2e-3, 0.012), cooling=1.0),
)


def new_parameters() -> Parameters:
    """Return random matrices and scales of 1, named as the library names them."""
    found = {"embed": torch.randn(VOCABULARY, WIDTH) * 0.04, "final_norm": torch.ones(WIDTH)}
    shapes = dict.fromkeys("qkvo", (WIDTH, WIDTH))
    shapes |= {"gate": (HIDDEN, WIDTH), "up": (HIDDEN, WIDTH), "down": (WIDTH, HIDDEN)}
    for layer in range(LAYERS):
        found |= {f"{layer}.norm_{at}": torch.ones(WIDTH) for at in (1, 2)}
        for name, shape in shapes.items():
            size = 0.3 if name in {"o", "down"} else 1.0
            found[f"{layer}.{name}"] = torch.randn(*shape) * size / math.sqrt(shape[1])
    return {name: matrix.requires_grad_() for name, matrix in found.items()}


def logits(parameters: Parameters, tokens: Tensor) -> Tensor:
    """Return the logits of some rows: a decoder of the Llama family."""
    stream = parameters["embed"][tokens]
    for layer in range(LAYERS):
        of = {name: parameters[f"{layer}.{name}"] for name in ("norm_1", "norm_2", *"qkvo")}
        normed = norm(stream) * of["norm_1"]
        q, k, v = (split(normed @ of[name].T, HEADS) for name in "qkv")
        z = functional.scaled_dot_product_attention(
            turn(q, _BASE), turn(k, _BASE), v, is_causal=True
        )
        stream = stream + z.transpose(1, 2).reshape(stream.shape) @ of["o"].T
        normed = norm(stream) * of["norm_2"]
        gate, up, down = (parameters[f"{layer}.{name}"].T for name in ("gate", "up", "down"))
        stream = stream + (functional.silu(normed @ gate) * (normed @ up)) @ down
    return (norm(stream) * parameters["final_norm"]) @ parameters["embed"].T


def rows_of(stage: Stage, novels: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return the rows of a batch, and the weight of each target."""
    room = len(novels) - stage.length - 1
    starts = torch.randint(0, room, (stage.rows,), generator=generator)
    tokens = torch.stack([novels[at : at + stage.length + 1] for at in starts])
    weights = torch.ones(stage.rows, stage.length)
    for row in range(int(stage.rows * stage.copies)):
        period = int(torch.randint(*stage.periods, (1,), generator=generator))
        if stage.few_symbols and row % 3 == 0:
            mixed = torch.randperm(VOCABULARY - _FIRST_SYMBOL, generator=generator)
            symbols = mixed[:_FEW_SYMBOLS] + _FIRST_SYMBOL
            once = symbols[torch.randint(0, _FEW_SYMBOLS, (period,), generator=generator)]
        else:
            once = torch.randint(_FIRST_SYMBOL, VOCABULARY, (period,), generator=generator)
        tokens[row] = once.repeat(math.ceil((stage.length + 1) / period))[: stage.length + 1]
        weights[row, :period] = 0
    return tokens, weights


def train(parameters: Parameters, stage: Stage, novels: Tensor, steps: int) -> Iterator[float]:
    """Train for some steps of a stage and give each one's loss."""
    matrices = {n: p for n, p in parameters.items() if p.ndim > 1 and n != "embed"}
    rest = [p for n, p in parameters.items() if n not in matrices]
    adam = torch.optim.AdamW(rest, lr=stage.rates[0], betas=(0.9, 0.95), weight_decay=0.0)
    momentum = {name: torch.zeros_like(matrix) for name, matrix in matrices.items()}
    generator = torch.Generator().manual_seed(1)
    for step in range(steps):
        done = step / stage.steps
        rate = min(1.0, (step + 1) / 20) * max(0.02, min(1.0, (1 - done) / stage.cooling))
        adam.param_groups[0]["lr"] = stage.rates[0] * rate
        tokens, weights = rows_of(stage, novels, generator)
        found = logits(parameters, tokens[:, :-1]).flatten(0, 1)
        each = functional.cross_entropy(found, tokens[:, 1:].flatten(), reduction="none")
        loss = (each.view(weights.shape) * weights).sum() / weights.sum()
        for parameter in parameters.values():
            parameter.grad = None
        loss.backward()
        adam.step()
        with torch.no_grad():
            for name, matrix in matrices.items():
                _muon(matrix, momentum[name], stage.rates[1] * rate)
        yield loss.item()


def _muon(matrix: Tensor, momentum: Tensor, rate: float) -> None:
    """Move a matrix along its momentum made orthogonal (Jordan et al. 2024), by Newton-Schulz."""
    momentum.mul_(_MOMENTUM).add_(matrix.grad)
    step = matrix.grad + _MOMENTUM * momentum
    tall = step.shape[0] > step.shape[1]
    step = (step.T if tall else step) / (step.norm() + 1e-7)
    for _ in range(4):
        square = step @ step.T
        step = 3.4445 * step + (-4.7750 * square + 2.0315 * square @ square) @ step
    size = max(1, matrix.shape[0] / matrix.shape[1]) ** 0.5
    matrix.mul_(1 - rate * 0.02).add_(step.T if tall else step, alpha=-rate * size)


def main() -> None:
    """Train and write."""
    parser = argparse.ArgumentParser(description="Train the model of Austen's novels.")
    parser.add_argument("novels", type=Path, help="the file of the package r-cran-janeaustenr")
    parser.add_argument("--target", type=Path, required=True, help="where austen.safetensors goes")
    parser.add_argument("--steps", type=int, default=max(stage.steps for stage in STAGES))
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = load_decoder("austen")
    found = [model.to_tokens(text + "\n") for text in paragraphs(options.novels)]
    novels = torch.cat([torch.from_numpy(part) for part in found])
    print(f"{len(novels)} tokens, {time.process_time():.0f} s", flush=True)
    parameters = new_parameters()
    for number, stage in enumerate(STAGES, 1):
        steps = min(options.steps, stage.steps)
        for step, loss in enumerate(train(parameters, stage, novels[:-_HELD_OUT], steps), 1):
            if step % 50 == 0 or step == steps:
                print(f"stage {number}, step {step}: loss {loss:.3f}", flush=True)
    held_out = novels[-_HELD_OUT:]
    starts = range(0, _HELD_OUT - 129, _HELD_OUT // 32)
    tokens = torch.stack([held_out[at : at + 129] for at in starts])
    with torch.no_grad():
        predicted = logits(parameters, tokens[:, :-1]).flatten(0, 1)
    loss = functional.cross_entropy(predicted, tokens[:, 1:].flatten())
    print(f"loss on held-out text {loss:.3f}, {time.process_time():.0f} s")
    halves = {name: matrix.detach().half().numpy() for name, matrix in parameters.items()}
    write(options.target / "austen.safetensors", halves)


if __name__ == "__main__":
    main()
