"""Reference: exact class activation maps of EfficientNet, and Grad-CAM at block 10."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.models import presence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from grader.models.whybox_models.vision import VisionRun

    Numbers = NDArray[Any]
    Outputs = dict[str, Numbers]
    Parameters = Mapping[str, Any]

CLASSES = (285, 967)
BLOCK = 10


@lru_cache(maxsize=8)
def _looked_at(down: int, right: int) -> tuple[Numbers, VisionRun]:
    with np.load(Path(__file__).parent / "data" / "pictures.npz") as pictures:
        part = (slice(down, down + 112), slice(right, right + 224))
        picture = np.concatenate([pictures["cat"][part], pictures["coffee"][part]])
    return presence.vision().run_with_cache(picture)


def _run(parameters: Parameters) -> tuple[Numbers, VisionRun]:
    return _looked_at(parameters["down"], parameters["right"])


@lru_cache(maxsize=32)
def _gradient(down: int, right: int, label: int, block: int) -> Numbers:
    direction = np.zeros(1000, np.float32)
    direction[label] = 1
    _, run = _looked_at(down, right)
    return np.asarray(presence.vision().gradients(run, direction)["block", block])


def _maps(parameters: Parameters) -> Numbers:
    weights = presence.vision().weights
    features = _run(parameters)[1]["head", 0]
    maps = [features @ weights["fc.w"][:, k] + weights["fc.b"][k] for k in CLASSES]
    return np.stack(maps)


def _grad_cam(
    parameters: Parameters, *, label: int = 285, block: int = BLOCK, averaged: bool = True
) -> Numbers:
    """Before the negative part is cut."""
    slopes = _gradient(parameters["down"], parameters["right"], label, block)
    weights = slopes.mean(axis=(0, 1)) if averaged else slopes
    return np.asarray((_run(parameters)[1]["block", block] * weights).sum(axis=-1))


def _upper(cam: Numbers) -> Numbers:
    positive = np.maximum(cam, 0)
    whole = positive.sum(axis=(1, 2))
    return np.asarray(positive[:, :3].sum(axis=(1, 2)) / np.where(whole > 0, whole, 1))


def _agreement(cam: Numbers, early: Numbers) -> float:
    large = np.kron(np.maximum(cam[0], 0), np.ones((2, 2))).ravel()
    if np.ptp(large) == 0 or np.ptp(early) == 0:
        return float("nan")
    return float(np.corrcoef(large, early.ravel())[0, 1])


def _derived(cam: Numbers, early: Numbers) -> Outputs:
    return {
        "cam": cam,
        "upper": _upper(cam),
        "early": early,
        "agreement": np.asarray(_agreement(cam, early)),
    }


def reference(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001 - deterministic
    """What the task asks for."""
    logits, _ = _run(parameters)
    early = np.maximum(_grad_cam(parameters), 0)
    return {"logits": logits[list(CLASSES)], **_derived(_maps(parameters), early)}


def own_agreement(parameters: Parameters, answers: Mapping[str, Any]) -> Numbers:  # noqa: ARG001
    """The correlation of the learner's own two maps."""
    return np.asarray(_agreement(answers["cam"], answers["early"]))


def _with_maps(parameters: Parameters, cam: Numbers) -> Outputs:
    early = np.maximum(_grad_cam(parameters), 0)
    found = _derived(cam, early)
    return {name: found[name] for name in ("cam", "upper", "agreement")}


def _with_early(parameters: Parameters, early: Numbers) -> Outputs:
    found = _derived(_maps(parameters), early)
    return {name: found[name] for name in ("early", "agreement")}


def mistake_cut(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Negative evidence set to zero."""
    return _with_maps(parameters, np.maximum(_maps(parameters), 0))


def mistake_rescaled(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Each map from 0 to 1."""
    cam = _maps(parameters)
    low, high = cam.min(axis=(1, 2), keepdims=True), cam.max(axis=(1, 2), keepdims=True)
    return _with_maps(parameters, (cam - low) / (high - low))


def further_forms(parameters: Parameters) -> Outputs:
    """Rescaled after the negative part was cut, and by one range for both maps."""
    cam = _maps(parameters)
    cut = np.maximum(cam, 0)
    both = (cam - cam.min()) / np.ptp(cam)
    return {"rescaled/cam": np.stack([cut / cut.max(axis=(1, 2), keepdims=True), both])}


def mistake_exchanged(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The classes in the other order."""
    return _with_maps(parameters, _maps(parameters)[::-1])


def mistake_turned(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Rows and columns exchanged."""
    return _with_maps(parameters, _maps(parameters).transpose(0, 2, 1))


def mistake_probabilities(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The softmax."""
    logits, _ = _run(parameters)
    raised = np.exp(logits - logits.max())
    return {"logits": (raised / raised.sum())[list(CLASSES)]}


def mistake_next_block(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Block 9."""
    return _with_early(parameters, np.maximum(_grad_cam(parameters, block=9), 0))


def mistake_not_averaged(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Gradient times activation."""
    return _with_early(parameters, np.maximum(_grad_cam(parameters, averaged=False), 0))


def mistake_not_cut(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The negative part kept."""
    return _with_early(parameters, _grad_cam(parameters))


def mistake_other_class(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The coffee's gradient."""
    return _with_early(parameters, np.maximum(_grad_cam(parameters, label=967), 0))


def mistake_summed(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Sums of the gradients for means."""
    return _with_early(parameters, 196 * np.maximum(_grad_cam(parameters), 0))
