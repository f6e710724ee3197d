"""A rule about sets that no pair shows: the transformer has to learn it."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from bert4rec.config import Bert4RecConfig
from bert4rec.dataset import assign_folds
from bert4rec.item_codes import ItemCodes
from bert4rec.model import ItemTensors
from bert4rec.scorer import OutfitScorer
from bert4rec.tables import TrainingSet
from bert4rec.train import fit

COPIES, CATEGORIES, TRAIN, VALID = 4, 3, 110, 60
CATEGORY, SIDE = (a.ravel() for a in np.mgrid[:CATEGORIES, :2, :COPIES][:2])
"""Of each category four items of side 0 and four of side 1. Nothing but outfits tells them apart."""

CONFIG = Bert4RecConfig(
    hidden=16,
    layers=1,
    heads=2,
    dropout=0.0,
    mask_one=1.0,
    fresh_items=0.0,
    cold_outfits=0.0,
    negatives=12,
    folds=3,
    lr=1e-2,
    weight_decay=0.0,
    steps=90,
    epochs=30,
    patience=30,
)


def outfits(rng: np.random.Generator) -> NDArray[np.int64]:
    """All outfits [256, 3] of one item a category in which the sides sum to an even number, in random order.

    Any two sides are met equally often; only two items together say of which side the third is.
    """
    a, b, *copies = (x.ravel() for x in np.mgrid[:2, :2, :COPIES, :COPIES, :COPIES])
    made = [(2 * c + side) * COPIES + j for c, (side, j) in enumerate(zip((a, b, a ^ b), copies, strict=True))]
    return rng.permutation(np.stack(made, 1))


def share_of_right_sides(scorer: OutfitScorer, asked: NDArray[np.int64]) -> float:
    """How often an item of the right side scores above one of the wrong side; by chance a half."""
    above = []
    for outfit in asked:
        for k, answer in enumerate(outfit):
            offered = np.flatnonzero(CATEGORY[answer] == CATEGORY)
            scores, right = scorer.score(np.delete(outfit, k), offered), SIDE[offered] == SIDE[answer]
            above.append((scores[right][:, None] > scores[~right]).mean())
    return float(np.mean(above))


def test_what_two_items_say_together_is_learned_for_outfits_that_were_not_seen() -> None:
    """Beside the evidence about pairs, which says next to nothing."""
    rng, n = np.random.default_rng(0), len(CATEGORY)
    made = outfits(rng)
    train, valid, asked = made[:TRAIN], made[TRAIN : TRAIN + VALID], made[TRAIN + VALID :]
    items = ItemTensors(
        category=torch.from_numpy(CATEGORY.copy()),
        values=torch.zeros(n, 0, dtype=torch.long),
        dense=torch.zeros(n, 0),
        seen=torch.ones(n, dtype=torch.bool),
        graph=torch.zeros(CONFIG.folds + 1, n, 0),
        graph_cold=torch.zeros(n, 0),
        views=torch.zeros(0, dtype=torch.long),
    )
    codes = ItemCodes(CATEGORY.copy(), np.zeros((n, 0), np.int64), CATEGORIES, 0)
    data = TrainingSet(list(train), assign_folds(TRAIN, CONFIG.folds, rng), list(valid), codes, items)
    result = fit(data, CONFIG)
    scorer = OutfitScorer(result.model, items, result.evidence, codes, 0.0)
    assert share_of_right_sides(scorer, asked) > 0.85
    result.model.gain.zero_()
    assert share_of_right_sides(scorer, asked) < 0.65, "by counting alone"
