"""What counted evidence adds to a candidate's score: a linear reading fitted by itself, and a network on top."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional

from bert4rec.attribute_pairs import AttributePairs
from bert4rec.evidence import COUNT_FEATURES

PAIR_HIDDEN = 32


@dataclass(frozen=True, slots=True)
class PairBatch:
    """Evidence between the visible items of P partial outfits and C candidates each.

    ``counts`` [Q, C, COUNT_FEATURES + 1] of a visible item with each candidate, how alike they look last, and
    ``attributes``: what their values say, of T fields; ``new`` [Q, C] where one of the two was never worn, so that only
    attributes and looks speak; ``context`` [Q]: the visible item; ``owner`` [Q]: the partial outfit that it is in;
    ``popularity`` [P, C, 2] of the candidates; ``told`` [Q, C]: the pairs whose attributes are told, by default all;
    ``silent`` [Q, 1]: what is not told of a visible item and any candidate (:mod:`bert4rec.silencing`).
    """

    counts: Tensor
    attributes: AttributePairs
    new: Tensor
    context: Tensor
    owner: Tensor
    popularity: Tensor
    told: Tensor | None = None
    silent: Tensor | None = None

    def without_new(self) -> PairBatch:
        """The same with nothing told of pairs with new items, beyond that they are."""
        if not self.new.any():
            return self
        told = ~self.new if self.told is None else self.told & ~self.new
        return replace(self, counts=self.counts * ~self.new[..., None], told=told)

    def read(self, weight: Tensor) -> Tensor:
        """The attributes by ``weight`` [T, T, H]: [Q, C, H]."""
        read = self.attributes.project(weight)
        return read if self.told is None else read * self.told[..., None]

    def values(self) -> Tensor:
        """The attributes with all pairs of values summed [Q, C]."""
        if self.told is not None and not self.told.any():
            return self.told.float()
        total = self.attributes.total()
        return total if self.told is None else total * self.told

    def total(self, values: Tensor) -> Tensor:
        """Sum [Q, C, H] over the visible items of each partial outfit: [P, C, H]."""
        if len(self.popularity) == 1:
            return values.sum(0, keepdim=True)
        empty = values.new_zeros(len(self.popularity), *values.shape[1:])
        return empty.index_add(0, self.owner, values)

    def largest(self, values: Tensor) -> Tensor:
        """Maximum [P, C, H] over the visible items of each partial outfit, 0 where there is none: of [Q, C, H]."""
        empty = values.new_zeros(len(self.popularity), *values.shape[1:])
        where = self.owner[:, None, None].expand_as(values)
        return empty.scatter_reduce(0, where, values, "amax", include_self=False)

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

    weight: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("weight", torch.zeros(2 * (COUNT_FEATURES + 2) + 3))

    def summary(self, batch: PairBatch) -> Tensor:
        """The inputs of the linear reading [P, C, len(weight)]."""
        grouped, new = self._grouped(batch), batch.new[..., None]
        sums = batch.total(torch.cat([grouped * ~new, grouped * new, ~new], -1)) / batch.visible().sqrt()
        return torch.cat([sums, batch.popularity], -1)

    def forward(self, batch: PairBatch) -> Tensor:
        """Logits [P, C]: :meth:`summary` by the weights, each pair weighed before pairs are summed."""
        sizes = [COUNT_FEATURES + 2, COUNT_FEATURES + 2, 1, 2]
        of_known, of_new, always, of_popularity = torch.split(self.weight, sizes)
        known, new = (self._grouped(batch) @ torch.stack([of_known, of_new], 1)).unbind(-1)  # [Q, C]
        pairs = torch.where(batch.new, new, known + always)
        return (batch.total(pairs[..., None]) / batch.visible().sqrt()).squeeze(-1) + batch.popularity @ of_popularity

    @staticmethod
    def _grouped(batch: PairBatch) -> Tensor:
        """Features of each pair [Q, C, COUNT_FEATURES + 2]: counts, likeness, all pairs of values together."""
        values = batch.values() / max(batch.attributes.n_fields, 1)
        return torch.cat([batch.counts, values[..., None]], -1)


class LearnedEvidence(nn.Module):
    """A network over each pair's features, its mean and maximum over the visible items; silent when training starts.

    ``counts`` and ``attributes`` (for ``fields`` attribute fields) hold the weights of its first layer, of H hidden
    units, with two more: linear readings of pairs of worn items, and of pairs with a new one.
    """

    def __init__(self, fields: int) -> None:
        super().__init__()
        spread = (COUNT_FEATURES + 2 + fields**2) ** -0.5
        self.counts = nn.Parameter(torch.empty(COUNT_FEATURES + 1, PAIR_HIDDEN + 2).uniform_(-spread, spread))
        self.attributes = nn.Parameter(torch.empty(fields, fields, PAIR_HIDDEN + 2).uniform_(-spread, spread))
        self.of_new = nn.Parameter(torch.empty(2, PAIR_HIDDEN).uniform_(-spread, spread))
        with torch.no_grad():
            self.counts[:, PAIR_HIDDEN:] = 0
            self.attributes[..., PAIR_HIDDEN:] = 0
        self.inner = nn.Sequential(nn.GELU(), nn.Linear(PAIR_HIDDEN, PAIR_HIDDEN), nn.GELU())
        last = nn.Linear(PAIR_HIDDEN, 1)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
        self.pooled = nn.Sequential(nn.Linear(2 * PAIR_HIDDEN + 2, PAIR_HIDDEN), nn.GELU(), last)

    def forward(self, batch: PairBatch) -> Tensor:
        """Logits [P, C]."""
        read = batch.counts @ self.counts + batch.read(self.attributes)  # [Q, C, H + 2]
        hidden, known, unknown = torch.split(read, [PAIR_HIDDEN, 1, 1], -1)
        hidden = self.inner(hidden + functional.embedding(batch.new.long(), self.of_new))  # [Q, C, H]
        mean = batch.total(hidden) / batch.visible()
        largest = batch.largest(hidden)
        linear = batch.total(torch.where(batch.new[..., None], unknown, known)) / batch.visible().sqrt()
        pooled: Tensor = self.pooled(torch.cat([mean, largest, batch.popularity], -1))
        return (linear + pooled).squeeze(-1)
