"""What counted evidence adds to a candidate's score: a linear reading fitted by itself, and a network on top."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from bert4rec.evidence import COUNT_FEATURES

PAIR_HIDDEN = 32


@dataclass(frozen=True, slots=True)
class PairBatch:
    """Evidence between the visible items of P partial outfits and C candidates each.

    ``features`` [Q, C, E] of a visible item with each candidate; ``new`` [Q, C] where one of the two was never worn, so
    that only attributes and looks speak; ``context`` [Q]: the visible item; ``owner`` [Q]: the partial outfit that it
    is in; ``popularity`` [P, C, 2] of the candidates.
    """

    features: Tensor
    new: Tensor
    context: Tensor
    owner: Tensor
    popularity: Tensor

    def without_new(self) -> PairBatch:
        """The same with nothing told of pairs with new items, beyond that they are."""
        return replace(self, features=self.features * ~self.new[..., None])

    def total(self, values: Tensor) -> Tensor:
        """Sum [Q, C, H] over the visible items of each partial outfit: [P, C, H]."""
        empty = values.new_zeros(len(self.popularity), *values.shape[1:])
        return empty.index_add(0, self.owner, values)

    def visible(self) -> Tensor:
        """Number of visible items [P, 1, 1], at least 1."""
        return torch.bincount(self.owner, minlength=len(self.popularity)).clamp(min=1)[:, None, None]


class CountedScore(nn.Module):
    """A linear reading of the evidence: what counting alone says.

    Pair features are summed over the n visible items and divided by sqrt(n), for what these say overlaps. Pairs of worn
    items and pairs with a new one have weights of their own, else one would be read by the standards of the other. All
    pairs of attribute fields share one weight, and each pair of worn items adds a constant, since to have no path to an
    item that could have one says something. The weights are no parameters of the network: they are fitted first and
    by themselves (:mod:`bert4rec.counting`), and stay.
    """

    groups: Tensor
    weight: Tensor

    def __init__(self, features: int) -> None:
        super().__init__()
        attributes = features - COUNT_FEATURES - 1
        groups = torch.zeros(features, COUNT_FEATURES + 2)
        for k in range(COUNT_FEATURES):
            groups[k, k] = 1
        groups[COUNT_FEATURES : COUNT_FEATURES + attributes, COUNT_FEATURES] = 1 / math.sqrt(max(attributes, 1))
        groups[-1, -1] = 1
        self.register_buffer("groups", groups, persistent=False)
        self.register_buffer("weight", torch.zeros(2 * groups.shape[1] + 3))

    def summary(self, batch: PairBatch) -> Tensor:
        """The inputs of the linear reading [P, C, len(weight)]."""
        grouped = batch.features @ self.groups  # [Q, C, G]
        new = batch.new[..., None]
        sums = batch.total(torch.cat([grouped * ~new, grouped * new, ~new], -1)) / batch.visible().sqrt()
        return torch.cat([sums, batch.popularity], -1)

    def forward(self, batch: PairBatch) -> Tensor:
        """Logits [P, C]."""
        return self.summary(batch) @ self.weight


class LearnedEvidence(nn.Module):
    """A network over each pair's features, its mean and maximum over the visible items; silent when training starts."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.linear = nn.Linear(features, 2, bias=False)
        nn.init.zeros_(self.linear.weight)
        self.pair = nn.Sequential(
            nn.Linear(features + 1, PAIR_HIDDEN), nn.GELU(), nn.Linear(PAIR_HIDDEN, PAIR_HIDDEN), nn.GELU()
        )
        last = nn.Linear(PAIR_HIDDEN, 1)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
        self.pooled = nn.Sequential(nn.Linear(2 * PAIR_HIDDEN + 2, PAIR_HIDDEN), nn.GELU(), last)

    def forward(self, batch: PairBatch) -> Tensor:
        """Logits [P, C]."""
        new = batch.new[..., None].float()
        hidden = self.pair(torch.cat([batch.features, new], -1))  # [Q, C, H]
        mean = batch.total(hidden) / batch.visible()
        where = batch.owner[:, None, None].expand_as(hidden)
        largest = torch.zeros_like(mean).scatter_reduce(0, where, hidden, "amax", include_self=False)
        known, unknown = self.linear(batch.features).unbind(-1)
        linear = batch.total(torch.where(batch.new, unknown, known)[..., None]) / batch.visible().sqrt()
        pooled: Tensor = self.pooled(torch.cat([mean, largest, batch.popularity], -1))
        return (linear + pooled).squeeze(-1)
