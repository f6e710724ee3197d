"""Evidence of several kinds in one score of a photo-item link: what a scorer adds to everything simple.

Weights are those of a softmax regression (which of its group is the photo's item?) on questions about known and about
new items of a cut inside the training photos, where every trained scorer was trained anew: nothing is fitted to what is
measured, and one set of weights answers all questions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
import torch
from numpy.typing import NDArray

from benchmarks.link_questions import Asked, Cut, ranked_of
from benchmarks.link_scorers import Matrix, worn_together

STEPS = 60
"""Iterations of L-BFGS; the loss stands still long before."""


def counted(cut: Cut, asked: Asked) -> list[Matrix]:
    """What photos say: shared photos with each shown item, and those over third items, on a log scale."""
    together = worn_together(cut)
    degree = np.diff(cut.known.item_indptr)
    over_third = asked.shown @ together @ sp.diags(1.0 / np.maximum(degree, 1)) @ together
    logs = together.copy()
    logs.data = np.log1p(logs.data)
    direct = np.asarray((asked.shown @ logs).todense(), np.float32)
    return [direct, np.log1p(np.asarray(over_third.todense(), np.float32)), _popularity(degree, len(direct))]


def _popularity(degree: NDArray[np.int64], rows: int) -> Matrix:
    return np.broadcast_to(np.log1p(degree).astype(np.float32), (rows, len(degree)))


def evidence(cut: Cut, asked: Asked, told: Sequence[Matrix]) -> list[Matrix]:
    """Everything that is mixed, each [Q, J]: counts; what other scorers told, with weights of their own for items
    without any link; and which items these are."""
    known = np.diff(cut.known.item_indptr) > 0
    apart = [part * which for part in told for which in (known, ~known)]
    return [*counted(cut, asked), *apart, np.broadcast_to(~known, (len(asked.target), len(known)))]


@dataclass(frozen=True, slots=True)
class Mixture:
    """Weights [F] of the parts of :func:`evidence`."""

    weights: NDArray[np.float64]

    @classmethod
    def fit(cls, kinds: Sequence[tuple[Asked, Sequence[Matrix]]], group: NDArray[np.int32]) -> Mixture:
        """Fit to questions of several kinds, with their :func:`evidence`, ranked within ``group`` [J]."""
        rows, places = [], []
        for asked, parts in kinds:
            for q, target in enumerate(asked.target):
                ranked = ranked_of(asked, group, q)
                rows.append(np.stack([part[q, ranked] for part in parts], axis=1))
                places.append(int(np.searchsorted(ranked, target)))
        return cls(_softmax_regression(rows, places))

    def score(self, parts: Sequence[Matrix]) -> Matrix:
        """The weighted sum [Q, J]."""
        return np.asarray(sum(w * part for w, part in zip(self.weights, parts, strict=True)), np.float32)


def _softmax_regression(rows: Sequence[NDArray[np.float32]], places: Sequence[int]) -> NDArray[np.float64]:
    """Weights [F] of the highest likelihood of row ``places[q]`` among ``rows[q]`` [n_q, F], for all q."""
    sizes = torch.tensor([len(row) for row in rows])
    question = torch.repeat_interleave(torch.arange(len(rows)), sizes)
    own = torch.cumsum(sizes, 0) - sizes + torch.tensor(places)
    features = torch.from_numpy(np.concatenate(rows)).double()
    spread = features.std(dim=0).clamp(min=1e-9)
    features /= spread
    weights = torch.zeros(features.shape[1], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=STEPS, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        scores = features @ weights
        top = torch.full((len(rows),), -torch.inf, dtype=torch.float64)
        top = top.scatter_reduce(0, question, scores.detach(), "amax")
        total = torch.zeros(len(rows), dtype=torch.float64)
        total = total.index_add(0, question, torch.exp(scores - top[question]))
        value = (torch.log(total) + top - scores[own]).mean()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    found: NDArray[np.float64] = (weights.detach() / spread).numpy()
    return found
