from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from evaluation.metrics import Places, accuracy, auc, ndcg, places, recall, reciprocal_rank, weighted_auc


def test_places_count_who_beats_and_who_ties() -> None:
    at = places([np.array([3.0, 1.0, 3.0, 2.0]), np.array([0.5])], [3, 0])
    assert at.above.tolist() == [2, 0]
    assert at.tied.tolist() == [1, 1]


def test_accuracy_shares_the_first_place() -> None:
    scores = [np.array([1.0, 2.0, 0.0, 0.0]), np.array([2.0, 2.0, 0.0, 0.0]), np.zeros(4), np.array([1.0, 2.0])]
    assert accuracy(places(scores, [1, 0, 3, 0])).tolist() == [1.0, 0.5, 0.25, 0.0]


def test_recall_of_a_tie_across_the_cut_off_is_partial() -> None:
    at = Places(np.array([0, 9, 8, 10]), np.array([1, 1, 4, 1]))  # places 1, 10, 9-12, 11
    assert recall(at, 10).tolist() == [1.0, 1.0, 0.5, 0.0]


def test_reciprocal_rank_averages_over_tied_places() -> None:
    at = Places(np.array([0, 1, 1]), np.array([1, 1, 2]))
    np.testing.assert_allclose(reciprocal_rank(at), [1.0, 0.5, (1 / 2 + 1 / 3) / 2])


def test_ndcg_by_hand() -> None:
    at = Places(np.array([0, 2, 2, 9]), np.array([1, 1, 2, 2]))
    expected = [1.0, 1 / np.log2(4), (1 / np.log2(4) + 1 / np.log2(5)) / 2, 1 / np.log2(11) / 2]
    np.testing.assert_allclose(ndcg(at, 10), expected)


def test_nothing_asked_gives_nothing() -> None:
    at = places([], [])
    for values in (accuracy(at), recall(at, 10), reciprocal_rank(at), ndcg(at, 10)):
        assert values.shape == (0,)
    assert np.isnan(auc(np.zeros(0), np.zeros(0, np.int64)))


@pytest.mark.parametrize("metric", [recall, ndcg])
def test_cut_off_below_one_is_refused(metric) -> None:
    with pytest.raises(ValueError, match="at 0"):
        metric(Places(np.array([0]), np.array([1])), 0)


def test_auc_by_hand() -> None:
    # positives 3 and 1, negatives 1 and 0: wins 2 + (1/2 + 1) of 4
    assert auc(np.array([3.0, 1.0, 1.0, 0.0]), np.array([1, 1, 0, 0])) == 3.5 / 4
    assert np.isnan(auc(np.array([1.0, 2.0]), np.array([1, 1])))


def test_auc_is_mann_whitney() -> None:
    rng = np.random.default_rng(0)
    labels = (rng.random(300) < 0.3).astype(np.int64)
    scores = np.round(rng.normal(size=300) + labels, 1)  # rounding makes ties
    u = mannwhitneyu(scores[labels == 1], scores[labels == 0]).statistic
    assert auc(scores, labels) == pytest.approx(u / (labels.sum() * (1 - labels).sum()))


def test_weights_count_as_copies() -> None:
    rng = np.random.default_rng(1)
    labels, scores = rng.integers(2, size=40), rng.integers(5, size=40).astype(float)
    weights = rng.integers(4, size=(3, 40))
    copies = [auc(np.repeat(scores, w), np.repeat(labels, w)) for w in weights]
    np.testing.assert_allclose(weighted_auc(scores, labels, weights.astype(float)), copies)


def test_metrics_against_torchmetrics() -> None:
    retrieval = pytest.importorskip("torchmetrics.functional.retrieval")
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(2)
    scores = rng.permutation(60).astype(float)
    for target in (0, 17, 59):
        at = places([scores], [target])
        truth = torch.zeros(60, dtype=torch.bool)
        truth[target] = True
        given = torch.tensor(scores)
        assert reciprocal_rank(at)[0] == pytest.approx(float(retrieval.retrieval_reciprocal_rank(given, truth)))
        assert ndcg(at, 10)[0] == pytest.approx(float(retrieval.retrieval_normalized_dcg(given, truth, top_k=10)))
        assert recall(at, 10)[0] == pytest.approx(float(retrieval.retrieval_recall(given, truth, top_k=10)))
