"""What counting says: fitted weights, and how pairs of worn and of new items are read apart."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from bert4rec.attribute_pairs import AttributePairs
from bert4rec.config import Bert4RecConfig
from bert4rec.counting import fit_conditional_logit
from bert4rec.evidence import COUNT_FEATURES
from bert4rec.evidence_head import CountedScore, LearnedEvidence
from bert4rec.pair_batch import PairBatch
from bert4rec.train import fit

WEIGHT = torch.tensor([1.5, -0.8, 0.0])


def choices(n: int, log_q: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Choices among five made with WEIGHT by someone who is offered items as ``log_q`` says; the chosen one first."""
    inputs = torch.randn(n, 5, 3, generator=generator)
    gumbel = -torch.log(-torch.log(torch.rand(n, 5, generator=generator)))
    chosen = (inputs @ WEIGHT - log_q + gumbel).argmax(1)
    rows = torch.arange(n)
    order = torch.argsort((torch.arange(5) != chosen[:, None]).int(), dim=1, stable=True)
    return inputs[rows[:, None], order], torch.zeros(n, 5, dtype=torch.bool), log_q.expand(n, 5)[rows[:, None], order]


def test_weights_of_planted_choices_are_found() -> None:
    generator = torch.Generator().manual_seed(0)
    log_q = torch.tensor([0.0, -1.0, 0.5, 0.0, 0.2])
    found = fit_conditional_logit([choices(3000, log_q, generator) for _ in range(2)], ridge=0.0)
    assert torch.allclose(found, WEIGHT, atol=0.1)


def test_choices_by_chance_give_weights_near_zero_and_a_ridge_shrinks() -> None:
    generator = torch.Generator().manual_seed(1)
    inputs, wrong, log_q = choices(2000, torch.zeros(5), generator)
    shuffled = inputs[:, torch.randperm(5, generator=generator)]
    rolled = torch.stack([row.roll(int(k), 0) for k, row in enumerate(shuffled)])
    assert fit_conditional_logit([(rolled, wrong, log_q)], ridge=0.0).abs().max() < 0.1
    free, bound = (fit_conditional_logit([(inputs, wrong, log_q)], ridge=r) for r in (0.0, 0.3))
    assert bound.norm() < 0.7 * free.norm()


def test_what_does_not_count_does_not_matter() -> None:
    generator = torch.Generator().manual_seed(2)
    inputs, wrong, log_q = choices(500, torch.zeros(5), generator)
    wrong[:, 4] = True
    plain = fit_conditional_logit([(inputs[:, :4], wrong[:, :4], log_q[:, :4])], ridge=0.01)
    inputs[:, 4] = inputs[:, 3].flip(0)  # same spread, other content
    assert torch.allclose(fit_conditional_logit([(inputs, wrong, log_q)], ridge=0.01), plain, atol=0.03)


def attributes(*rows: list[float]) -> AttributePairs:
    """Pairs of Q context items with one candidate whose two values go with each one's two as the rows say."""
    pmi = torch.zeros(2 * len(rows) + 3, 2 * len(rows) + 3)
    here = torch.arange(2, 2 * len(rows) + 2).view(-1, 2)
    for row, (one, other) in zip(rows, here, strict=True):
        pmi[one, :2], pmi[other, :2] = torch.tensor(row[:2]), torch.tensor(row[2:])
    field_of = torch.arange(len(pmi)) % 2
    return AttributePairs(pmi, here, torch.tensor([[[0, 1]]]), torch.tensor([0, 1]), field_of)


def test_pairs_of_worn_and_of_new_items_are_read_with_their_own_weights() -> None:
    """Two visible items and one candidate: hand-worked sums over sqrt(2)."""
    score = CountedScore()
    counts = torch.zeros(2, 1, COUNT_FEATURES + 1)
    counts[0, 0, 0], counts[1, 0, -1] = 3.0, 5.0
    values = attributes([1.0, 2.0, 3.0, 4.0], [0.0, 0.0, 0.0, 0.0])
    new, popularity = torch.tensor([[False], [True]]), torch.tensor([[[0.7, 1.0]]])
    batch = PairBatch(counts, values, new, torch.tensor([0, 0]), popularity)
    summary = score.summary(batch)[0, 0]
    groups = COUNT_FEATURES + 2
    assert summary[0] == pytest.approx(3 / 2**0.5)
    assert summary[COUNT_FEATURES + 1] == pytest.approx(10 / 2 / 2**0.5)  # four field pairs share one weight
    assert summary[groups + COUNT_FEATURES] == pytest.approx(5 / 2**0.5)
    assert summary[-2:].tolist() == pytest.approx([0.7, 1.0])
    assert summary[2 * groups] == pytest.approx(1 / 2**0.5)  # one of the two pairs is of worn items
    assert int((summary != 0).sum()) == 6
    assert int((score.summary(batch.without_new()) != 0).sum()) == 5
    score.weight[0] = 2.0
    assert score(batch)[0, 0] == pytest.approx(6 / 2**0.5)
    torch.nn.init.normal_(score.weight)
    assert torch.allclose(score(batch), score.summary(batch) @ score.weight, atol=1e-5)


def test_the_network_is_silent_before_training_and_alone_without_visible_items() -> None:
    torch.manual_seed(0)
    head = LearnedEvidence(2)
    codes = torch.randint(5, (3, 2, 2))
    batch = PairBatch(
        torch.randn(3, 2, COUNT_FEATURES + 1),
        AttributePairs(torch.randn(5, 5), codes[:, 0], codes, torch.tensor([0, 1]), torch.tensor([0, 0, 1, 1, 0])),
        torch.zeros(3, 2, dtype=torch.bool),
        torch.tensor([0, 0, 2]),  # the second of three partial outfits shows nothing
        torch.randn(3, 2, 2),
    )
    assert (head(batch) == 0).all()
    for p in head.parameters():
        torch.nn.init.normal_(p)
    assert torch.isfinite(head(batch)).all()
    told = replace(batch, new=torch.ones(3, 2, dtype=torch.bool)).without_new()
    assert not head(told).equal(head(replace(told, new=batch.new))), "of pairs with new items it knows that they are"


def test_what_harms_on_held_out_outfits_is_silenced(world: Any, config: Bert4RecConfig) -> None:
    """Outfits without rule, learned by heart, harm others. With a rule that counting may not say, the network does."""
    rng = np.random.default_rng(1)
    eager = replace(config, lr=1e-2, dropout=0.0, steps=200, epochs=12, patience=12, ridge=1e6)
    gains = {}
    for planted in (False, True):
        outfits, valid = world.outfits(100, rng, planted=planted), world.outfits(60, rng, planted=planted)
        gains[planted] = float(fit(world.data(outfits, valid, config.folds), eager).model.gain[0])
    assert gains[False] == 0 < gains[True]


def test_without_held_out_outfits_counting_speaks_alone(world: Any, config: Bert4RecConfig) -> None:
    result = fit(world.data(world.outfits(60, np.random.default_rng(1)), [], config.folds), config)
    assert result.model.gain.tolist() == [0.0, 0.0]
    assert len(result.history) == 1, "and no more is trained than a release needs"
