"""Replay simulated learners against the grader and count what it gets wrong.

Every learner's parameters are drawn anew: other rows and seeds of the exercise, and within a
mistake another background, factor, order, number of samples, ... than the library holds. Nothing is
run in a sandbox: the learners' arrays are computed here, and graded as if a notebook had set them.

    python -m bench.simulated_learners content/ [--worlds 4] [--learners 10] [--seed 2026]
                                                [--references FOLDER]

Prints, over all exercises: correct work that failed (false rejections), wrong work that passed
outside the blind spots that an exercise declares (false acceptances), mistakes of the library named
exactly, statements without reservation that are wrong, and the last one again with the mistake's
own family removed from the library.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import numpy as np

from bench.simulated_learners.learners import learners
from bench.simulated_learners.tally import Tally
from grader.__main__ import exercise_folders
from grader.exercise import load_exercise
from grader.reference import ReferenceStore
from grader.variants import VISIBLE, Variant, hidden_variant, visible_variant


def main() -> int:
    """Replay, print, and return 1 when a bound of the design is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("content", type=Path)
    parser.add_argument(
        "--worlds", type=int, default=4, help="drawings of the exercise's parameters"
    )
    parser.add_argument("--learners", type=int, default=10, help="of each kind and world")
    parser.add_argument("--seed", type=int, default=2026, help="draws worlds and learners")
    parser.add_argument("--references", type=Path, default=Path("var/references"))
    options = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    store = ReferenceStore(options.references)
    secret = f"simulated learners {options.seed}".encode()
    total = Tally()
    for folder in exercise_folders(options.content):
        exercise = load_exercise(folder)
        generator = np.random.default_rng(options.seed)
        before = dict(total.counts)
        worlds = options.worlds if exercise.variants else 1
        for index in range(worlds):
            drawn = hidden_variant(exercise, secret, index) if exercise.variants else None
            parameters = drawn.parameters if drawn else visible_variant(exercise).parameters
            world = Variant(VISIBLE, parameters)
            for learner in learners(exercise, dict(parameters), options.learners, generator):
                total.add(exercise, store, world, learner)
        done = {key: total.counts[key] - before.get(key, 0) for key in ("correct", "wrong")}
        _say(f"{exercise.slug}: {done['correct']} correct, {done['wrong']} mistaken learners")
    _say(_summary(total))
    return 0 if _sound(total) else 1


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _details(total: Tally) -> list[str]:
    """What went wrong most often, by what the learner had done."""
    told = [item for item in total.wrong.most_common() if "left out: unnamed" not in item[0]]
    return [f"  {count} x {what}" for what, count in told[:40] if count]


def _summary(total: Tally) -> str:
    left_out = total.share("left out: plain wrong", "left out: plain")
    lines = [
        "",
        f"false rejections:                {total.share('false rejections', 'correct')}",
        f"false acceptances:               {total.share('false acceptances', 'wrong')}",
        f"known mistakes named exactly:    {total.share('named', 'in library')}",
        f"wrong statements:                {total.share('plain wrong', 'plain')}",
        f"  and with the family left out:  {left_out}",
        "",
        *_details(total),
    ]
    return "\n".join(lines)


def _sound(total: Tally) -> bool:
    counts = total.counts
    return (
        counts["false rejections"] <= 0.005 * counts["correct"]
        and counts["false acceptances"] == 0
        and counts["named"] >= 0.8 * counts["in library"]
        and counts["plain wrong"] <= 0.01 * counts["plain"]
        and counts["left out: plain wrong"] <= 0.01 * counts["left out: plain"]
    )


if __name__ == "__main__":
    sys.exit(main())
