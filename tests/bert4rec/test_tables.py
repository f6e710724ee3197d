"""What is counted for a fold says nothing of that fold's outfits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from bert4rec.config import Bert4RecConfig
from bert4rec.evidence import PairEvidence
from bert4rec.tables import Tables, TrainingSet, count_tables

OUTFITS = [np.array(o) for o in ([0, 24, 48], [0, 25], [1, 24, 49], [0, 26], [2, 25, 50], [1, 24])]
FOLD = np.array([0, 0, 1, 1, 2, 2])
ALONE = {0: [(0, 24), (0, 25), (0, 48), (24, 48)], 1: [(0, 26), (1, 49), (24, 49)], 2: [(2, 25), (2, 50), (25, 50)]}
"""Pairs that are worn in the outfits of one fold only; items 1 and 24 are worn together in folds 1 and 2."""


@pytest.fixture
def data(world: Any) -> TrainingSet:
    made = world.data(OUTFITS, [], 3)
    return TrainingSet(made.train, FOLD, made.valid, made.codes, made.items)


@pytest.fixture
def tables(data: TrainingSet, config: Bert4RecConfig) -> Tables:
    return count_tables(data, config)


def outside(fold: int) -> list[np.ndarray[Any, np.dtype[np.int64]]]:
    return [o for o, k in zip(OUTFITS, FOLD, strict=True) if k != fold]


@pytest.mark.parametrize("fold", [0, 1, 2])
def test_no_pair_of_a_fold_alone_is_known_to_its_table(tables: Tables, fold: int) -> None:
    without, whole = tables.at(fold).counts.together, tables.at(-1).counts.together
    for k, pairs in ALONE.items():
        assert [without[a, b] for a, b in pairs] == [float(k != fold)] * len(pairs)
        assert [whole[a, b] for a, b in pairs] == [1.0] * len(pairs)
    assert without[1, 24] == (2 if fold == 0 else 1) and whole[1, 24] == 2
    assert tables.at(fold).degree[[0, 1, 24]].tolist() == [[1, 2, 2], [2, 1, 2], [3, 1, 2]][fold]
    assert tables.at(-1).degree[[0, 1, 24]].tolist() == [3, 2, 3]


@pytest.mark.parametrize("fold", [0, 1, 2])
def test_a_fold_is_told_what_counting_without_its_outfits_says(
    tables: Tables, data: TrainingSet, config: Bert4RecConfig, fold: int
) -> None:
    """Of all pairs: counts, paths of two and three steps, what values say, and who is new."""
    others = outside(fold)
    expected = PairEvidence.count(others, data.codes, shrink=config.shrink, keep=config.keep)
    every = torch.arange(data.codes.n_items)
    told = [e.count_features(every[:, None], every) for e in (tables.at(fold), expected, tables.at(-1))]
    assert torch.equal(told[0], told[1]) and not torch.equal(told[0], told[2])
    pmi = [e.attributes(every[:, None], every).pmi for e in (tables.at(fold), expected, tables.at(-1))]
    assert torch.equal(pmi[0], pmi[1]) and not torch.equal(pmi[0], pmi[2])
    worn = np.bincount(np.concatenate(others), minlength=data.codes.n_items)
    assert torch.equal(tables.at(fold).new, torch.from_numpy(worn < 1)), "decided by all outfits, not by the others"
    assert not torch.equal(tables.at(0).new, PairEvidence.count(outside(0), data.codes, shrink=1.0, keep=8).new)
    assert np.array_equal(tables.unseen[fold], worn < 1), "what counts say nothing of passes for new"
