"""Evidence of several kinds in one score of a photo-item link: what a scorer adds to everything simple.

Weights are those of a conditional logit (which of its group is the photo's item?) on questions about known and about
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
from torch.nn.utils.rnn import pad_sequence

from benchmarks.link_questions import Asked, Cut, ranked_of
from benchmarks.link_scorers import Matrix, worn_together
from bert4rec.counting import fit_conditional_logit


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

    weights: NDArray[np.float32]

    @classmethod
    def fit(cls, kinds: Sequence[tuple[Asked, Sequence[Matrix]]], group: NDArray[np.int32]) -> Mixture:
        """Fit to questions of several kinds, with their :func:`evidence`, ranked within ``group`` [J]."""
        rows = []
        for asked, parts in kinds:
            for q, target in enumerate(asked.target):
                ranked = ranked_of(asked, group, q)
                in_order = np.concatenate([[target], ranked[ranked != target]])  # the answer first
                rows.append(torch.from_numpy(np.stack([part[q, in_order] for part in parts], axis=1)))
        inputs = pad_sequence(rows, batch_first=True)  # [Q, C, F]
        absent = torch.arange(inputs.shape[1]) >= torch.tensor([len(row) for row in rows])[:, None]
        return cls(fit_conditional_logit([(inputs, absent, torch.zeros(absent.shape))], ridge=0.0).numpy())

    def score(self, parts: Sequence[Matrix]) -> Matrix:
        """The weighted sum [Q, J]."""
        return np.asarray(sum(w * part for w, part in zip(self.weights, parts, strict=True)), np.float32)
