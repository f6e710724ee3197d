"""Pair evidence by hand: lookups, features of counts, and what a checkpoint keeps."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from bert4rec.cooccurrence import cooccurrence, incidence, second_order, third_order
from bert4rec.evidence import EXPECTATION, FAR, INFORMATION, SMOOTHING, PairEvidence, PairLookup
from bert4rec.item_codes import ItemCodes

OUTFITS = [np.array(o) for o in ([0, 1, 2], [0, 1], [1, 3])]
CODES = ItemCodes(np.array([0, 1, 2, 2]), np.array([[0], [1], [2], [-1]]), 3, 3)


def test_lookup_finds_what_is_there_and_zero_elsewhere() -> None:
    lookup = PairLookup(cooccurrence(incidence(OUTFITS, 4)))
    rows, columns = torch.tensor([[0, 3], [3, 2]]), torch.tensor([[1, 1], [3, 3]])
    assert lookup(rows, columns).tolist() == [[[2], [1]], [[0], [0]]]


def test_lookup_of_many_pairs_of_few_items_is_that_of_each_by_itself() -> None:
    rng = np.random.default_rng(0)
    outfits = [rng.choice(200, 4, replace=False) for _ in range(60)]
    together = cooccurrence(incidence(outfits, 200))
    lookup = PairLookup(together, second_order(together))
    rows, columns = torch.tensor([[199], [3], [3], [0]]), torch.arange(200)[None]
    asked = lookup(rows, columns)
    assert asked.shape == (4, 200, 2)
    assert asked[..., 0].tolist() == together[[199, 3, 3, 0]].toarray().tolist()
    alone = [[lookup(row, column).tolist() for column in columns[0]] for row in rows[:, 0]]
    assert asked.tolist() == alone


def test_lookup_of_several_matrices_knows_which_has_what() -> None:
    together = cooccurrence(incidence(OUTFITS, 4))
    lookup = PairLookup(together, second_order(together))
    rows, columns = torch.tensor([3, 2, 0]), torch.tensor([1, 3, 0])
    assert lookup(rows, columns).tolist() == [[1, 0], [0, 0.25], [0, 0]]


def test_likeness_is_the_cosine_of_normalised_partner_lists() -> None:
    """S[2] = (1/sqrt(2*3), 1/sqrt(2*4)) and S[3] = (0, 1/sqrt(4)) over items (0, 1)."""
    evidence = PairEvidence.count(OUTFITS, CODES, shrink=1.0, keep=8)
    a, b = 1 / np.sqrt(2 * 3), 1 / np.sqrt(2 * 4)
    assert np.isclose(evidence.alike(2, 3), b / np.sqrt(a * a + b * b))
    assert evidence.alike(3, 3) == 0


def test_count_features_by_hand() -> None:
    """Items 0 and 1: two outfits, one path over item 2 (2 partners), 3 and 4 partners of 10 in all."""
    evidence = PairEvidence.count(OUTFITS, CODES, shrink=1.0, keep=8)
    found = evidence.count_features(torch.tensor(0), torch.tensor(1)).tolist()
    assert found[INFORMATION] == pytest.approx(0.3 * np.log1p((2 + 1 / 2) / SMOOTHING), rel=1e-5)
    assert found[EXPECTATION] == pytest.approx(0.3 * np.log1p(2 * 1.2 / SMOOTHING), rel=1e-5)
    assert found[3] == pytest.approx(np.log(3))
    assert found[4] == pytest.approx(8 / np.sqrt(4 * 5))
    assert found[5] == pytest.approx(np.log(3 / 2.2))
    assert found[7] == 1


def test_paths_of_three_steps_are_a_feature() -> None:
    together = cooccurrence(incidence(OUTFITS, 4))
    far = third_order(together, second_order(together))[3, 0]
    evidence = PairEvidence.count(OUTFITS, CODES, shrink=1.0, keep=8)
    found = evidence.count_features(torch.tensor(3), torch.tensor(0))[FAR]
    assert far > 0
    assert float(found) == pytest.approx(0.3 * np.log1p(far / SMOOTHING), rel=1e-5)


def test_arrays_bring_the_same_evidence_back() -> None:
    evidence = PairEvidence.count(OUTFITS, CODES, shrink=1.0, keep=8)
    again = PairEvidence.from_arrays(evidence.arrays(), CODES)
    context, candidates = torch.tensor([0, 1, 3]), torch.tensor([[1, 2], [0, 3], [1, 0]])
    counts = [e.count_features(context[:, None], candidates) for e in (evidence, again)]
    values = [e.attributes(context, candidates).total() for e in (evidence, again)]
    assert torch.equal(*counts)
    assert torch.equal(*values)
    assert torch.equal(evidence.degree, again.degree)


def test_items_without_any_attribute_are_told_by_counts_alone() -> None:
    codes = ItemCodes(CODES.category, np.zeros((len(CODES.category), 0), np.int64), CODES.n_categories, 0)
    evidence = PairEvidence.count(OUTFITS, codes, shrink=1.0, keep=8)
    pairs = evidence.attributes(torch.tensor([0]), torch.tensor([[1, 2]]))
    assert pairs.total().tolist() == [[0, 0]]
    assert pairs.project(torch.zeros(0, 0, 3)).shape == (1, 2, 3)
