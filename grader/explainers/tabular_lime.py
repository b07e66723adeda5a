"""LIME on tabular data through the lime package (Ribeiro et al. 2016)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]


def lime_weights(
    predict: Callable[[Floats], Floats],
    training_rows: ArrayLike,
    rows: ArrayLike,
    *,
    seed: int,
    label: int | None,
    features: int | None = None,
    samples: int = 5000,
    discretised: bool = True,
    kernel_width: float | None = None,
) -> Floats:
    """LIME's weights in feature order, (n, f); see `lime_explanations`."""
    return lime_explanations(
        predict,
        training_rows,
        rows,
        seed=seed,
        label=label,
        features=features,
        samples=samples,
        discretised=discretised,
        kernel_width=kernel_width,
    )[0]


def lime_explanations(
    predict: Callable[[Floats], Floats],
    training_rows: ArrayLike,
    rows: ArrayLike,
    *,
    seed: int,
    label: int | None,
    features: int | None = None,
    samples: int = 5000,
    discretised: bool = True,
    kernel_width: float | None = None,
) -> tuple[Floats, Floats]:
    """LIME's weights in feature order, and the weighted R² of each local model.

    Args:
        predict: probabilities (n, C), or values (n,) when `label` is None (regression).
        training_rows: (N, f), from which LIME learns its bins and scales.
        rows: (n, f), what is explained; one explainer explains them in turn.
        seed: LIME's own random state.
        label: the class whose probability is explained; None for regression.
        features: how many features to keep; None keeps all. Those left out weigh zero.
        samples: how many LIME draws around each row.
        discretised: quartile bins (LIME's default) instead of the values themselves.
        kernel_width: None is LIME's 0.75 sqrt(f).

    Returns:
        (n, f) weights and (n,) scores.
    """
    explainer = _explainer(training_rows, seed, label, discretised, kernel_width)
    return _explained(explainer, predict, rows, label=label, features=features, samples=samples)


def lime_with_two_kernels(
    predict: Callable[[Floats], Floats],
    training_rows: ArrayLike,
    rows: ArrayLike,
    *,
    seed: int,
    label: int,
    samples: int,
    kernel_widths: tuple[float, float],
) -> tuple[Floats, Floats, Floats]:
    """LIME's weights and scores with one kernel, and the first row's weights with another one.

    Both kernels weigh the same samples, as two explainers with the same random state would draw.

    Returns:
        (n, f) weights, (n,) scores, and (f,) weights of the first row with the second kernel.
    """
    explainer = _explainer(training_rows, seed, label, True, kernel_widths[0])
    recorder = _Recorder(explainer.base)
    explainer.base = recorder
    weights, scores = _explained(
        explainer, predict, rows, label=label, features=None, samples=samples
    )
    second = _explainer(training_rows, seed, label, True, kernel_widths[1]).base
    arguments, options = recorder.calls[0]
    _, local, _, _ = second.explain_instance_with_data(*arguments, **options)
    others = np.zeros(weights.shape[1])
    for feature, weight in local:
        others[feature] = weight
    return weights, scores, others


class _Recorder:
    """Stands in for the part of an explainer that fits, and keeps what it was fitted to."""

    def __init__(self, base: Any) -> None:
        self._base = base
        self.calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = []

    def explain_instance_with_data(self, *arguments: Any, **options: Any) -> Any:
        self.calls.append((arguments, options))
        return self._base.explain_instance_with_data(*arguments, **options)


def _explainer(
    training_rows: ArrayLike,
    seed: int,
    label: int | None,
    discretised: bool,  # noqa: FBT001 - internal
    kernel_width: float | None,
) -> Any:
    from lime.lime_tabular import LimeTabularExplainer  # noqa: PLC0415 - only where explained

    return LimeTabularExplainer(
        np.asarray(training_rows),
        mode="regression" if label is None else "classification",
        discretize_continuous=discretised,
        random_state=seed,
        kernel_width=kernel_width,
    )


def _explained(
    explainer: Any,
    predict: Callable[[Floats], Floats],
    rows: ArrayLike,
    *,
    label: int | None,
    features: int | None,
    samples: int,
) -> tuple[Floats, Floats]:
    explained = np.asarray(rows)
    weights, scores = np.zeros(explained.shape), np.zeros(len(explained))
    for index, row in enumerate(explained):
        explanation = explainer.explain_instance(
            row,
            predict,
            labels=() if label is None else (label,),
            num_features=features or explained.shape[1],
            num_samples=samples,
        )
        # lime files a regression's weights under label 1 whatever it is called.
        for feature, weight in explanation.as_map()[1 if label is None else label]:
            weights[index, feature] = weight
        score = explanation.score
        scores[index] = score[label] if isinstance(score, dict) else score
    return weights, scores
