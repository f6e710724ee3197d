"""Nothing reads its own answer: what passes for new is not told apart from what is, and folds read their own graph."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from bert4rec.config import Bert4RecConfig
from bert4rec.dataset import MaskedBatch, NegativeSampler, OutfitBatches
from bert4rec.evidence import PairEvidence
from bert4rec.model import Bert4Rec, ItemSizes
from bert4rec.tables import TrainingSet, count_tables

WORN, TWIN = 5, 4
"""Two items of one category and colour, the second a copy of the first that is in no outfit."""


def loud(model: Bert4Rec) -> Bert4Rec:
    """The model in use with random weights: no part is silent, and new candidates have a share of their own."""
    generator = torch.Generator().manual_seed(0)
    assert model.counted is not None
    with torch.no_grad():
        for weight in (*model.parameters(), model.counted.weight):
            weight.copy_(0.3 * torch.randn(weight.shape, generator=generator))
    model.gain.copy_(torch.tensor([1.0, 0.7]))
    return model.eval()


@pytest.fixture
def data(world: Any, config: Bert4RecConfig) -> TrainingSet:
    """All that can be known of TWIN without outfits is known of WORN."""
    rng = np.random.default_rng(0)
    outfits = [np.where(o == TWIN, WORN, o) for o in world.outfits(120, rng)]
    world.codes.values[TWIN] = world.codes.values[WORN]
    data = world.data(outfits, [], config.folds)
    for table in (data.items.dense, data.items.graph_cold):
        table[TWIN] = table[WORN]
    data.items.graph[:, TWIN] = data.items.graph_cold[WORN]
    assert not data.items.seen[TWIN] and data.items.seen[WORN]
    return data  # type: ignore[no-any-return]


def questions(context: list[list[int]], candidates: list[int]) -> MaskedBatch:
    """The item of the candidates' category hidden beside each context [2]; nothing passes for new."""
    tokens = torch.tensor([[*row, candidates[0]] for row in context])
    rows = torch.arange(len(tokens))
    offered = torch.tensor(candidates).expand(len(tokens), -1)
    nothing = torch.zeros_like(tokens, dtype=torch.bool)
    return MaskedBatch(
        fold=-1,
        tokens=tokens,
        present=~nothing,
        masked=torch.arange(tokens.shape[1]).expand(tokens.shape) == tokens.shape[1] - 1,
        category=torch.div(tokens, 24, rounding_mode="floor"),
        fresh=nothing,
        rows=rows,
        columns=torch.full_like(rows, tokens.shape[1] - 1),
        candidates=offered,
        fresh_candidates=torch.zeros_like(offered, dtype=torch.bool),
        excluded=torch.zeros_like(offered, dtype=torch.bool),
    )


@pytest.mark.parametrize("reads_new", [True, False])
@pytest.mark.parametrize("place", ["context", "candidate"])
def test_an_item_that_passes_for_new_scores_as_one_in_no_outfit(
    data: TrainingSet, config: Bert4RecConfig, place: str, reads_new: bool
) -> None:
    """Exactly: nothing is left of counts, popularity, identity or neighbours, in any part of the score."""
    evidence = PairEvidence.count(list(data.train), data.codes, shrink=config.shrink, keep=config.keep)
    model = loud(Bert4Rec(ItemSizes.of(data.codes, data.items), config, evidence.n_fields))
    model.reads_new.fill_(reads_new)

    def asked(item: int) -> MaskedBatch:
        if place == "context":
            return questions([[item, 30], [item, 41]], [50, 55, 60])
        return questions([[30, 55], [41, 60]], [0, item, 9])

    def scores(batch: MaskedBatch) -> Tensor:
        with torch.inference_mode():
            return model(data.items, batch, evidence)  # type: ignore[no-any-return]

    known = asked(WORN)
    hidden = replace(known, fresh=known.tokens == WORN, fresh_candidates=known.candidates == WORN)
    of_one = known.part(slice(0, 1)), hidden.part(slice(0, 1)), asked(TWIN).part(slice(0, 1))
    for usual, passing, twin in ((known, hidden, asked(TWIN)), of_one):
        assert torch.equal(scores(passing), scores(twin))
        assert (scores(passing) - scores(usual)).abs().max() > 0.1


def test_examples_read_the_graph_without_their_own_fold(world: Any, data: TrainingSet, config: Bert4RecConfig) -> None:
    """Another graph for a fold changes the scores of that fold's examples, and of no others."""
    tables = count_tables(data, config)
    model = loud(Bert4Rec(ItemSizes.of(data.codes, data.items), config, tables.whole.n_fields))
    sampler = NegativeSampler(data.codes.category, tables.whole.degree.numpy())
    source = OutfitBatches(data.train, data.fold, data.codes.category, sampler, tables.unseen, config)
    batches = list({batch.fold: batch for batch in source.epoch(np.random.default_rng(1))}.values())
    batches.append(replace(batches[0], fold=-1))

    def scores(graph: Tensor) -> list[Tensor]:
        items = replace(data.items, graph=graph)
        with torch.inference_mode():
            return [model(items, batch, tables.at(batch.fold)) for batch in batches]

    usual = scores(data.items.graph)
    for fold in (*range(config.folds), -1):
        graph = data.items.graph.clone()
        graph[fold] += torch.randn(graph[fold].shape, generator=torch.Generator().manual_seed(3))
        changed = [not torch.equal(a, b) for a, b in zip(scores(graph), usual, strict=True)]
        assert changed == [batch.fold == fold for batch in batches]
