"""A trained model answering questions: which candidate completes a partial outfit, and how well a whole one goes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bert4rec.dataset import MaskedBatch, NegativeSampler
from bert4rec.evidence import PairEvidence
from bert4rec.item_codes import ItemCodes
from bert4rec.model import Bert4Rec, ItemTensors
from bert4rec.new_item_score import LookedUp
from bert4rec.silencing import PairInput

Index = NDArray[np.int64]

REFERENCE = 48
"""Items of a category against which a score is normalised (fewer where the category is smaller)."""

AT_ONCE = 512
"""Items of contexts that one item is scored beside at once: what is looked up for them should stay in the cache."""

_OF_TARGETS = ("columns", "candidates", "fresh_candidates", "excluded")

FEW_NEW = 8
"""New items of a category under which all its items stand for it."""


class OutfitScorer:
    """Scores candidates and outfits by item index; higher is better.

    The score of a candidate is its log-probability given the context, less ``popularity_discount`` times the log of how
    often it is drawn by chance (at 0 the likeliest item of a category wins, at 1 the most specific one), relative to
    that of an average new item of its category: 0 is such a one. New items, which counts say nothing of, have a score
    of their own; they gain the model's ``newness`` (:mod:`bert4rec.newness`), so that both kinds stand in one list.
    Whole outfits are scored with a discount of their own, ``outfit_discount``, by default the same.
    """

    def __init__(
        self,
        model: Bert4Rec,
        items: ItemTensors,
        evidence: PairEvidence,
        codes: ItemCodes,
        popularity_discount: float,
        outfit_discount: float | None = None,
    ) -> None:
        self.model, self.items, self.evidence, self.codes = model.eval(), items, evidence, codes
        self.discount = popularity_discount
        self.outfit_discount = popularity_discount if outfit_discount is None else outfit_discount
        sampler = NegativeSampler(codes.category, evidence.degree.numpy())
        self.log_q = torch.from_numpy(sampler.log_q)
        self._log_q_unworn = torch.from_numpy(sampler.log_q_unworn)
        self._by_category = sampler
        self._reference: dict[int, Index] = {}
        self._looked_up: dict[int, LookedUp] = {}

    def score(self, context: Index, candidates: Index) -> NDArray[np.float32]:
        """Scores [C] of candidates [C], of any categories, for the item that is missing beside ``context`` [L].

        Each is made :meth:`comparable` by itself: which others are in the list changes nothing.
        """
        out = np.empty(len(candidates), np.float32)
        kinds = self.codes.category[candidates]
        for kind in np.unique(kinds):
            chosen = np.flatnonzero(kinds == kind)
            out[chosen] = self.comparable(context, candidates[chosen])
        return out

    def comparable(self, context: Index, candidates: Index) -> NDArray[np.float32]:
        """Scores [C] of candidates of one category, less the log-mean-exp over its :meth:`reference`, so that a good
        shirt and a good shoe have like scores."""
        scores, new = np.empty(len(candidates), np.float32), self._is_new(candidates)
        for side in np.unique(new):  # apart, since what is worked out for one kind is wasted on the other
            chosen = new == side
            scores[chosen] = self._score([context], candidates[None, chosen], new[None, chosen])[0]
        return scores - self._average(context, int(self.codes.category[candidates[0]]))

    @torch.inference_mode()
    def _average(self, context: Index, category: int) -> np.float32:
        """Log-mean-exp of the scores of a category's :meth:`reference` beside one context."""
        reference, new_items = self.reference(category), self.evidence.new_items
        if new_items is None or not self.model.leaves_new(self.evidence):
            scores = self._score([context], reference[None], np.ones((1, len(reference)), bool))
        else:
            if category not in self._looked_up:
                self._looked_up[category] = new_items.looked_up(torch.from_numpy(reference))
            beside = new_items.of_new(torch.from_numpy(context), self._looked_up[category])
            gained = self.model.newness - self.discount * self._log_q_unworn[category]
            scores = np.asarray(beside + gained)[None]
        return np.float32(_log_mean_exp(scores, np.array([len(reference)]))[0])

    def score_many(self, contexts: Sequence[Index], candidates: Index) -> NDArray[np.float32]:
        """Scores [P, C] of ``candidates`` [P, C], each row of one category, for P contexts, to compare within a row:
        those of :meth:`score` up to a constant of each row."""
        return self._score_chunks(contexts, candidates, self._is_new(candidates))

    def _score_chunks(
        self, contexts: Sequence[Index], candidates: Index, new: NDArray[np.bool_], discount: float | None = None
    ) -> NDArray[np.float32]:
        chunk = max(1, 60_000 // max(candidates.shape[1], 1))
        places = [slice(i, i + chunk) for i in range(0, len(contexts), chunk)]
        parts = [self._score(contexts[p], candidates[p], new[p], discount) for p in places]
        return np.concatenate(parts) if parts else np.zeros((0, candidates.shape[1]), np.float32)

    def _is_new(self, items: Index | np.int64) -> NDArray[np.bool_]:
        """Which items [n] counts say nothing of."""
        return np.asarray(self.evidence.new.numpy()[items])

    def score_outfits(self, outfits: Sequence[Index], discount: float | None = None) -> NDArray[np.float32]:
        """Compatibility of whole outfits [O], comparable across sizes; ``discount`` instead of the scorer's own.

        Each item is hidden in turn and its score taken relative to its category, as :meth:`comparable` has it; the
        mean over items is the outfit's pseudo-log-likelihood ratio against random items. One of one item scores 0.
        """
        whole = [(k, outfit) for k, outfit in enumerate(outfits) if len(outfit) > 1]
        if not whole:
            return np.zeros(len(outfits), np.float32)
        owner = np.repeat([k for k, _ in whole], [len(outfit) for _, outfit in whole])
        contexts = [np.delete(outfit, i) for _, outfit in whole for i in range(len(outfit))]
        discount = self.outfit_discount if discount is None else discount
        relative = self._relative(contexts, np.concatenate([outfit for _, outfit in whole]), discount)
        total = np.bincount(owner, relative, minlength=len(outfits))
        return (total / np.maximum(np.bincount(owner, minlength=len(outfits)), 1)).astype(np.float32)

    def item_scores(self, outfit: Index) -> NDArray[np.float32]:
        """Score [L] of each item given the others, relative to its category: the lowest is the weakest piece."""
        return self._relative([np.delete(outfit, i) for i in range(len(outfit))], outfit)

    def beside(self, item: int, contexts: Sequence[Index]) -> NDArray[np.float32]:
        """Scores [P] of one item beside each of P contexts, as :meth:`comparable` has them."""
        parts = [self._relative(contexts[p], np.full(len(contexts[p]), item)) for p in _slices(contexts)]
        return np.concatenate([np.zeros(0, np.float32), *parts])

    def _relative(self, contexts: Sequence[Index], items: Index, discount: float | None = None) -> NDArray[np.float32]:
        """Scores [P] of ``items`` [P], each beside a context of its own, as :meth:`comparable` has them."""
        references = [self.reference(int(self.codes.category[item])) for item in items]
        width = max((len(r) for r in references), default=0)
        pools = np.array([[item, *np.resize(r, width)] for item, r in zip(items, references, strict=True)], np.int64)
        pools = pools.reshape(len(items), width + 1)
        new = np.column_stack([self._is_new(items), np.ones((len(items), width), bool)])
        scores = self._score_chunks(contexts, pools, new, discount)
        size = np.array([len(r) for r in references], np.int64)
        scores[:, 1:][np.arange(width) >= size[:, None]] = -np.inf  # what only filled the row
        return np.asarray(scores[:, 0] - _log_mean_exp(scores[:, 1:], size))

    def silenced(
        self, item: int, contexts: Sequence[Index], rows: Index, silent: Sequence[Index]
    ) -> NDArray[np.float32]:
        """Scores [P] of one item beside contexts ``rows`` [P] where ``silent`` [P] says [L] what is not told of a pair.

        See :mod:`bert4rec.silencing`. The scores are not normalised: a difference beside one context is that which
        :meth:`beside` would see against other items as they are.
        """
        out = [np.zeros(0, np.float32)]
        for part in _slices([contexts[row] for row in rows]):
            used, place = np.unique(rows[part], return_inverse=True)
            offered = np.full((len(used), 1), item)
            batch = self._batch([contexts[row] for row in used], offered, self._is_new(offered))
            flags = np.zeros((len(place), batch.tokens.shape[1]), np.int64)
            for target, given in enumerate(silent[part]):
                flags[target, : len(given)] = given
            asked = torch.from_numpy(place)
            targets = {name: getattr(batch, name)[asked] for name in _OF_TARGETS}
            out.append(self._logits(replace(batch, rows=asked, silent=torch.from_numpy(flags), **targets))[:, 0])
        return np.concatenate(out)

    @property
    def pair_inputs(self) -> PairInput:
        """What the model is told of pairs, as far as there is any: without labels of photos, nothing of them."""
        if self.model.counted is None:
            return PairInput(0)
        told = PairInput.TOGETHER | PairInput.BETWEEN | PairInput.FAR
        told |= PairInput.LABELS if self.evidence.counts.profiles.shape[1] > 1 else PairInput(0)
        told |= PairInput.ATTRIBUTES if self.evidence.n_fields else PairInput(0)
        return told | (PairInput.LOOKS if self.items.dense.shape[1] else PairInput(0))

    def reference(self, category: int) -> Index:
        """Up to REFERENCE new items spread evenly over a category, the same every time; of all its items where fewer
        than FEW_NEW are new. They are read as new: by looks and attributes, which tell of every context as well."""
        if category not in self._reference:
            start, stop = self._by_category.start[category : category + 2]
            members = self._by_category.order[start:stop]
            new = members[self._is_new(members)]
            members = new if len(new) >= FEW_NEW else members
            places = np.unique(np.linspace(0, len(members) - 1, min(REFERENCE, len(members))).astype(np.int64))
            self._reference[category] = members[places]
        return self._reference[category]

    @torch.inference_mode()
    def wanted(self, context: Index, category: int) -> NDArray[np.float32]:
        """What the transformer expects of a category beside a context [hidden]: a query for the vector index."""
        batch = self._batch([context], self.reference(category)[None, :1], np.zeros((1, 1), bool))
        return np.asarray(self.model.encode(self.items, batch)[0])

    @torch.inference_mode()
    def vectors(self, rows: Index | None = None) -> NDArray[np.float32]:
        """Items ``rows`` (all of them by default) as the transformer's queries meet them [n, hidden]."""
        rows = np.arange(self.codes.n_items) if rows is None else rows
        parts = [torch.zeros(0, self.model.config.hidden)]
        for start in range(0, len(rows), 65_536):
            index = torch.from_numpy(rows[start : start + 65_536])
            parts.append(self.model.items(self.items, index, torch.zeros(len(index), dtype=torch.bool), -1))
        return np.asarray(torch.cat(parts))

    @cached_property
    def _embedded(self) -> Tensor:
        """All items as the model embeds them [N, hidden]."""
        return torch.from_numpy(self.vectors())

    def _score(
        self, contexts: Sequence[Index], candidates: Index, new: NDArray[np.bool_], discount: float | None = None
    ) -> NDArray[np.float32]:
        """Scores [P, C] before they are normalised, of candidates that are ``new`` [P, C] or pass for it."""
        return self._logits(self._batch(contexts, candidates, new), discount)

    @torch.inference_mode()
    def _logits(self, batch: MaskedBatch, discount: float | None = None) -> NDArray[np.float32]:
        """Scores [P, C] of a batch's candidates."""
        embedded = self._embedded if self.model.gain.any() and not batch.fresh_candidates.any() else None
        logits = self.model.parts(self.items, batch, self.evidence, embedded).logits(self.model.gain)
        discount = self.discount if discount is None else discount
        unworn = self._log_q_unworn[batch.category[batch.rows, batch.columns]][:, None]
        log_q = torch.where(batch.fresh_candidates, unworn, self.log_q[batch.candidates])
        logits = logits - discount * log_q + self.model.newness * batch.fresh_candidates
        return np.asarray(logits)

    def _batch(self, contexts: Sequence[Index], candidates: Index, new: NDArray[np.bool_]) -> MaskedBatch:
        """One row a context: its items, then one hidden item of the candidates' category; ``new`` ones pass for new."""
        rows = len(contexts)
        width = max(len(c) for c in contexts) + 1
        tokens = np.zeros((rows, width), np.int64)
        present = np.zeros((rows, width), bool)
        for row, context in enumerate(contexts):
            tokens[row, : len(context)] = context
            present[row, : len(context)] = True
        tokens[:, -1] = candidates[:, 0]
        present[:, -1] = True
        masked = np.zeros_like(present)
        masked[:, -1] = True

        def flag(*shape: int) -> Tensor:
            return torch.zeros(shape, dtype=torch.bool)

        return MaskedBatch(
            fold=-1,
            tokens=torch.from_numpy(tokens),
            present=torch.from_numpy(present),
            masked=torch.from_numpy(masked),
            category=torch.from_numpy(self.codes.category[tokens]),
            fresh=flag(rows, width),
            rows=torch.arange(rows),
            columns=torch.full((rows,), width - 1),
            candidates=torch.from_numpy(candidates),
            fresh_candidates=torch.from_numpy(new),
            excluded=flag(*candidates.shape),
        )


def _slices(contexts: Sequence[Index]) -> Iterator[slice]:
    """Contexts in parts of at most AT_ONCE items, of one context at least."""
    start = held = 0
    for stop, context in enumerate(contexts):
        if held and held + len(context) > AT_ONCE:
            yield slice(start, stop)
            start, held = stop, 0
        held += len(context)
    if start < len(contexts):
        yield slice(start, len(contexts))


def _log_mean_exp(values: NDArray[np.float32], size: Index) -> NDArray[np.float32]:
    """Over the ``size`` [P] values of each row [P, n] that are not infinitely small."""
    top = values.max(1, keepdims=True)
    return np.asarray(top[:, 0] + np.log(np.exp(values - top).sum(1) / size), np.float32)
