"""The masked-item model: an outfit is read as a set, and every hidden item is chosen among candidates.

Sun et al., *BERT4Rec* (2019), with these departures: no positions (an outfit has no order), a masked token still says
its category (one asks for a skirt, not for anything), the softmax runs over candidates of that category, and counted
evidence about pairs enters the score beside the transformer's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from bert4rec.appearance import Appearance
from bert4rec.config import Bert4RecConfig
from bert4rec.dataset import MaskedBatch
from bert4rec.evidence import PairEvidence
from bert4rec.evidence_head import CountedScore, LearnedEvidence
from bert4rec.item_codes import ItemCodes
from bert4rec.pair_batch import AskedPairs, pair_batch
from bert4rec.transformer import MaskedTransformer


@dataclass(frozen=True, slots=True)
class ItemTensors:
    """What the model reads of every item.

    ``category`` [N]; ``values`` [N, F] with ``n_values`` for missing; ``dense`` [N, Fd] float32, standardised, zero
    where it is unknown; ``seen`` [N] bool, in a training outfit. ``graph`` [K+1, N, Dg]: embeddings
    without each fold's edges, the last with all of them; ``graph_cold`` [N, Dg] from features alone. ``views`` [V]: how
    many columns of ``dense`` each view of an item takes.
    """

    category: Tensor
    values: Tensor
    dense: Tensor
    seen: Tensor
    graph: Tensor
    graph_cold: Tensor
    views: Tensor

    def appearance(self, codes: ItemCodes) -> Appearance:
        """What is known of the items without their outfits."""
        return Appearance.of(codes, self.dense.numpy(), self.views.tolist())


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


@dataclass(frozen=True, slots=True)
class ScoreParts:
    """What counting says of candidates [P, C], what the network adds [P, C], and which candidates are new [P, C]."""

    counted: Tensor
    learned: Tensor
    new: Tensor

    def logits(self, gain: Tensor) -> Tensor:
        """Their sum [P, C], with a share ``gain`` [2] of the network's part for known and for new candidates."""
        return self.counted + gain[self.new.long()] * self.learned


class Bert4Rec(MaskedTransformer):
    """Scores candidates for the hidden items of outfits.

    ``gain`` [2] is the share of the network's part that counts for known and for new candidates, beside what counting
    says; training chooses it on held-out outfits. Where ``reads_new`` is False, pairs with new items are left to a
    score of their own (:class:`bert4rec.new_item_score.NewItemScore`), in training and after. ``newness`` [] is what a
    new item gains beside known ones (:mod:`bert4rec.newness`).
    """

    gain: Tensor
    reads_new: Tensor
    newness: Tensor

    def __init__(self, sizes: ItemSizes, config: Bert4RecConfig, n_fields: int) -> None:
        super().__init__()
        width = config.hidden
        self.config = config
        self.items = ItemEncoder(sizes, config)
        self.mask = nn.Parameter(torch.zeros(width))
        self.query = nn.Embedding(sizes.n_categories, width)
        nn.init.normal_(self.query.weight, std=0.1)
        self.build(config)
        self.counted, self.evidence = None, None
        if config.evidence:  # what was counted speaks first
            nn.init.zeros_(self.out.weight)
            nn.init.zeros_(self.out.bias)
            self.counted = CountedScore()
            self.evidence = LearnedEvidence(n_fields) if config.pairs else None
        self.register_buffer("gain", torch.ones(2))
        self.register_buffer("reads_new", torch.tensor(True))
        self.register_buffer("newness", torch.zeros(()))

    def encode(self, items: ItemTensors, batch: MaskedBatch, embedded: Tensor | None = None) -> Tensor:
        """Read the sets; what the model expects at each hidden place [P, hidden]; ``embedded`` as in :meth:`parts`."""
        if embedded is None:
            seen = self.items(items, batch.tokens, batch.fresh, batch.fold)
        else:
            seen = functional.embedding(batch.tokens, embedded)
        asked = self.mask + self.query(batch.category)
        x = torch.where(batch.masked[..., None], asked, seen)  # [R, L, hidden]
        x = self.read(x, batch.present)
        return self.out(x[batch.rows, batch.columns])  # type: ignore[no-any-return]

    def forward(self, items: ItemTensors, batch: MaskedBatch, evidence: PairEvidence) -> Tensor:
        """Logits [P, C] of the candidates: log-probability within their category, up to a constant of the row."""
        return self.parts(items, batch, evidence).logits(self.gain)

    def parts(
        self, items: ItemTensors, batch: MaskedBatch, evidence: PairEvidence, embedded: Tensor | None = None
    ) -> ScoreParts:
        """The same before what counting says and what the network adds are put together.

        ``embedded`` [N, hidden] are all items as :class:`ItemEncoder` embeds them, where the caller has them and none
        passes for new. In evaluation the network is left out where it has no share in any candidate's score.
        """
        new = batch.fresh_candidates | evidence.new[batch.candidates]
        if self.counted is None:
            match = self._match(items, batch, embedded)
            return ScoreParts(torch.zeros_like(match), match, new)
        asked = AskedPairs.of(batch, evidence)
        counted = torch.zeros(new.shape)
        if evidence.new_items is not None and (asked.new.any() or new.any()):
            places = asked.context, asked.owner, batch.candidates, asked.new
            counted = evidence.new_items.score(*places, new, asked.silent)
            if new.all() and self.leaves_new(evidence):
                return ScoreParts(counted, torch.zeros_like(counted), new)
        pairs = pair_batch(asked, batch, evidence, items.dense, of_new=bool(self.reads_new))
        counted = counted + self.counted(pairs)
        if not self.training and not self.gain[new.long()].any():
            return ScoreParts(counted, torch.zeros_like(counted), new)
        learned = torch.zeros(new.shape)
        if self.config.transformer:
            learned = learned + self._match(items, batch, embedded)
        if self.evidence is not None:
            learned = learned + self.evidence(pairs)
        return ScoreParts(counted, learned, new)

    def leaves_new(self, evidence: PairEvidence) -> bool:
        """Whether new candidates have the score of new items alone."""
        return not (evidence.new_items is None or self.training or self.reads_new or self.gain[1])

    def _match(self, items: ItemTensors, batch: MaskedBatch, embedded: Tensor | None) -> Tensor:
        """Products [P, C] of what is expected at each hidden place and the candidates."""
        wanted = self.encode(items, batch, embedded)
        if embedded is None:
            offered = self.items(items, batch.candidates, batch.fresh_candidates, batch.fold)
        else:
            offered = functional.embedding(batch.candidates, embedded)
        return torch.einsum("ph,pch->pc", wanted, offered) / math.sqrt(wanted.shape[1])


def not_offered(batch: MaskedBatch) -> Tensor:
    """Negatives [P, C] that do not count: the answer itself, what is visible in the outfit, what is excluded."""
    answer = batch.candidates[:, :1]
    worn = batch.tokens.masked_fill(~batch.present | batch.masked, -1)[batch.rows]  # [P, L]
    wrong = (batch.candidates == answer) | (batch.candidates[:, :, None] == worn[:, None, :]).any(-1) | batch.excluded
    wrong[:, 0] = False
    return wrong


def masked_item_loss(
    logits: Tensor, batch: MaskedBatch, log_q: Tensor, smoothing: float = 0.0, reduction: str = "mean"
) -> Tensor:
    """Sampled softmax: cross-entropy of the first candidate, logits corrected by the log of how they were drawn.

    Negatives of :func:`not_offered` do not count. A share ``smoothing`` of the target is spread over all that do, for
    several may be right. The mean, or with ``reduction`` "none" the loss of each target [P].
    """
    wrong = not_offered(batch)
    told = functional.log_softmax((logits - log_q[batch.candidates]).masked_fill(wrong, -1e9), 1)
    losses = -told[:, 0]
    if smoothing:
        losses = (1 - smoothing) * losses - smoothing * told.masked_fill(wrong, 0.0).sum(1) / (~wrong).sum(1)
    return losses if reduction == "none" else losses.mean()
