"""Counts by hand: first, second and third order, and attribute statistics."""

from __future__ import annotations

import numpy as np

from bert4rec.cooccurrence import cooccurrence, incidence, second_order, third_order, value_pmi
from bert4rec.item_codes import ItemCodes

OUTFITS = [np.array(o) for o in ([0, 1, 2], [0, 1], [1, 3])]


def test_cooccurrence_counts_outfits_that_two_items_share() -> None:
    together = cooccurrence(incidence(OUTFITS, 4)).toarray()
    assert together.tolist() == [[0, 2, 1, 0], [2, 0, 1, 1], [1, 1, 0, 0], [0, 1, 0, 0]]


def test_second_order_sums_paths_over_shared_partners() -> None:
    """Items 2 and 3 never meet, but both meet item 1, which has four partners: 1 * 1 / 4."""
    paths = second_order(cooccurrence(incidence(OUTFITS, 4)))
    assert np.isclose(paths[2, 3], 1 / 4)
    assert np.isclose(paths[0, 2], 2 * 1 / 4)  # over item 1
    assert paths[0, 0] == 0


def test_third_order_walks_one_step_further() -> None:
    """From 3 to 0: over 1 to 2 (1 * 1 / 4), then from 2 on to 0 (1 of 2 partners); over 1 and back is no path."""
    together = cooccurrence(incidence(OUTFITS, 4))
    far = third_order(together, second_order(together))
    assert np.isclose(far[3, 0], 1 / 4 * 1 / 2)
    assert far[3, 3] == 0


def test_second_order_keeps_the_largest_of_each_row() -> None:
    rng = np.random.default_rng(0)
    outfits = [rng.choice(30, 4, replace=False) for _ in range(60)]
    together = cooccurrence(incidence(outfits, 30))
    short = second_order(together, keep=5)
    whole = second_order(together, keep=30)
    assert short.nnz < whole.nnz
    assert (short != short.T).nnz == 0
    best = whole[0].toarray().argmax()
    assert short[0, best] > 0


def test_a_hub_does_not_connect_everything() -> None:
    """400 items worn with one hub and nothing else: without a bound all pairs of them would be paths."""
    outfits = [np.array([0, k]) for k in range(1, 401)]
    paths = second_order(cooccurrence(incidence(outfits, 401)), keep=20)
    assert paths.nnz <= 2 * 20 * 401
    assert paths[1:, 1:].nnz > 0


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
