"""Counts by hand: first order, second order, attribute statistics, and what a checkpoint keeps."""

from __future__ import annotations

import numpy as np
import torch

from bert4rec.evidence import (
    COUNT_FEATURES,
    ItemCodes,
    PairEvidence,
    PairLookup,
    cooccurrence,
    incidence,
    second_order,
    value_pmi,
)

OUTFITS = [np.array(o) for o in ([0, 1, 2], [0, 1], [1, 3])]
CODES = ItemCodes(np.array([0, 1, 2, 2]), np.array([[0], [1], [2], [-1]]), 3, 3)


def test_cooccurrence_counts_outfits_that_two_items_share() -> None:
    together = cooccurrence(incidence(OUTFITS, 4)).toarray()
    assert together.tolist() == [[0, 2, 1, 0], [2, 0, 1, 1], [1, 1, 0, 0], [0, 1, 0, 0]]


def test_lookup_finds_what_is_there_and_zero_elsewhere() -> None:
    lookup = PairLookup(cooccurrence(incidence(OUTFITS, 4)))
    rows, columns = torch.tensor([[0, 3], [3, 2]]), torch.tensor([[1, 1], [3, 3]])
    assert lookup(rows, columns).tolist() == [[2, 1], [0, 0]]


def test_second_order_is_the_cosine_of_partner_lists() -> None:
    """Items 2 and 3 never meet, but both meet 1: S[2] = (1/sqrt(6), 1/sqrt(8)), S[3] = (0, 1/2) over items (0, 1)."""
    alike = second_order(cooccurrence(incidence(OUTFITS, 4)))
    a, b = 1 / np.sqrt(3 * 2), 1 / np.sqrt(4 * 2)
    assert np.isclose(alike[2, 3], b / np.sqrt(a * a + b * b))
    assert alike[0, 0] == 0


def test_second_order_keeps_the_largest_of_each_row() -> None:
    rng = np.random.default_rng(0)
    outfits = [rng.choice(30, 4, replace=False) for _ in range(60)]
    together = cooccurrence(incidence(outfits, 30))
    short = second_order(together, keep=5)
    assert np.diff(short.indptr).max() <= 5
    assert second_order(together, keep=30).nnz > short.nnz


def test_value_pmi_is_zero_where_categories_explain_everything() -> None:
    """Each category has one value, so knowing values adds nothing to knowing categories."""
    together = cooccurrence(incidence(OUTFITS[:2], 4))
    codes = ItemCodes(np.array([0, 1, 2, 2]), np.array([[0], [1], [2], [2]]), 3, 3)
    assert np.allclose(value_pmi(together, codes, 1.0), 0, atol=1e-6)


def test_value_pmi_by_hand() -> None:
    """Two categories, values red and blue in each; red meets red twice, blue meets blue once, never mixed.

    Pairs (ordered, category 0 to 1): 3. Red in category 0: 2, in 1: 2. Expected red with red 2*2/3 each way, so 8/3 in
    both directions against 4 seen; red with blue 2*1/3 each way, so for red (either side) 4/3 against 0.
    """
    outfits = [np.array(o) for o in ([0, 2], [0, 2], [1, 3])]
    codes = ItemCodes(np.array([0, 0, 1, 1]), np.array([[0], [1], [0], [1]]), 2, 2)
    pmi = value_pmi(cooccurrence(incidence(outfits, 4)), codes, 1.0)
    assert np.isclose(pmi[0, 0], np.log((4 + 1) / (8 / 3 + 1)))
    assert np.isclose(pmi[0, 1], np.log((0 + 1) / (4 / 3 + 1)))
    assert np.allclose(pmi, pmi.T)


def test_pair_features_hide_counts_but_not_attributes() -> None:
    evidence = PairEvidence.count(OUTFITS, CODES, shrink=1.0, keep=8)
    context, candidates = torch.tensor([0, 1]), torch.tensor([[1, 2], [0, 3]])
    plain = evidence.pairs(context, candidates, torch.zeros(2, 2, dtype=torch.bool))
    hidden = evidence.pairs(context, candidates, torch.tensor([[True, False], [True, True]]))
    assert plain.shape == (2, 2, COUNT_FEATURES + 1)
    assert plain[0, 0, 0] == np.float32(np.log1p(2))
    assert (hidden[0, 0, :COUNT_FEATURES] == 0).all()
    assert torch.equal(hidden[0, 1], plain[0, 1])
    assert torch.equal(hidden[..., COUNT_FEATURES:], plain[..., COUNT_FEATURES:])
    assert plain[1, 1, COUNT_FEATURES] == 0  # item 3 has no value


def test_arrays_bring_the_same_evidence_back() -> None:
    evidence = PairEvidence.count(OUTFITS, CODES, shrink=1.0, keep=8)
    again = PairEvidence.from_arrays(evidence.arrays(), CODES)
    context, candidates = torch.tensor([0, 1, 3]), torch.tensor([[1, 2], [0, 3], [1, 0]])
    none = torch.zeros(3, 2, dtype=torch.bool)
    assert torch.equal(evidence.pairs(context, candidates, none), again.pairs(context, candidates, none))
    assert torch.equal(evidence.degree, again.degree)
