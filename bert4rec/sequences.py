"""Users' sequences of items: leave-one-out, and batches of sequences of like length, so that padding costs nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bert4rec.sequence_config import SequenceConfig

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Sequences:
    """Sequences of items one after the other: ``items`` [A], sequence u is ``items[starts[u]:starts[u + 1]]``."""

    items: Ints
    starts: Ints
    n_items: int

    @classmethod
    def of(cls, sequences: Sequence[Sequence[int] | Ints], n_items: int) -> Self:
        """Join sequences in the order given; items are numbers from 0 to below ``n_items``.

        Raises
        ------
        ValueError
            An item is outside that range.
        """
        items = np.concatenate([np.zeros(0, np.int64), *[np.asarray(s, np.int64) for s in sequences]])
        if len(items) and (items.min() < 0 or items.max() >= n_items):
            raise ValueError(f"items from {items.min()} to {items.max()}: from 0 to {n_items - 1} is wanted")
        return cls(items, np.concatenate([[0], np.cumsum([len(s) for s in sequences], dtype=np.int64)]), n_items)

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def lengths(self) -> Ints:
        """How long each sequence is [U]."""
        return np.diff(self.starts)

    def __getitem__(self, user: int) -> Ints:
        return self.items[self.starts[user] : self.starts[user + 1]]

    def without_last(self, n: int) -> Sequences:
        """The same without the last ``n`` items of each; a shorter sequence becomes empty."""
        keep = np.maximum(self.lengths - n, 0)
        place = np.arange(len(self.items)) - np.repeat(self.starts[:-1], self.lengths)
        items = self.items[place < np.repeat(keep, self.lengths)]
        return Sequences(items, np.concatenate([[0], np.cumsum(keep)]), self.n_items)

    def popularity(self) -> Ints:
        """How often each item occurs [N]."""
        return np.bincount(self.items, minlength=self.n_items)


@dataclass(frozen=True, slots=True)
class LeaveOneOut:
    """The protocol of Sun et al. (2019), 4.2: the last item tests, the one before validates, the rest is learned from.

    Users with fewer than three items only train. ``users`` [Q] are those asked about; ``valid`` and ``test`` [Q] are
    their held-out items; validation reads ``train``, the test reads ``history``, which has the validation item too.
    """

    train: Sequences
    history: Sequences
    users: Ints
    valid: Ints
    test: Ints

    @classmethod
    def split(cls, whole: Sequences) -> LeaveOneOut:
        asked = np.flatnonzero(whole.lengths >= 3).tolist()
        kept = Sequences.of([whole[u] for u in asked], whole.n_items)
        short = [whole[u] for u in np.flatnonzero(whole.lengths < 3).tolist()]
        train = Sequences.of([s[:-2] for s in map(kept.__getitem__, range(len(kept)))] + short, whole.n_items)
        last = kept.starts[1:] - 1
        users = np.arange(len(asked))
        return cls(train, kept.without_last(1), users, kept.items[last - 1], kept.items[last])


@dataclass(frozen=True, slots=True)
class SequenceBatch:
    """Rows of tokens, absent ones last: ``tokens``, ``present``, ``masked`` [R, L].

    Place ``columns[p]`` of row ``rows[p]`` is asked for item ``targets[p]`` [P].
    """

    tokens: Tensor
    present: Tensor
    masked: Tensor
    rows: Tensor
    columns: Tensor
    targets: Tensor

    def within(self, items: Tensor) -> SequenceBatch:
        """The same with items told by their place in ``items`` [K], ascending, which must hold them all."""
        tokens, targets = torch.searchsorted(items, self.tokens), torch.searchsorted(items, self.targets)
        return replace(self, tokens=tokens, targets=targets)


def padded(sequences: Sequences, users: Ints, longest: int) -> tuple[Ints, NDArray[np.bool_]]:
    """Their last ``longest`` items as tokens and presence [R, L], absent ones last."""
    lengths = np.minimum(sequences.lengths[users], longest)
    column = np.arange(max(1, int(lengths.max(initial=1))))
    present = column < lengths[:, None]
    at = (sequences.starts[users + 1] - lengths)[:, None] + column
    return np.where(present, sequences.items[np.where(present, at, 0)], 0), present


def questions(sequences: Sequences, users: Ints, config: SequenceConfig) -> SequenceBatch:
    """What comes next in each sequence [R]: asked of its last item (``causal``) or of a hidden one after it."""
    longest = config.positions or int(sequences.lengths.max(initial=1)) + 1
    tokens, present = padded(sequences, users, longest if config.causal else longest - 1)
    masked = np.zeros_like(present)
    if not config.causal:
        end = present.sum(1)
        more = ((0, 0), (0, 1))
        tokens, present, masked = np.pad(tokens, more), np.pad(present, more), np.pad(masked, more)
        present[np.arange(len(users)), end] = masked[np.arange(len(users)), end] = True
    rows = np.arange(len(users))
    return _batch(tokens, present, masked, rows, present.sum(1) - 1, np.zeros(len(users), np.int64))


class SequenceBatches:
    """Training batches: sequences of like length together, as many as have the tokens of an average batch."""

    def __init__(self, train: Sequences, config: SequenceConfig) -> None:
        self.train, self.config = train, config
        self.users = np.flatnonzero(train.lengths >= 2)
        if len(self.users) == 0:
            raise ValueError("no training sequence has two items: nothing says what follows what")
        self.longest = (config.positions or int(train.lengths.max())) + config.causal
        self.lengths = np.minimum(train.lengths, self.longest)
        self.budget = config.batch_size * float(self.lengths[self.users].mean())

    def __len__(self) -> int:
        return len(self._cut(np.sort(self.lengths[self.users]))) + 1

    def epoch(self, rng: np.random.Generator) -> Iterator[SequenceBatch]:
        """Every sequence once, in batches of random order."""
        order = self.users[rng.permutation(len(self.users))]
        order = order[np.argsort(self.lengths[order], kind="stable")]
        pieces = np.split(order, self._cut(self.lengths[order]))
        for k in rng.permutation(len(pieces)):
            tokens, present = padded(self.train, pieces[k], self.longest)
            yield self._next(tokens, present) if self.config.causal else self._cloze(tokens, present, rng)

    def _cut(self, lengths: Ints) -> Ints:
        """Where sequences of these ascending lengths are cut into batches of about the same number of tokens."""
        number = ((np.cumsum(lengths) - 1) / self.budget).astype(np.int64)
        return np.flatnonzero(np.diff(number)) + 1

    @staticmethod
    def _next(tokens: Ints, present: NDArray[np.bool_]) -> SequenceBatch:
        """Every place asks for the item after it (Kang and McAuley 2018)."""
        rows, columns = np.nonzero(present[:, 1:])
        masked = np.zeros_like(present[:, 1:])
        return _batch(tokens[:, :-1], present[:, 1:], masked, rows, columns, tokens[rows, columns + 1])

    def _cloze(self, tokens: Ints, present: NDArray[np.bool_], rng: np.random.Generator) -> SequenceBatch:
        """Hidden items ask for themselves (Sun et al. 2019, section 3.6)."""
        drawn = np.where(present, rng.random(present.shape), 2.0)
        masked = drawn < self.config.mask_share
        masked |= drawn == np.where(masked.any(1), -1.0, drawn.min(1))[:, None]  # at least one
        last = np.arange(present.shape[1]) == present.sum(1)[:, None] - 1
        masked = np.where((rng.random(len(tokens)) < self.config.mask_last)[:, None], last, masked)
        rows, columns = np.nonzero(masked)
        return _batch(tokens, present, masked, rows, columns, tokens[rows, columns])


def _batch(
    tokens: Ints, present: NDArray[np.bool_], masked: NDArray[np.bool_], rows: Ints, columns: Ints, targets: Ints
) -> SequenceBatch:
    arrays = (tokens, present, masked, rows, columns, targets)
    return SequenceBatch(*(torch.from_numpy(np.ascontiguousarray(a)) for a in arrays))
