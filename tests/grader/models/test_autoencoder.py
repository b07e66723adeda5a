"""The sparse autoencoder: what it keeps, what it rebuilds, and how one is trained."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from unittest import mock

import numpy as np
import pytest

from grader.models import fetching
from grader.models.training.sparse_autoencoder import train
from grader.models.whybox_models import SparseAutoencoder, load, load_autoencoder, passages
from grader.models.whybox_models.autoencoder import ACTIVE, keep_largest

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _shipped() -> Iterator[None]:
    """Read the files that lie in the repository."""
    with mock.patch.dict(os.environ, {"WHYBOX_MODELS": str(fetching.SHIPPED)}):
        yield


def test_at_most_twelve_features_of_a_position_are_active() -> None:
    """However large the stream; none of them is negative."""
    model = load_autoencoder()
    stream = np.random.default_rng(0).normal(0, 3, (7, 384)).astype(np.float32)
    code = model.encode(stream)
    assert code.shape == (7, len(model)) == (7, 512)
    assert ((code > 0).sum(axis=1) <= ACTIVE).all()
    assert code.min() == 0


def test_the_stream_is_a_sum_of_directions() -> None:
    """Taking a feature away moves the rebuilt stream along its direction, by its strength."""
    model = load_autoencoder()
    stream = np.random.default_rng(1).normal(0, 3, (3, 384)).astype(np.float32)
    code = model.encode(stream)
    strongest = int(code[1].argmax())
    fewer = code.copy()
    fewer[1, strongest] = 0
    change = model.decode(code) - model.decode(fewer)
    expected = code[1, strongest] * model.directions[strongest]
    assert change[1] == pytest.approx(expected, abs=1e-4)
    assert np.abs(change[[0, 2]]).max() == 0


def test_load_opens_it_and_it_names_its_place() -> None:
    """By its name, as the networks; it says where its activations come from."""
    model = load("sae")
    assert isinstance(model, SparseAutoencoder)
    assert model.place == ("resid_post", 3)


def test_the_passages_are_of_the_novels() -> None:
    """240 of them, short, without the marks of italics."""
    found = passages()
    assert len(found) == len(set(found)) == 240
    assert all(60 <= len(text) < 400 and "_" not in text for text in found)
    assert any("Bennet" in text for text in found)


def test_ties_keep_what_they_have() -> None:
    """Equal values are kept together; negative ones never."""
    kept = keep_largest(np.array([[1.0, 1.0, 0.5, -2.0], [-1.0, -2.0, -3.0, -4.0]]), 1)
    assert kept.tolist() == [[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]


def test_training_finds_directions_that_are_there() -> None:
    """Rows that are sums of few known directions are rebuilt, twice the same from one seed."""
    rng = np.random.default_rng(2)
    directions = np.linalg.qr(rng.normal(size=(24, 24)))[0].astype(np.float32)
    strength = (rng.random((2000, 24)) < 0.1) * rng.uniform(1, 2, (2000, 24))
    rows = (strength @ directions).astype(np.float32)
    one = train(rows, 32, 400, seed=0)
    again = train(rows, 32, 400, seed=0)
    scaled = (rows - one["mean"]) / one["scale"]
    code = keep_largest(scaled @ one["encoder"] + one["bias"], ACTIVE)
    left = np.square(scaled - code @ one["decoder"]).sum() / np.square(scaled).sum()
    assert left < 0.2
    assert all(np.array_equal(one[name], again[name]) for name in one)
    assert np.linalg.norm(one["decoder"], axis=1) == pytest.approx(1, abs=1e-5)
