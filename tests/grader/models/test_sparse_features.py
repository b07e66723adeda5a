"""One feature of the sparse autoencoder over passages, as references read it."""

from __future__ import annotations

import numpy as np
import pytest

from grader.models import presence
from grader.models import sparse_features as sparse
from grader.models.whybox_models.autoencoder import ACTIVE, SparseAutoencoder
from grader.models.whybox_models.store import AUTOENCODER_PLACE

FEATURE = 325


def test_the_code_is_the_librarys_own_without_the_ends() -> None:
    """Learners who call `encode` get the same, and nothing counts at [CLS] and [SEP]."""
    library = SparseAutoencoder(presence.weights("sae"), AUTOENCODER_PLACE)
    expected = library.encode(sparse.passage(3).streams[library.place])
    found = sparse.code(3)
    assert found[1:-1] == pytest.approx(expected[1:-1])
    assert not found[[0, -1]].any()
    assert sparse.direction(FEATURE) == pytest.approx(library.directions[FEATURE])


def test_other_readings_differ_where_they_should() -> None:
    """Not kept: more positive values, the same ones among them; the others change the values."""
    stream = sparse.passage(3).streams[AUTOENCODER_PLACE]
    right, all_of_them = sparse.encode(stream), sparse.not_kept(stream)
    assert ((right > 0).sum(axis=1) <= ACTIVE).all()
    assert ((all_of_them > 0).sum(axis=1) > ACTIVE).any()
    assert all_of_them[right > 0] == pytest.approx(right[right > 0])
    for read in (sparse.decoder_read, sparse.mean_kept):
        assert not np.allclose(read(stream), right, atol=1e-3)


def test_positions_are_counted_with_the_beginning() -> None:
    """A piece is found again at its passage and position."""
    passages = (3, 8)
    seen = sparse.see([sparse.strengths(index, FEATURE) for index in passages], passages)
    assert seen.positions.min() == 1
    for at in (0, len(seen.pieces) - 1):
        passage = sparse.passage(passages[seen.passages[at]])
        assert passage.pieces[seen.positions[at]] == seen.pieces[at]
    assert "[CLS]" not in seen.pieces
    assert "[SEP]" not in seen.pieces


def test_shares_by_hand() -> None:
    """Precision, recall and share of the strength of one piece; nothing is divided by nothing."""
    seen = sparse.Seen(
        np.array([0.5, 0.0, 0.25, 0.25]),
        np.array(["sea", "sea", "land", "sky"]),
        np.zeros(4, int),
        np.arange(1, 5),
    )
    assert sparse.shares(seen, ["sea"]) == pytest.approx([1 / 3, 1 / 2, 1 / 2])
    assert sparse.shares(seen, ["fire"]).tolist() == [0, 0, 0]
    assert seen.strongest(2).tolist() == [0, 2]


def test_the_untouched_stream_changes_nothing() -> None:
    """A passage whose stream is replaced by its own has its own embedding."""
    passage = sparse.passage(3)
    same = sparse.embedding_with(3, passage.streams[AUTOENCODER_PLACE])
    assert sparse.similarity(same, passage.pooled) == pytest.approx(1, abs=1e-5)
    assert same == pytest.approx(passage.pooled, abs=1e-5)


def test_a_feature_that_a_rounding_decides_is_not_clear() -> None:
    """Some features are kept by a hair at some position; most are not."""
    clear = [sparse.is_clear(feature, 3) for feature in range(512)]
    assert sum(clear) > 0
    assert np.mean(clear) > 0.5
