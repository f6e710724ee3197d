"""The masked-item model: an outfit is read as a set, and every hidden item is chosen among candidates.

Sun et al., *BERT4Rec* (2019), with these departures: no positions (an outfit has no order; ``positions`` brings them
back), a masked token still says its category (one asks for a skirt, not for anything), the softmax runs over
candidates of that category, and counted evidence about pairs enters the score beside the transformer's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from bert4rec.config import Bert4RecConfig
from bert4rec.dataset import MaskedBatch
from bert4rec.evidence import COUNT_FEATURES, EXPECTATION, FAR, INFORMATION, ItemCodes, PairEvidence

PAIR_HIDDEN = 32

ATTRIBUTE_WEIGHT = 0.02
"""What the PMI of each pair of attribute values counts in the score that training starts from."""

NEAR_WEIGHT, FAR_WEIGHT = 1.0, 0.5
"""What paths of one and two steps, and of three, count there."""

DISCOUNT = 0.6
"""How far popularity is discounted in the score that training starts from."""


@dataclass(frozen=True, slots=True)
class ItemTensors:
    """What the model reads of every item.

    ``category`` [N]; ``values`` [N, F] with ``n_values`` for missing; ``dense`` [N, Fd] float32, standardised, zero
    where ``dense_known`` [N] is False; ``seen`` [N] bool, in a training outfit. ``graph`` [K+1, N, Dg]: embeddings
    without each fold's edges, the last with all of them; ``graph_cold`` [N, Dg] from features alone.
    """

    category: Tensor
    values: Tensor
    dense: Tensor
    dense_known: Tensor
    seen: Tensor
    graph: Tensor
    graph_cold: Tensor


@dataclass(frozen=True, slots=True)
class ItemSizes:
    """Sizes of the inputs, which with the config fix the shapes of all weights."""

    n_items: int
    n_categories: int
    n_values: int
    n_fields: int
    dense: int
    graph: int

    @classmethod
    def of(cls, codes: ItemCodes, items: ItemTensors) -> ItemSizes:
        return cls(
            codes.n_items,
            codes.n_categories,
            codes.n_values,
            codes.n_fields,
            items.dense.shape[1],
            items.graph_cold.shape[1],
        )


class ItemEncoder(nn.Module):
    """Fuses an item's category, attributes, dense features, graph embedding and identity into one vector [hidden]."""

    def __init__(self, sizes: ItemSizes, config: Bert4RecConfig) -> None:
        super().__init__()
        width = config.hidden
        self.category = nn.Embedding(sizes.n_categories, width)
        self.value = nn.Embedding(sizes.n_values + 1, width, padding_idx=sizes.n_values)
        self.identity = nn.Embedding(sizes.n_items + 1, width) if config.identity else None
        self.dense = nn.Linear(sizes.dense, width, bias=False) if config.dense and sizes.dense else None
        self.graph = nn.Linear(sizes.graph, width, bias=False) if config.graph and sizes.graph else None
        self.norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(config.dropout)
        self.field_scale = 1 / math.sqrt(max(sizes.n_fields, 1))
        for table in (self.category, self.value, self.identity):
            if table is not None:
                nn.init.normal_(table.weight, std=0.1)
        with torch.no_grad():
            self.value.weight[sizes.n_values].zero_()

    def forward(self, items: ItemTensors, index: Tensor, fresh: Tensor, fold: int) -> Tensor:
        """Embed items ``index`` [...], as new where ``fresh`` [...], without the outfits of ``fold``: [..., hidden]."""
        x = self.category(items.category[index]) + self.field_scale * self.value(items.values[index]).sum(-2)
        if self.identity is not None:
            nobody = self.identity.num_embeddings - 1
            x = x + self.identity(torch.where(fresh | ~items.seen[index], nobody, index))
        if self.dense is not None:
            x = x + self.dense(items.dense[index])
        if self.graph is not None:
            near = torch.where(fresh[..., None], items.graph_cold[index], items.graph[fold][index])
            x = x + self.graph(near)
        return self.dropout(self.norm(x))  # type: ignore[no-any-return]


class EvidenceHead(nn.Module):
    """A learned reading of the pair features: linear sum over the context, and a small network over mean and
    maximum."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.linear = nn.Linear(features, 1, bias=False)
        with torch.no_grad():  # training starts from what counting says, and learns what to add
            self.linear.weight.zero_()
            self.linear.weight[0, COUNT_FEATURES:-1] = ATTRIBUTE_WEIGHT
            self.linear.weight[0, INFORMATION], self.linear.weight[0, FAR] = NEAR_WEIGHT, FAR_WEIGHT
            self.linear.weight[0, EXPECTATION] = -DISCOUNT * (NEAR_WEIGHT + FAR_WEIGHT)
        self.pair = nn.Sequential(
            nn.Linear(features, PAIR_HIDDEN), nn.GELU(), nn.Linear(PAIR_HIDDEN, PAIR_HIDDEN), nn.GELU()
        )
        last = nn.Linear(PAIR_HIDDEN, 1)
        nn.init.zeros_(last.weight)
        self.pooled = nn.Sequential(nn.Linear(2 * PAIR_HIDDEN + 2, PAIR_HIDDEN), nn.GELU(), last)

    def forward(self, pairs: Tensor, owner: Tensor, popularity: Tensor) -> Tensor:
        """Logits [P, C].

        ``pairs`` [Q, C, E]: features of a visible item with each candidate; ``owner`` [Q]: the target it belongs to;
        ``popularity`` [P, C, 2] of the candidates.
        """
        targets, offered = popularity.shape[:2]
        hidden = self.pair(pairs)  # [Q, C, H]
        count = torch.bincount(owner, minlength=targets).clamp(min=1)[:, None, None]  # [P, 1, 1]
        mean = hidden.new_zeros(targets, *hidden.shape[1:]).index_add(0, owner, hidden) / count
        where = owner[:, None, None].expand_as(hidden)
        largest = torch.zeros_like(mean).scatter_reduce(0, where, hidden, "amax", include_self=False)
        linear = hidden.new_zeros(targets, offered).index_add(0, owner, self.linear(pairs).squeeze(-1))
        return linear + self.pooled(torch.cat([mean, largest, popularity], -1)).squeeze(-1)  # type: ignore[no-any-return]


class Bert4Rec(nn.Module):
    """Scores candidates for the hidden items of outfits."""

    def __init__(self, sizes: ItemSizes, config: Bert4RecConfig, n_features: int) -> None:
        super().__init__()
        width = config.hidden
        self.config = config
        self.items = ItemEncoder(sizes, config)
        self.mask = nn.Parameter(torch.zeros(width))
        self.query = nn.Embedding(sizes.n_categories, width)
        nn.init.normal_(self.query.weight, std=0.1)
        self.position = nn.Embedding(config.positions, width) if config.positions else None
        layer = nn.TransformerEncoderLayer(
            width, config.heads, 4 * width, config.dropout, activation="gelu", batch_first=True, norm_first=True
        )
        self.encoder = nn.TransformerEncoder(layer, config.layers, norm=nn.LayerNorm(width), enable_nested_tensor=False)
        self.out = nn.Linear(width, width)
        if config.evidence:  # see EvidenceHead: what was counted speaks first
            nn.init.zeros_(self.out.weight)
            nn.init.zeros_(self.out.bias)
        self.evidence = EvidenceHead(n_features + 1) if config.evidence else None

    def encode(self, items: ItemTensors, batch: MaskedBatch) -> Tensor:
        """Read the sets; what the model expects at each hidden place [P, hidden]."""
        seen = self.items(items, batch.tokens, batch.fresh, batch.fold)
        asked = self.mask + self.query(batch.category)
        x = torch.where(batch.masked[..., None], asked, seen)  # [R, L, hidden]
        if self.position is not None:  # counted from the end, so that padding moves nothing
            place = batch.present.flip(1).cumsum(1).flip(1) - 1
            x = x + self.position(place.clamp(0, self.position.num_embeddings - 1))
        x = self.encoder(x, src_key_padding_mask=~batch.present)
        return self.out(x[batch.rows, batch.columns])  # type: ignore[no-any-return]

    def forward(self, items: ItemTensors, batch: MaskedBatch, evidence: PairEvidence) -> Tensor:
        """Logits [P, C] of the candidates: log-probability within their category, up to a constant of the row."""
        wanted = self.encode(items, batch)
        offered = self.items(items, batch.candidates, batch.fresh_candidates, batch.fold)  # [P, C, hidden]
        match = torch.einsum("ph,pch->pc", wanted, offered) / math.sqrt(wanted.shape[1])
        if self.evidence is None:
            return match
        return match + self.read_evidence(items, batch, evidence)

    def read_evidence(self, items: ItemTensors, batch: MaskedBatch, evidence: PairEvidence) -> Tensor:
        """Logits [P, C] from counted evidence between visible items and candidates."""
        assert self.evidence is not None
        owner, place = torch.nonzero((batch.present & ~batch.masked)[batch.rows], as_tuple=True)  # [Q] visible items
        row = batch.rows[owner]
        context, offered = batch.tokens[row, place], batch.candidates[owner]  # [Q], [Q, C]
        pairs = evidence.pairs(context, offered, batch.fresh[row, place][:, None] | batch.fresh_candidates[owner])
        look = functional.normalize(items.dense, dim=-1)
        alike = torch.einsum("qd,qcd->qc", look[context], look[offered])
        degree = evidence.degree[batch.candidates]
        known = (degree > 0) & ~batch.fresh_candidates
        popularity = torch.stack([torch.log1p(degree) * known, known.float()], -1)
        logits: Tensor = self.evidence(torch.cat([pairs, alike[..., None]], -1), owner, popularity)
        return logits


def masked_item_loss(logits: Tensor, batch: MaskedBatch, log_q: Tensor, smoothing: float = 0.0) -> Tensor:
    """Sampled softmax: cross-entropy of the first candidate, logits corrected by the log of how they were drawn.

    A negative that happens to be the answer, or is already in the visible outfit, does not count.
    """
    answer = batch.candidates[:, :1]
    worn = batch.tokens.masked_fill(~batch.present | batch.masked, -1)[batch.rows]  # [P, L]
    wrong = (batch.candidates == answer) | (batch.candidates[:, :, None] == worn[:, None, :]).any(-1) | batch.excluded
    wrong[:, 0] = False
    corrected = (logits - log_q[batch.candidates]).masked_fill(wrong, -1e9)
    target = torch.zeros(len(logits), dtype=torch.long)
    return functional.cross_entropy(corrected, target, label_smoothing=smoothing)
