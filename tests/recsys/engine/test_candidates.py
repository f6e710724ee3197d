"""Candidate generation over slots that are too large to score whole."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from bert4rec.config import Bert4RecConfig
from bert4rec.evidence import EXPECTATION, FAR, INFORMATION, PairEvidence
from bert4rec.item_codes import ItemCodes
from bert4rec.model import Bert4Rec, ItemSizes, ItemTensors
from bert4rec.scorer import OutfitScorer
from recsys.engine.candidates import CandidateGenerator
from recsys.engine.index import SlotIndex

TOPS, BOTTOMS = 1500, 200
RARE = 1490
"""From here on tops are of a category of their own that no outfit holds."""


@pytest.fixture(scope="module")
def scorer() -> OutfitScorer:
    """1,500 tops in three categories, 200 bottoms, worn at random; an untrained model that scores what was counted."""
    n, rng = TOPS + BOTTOMS, np.random.default_rng(0)
    category = np.concatenate([np.arange(RARE) % 2, np.full(TOPS - RARE, 2), np.full(BOTTOMS, 3)])
    values = rng.integers(0, 6, (n, 1))
    codes = ItemCodes(category, values, 4, 6)
    outfits = [np.array([rng.integers(1200), TOPS + rng.integers(BOTTOMS)]) for _ in range(3000)]
    evidence = PairEvidence.count(outfits, codes, shrink=5.0, keep=64)
    items = ItemTensors(
        category=torch.from_numpy(category),
        values=torch.from_numpy(values),
        dense=torch.zeros(n, 0),
        seen=evidence.degree > 0,
        graph=torch.zeros(1, n, 0),
        graph_cold=torch.zeros(n, 0),
        views=torch.zeros(0, dtype=torch.int64),
    )
    config = Bert4RecConfig(hidden=16, layers=1, heads=2)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = Bert4Rec(ItemSizes.of(codes, items), config, evidence.n_fields)
    model.counted.weight[[INFORMATION, FAR, EXPECTATION]] = torch.tensor([1.0, 0.5, -0.9])  # a smoothed PMI
    return OutfitScorer(model, items, evidence, codes, 0.5)


@pytest.fixture(scope="module")
def generator(scorer: OutfitScorer) -> CandidateGenerator:
    slots = {"bottom": np.arange(TOPS, TOPS + BOTTOMS), "top": np.arange(TOPS)}
    return CandidateGenerator(scorer, SlotIndex.build(scorer.vectors(), slots), slots)


def test_what_scores_best_of_all_is_among_the_candidates(scorer: OutfitScorer, generator: CandidateGenerator) -> None:
    recalled = []
    for bottom in range(TOPS, TOPS + 40):
        context = np.array([bottom])
        found = generator.candidates(context, "top", np.zeros(0, np.int64))
        assert len(found) < 700
        for kind in (0, 1):
            members = np.flatnonzero(scorer.codes.category[:TOPS] == kind)
            best = members[np.argsort(-scorer.score(context, members))[:10]]
            recalled.append(np.isin(best, found).mean())
    assert np.mean(recalled) > 0.7  # the rest goes by attributes alone, which an untrained transformer cannot search


def test_items_that_no_outfit_holds_are_offered_too(generator: CandidateGenerator, scorer: OutfitScorer) -> None:
    found = generator.candidates(np.array([TOPS]), "top", np.zeros(0, np.int64))
    unworn = scorer.evidence.degree.numpy()[found] == 0
    assert 10 <= unworn.sum() < len(found) / 2


def test_a_small_slot_is_offered_whole_without_context_and_avoided_items(generator: CandidateGenerator) -> None:
    context, avoid = np.array([TOPS, 3]), np.array([TOPS + 1])
    found = generator.candidates(context, "bottom", avoid)
    assert np.array_equal(found, np.setdiff1d(np.arange(TOPS, TOPS + BOTTOMS), [TOPS, TOPS + 1]))
    assert not np.isin([3], generator.candidates(context, "top", avoid)).any()


def test_an_unknown_slot_has_no_candidates(generator: CandidateGenerator) -> None:
    assert len(generator.candidates(np.array([0]), "hat", np.zeros(0, np.int64))) == 0
