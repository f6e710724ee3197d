"""Pairs of what is visible in partial outfits with the candidates for what is hidden, and what is told of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional

from bert4rec.attribute_pairs import AttributePairs
from bert4rec.dataset import MaskedBatch
from bert4rec.evidence import COUNT_FEATURES, PairEvidence
from bert4rec.silencing import PairInput, heard, silenced_value


@dataclass(frozen=True, slots=True)
class AskedPairs:
    """The Q visible items of P partial outfits, each with the C candidates of its own.

    ``owner`` [Q] the partial outfit; ``context`` [Q] the visible item; ``offered`` [Q, C] the candidates, or [1, C]
    where all share them; ``hidden`` [Q, C] pairs of which one passes for new, ``new`` [Q, C] these and those of which
    one was in no outfit that was counted; ``silent`` [Q, 1] what is not told of a visible item and any candidate
    (:mod:`bert4rec.silencing`).
    """

    owner: Tensor
    context: Tensor
    offered: Tensor
    hidden: Tensor
    new: Tensor
    silent: Tensor | None

    @classmethod
    def of(cls, batch: MaskedBatch, evidence: PairEvidence) -> AskedPairs:
        """The pairs of a batch. Of one partial outfit's candidates everything is looked up once."""
        owner, place = torch.nonzero((batch.present & ~batch.masked)[batch.rows], as_tuple=True)
        row = batch.rows[owner]
        context = batch.tokens[row, place]
        offered = batch.candidates if len(batch.candidates) == 1 else batch.candidates[owner]
        hidden = batch.fresh[row, place][:, None] | batch.fresh_candidates[owner]
        new = hidden | evidence.new[context][:, None] | evidence.new[offered]
        silent = None if batch.silent is None else batch.silent[owner, place][:, None]
        return cls(owner, context, offered, hidden, new, silent)


@dataclass(frozen=True, slots=True)
class PairBatch:
    """Evidence between the visible items of P partial outfits and C candidates each.

    ``counts`` [Q, C, COUNT_FEATURES + 1] of a visible item with each candidate, how alike they look last, and
    ``attributes``: what their values say, of T fields; ``new`` [Q, C] where one of the two was never worn, so that only
    attributes and looks speak; ``owner`` [Q]: the partial outfit that the visible item is in; ``popularity`` [P, C, 2]
    of the candidates; ``told`` [Q, C]: the pairs whose attributes are told, by default all.
    """

    counts: Tensor
    attributes: AttributePairs
    new: Tensor
    owner: Tensor
    popularity: Tensor
    told: Tensor | None = None

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
        if len(self.popularity) == 1 and len(values):
            return values.amax(0, keepdim=True)
        empty = values.new_zeros(len(self.popularity), *values.shape[1:])
        where = self.owner[:, None, None].expand_as(values)
        return empty.scatter_reduce(0, where, values, "amax", include_self=False)

    def visible(self) -> Tensor:
        """Number of visible items [P, 1, 1], at least 1."""
        return torch.bincount(self.owner, minlength=len(self.popularity)).clamp(min=1)[:, None, None]


def pair_batch(
    asked: AskedPairs, batch: MaskedBatch, evidence: PairEvidence, dense: Tensor, *, of_new: bool = True
) -> PairBatch:
    """What is told of the pairs of a batch, with items' features ``dense`` [N, Fd]; of new ones only if ``of_new``."""
    context, offered, new, silent = asked.context, asked.offered, asked.new, asked.silent
    if not of_new and new.all():
        counts = dense.new_zeros(1, 1, 1).expand(*new.shape, COUNT_FEATURES + 1)
    else:
        here, there = (functional.normalize(functional.embedding(i, dense), dim=-1) for i in (context, offered))
        alike = here @ there[0].T if len(offered) == 1 else torch.einsum("qd,qcd->qc", here, there)
        counts = evidence.count_features(context[:, None], offered, silent)
        counts = counts * ~asked.hidden[..., None] if asked.hidden.any() else counts
        alike = alike if silent is None else alike * heard(silent, PairInput.LOOKS)
        counts = torch.cat([counts, alike[..., None]], -1)
    known = ~evidence.new[batch.candidates] & ~batch.fresh_candidates
    popularity = torch.stack([torch.log1p(evidence.degree[batch.candidates]) * known, known.float()], -1)
    attributes = evidence.attributes(context, offered)
    told = None
    if silent is not None:
        told = heard(silent, PairInput.ATTRIBUTES).expand(*new.shape)
        attributes = replace(attributes, unsaid=silenced_value(silent))
    pairs = PairBatch(counts, attributes, new, asked.owner, popularity, told)
    return pairs if of_new else pairs.without_new()
