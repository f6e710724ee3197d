"""Items that are alike though no photo shows them together: what counts as alike, and how much of it is found."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from benchmarks.link_questions import TOP, Cut, incidence
from data.sample.truth import load_truth
from recsys.pipeline.corpus import Corpus

RARE = 5
"""Held-out photos that a shared partner may be in at most: one that is worn with everything says nothing."""


def same_company(cut: Cut, group: NDArray[np.int32]) -> NDArray[np.bool_]:
    """[J, J]: known items of one group with a partner in common in held-out photos, and in no photo together."""
    shows = incidence(cut.whole)
    held = shows[cut.held_photo]
    partner = (held.T @ held).tolil()
    partner.setdiag(0)
    often = np.asarray(held.sum(axis=0)).ravel()
    rare = sp.diags(((often > 0) & (often <= RARE)).astype(np.float32))
    common: NDArray[np.bool_] = np.asarray((partner.tocsr() @ rare @ partner.tocsr()).todense()) > 0
    common &= _comparable(cut, group) & ~_linked(cut)
    return common


def same_style(cut: Cut, slot: NDArray[np.int32], style: NDArray[np.int64]) -> NDArray[np.bool_]:
    """[J, J]: known items of one slot and one latent style that are in no photo together.

    ``style`` [J]: -1 where not known. Of the same true garment imported as two items, both count.
    """
    alike: NDArray[np.bool_] = (style[:, None] == style[None, :]) & (style >= 0)
    alike &= _comparable(cut, slot) & ~_linked(cut)
    return alike


def latent_styles(sample: Path, corpus: Corpus) -> NDArray[np.int64]:
    """[J]: latent style of the garment that most regions of an item truly show, as a number."""
    truth = load_truth(sample)
    garments: dict[str, Counter[str]] = defaultdict(Counter)
    for image in corpus.images:
        for region in image.regions:
            true = truth.true_item_of_region.get(region.region_id)
            if true is not None and region.item_id:
                garments[region.item_id][true] += 1
    number = {style: k for k, style in enumerate(sorted({item.style for item in truth.items.values()}))}
    found = [garments.get(item.item_id) for item in corpus.catalogue.items]
    return np.array([number[truth.items[f.most_common(1)[0][0]].style] if f else -1 for f in found], np.int64)


def _comparable(cut: Cut, group: NDArray[np.int32]) -> NDArray[np.bool_]:
    known = np.diff(cut.known.item_indptr) > 0
    same: NDArray[np.bool_] = (group[:, None] == group[None, :]) & known[:, None] & known[None, :]
    np.fill_diagonal(same, False)
    return same


def _linked(cut: Cut) -> NDArray[np.bool_]:
    shows = incidence(cut.whole)
    linked: NDArray[np.bool_] = np.asarray((shows.T @ shows).todense()) > 0
    return linked


def found_alike(
    cut: Cut, alike: NDArray[np.bool_], group: NDArray[np.int32], scores: NDArray[np.floating], rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Queries [n] (items with something alike), and recall@10 and nDCG@10 of each [2, n].

    Ranked: known items of the query's group that share no photo with it. Recall is the share of the first ten
    places, or of all that is alike where that is less; ties in random order.
    """
    ranked = _comparable(cut, group) & ~_linked(cut)
    queries = np.flatnonzero((alike & ranked).any(axis=1))
    discount = 1.0 / np.log2(np.arange(TOP) + 2)
    measured = np.empty((2, len(queries)))
    for k, query in enumerate(queries):
        pool = rng.permutation(np.flatnonzero(ranked[query]))
        first = pool[np.argsort(-scores[query, pool], kind="stable")[:TOP]]
        best = min(TOP, int(alike[query, pool].sum()))
        gained = alike[query, first]
        measured[0, k] = gained.sum() / best
        measured[1, k] = (gained * discount[: len(first)]).sum() / discount[:best].sum()
    return queries, measured
