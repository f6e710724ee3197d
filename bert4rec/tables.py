"""What a run learns from, and what is counted over it: evidence without each fold, so that nothing reads its answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from torch import Tensor

from bert4rec.config import Bert4RecConfig
from bert4rec.dataset import unseen_without
from bert4rec.evidence import PairEvidence
from bert4rec.item_codes import ItemCodes
from bert4rec.model import ItemTensors
from bert4rec.new_item_score import NewItemScore, fit_new_item_weights
from bert4rec.new_items import NewItemEvidence
from bert4rec.recurrence import least_counted, least_worn

Outfits = Sequence[NDArray[np.int64]]


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """What one run learns from.

    ``train`` and ``valid`` outfits are item indices; ``fold`` [len(train)] says which cross-fitting fold an outfit is
    in. ``items.graph`` [folds + 1, N, Dg] must hold, at k, embeddings that did not see the outfits of fold k.
    ``labels`` [len(train), K] is the number of an outfit's photos with each label.
    """

    train: Outfits
    fold: NDArray[np.int64]
    valid: Outfits
    codes: ItemCodes
    items: ItemTensors
    labels: sp.csr_matrix | None = None


@dataclass(frozen=True, slots=True)
class Tables:
    """Evidence without each fold and of all training outfits; which items pass for new without each fold; how new ones
    are read, None where the outfits are too few to say and the network has to; and the number of outfits below which
    the catalogue was cut (:func:`bert4rec.recurrence.least_worn`)."""

    folds: list[PairEvidence]
    whole: PairEvidence
    unseen: NDArray[np.bool_]
    new_item_weights: Tensor | None
    least: int = 1

    def at(self, fold: int) -> PairEvidence:
        return self.whole if fold == -1 else self.folds[fold]


def count_evidence(
    outfits: Outfits,
    codes: ItemCodes,
    items: ItemTensors,
    config: Bert4RecConfig,
    new_item_weights: Tensor | None,
    labels: sp.csr_matrix | None = None,
) -> PairEvidence:
    """All tables over some outfits, those for new items among them where their weights are given."""
    evidence = PairEvidence.count(outfits, codes, shrink=config.shrink, keep=config.keep, labels=labels)
    return _with_new_items(evidence, codes, items, new_item_weights)


def _with_new_items(
    evidence: PairEvidence, codes: ItemCodes, items: ItemTensors, weights: Tensor | None
) -> PairEvidence:
    if weights is not None:
        tables = NewItemEvidence.count(evidence.counts, items.appearance(codes))
        evidence.new_items = NewItemScore(tables, weights)
    return evidence


def count_tables(data: TrainingSet, config: Bert4RecConfig) -> Tables:
    """Count everything that training reads.

    How many outfits an item must be in is decided once, by all outfits: an item that counts say nothing of without a
    fold then passes for new there in every way.
    """
    worn = np.bincount(np.concatenate([*data.train, *data.valid]), minlength=data.codes.n_items)
    counted_from, cut_to = least_counted(worn), least_worn(worn)

    def count(chosen: NDArray[np.bool_]) -> PairEvidence:
        outfits = [o for o, c in zip(data.train, chosen, strict=True) if c]
        labels = None if data.labels is None else data.labels[chosen]
        return PairEvidence.count(
            outfits, data.codes, shrink=config.shrink, keep=config.keep, labels=labels, least=counted_from
        )

    folds = [count(data.fold != k).drop_paths() if config.evidence else None for k in range(config.folds)]
    weights = None
    if config.evidence:
        about = data.items.appearance(data.codes)
        weights = fit_new_item_weights(data.train, about, shrink=config.shrink, seed=config.seed)
    whole = _with_new_items(count(np.ones(len(data.train), np.bool_)), data.codes, data.items, weights)
    unseen = unseen_without(data.train, data.fold, config.folds, data.codes.n_items, max(counted_from, cut_to))
    return Tables([f if f is not None else whole for f in folds], whole, unseen, weights, cut_to)
