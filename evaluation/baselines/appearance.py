"""Rank by how alike pictures look: the garments' colours, or, to find a leak, the walls behind them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from evaluation.baselines.index import ItemIndex
from evaluation.baselines.pairs import PairScorer, Positions
from evaluation.scorer import Scores

SAMPLE = 1000
"""Items whose distances give the average that counts as "nothing known"."""


class VectorDistance(PairScorer):
    """Average distance between items minus the distance of the pair (Euclidean, in the vectors' own unit).

    Parameters
    ----------
    vectors
        Item id to its vector, all of one length; items without one score like an average pair.

    Raises
    ------
    ValueError
        Vectors differ in length or hold NaN.
    """

    def __init__(self, vectors: Mapping[str, NDArray[np.floating]]) -> None:
        self._index = ItemIndex(vectors)
        if len({np.shape(v) for v in vectors.values()}) > 1:
            raise ValueError(f"vectors of shapes {sorted({np.shape(v) for v in vectors.values()})}: one is wanted")
        self._vectors = np.array([vectors[i] for i in self._index.ids], np.float64).reshape(len(vectors), -1)
        unusable = np.flatnonzero(~np.isfinite(self._vectors).all(axis=1))
        if len(unusable):
            raise ValueError(f"the vector of item {self._index.ids[unusable[0]]!r} holds NaN or infinity")
        some = self._vectors[:: max(1, len(vectors) // SAMPLE)]
        pairs = len(some) * (len(some) - 1)
        self._average = float(cdist(some, some).sum()) / pairs if pairs else 0.0

    def _pairs(self, left: Positions, right: Positions) -> Scores:
        return np.asarray(
            self._average - np.linalg.norm(self._vectors[left] - self._vectors[right], axis=1), np.float64
        )

    def _block(self, left: Positions, right: Positions) -> Scores:
        return np.asarray(self._average - cdist(self._vectors[left], self._vectors[right]), np.float64)


class ColourDistance(VectorDistance):
    """Garments of like colour go together; vectors are colours of the masked garment, best in CIELAB."""

    name = "garment colour distance"


class BackdropLeak(VectorDistance):
    """Items photographed before like walls were photographed together; vectors are colours of the backdrop.

    Not a ranker but a probe: what it gets above chance, any model that sees unmasked photos may get for nothing.
    """

    name = "backdrop colour (leak probe)"
