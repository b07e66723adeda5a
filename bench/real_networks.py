"""Measure the experiments of the exercises on real networks in the real sandbox.

``python -m bench.real_networks [--runs N]`` prints a table and writes it into
docs/features/real-networks.md. Each experiment runs with the scientific stack imported and under
the limit of 1 GiB; then ten runs open the same model at once and say what share of it each holds.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bench.peers import CHECKOUT
from grader.models.presence import require
from grader.sandbox import open_sandbox
from grader.sandbox.job import MIB, Job, Limits, Run, Verdict

if TYPE_CHECKING:
    from grader.sandbox.pool import BubblewrapSandbox

PAGE: Final = CHECKOUT / "docs" / "features" / "real-networks.md"
BEGIN: Final = "<!-- figures: begin -->"
END: Final = "<!-- figures: end -->"
LEARNERS: Final = 10
MEETING_SECONDS: Final = 120.0
"""After so long all runs have opened the model, and measure while all hold it."""
LIMITS: Final = Limits(wall_seconds=300, cpu_seconds=300, memory_bytes=1024 * MIB)
STACK: Final = """
import json, time
import lime.lime_tabular, matplotlib.pyplot, pandas, scipy.stats, shap, sklearn.ensemble
import numpy as np
import whybox_models
"""
SENTENCE: Final = "The actors were excellent but the story was horrible."
TIMED: Final = """
started = time.perf_counter(), time.process_time()
{experiment}
wall = time.perf_counter() - started[0]
processor = time.process_time() - started[1]
measured = np.array([wall, processor])
"""
SHARES: Final = """
model = whybox_models.load_decoder("smollm2")
model(model.to_tokens("The capital of France is"))
while time.time() < {meeting}:
    time.sleep(0.1)
resident = share = 0
inside = False
for line in open("/proc/self/smaps"):
    name = line.split()
    if "-" in name[0] and not name[0].endswith(":"):
        inside = line.rstrip().endswith("smollm2.safetensors")
    elif inside and name[0] == "Rss:":
        resident += int(name[1])
    elif inside and name[0] == "Pss:":
        share += int(name[1])
measured = np.array([resident, share]) / 1024
time.sleep(5)
"""


@dataclass(frozen=True)
class Experiment:
    """One experiment of an exercise.

    Attributes:
        title: what is done.
        model: on which model.
        opening: code that opens the model and prepares; it is not timed.
        code: what is timed.
        target: the seconds that it should take at most; 0 where none was set.
    """

    title: str
    model: str
    opening: str
    code: str
    target: float = 0.0


EXPERIMENTS: Final = (
    Experiment(
        "integrated gradients, 32 steps, 12 tokens",
        "minilm",
        f"""
model = whybox_models.load_encoder()
tokens = model.to_tokens({SENTENCE!r})
E = model.embed(tokens)
baseline = np.zeros_like(E)
direction = np.ones(384, np.float32)
""",
        """
slopes = []
for a in (np.arange(32) + 0.5) / 32:
    _, run = model.run_embeddings(baseline + np.float32(a) * (E - baseline))
    slopes.append(model.gradients(run, direction)["words", 0])
""",
        2.0,
    ),
    Experiment(
        "patching a sentence pair, 144 runs",
        "minilm",
        f"""
model = whybox_models.load_encoder()
tokens = model.to_tokens({SENTENCE!r})
_, cache = model.run_with_cache(tokens)
""",
        """
for layer in range(6):
    for token in range(12):
        hook = whybox_models.patch(cache["resid_post", layer], positions=[token])
        for direction in range(2):
            model.run_with_hooks(tokens, {("resid_post", layer): hook})
""",
    ),
    Experiment(
        "a forward pass of 32 tokens, all logits",
        "smollm2",
        """
model = whybox_models.load_decoder("smollm2")
tokens = np.random.default_rng(0).integers(1000, 40000, 32)
model(tokens)
""",
        "model(tokens)",
        0.5,
    ),
    Experiment(
        "induction scan of all 270 heads, 2 x 25 tokens",
        "smollm2",
        """
model = whybox_models.load_decoder("smollm2")
once = np.random.default_rng(0).integers(1000, 40000, 25)
tokens = np.concatenate([[0], once, once])
q = np.arange(26, 51)
""",
        'scores = model.residual(tokens).stack("pattern")[:, :, q, q - 24].mean(axis=-1)',
        3.0,
    ),
    Experiment(
        "logit lens, five stages, 17 tokens",
        "austen",
        """
model = whybox_models.load_decoder("austen")
tokens = np.random.default_rng(0).integers(100, 1000, 17)
""",
        """
_, cache = model.run_with_cache(tokens)
lens = [model.unembed(stream) for stream in cache.stack("resid_post")]
""",
    ),
    Experiment(
        "induction scan of all 16 heads and three ablations, 49 tokens",
        "austen",
        """
model = whybox_models.load_decoder("austen")
once = np.random.default_rng(0).integers(100, 1000, 24)
tokens = np.concatenate([[0], once, once])
""",
        """
_, cache = model.run_with_cache(tokens)
for layer in (1, 2, 3):
    model.run_with_hooks(tokens, {("z", layer): whybox_models.ablate(range(4))})
""",
    ),
    Experiment(
        "two CAMs, and Grad-CAM at block 10",
        "efficientnet",
        """
model = whybox_models.load_vision()
picture = np.random.default_rng(0).integers(0, 256, (224, 224, 3)).astype(np.uint8)
""",
        """
logits, cache = model.run_with_cache(picture)
maps = cache["head", 0] @ model.weights["fc.w"][:, [285, 967]]
slopes = model.gradients(cache, np.eye(1000)[285])["block", 10]
""",
    ),
)


def main() -> None:
    """Measure everything, print it and write it down."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--runs", type=int, default=5)
    arguments.add_argument("--dry", action="store_true", help="leave the page as it is")
    chosen = arguments.parse_args()
    require({experiment.model for experiment in EXPERIMENTS})
    load = os.getloadavg()[0]
    with open_sandbox(concurrency=1) as sandbox:
        sandbox.ready()
        rows = [_row(experiment, sandbox, chosen.runs) for experiment in EXPERIMENTS]
    with open_sandbox(concurrency=LEARNERS) as sandbox:
        sandbox.ready()
        sharing = _sharing(sandbox)
    head = (
        f"`python -m bench.real_networks --runs {chosen.runs}`, {time.strftime('%Y-%m-%d')};"
        f" {os.cpu_count()} cores, load before the start {load:.1f}. Medians of the experiment"
        " alone, in the sandbox, beside the scientific stack and under its limit of 1 GiB; the"
        " memory is the whole run's own."
    )
    lines = [
        "### The exercises' experiments in the sandbox",
        "",
        head,
        "",
        "| experiment | model | processor | wall | target | private memory |",
        "|---|---|--:|--:|--:|--:|",
        *rows,
        "",
        sharing,
    ]
    text = "\n".join(lines)
    sys.stdout.write(text + "\n")
    if not chosen.dry:
        page = PAGE.read_text(encoding="utf-8")
        before, _, rest = page.partition(BEGIN)
        _, _, after = rest.partition(END)
        PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def _row(experiment: Experiment, sandbox: BubblewrapSandbox, runs: int) -> str:
    cells = (STACK, experiment.opening, TIMED.format(experiment=experiment.code))
    found = [_measured(sandbox, cells) for _ in range(runs)]
    wall = statistics.median(one[0][0] for one in found)
    processor = statistics.median(one[0][1] for one in found)
    memory = max(one[1] for one in found)
    target = f"{experiment.target:g} s" if experiment.target else ""
    return (
        f"| {experiment.title} | `{experiment.model}` | {processor:.2f} s | {wall:.2f} s "
        f"| {target} | {memory / MIB:.0f} MiB |"
    )


def _measured(
    sandbox: BubblewrapSandbox, cells: tuple[str, ...]
) -> tuple[tuple[float, float], int]:
    """Return the two numbers that a run leaves in `measured`, and its own memory in bytes."""
    run = sandbox.run(Job(cells=cells, outputs=("measured",), limits=LIMITS))
    return _pair(run), run.peak_memory_bytes


def _pair(run: Run) -> tuple[float, float]:
    answer = run.answers.get("measured")
    if run.verdict is not Verdict.OK or answer is None or answer.array is None:
        raise RuntimeError(f"{run.verdict}: {run.error}")
    first, second = answer.array.astype(float)
    return float(first), float(second)


def _sharing(sandbox: BubblewrapSandbox) -> str:
    """Let ten runs hold SmolLM2 at the same time; each reads its own resident and shared pages."""
    cells = (STACK, SHARES.format(meeting=time.time() + MEETING_SECONDS))
    with ThreadPoolExecutor(LEARNERS) as threads:
        found = list(threads.map(lambda _: _measured(sandbox, cells)[0], range(LEARNERS)))
    resident = statistics.median(one[0] for one in found)
    together = sum(one[1] for one in found)
    return (
        f"{LEARNERS} runs that hold `smollm2` at once: each has {resident:.0f} MiB of the file in "
        f"memory, all together {together:.0f} MiB (the sum of their proportional shares, PSS)."
    )


if __name__ == "__main__":
    main()
