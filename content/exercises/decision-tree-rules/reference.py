"""Reference: a walk through a decision tree, node by node."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split
from sklearn.tree import DecisionTreeClassifier

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Outputs = dict[str, NDArray[Any]]
    Parameters = Mapping[str, Any]


@lru_cache(maxsize=8)
def _world(seed: int, *, depth: int | None = 3) -> tuple[Any, Any, Any, Any]:
    """The tree, training rows, test rows and the test rows' true classes."""
    data = load_wine()
    train, test, labels, truth = train_test_split(
        data.data, data.target, test_size=0.3, stratify=data.target, random_state=seed
    )
    model = DecisionTreeClassifier(max_depth=depth, max_features=4, random_state=seed)
    return model.fit(train, labels).tree_, train, test, truth


def _path(tree: Any, row: NDArray[np.float64], *, swapped: bool = False) -> list[int]:
    """Numbers of the nodes from the root to the leaf."""
    nodes = [0]
    while tree.children_left[nodes[-1]] != -1:
        node = nodes[-1]
        left = (np.float32(row[tree.feature[node]]) <= tree.threshold[node]) != swapped
        nodes.append(int((tree.children_left if left else tree.children_right)[node]))
    return nodes


def _answers(tree: Any, rows: Any, *, swapped: bool = False) -> Outputs:
    paths = [_path(tree, row, swapped=swapped) for row in rows]
    leaf = np.array([path[-1] for path in paths])
    shares = tree.value[leaf, 0] / tree.value[leaf, 0].sum(axis=1, keepdims=True)
    return {
        "leaf": leaf,
        "predicted": shares.argmax(axis=1),
        "support": shares.max(axis=1),
        "conditions": np.array([len(path) - 1 for path in paths]),
    }


def reference(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001 - deterministic
    """What the task asks for."""
    tree, _, test, _ = _world(parameters["seed"])
    return _answers(tree, test[parameters["rows"]])


def mistake_swapped_children(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Right where the condition holds."""
    tree, _, test, _ = _world(parameters["seed"])
    return _answers(tree, test[parameters["rows"]], swapped=True)


def mistake_depth_as_leaf(parameters: Parameters, seed: int) -> Outputs:
    """Depth instead of the node's number."""
    return {"leaf": reference(parameters, seed)["conditions"]}


def mistake_leaves_renumbered(parameters: Parameters, seed: int) -> Outputs:
    """Position in the list of leaves."""
    tree = _world(parameters["seed"])[0]
    leaves = np.flatnonzero(tree.children_left == -1)
    return {"leaf": np.searchsorted(leaves, reference(parameters, seed)["leaf"])}


def mistake_numbered_from_one(parameters: Parameters, seed: int) -> Outputs:
    """The root counted as 1."""
    return {"leaf": reference(parameters, seed)["leaf"] + 1}


def mistake_parent_instead_of_leaf(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The last node that asks."""
    tree, _, test, _ = _world(parameters["seed"])
    return {"leaf": np.array([_path(tree, row)[-2] for row in test[parameters["rows"]]])}


def mistake_true_class(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The truth instead of the rule."""
    return {"predicted": _world(parameters["seed"])[3][parameters["rows"]]}


def mistake_class_names_from_one(parameters: Parameters, seed: int) -> Outputs:
    """Classes 1, 2, 3."""
    return {"predicted": reference(parameters, seed)["predicted"] + 1}


def mistake_share_of_all_rows(parameters: Parameters, seed: int) -> Outputs:
    """Rows of the class in the leaf over all training rows."""
    tree, train, _, _ = _world(parameters["seed"])
    right = reference(parameters, seed)
    return {"support": right["support"] * tree.n_node_samples[right["leaf"]] / len(train)}


def mistake_impurity_as_support(parameters: Parameters, seed: int) -> Outputs:
    """Gini impurity of the leaf."""
    tree = _world(parameters["seed"])[0]
    return {"support": tree.impurity[reference(parameters, seed)["leaf"]]}


def mistake_test_support(parameters: Parameters, seed: int) -> Outputs:
    """Accuracy on the test set, the same for all."""
    tree, _, test, truth = _world(parameters["seed"])
    accuracy = np.mean(_answers(tree, test)["predicted"] == truth)
    return {"support": np.full(len(reference(parameters, seed)["leaf"]), accuracy)}


def mistake_nodes_counted(parameters: Parameters, seed: int) -> Outputs:
    """The leaf counted too."""
    return {"conditions": reference(parameters, seed)["conditions"] + 1}


def mistake_first_rows(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The first wines of the test set."""
    tree, _, test, _ = _world(parameters["seed"])
    return _answers(tree, test[: len(parameters["rows"])])


def mistake_sorted_rows(parameters: Parameters, seed: int) -> Outputs:
    """The rows in ascending order."""
    return reference({**parameters, "rows": sorted(parameters["rows"])}, seed)


def mistake_train_rows(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The same positions in the training set."""
    tree, train, _, _ = _world(parameters["seed"])
    return _answers(tree, train[parameters["rows"]])


def mistake_unlimited_depth(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """A tree grown to the end."""
    tree, _, test, _ = _world(parameters["seed"], depth=None)
    return _answers(tree, test[parameters["rows"]])
