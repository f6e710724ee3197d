"""A model beside plain counting, on held-out outfits."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
import torch

from bert4rec.leading import lead_over_counting

N = 40


def scorer(score: Callable[[int, Any], Any]) -> Any:
    """Items 0 to 39 of one category, of which k was worn five times with k + 20."""
    worn = sp.csr_matrix((np.full(20, 5.0), (np.arange(20), np.arange(20) + 20)), shape=(N, N))
    return SimpleNamespace(
        codes=SimpleNamespace(category=np.zeros(N, np.int64)),
        evidence=SimpleNamespace(
            degree=torch.full((N,), 5.0), counts=SimpleNamespace(together=sp.csr_matrix(worn + worn.T))
        ),
        score_many=lambda contexts, pools: np.stack([score(c[0], p) for c, p in zip(contexts, pools, strict=True)]),
    )


def right(context: int, pool: Any) -> Any:
    return (np.abs(pool - context) == 20).astype(np.float32)


PAIRS = [np.array([k, k + 20]) for k in range(20)]


def test_a_model_that_ranks_as_counting_does_is_level_with_it_and_one_that_turns_it_round_is_behind() -> None:
    level = lead_over_counting(scorer(right), PAIRS, np.random.default_rng(0))
    assert level is not None
    assert level.model == level.cooccurrence == 1.0
    assert not level.behind
    turned = lead_over_counting(scorer(lambda c, p: -right(c, p)), PAIRS, np.random.default_rng(0))
    assert turned is not None
    assert turned.model == 0.0
    assert turned.behind


def test_equal_scores_are_first_of_four_by_chance() -> None:
    found = lead_over_counting(scorer(lambda c, p: np.zeros(len(p))), PAIRS, np.random.default_rng(0))
    assert found is not None
    assert found.model == pytest.approx(0.25, abs=0.1)


def test_of_few_outfits_nothing_is_said() -> None:
    assert lead_over_counting(scorer(right), PAIRS[:9], np.random.default_rng(0)) is None
