"""What counted evidence adds to a candidate's score: a linear reading fitted by itself, and a network on top."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from bert4rec.evidence import COUNT_FEATURES
from bert4rec.pair_batch import PairBatch

PAIR_HIDDEN = 32


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
        grouped, new = torch.cat([batch.counts, self._values(batch)], -1), batch.new[..., None]
        sums = batch.total(torch.cat([grouped * ~new, grouped * new, ~new], -1)) / batch.visible().sqrt()
        return torch.cat([sums, batch.popularity], -1)

    def forward(self, batch: PairBatch) -> Tensor:
        """Logits [P, C]: :meth:`summary` by the weights, each pair weighed before pairs are summed."""
        sizes = [COUNT_FEATURES + 2, COUNT_FEATURES + 2, 1, 2]
        of_known, of_new, always, of_popularity = torch.split(self.weight, sizes)
        weight, values = torch.stack([of_known, of_new], 1), self._values(batch)
        known, new = (batch.counts @ weight[:-1] + values * weight[-1]).unbind(-1)  # [Q, C]
        pairs = torch.where(batch.new, new, known + always)
        return (batch.total(pairs[..., None]) / batch.visible().sqrt()).squeeze(-1) + batch.popularity @ of_popularity

    @staticmethod
    def _values(batch: PairBatch) -> Tensor:
        """Mean over the attribute fields [Q, C, 1] of what all pairs of values say together."""
        return (batch.values() / max(batch.attributes.n_fields, 1))[..., None]


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
