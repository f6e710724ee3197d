"""Outfits as training examples: which items are hidden, and which other items they are told apart from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bert4rec.config import Bert4RecConfig


@dataclass(frozen=True, slots=True)
class MaskedBatch:
    """Outfits with hidden items, and what each hidden one is to be chosen from.

    R rows of at most L items, P hidden items in all, C candidates each, the first of them right.

    ``fold`` says which tables and graph embeddings may be read (those that did not see these outfits).
    ``tokens`` [R, L] item indices (0 where absent); ``present`` [R, L]; ``masked`` [R, L] items the model must not see;
    ``category`` [R, L] of each token, which the model sees of masked ones too; ``fresh`` [R, L] items that pass for
    new: no identity, no counts, no graph neighbours. ``rows``, ``columns`` [P] place the targets; ``candidates`` [P,
    C] with ``fresh_candidates`` [P, C]; those of ``excluded`` [P, C] do not count. ``silent`` [P, L]: what
    a target is not told of a token and any candidate (:mod:`bert4rec.silencing`); by default all is.
    """

    fold: int
    tokens: Tensor
    present: Tensor
    masked: Tensor
    category: Tensor
    fresh: Tensor
    rows: Tensor
    columns: Tensor
    candidates: Tensor
    fresh_candidates: Tensor
    excluded: Tensor
    silent: Tensor | None = None

    def part(self, rows: slice) -> MaskedBatch:
        """The examples of some rows."""
        per_row = ("tokens", "present", "masked", "category", "fresh")
        per_target = ("columns", "candidates", "fresh_candidates", "excluded")
        own = (self.rows >= rows.start) & (self.rows < rows.stop)
        return replace(
            self,
            rows=self.rows[own] - rows.start,
            silent=None if self.silent is None else self.silent[own],
            **{name: getattr(self, name)[rows] for name in per_row},
            **{name: getattr(self, name)[own] for name in per_target},
        )


UNWORN = 0.1
"""Outfits that an item in none counts as when drawn by popularity."""


class NegativeSampler:
    """Items of a category: half drawn uniformly, half in proportion to how many outfits they are in.

    ``log_q`` [N] is the log-probability with which the mixture draws an item within its category: subtracting it from
    the logits makes a softmax over sampled candidates estimate the full one (Bengio & Senecal 2008, equation 6).
    ``log_q_unworn`` [categories]: that of an item in no outfit.
    """

    def __init__(self, category: NDArray[np.int64], degree: NDArray[np.float32]) -> None:
        self.order = np.argsort(category, kind="stable")
        sizes = np.bincount(category)
        self.start = np.concatenate([[0], np.cumsum(sizes)])
        weight = degree[self.order].astype(np.float64) + UNWORN
        self.cumulative = np.concatenate([[0.0], np.cumsum(weight)])
        mass = self.cumulative[self.start[1:]] - self.cumulative[self.start[:-1]]
        kind = category[self.order]
        log_q = np.log(0.5 / sizes[kind] + 0.5 * weight / mass[kind])
        self.log_q = np.empty(len(category), np.float32)
        self.log_q[self.order] = log_q
        there = sizes > 0
        unworn = np.zeros(len(sizes))
        unworn[there] = np.log(0.5 / sizes[there] + 0.5 * UNWORN / mass[there])
        self.log_q_unworn = unworn.astype(np.float32)

    def draw(self, category: NDArray[np.int64], n: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """[P] categories to [P, n] items, with replacement."""
        first, last = self.start[category][:, None], self.start[category + 1][:, None]
        half = n // 2
        uniform = first + (rng.random((len(category), half)) * (last - first)).astype(np.int64)
        low, high = self.cumulative[first], self.cumulative[last]
        wanted = low + rng.random((len(category), n - half)) * (high - low)
        popular = np.clip(np.searchsorted(self.cumulative, wanted, side="right") - 1, first, last - 1)
        drawn: NDArray[np.int64] = self.order[np.concatenate([uniform, popular], 1)]
        return drawn


def unseen_without(
    outfits: Sequence[NDArray[np.int64]], fold: NDArray[np.int64], folds: int, n_items: int, least: int = 1
) -> NDArray[np.bool_]:
    """Items [folds + 1, N] in fewer than ``least`` outfits outside each fold; the last row: in fewer at all."""
    items = np.concatenate(outfits) if len(outfits) else np.zeros(0, np.int64)
    place = np.repeat(np.asarray(fold, np.int64), [len(o) for o in outfits]) * n_items + items
    worn = np.bincount(place, minlength=folds * n_items).reshape(folds, n_items)
    total = worn.sum(0)
    return np.concatenate([total - worn < least, [total < least]])


def assign_folds(n_outfits: int, folds: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Equal folds in random order [n_outfits]."""
    return rng.permutation(np.arange(n_outfits) % folds)


class OutfitBatches:
    """Endless supply of masked batches over a set of outfits, one pass at a time.

    Every item of every outfit is a target once a pass. A batch draws on one fold only.

    A table that does not see a fold's outfits knows nothing of items that are in no other ones: for it they are new.
    Were that told, "new" would mean "probably the answer", which no catalogue bears out. So a target that is new for
    its fold is told apart from candidates that all pass for new, and a known target never from new ones: ``unseen``
    [folds + 1, N] bool says which items are new without each fold, the last row without any outfit of the run. Where
    the catalogue holds only items worn several times (:func:`bert4rec.recurrence.least_worn`), so are those that are
    left with fewer.
    """

    def __init__(
        self,
        outfits: Sequence[NDArray[np.int64]],
        fold: NDArray[np.int64],
        category: NDArray[np.int64],
        sampler: NegativeSampler,
        unseen: NDArray[np.bool_],
        config: Bert4RecConfig,
    ) -> None:
        self.outfits, self.fold, self.category = outfits, fold, category
        self.sampler, self.unseen, self.config = sampler, unseen, config
        self.sizes = np.array([len(o) for o in outfits])
        self._start = np.cumsum(self.sizes) - self.sizes
        self._items = np.concatenate(outfits)

    def __len__(self) -> int:
        per_fold = np.bincount(self.fold, weights=self.sizes)
        return int(np.ceil(per_fold / self.config.batch_size).sum())

    def epoch(self, rng: np.random.Generator) -> Iterator[MaskedBatch]:
        """One pass over all (outfit, target) pairs."""
        owner = np.repeat(np.arange(len(self.sizes)), self.sizes)
        target = np.arange(len(owner)) - self._start[owner]
        order = rng.permutation(len(owner))
        order = order[np.argsort(self.fold[owner[order]], kind="stable")]
        folds = self.fold[owner[order]]
        cuts = np.flatnonzero(np.diff(folds)) + 1
        size = self.config.batch_size
        pieces = [piece[i : i + size] for piece in np.split(order, cuts) for i in range(0, len(piece), size)]
        for k in rng.permutation(len(pieces)):
            piece = pieces[k]
            yield self.batch(owner[piece], target[piece], int(self.fold[owner[piece[0]]]), rng)

    def batch(
        self, owner: NDArray[np.int64], target: NDArray[np.int64], fold: int, rng: np.random.Generator
    ) -> MaskedBatch:
        """Examples of the outfits ``owner`` [R] in which at least the item at ``target`` [R] is hidden."""
        config, n = self.config, len(owner)
        lengths = self.sizes[owner]
        width = int(lengths.max())
        present = np.arange(width) < lengths[:, None]
        tokens = np.zeros((n, width), np.int64)
        tokens[present] = self._items[(self._start[owner][:, None] + np.arange(width))[present]]
        masked = self._mask(present, target, rng)
        rows, columns = np.nonzero(masked)
        answers = tokens[rows, columns]
        drawn = self.sampler.draw(self.category[answers], config.negatives, rng)
        cold = rng.random(n) < config.cold_outfits
        fresh = cold[:, None] | (rng.random((n, width)) < config.fresh_items)
        candidates = np.concatenate([answers[:, None], drawn], 1)
        new = self.unseen[fold]
        passing = cold[rows] | new[answers]
        fresh_candidates = passing[:, None] | (rng.random(candidates.shape) < config.fresh_items)
        as_tensor = torch.from_numpy
        return MaskedBatch(
            fold=fold,
            tokens=as_tensor(tokens),
            present=as_tensor(present),
            masked=as_tensor(masked),
            category=as_tensor(self.category[tokens]),
            fresh=as_tensor(fresh),
            rows=as_tensor(rows),
            columns=as_tensor(columns),
            candidates=as_tensor(candidates),
            fresh_candidates=as_tensor(fresh_candidates),
            excluded=as_tensor(new[candidates] & ~passing[:, None]),
        )

    def _mask(
        self, present: NDArray[np.bool_], target: NDArray[np.int64], rng: np.random.Generator
    ) -> NDArray[np.bool_]:
        """The target always; in a share 1 - mask_one of the rows others too, but never the last visible item."""
        n, width = present.shape
        share = np.where(rng.random(n) < self.config.mask_one, 0.0, rng.random(n))
        chance = rng.random((n, width))
        masked = (chance < share[:, None]) & present
        masked[np.arange(n), target] = True
        blind = ~(present & ~masked).any(1)
        chance[~present] = -1
        chance[np.arange(n), target] = -1
        keep = chance.argmax(1)
        single = present.sum(1) < 2
        restore = blind & ~single
        masked[restore, keep[restore]] = False
        return masked
