"""Item ids outside, array positions inside; unknown ids are normal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

UNKNOWN = -1


class ItemIndex:
    """Positions of item ids in ascending order of id, so that equal data gives equal arrays."""

    def __init__(self, ids: Iterable[str]) -> None:
        self.ids = tuple(sorted(set(ids)))
        self._position = {item: i for i, item in enumerate(self.ids)}

    def __len__(self) -> int:
        return len(self.ids)

    def encode(self, ids: Sequence[str]) -> NDArray[np.int64]:
        """Position of each id, [len(ids)]; UNKNOWN (-1) where there is none."""
        get = self._position.get
        return np.fromiter((get(i, UNKNOWN) for i in ids), np.int64, len(ids))

    def incidence(self, sets: Sequence[Sequence[str]]) -> csr_array:
        """Which set holds which item: [len(sets), items] of 0 and 1; unknown ids are left out, an id counts once."""
        lengths = np.fromiter((len(s) for s in sets), np.int64, len(sets))
        rows = np.repeat(np.arange(len(sets)), lengths)
        columns = self.encode(list(chain.from_iterable(sets)))
        known = columns != UNKNOWN
        matrix = csr_array(
            (np.ones(int(known.sum())), (rows[known], columns[known])), shape=(len(sets), len(self)), dtype=np.float64
        )
        matrix.sum_duplicates()
        matrix.data[:] = 1.0
        return matrix
