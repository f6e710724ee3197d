"""Losses over a large catalogue: full softmax that never holds all logits, sampled softmax, and gBCE.

``wanted`` [P, D] is what is expected at each place asked, ``table`` [N, D] embeds the items, their products are logits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

CHUNK_BYTES = 96 * 2**20
"""Logits held at once by a softmax."""


@dataclass(frozen=True, slots=True)
class _Columns:
    """What is known of logits [P, K] beforehand, and the precision they are made in.

    The target's own logit stands in columns ``at`` [P]. ``offset`` [K] is added to the others, and those at ``hits``
    [2, H] (row, column; rows ascending) do not count.
    """

    at: Tensor
    dtype: torch.dtype
    offset: Tensor | None = None
    hits: Tensor | None = None

    def prepare(self, logits: Tensor, start: int) -> None:
        """Put both into the logits [C, K] of the rows from ``start``."""
        if self.offset is not None:
            logits += self.offset
        if self.hits is not None:
            first, last = torch.searchsorted(self.hits[0], torch.tensor([start, start + len(logits)])).tolist()
            logits[self.hits[0, first:last] - start, self.hits[1, first:last]] = -math.inf


class _ChunkedSoftmax(torch.autograd.Function):
    """Gradients are made in the forward pass, chunk by chunk of the rows: three products, and no logits kept."""

    @staticmethod
    def forward(ctx: Any, wanted: Tensor, own: Tensor, items: Tensor, columns: _Columns) -> Tensor:
        """Sum [] of log-sum-exp less ``own`` [P], the target's logit.

        ``items`` [K, D] times ``wanted`` [P, D] are the other logits.
        """
        pieces, table = wanted.detach().to(columns.dtype), items.detach().to(columns.dtype)
        to_rows, to_own, to_items = torch.empty_like(wanted), torch.empty_like(own), torch.zeros_like(items)
        size = min(len(pieces), max(1, CHUNK_BYTES // (table.element_size() * len(table))))
        room = [torch.empty(size, len(table), dtype=columns.dtype) for _ in range(2)]
        total = 0.0
        for start in range(0, len(pieces), size):
            chunk = slice(start, start + size)
            target = (torch.arange(len(pieces[chunk])), columns.at[chunk])
            logits, share = (buffer[: len(target[0])] for buffer in room)
            torch.mm(pieces[chunk], table.T, out=logits)  # [C, K]
            columns.prepare(logits, start)
            logits[target] = own[chunk].to(columns.dtype)
            torch.softmax(logits, 1, out=share)
            mine = share[target].float()
            total -= float(mine.clamp(min=torch.finfo(torch.float32).tiny).log().sum())
            to_own[chunk] = mine - 1
            share[target] = 0  # its gradient goes by `own`
            to_rows[chunk] = share @ table
            to_items += share.T @ pieces[chunk]
        ctx.save_for_backward(to_rows, to_own, to_items)
        return wanted.new_tensor(total)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        """Gradients of ``wanted``, ``own`` and ``items``."""
        return *(saved * grads[0] for saved in ctx.saved_tensors), None


def full_softmax(wanted: Tensor, table: Tensor, targets: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
    """Mean cross-entropy [] of ``targets`` [P] over all items.

    Exact but for the rounding of ``dtype``, with one chunk of logits at a time.
    """
    return _chunked(wanted, _own(wanted, table, targets), table, _Columns(targets, dtype)) / len(targets)


def _chunked(wanted: Tensor, own: Tensor, items: Tensor, columns: _Columns) -> Tensor:
    return _ChunkedSoftmax.apply(wanted, own, items, columns)  # type: ignore[no-any-return]


def _own(wanted: Tensor, table: Tensor, targets: Tensor) -> Tensor:
    """Logits of the targets [P]."""
    return (wanted * functional.embedding(targets, table)).sum(1)


@dataclass(frozen=True, slots=True)
class Negatives:
    """Items drawn for a whole batch [K], each once, ascending; the log of the chance that each had to be drawn [K];
    and what share of the other items of the catalogue they are."""

    items: Tensor
    log_expected: Tensor
    share: float

    def within(self, items: Tensor) -> Negatives:
        """The same with items told by their place in ``items``, ascending, which must hold them all."""
        return replace(self, items=torch.searchsorted(items, self.items))


class SharedNegatives:
    """Draws ``count`` items a batch, with replacement: a share ``popular`` by popularity [N], the rest uniformly."""

    def __init__(self, popularity: NDArray[np.int64], count: int, popular: float) -> None:
        self.count = count
        chance = popular * popularity / max(1, popularity.sum()) + (1 - popular) / len(popularity)
        self.steps = np.cumsum(chance)
        # an item comes at least once in `count` draws with this probability
        self.log_expected = torch.from_numpy(np.log(-np.expm1(count * np.log1p(-chance)))).float()

    def draw(self, rng: np.random.Generator) -> Negatives:
        """Draw anew."""
        drawn = np.unique(np.searchsorted(self.steps, rng.random(self.count) * self.steps[-1], side="right"))
        items = torch.from_numpy(np.minimum(drawn, len(self.steps) - 1))
        return Negatives(items, self.log_expected[items], min(1.0, len(items) / (len(self.steps) - 1)))


def sampled_softmax(
    wanted: Tensor, table: Tensor, targets: Tensor, negatives: Negatives, dtype: torch.dtype = torch.float32
) -> Tensor:
    """Mean cross-entropy [] of ``targets`` [P] over items drawn for the batch.

    A drawn item stands for as many as its chance of being drawn says, so that the sum of exponents is unbiased (Bengio
    and Senecal 2008); the target itself is always there, and never its own negative.
    """
    drawn = functional.embedding(negatives.items, table)
    items = torch.cat([drawn, drawn.new_zeros(1, drawn.shape[1])])  # the last column is the target's
    offset = functional.pad(-negatives.log_expected, (0, 1)).to(dtype)
    columns = _Columns(torch.full_like(targets, len(drawn)), dtype, offset, _hits(targets, negatives))
    return _chunked(wanted, _own(wanted, table, targets), items, columns) / len(targets)


def gbce(wanted: Tensor, table: Tensor, targets: Tensor, negatives: Negatives, calibration: float) -> Tensor:
    """Generalised binary cross-entropy [], Petrov and Macdonald, *gSASRec* (2023), equations 8 to 10.

    The target's probability is taken to the power ``beta = a (t (1 - 1/a) + 1/a)``, where ``a`` is the share of the
    other items that are drawn and t the ``calibration``: 0 is plain cross-entropy, 1 undoes the overconfidence that
    sampling brings. Departure: the negatives are shared by a batch, each counts once.
    """
    share = negatives.share
    beta = share * (calibration * (1 - 1 / share) + 1 / share)
    logits = wanted @ functional.embedding(negatives.items, table).T  # [P, K]
    row, column = _hits(targets, negatives)
    others = functional.softplus(logits.index_put((row, column), logits.new_tensor(-math.inf))).sum(1)
    return (others - beta * functional.logsigmoid(_own(wanted, table, targets))).mean()


def _hits(targets: Tensor, negatives: Negatives) -> Tensor:
    """Rows and columns [2, H] where a target is among the negatives, which are in ascending order."""
    place = torch.searchsorted(negatives.items, targets)
    padded = functional.pad(negatives.items, (0, 1), value=-1)
    row = torch.nonzero(padded[place] == targets)[:, 0]
    return torch.stack([row, place[row]])
