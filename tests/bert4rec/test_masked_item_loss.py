"""The sampled softmax by hand: what is drawn often is not held against it, and what is no negative does not count."""

from __future__ import annotations

import math

import pytest
import torch

from bert4rec.dataset import MaskedBatch
from bert4rec.model import masked_item_loss

LOG_Q = torch.log(torch.tensor([0.5, 0.25, 0.2, 0.05, 0.1]))


def batch(candidates: list[list[int]], excluded: list[list[bool]] | None = None) -> MaskedBatch:
    """Outfits of item 4 and a hidden item, the first of its candidates."""
    offered = torch.tensor(candidates)
    rows = torch.arange(len(offered))
    nothing = torch.zeros(len(offered), 2, dtype=torch.bool)
    masked = nothing.clone()
    masked[:, 1] = True
    return MaskedBatch(
        fold=-1,
        tokens=torch.stack([torch.full((len(offered),), 4), offered[:, 0]], 1),
        present=~nothing,
        masked=masked,
        category=torch.zeros(len(offered), 2, dtype=torch.long),
        fresh=nothing,
        rows=rows,
        columns=torch.ones_like(rows),
        candidates=offered,
        fresh_candidates=torch.zeros_like(offered, dtype=torch.bool),
        excluded=torch.zeros_like(offered, dtype=torch.bool) if excluded is None else torch.tensor(excluded),
    )


def test_by_hand() -> None:
    """Equal logits over chances 1/2, 1/4, 1/5 are odds of 2, 4, 5; logits log 3, 0, log 2 over 1/20, 1/2, 1/4 of 60, 2,
    8."""
    logits = torch.tensor([[0.0, 0.0, 0.0], [math.log(3), 0.0, math.log(2)]])
    losses = masked_item_loss(logits, batch([[0, 1, 2], [3, 0, 1]]), LOG_Q, reduction="none")
    assert losses.tolist() == pytest.approx([-math.log(2 / 11), -math.log(60 / 70)], rel=1e-5)
    mean = masked_item_loss(logits, batch([[0, 1, 2], [3, 0, 1]]), LOG_Q)
    assert float(mean) == pytest.approx(float(losses.mean()))


def test_what_is_no_negative_does_not_count() -> None:
    """The answer drawn again, an item that the outfit already has, and one that is excluded; left: odds of 2 and 4."""
    asked = batch([[0, 0, 4, 3, 1]], [[False, False, False, True, False]])
    losses = masked_item_loss(torch.zeros(1, 5), asked, LOG_Q, reduction="none")
    assert losses.tolist() == pytest.approx([math.log(3)], rel=1e-5)


def test_a_smoothed_target_is_spread_over_what_is_offered() -> None:
    """Odds of 2 and 4 again; a tenth is spread over the two."""
    asked = batch([[0, 0, 4, 3, 1]], [[False, False, False, True, False]])
    losses = masked_item_loss(torch.zeros(1, 5), asked, LOG_Q, smoothing=0.1, reduction="none")
    assert losses.tolist() == pytest.approx([0.95 * math.log(3) + 0.05 * math.log(3 / 2)], rel=1e-5)
