"""Items that are worn among themselves: cut out whole, they are new to everything that is counted without them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.linalg import LinearOperator, eigsh

from bert4rec.cooccurrence import incidence

Index = NDArray[np.int64]

VECTORS, SHARE = 10, 0.3
"""Leading eigenvectors, and the share of the items at either end of each that make a community."""

LEAST_ITEMS = 36
CANDIDATES = 10
TARGETS = 3
CHOICES = 1500


def communities(outfits: Sequence[Index], n_items: int) -> list[Index]:
    """Overlapping communities of worn items: both ends of the leading eigenvectors of the normalised co-occurrence.

    Outfits are weighted so that an item's outfits count as one. Every pair of items gets a little weight besides, as
    much in all as an item has on average (Amini et al., *Pseudo-likelihood methods for community detection*, 2013):
    without it the leading eigenvectors of a graph that falls apart name its smallest pieces. The first one says
    nothing but degree. None are found where fewer than three dozen items were worn.
    """
    matrix = incidence(outfits, n_items)
    worn = np.flatnonzero(np.asarray(matrix.sum(0)).ravel())
    if len(worn) < LEAST_ITEMS:
        return []
    chosen = sp.csr_matrix(matrix[:, worn])
    chosen = sp.csr_matrix(chosen @ sp.diags(1 / np.sqrt(np.asarray(chosen.sum(0)).ravel())))
    together = sp.csr_matrix(chosen.T @ chosen, dtype=np.float64)
    together.setdiag(0)
    strength = np.asarray(together.sum(1)).ravel()
    spread = max(float(strength.mean()), 1e-9)
    scale = 1 / np.sqrt(strength + spread)

    def times(x: NDArray[np.float64]) -> NDArray[np.float64]:
        y = scale * x.ravel()
        return np.asarray(scale * (together @ y + spread * y.mean()))

    operator = LinearOperator((len(worn), len(worn)), matvec=times, dtype=np.float64)
    start = np.random.default_rng(0).random(len(worn))
    values, vectors = eigsh(operator, k=VECTORS + 1, which="LA", v0=start, tol=1e-4, rng=np.random.default_rng(1))
    found = []
    for place in (vectors * scale[:, None])[:, np.argsort(-values)[1:]].T:
        order = np.argsort(place if place[np.abs(place).argmax()] > 0 else -place, kind="stable")
        size = int(SHARE * len(worn))
        found += [np.sort(worn[order[:size]]), np.sort(worn[order[-size:]])]
    return found


@dataclass(frozen=True, slots=True)
class Choices:
    """Questions: P partial outfits, the item that was worn first among C candidates of its category.

    ``context`` [Q] visible items, ``owner`` [Q] the question each belongs to, ``candidates`` [P, C], ``wrong`` [P, C]:
    copies of the answer or of a visible item, which do not count.
    """

    context: Index
    owner: Index
    candidates: Index
    wrong: NDArray[np.bool_]


def without(outfits: Sequence[Index], items: Index, n_items: int) -> tuple[list[Index], list[Index]]:
    """What is left of the outfits without a community, and the community's parts; of two items or more."""
    inside = np.zeros(n_items, bool)
    inside[items] = True
    rest = [part for o in outfits if len(part := o[~inside[o]]) > 1]
    return rest, [part for o in outfits if len(part := o[inside[o]]) > 1]


def questions(parts: Sequence[Index], category: Index, rng: np.random.Generator) -> Choices | None:
    """Questions about parts of outfits, candidates half drawn uniformly and half by popularity among their items.

    At most TARGETS a part and CHOICES in all; None where there is no question.
    """
    if not len(parts):
        return None
    degree = np.bincount(np.concatenate(parts), minlength=len(category))
    worn = np.flatnonzero(degree)
    of_kind = {int(k): worn[category[worn] == k] for k in np.unique(category[worn])}
    shuffled = [parts[k] for k in rng.permutation(len(parts))]
    asked = list(islice(_asked(shuffled, of_kind, degree, category, rng), CHOICES))
    if not asked:
        return None
    contexts, candidates = [c for c, _ in asked], np.stack([c for _, c in asked])
    owner = np.repeat(np.arange(len(asked)), [len(c) for c in contexts])
    wrong = candidates == candidates[:, :1]
    for row, context in enumerate(contexts):
        wrong[row] |= np.isin(candidates[row], context)
    wrong[:, 0] = False
    return Choices(np.concatenate(contexts), owner, candidates, wrong)


def _asked(
    parts: Sequence[Index], of_kind: dict[int, Index], degree: Index, category: Index, rng: np.random.Generator
) -> Iterator[tuple[Index, Index]]:
    """Contexts with candidates, the answer first."""
    half = CANDIDATES // 2
    for part in parts:
        for place in rng.permutation(len(part))[:TARGETS]:
            pool = of_kind[category[part[place]]]
            if len(pool) < 4:
                continue
            popular = rng.choice(pool, CANDIDATES - half, p=degree[pool] / degree[pool].sum())
            yield np.delete(part, place), np.concatenate([part[[place]], rng.choice(pool, half), popular])
