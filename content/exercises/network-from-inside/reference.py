"""Reference: the first hidden layer of a small network, and integrated gradients of its logit."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Outputs = dict[str, Floats]
    Parameters = Mapping[str, Any]

STEPS = 300
MIDPOINTS = (np.arange(STEPS) + 0.5) / STEPS


def _sigmoid(values: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-values)))


@dataclass(frozen=True)
class Network:
    """Weights and biases of two hidden layers with ReLU and a single output."""

    weights: tuple[Floats, Floats, Floats]
    biases: tuple[Floats, Floats, Floats]

    def inputs(self, z: Floats) -> tuple[Floats, Floats]:
        """What the units of both hidden layers receive, before ReLU."""
        first = z @ self.weights[0] + self.biases[0]
        return first, np.maximum(first, 0) @ self.weights[1] + self.biases[1]

    def logit(self, z: Floats) -> Floats:
        """The output before the sigmoid, one number per row."""
        _, second = self.inputs(z)
        return np.asarray((np.maximum(second, 0) @ self.weights[2] + self.biases[2])[:, 0])

    def gradient(self, z: Floats) -> Floats:
        """The derivative of the logit with respect to each input."""
        first, second = self.inputs(z)
        back = ((second > 0) * self.weights[2][:, 0]) @ self.weights[1].T
        return np.asarray((back * (first > 0)) @ self.weights[0].T)


@lru_cache(maxsize=8)
def _world(seed: int) -> tuple[Network, Any, Any, Any]:
    """The network, the scaler, and the raw training and test rows."""
    data = load_breast_cancer()
    train, test, labels, _ = train_test_split(
        data.data[:, :10],
        data.target,
        test_size=0.25,
        stratify=data.target,
        random_state=seed,
    )
    scaler = StandardScaler().fit(train)
    model = MLPClassifier(
        (12, 6), alpha=0.1, learning_rate_init=0.01, max_iter=1000, random_state=seed
    )
    model.fit(scaler.transform(train), labels)
    return Network(tuple(model.coefs_), tuple(model.intercepts_)), scaler, train, test


def _mean_gradient(net: Network, z: Floats, baseline: Floats, steps: Floats) -> Floats:
    way = z - baseline
    return np.mean([net.gradient(baseline + step * way) for step in steps], axis=0)


def _explained(net: Network, z: Floats, baseline: Floats | None = None) -> Outputs:
    """All outputs of the task for standardised rows."""
    start = np.zeros((1, z.shape[1])) if baseline is None else baseline
    return {
        "A": np.maximum(net.inputs(z)[0], 0),
        "fx": net.logit(z),
        "base": net.logit(start)[0],
        "IG": (z - start) * _mean_gradient(net, z, start, MIDPOINTS),
    }


def _asked(parameters: Parameters) -> tuple[Network, Floats]:
    """The network and the standardised rows that the parameters name."""
    net, scaler, _, test = _world(parameters["seed"])
    return net, scaler.transform(test[parameters["rows"]])


def reference(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001 - deterministic
    """What the task asks for."""
    return _explained(*_asked(parameters))


def every_row(parameters: Parameters) -> Outputs:
    """The integrated gradients of every test row."""
    net, scaler, _, test = _world(parameters["seed"])
    return {"IG": _explained(net, scaler.transform(test))["IG"]}


def mistake_probability(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The sigmoid of the logit is explained."""
    net, z = _asked(parameters)
    gradients = []
    for step in MIDPOINTS:
        p = _sigmoid(net.logit(step * z))
        gradients.append((p * (1 - p))[:, None] * net.gradient(step * z))
    return {"IG": z * np.mean(gradients, axis=0)}


def mistake_gradient(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The gradient at the row."""
    net, z = _asked(parameters)
    return {"IG": net.gradient(z)}


def mistake_gradient_times_input(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The gradient at the row times the row."""
    net, z = _asked(parameters)
    return {"IG": z * net.gradient(z)}


def mistake_mean_gradient(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The mean gradient without the factor before the integral."""
    net, z = _asked(parameters)
    return {"IG": _mean_gradient(net, z, np.zeros_like(z), MIDPOINTS)}


def mistake_few_steps(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Five steps, each taken at its right end."""
    net, z = _asked(parameters)
    return {"IG": z * _mean_gradient(net, z, np.zeros_like(z), np.arange(1, 6) / 5)}


def further_forms(parameters: Parameters) -> Outputs:
    """Integrated gradients by other rules: left, right, middle and trapezes, with 2 to 60 steps."""
    net, z = _asked(parameters)
    rules = [
        steps
        for n in (*range(2, 31), 40, 50, 60)
        for steps in (
            np.arange(n) / n,
            np.arange(1, n + 1) / n,
            (np.arange(n) + 0.5) / n,
            np.linspace(0, 1, n),
        )
    ]
    forms = [z * _mean_gradient(net, z, np.zeros_like(z), steps) for steps in rules]
    right = _explained(net, z)["IG"]
    apart = [form for form in forms if np.abs(form - right).sum() > 0.02 * np.abs(right).sum()]
    return {"few_steps/IG": np.stack(apart)}


def mistake_raw_zero_baseline(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Zeros before standardising."""
    net, z = _asked(parameters)
    _, scaler, _, _ = _world(parameters["seed"])
    right = _explained(net, z, scaler.transform(np.zeros((1, z.shape[1]))))
    return {"base": right["base"], "IG": right["IG"]}


def mistake_no_relu_in_gradient(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The product of the weight matrices."""
    net, z = _asked(parameters)
    return {"IG": z * (net.weights[0] @ net.weights[1] @ net.weights[2])[:, 0]}


def mistake_scaled_twice(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Standardised rows standardised once more."""
    net, z = _asked(parameters)
    return _explained(net, _world(parameters["seed"])[1].transform(z))


def mistake_unscaled(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Raw rows."""
    net, _, _, test = _world(parameters["seed"])
    return _explained(net, test[parameters["rows"]])


def mistake_pre_activations(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The first layer before ReLU."""
    net, z = _asked(parameters)
    return {"A": net.inputs(z)[0]}


def mistake_no_bias(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The first layer without its biases."""
    net, z = _asked(parameters)
    return {"A": np.maximum(z @ net.weights[0], 0)}


def mistake_probability_in_fx(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Probabilities instead of logits."""
    net, z = _asked(parameters)
    return {"fx": _sigmoid(net.logit(z))}


def mistake_first_rows(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The first five rows of the test set."""
    net, scaler, _, test = _world(parameters["seed"])
    return _explained(net, scaler.transform(test[: len(parameters["rows"])]))


def mistake_train_rows(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The same positions in the training set."""
    net, scaler, train, _ = _world(parameters["seed"])
    return _explained(net, scaler.transform(train[parameters["rows"]]))
