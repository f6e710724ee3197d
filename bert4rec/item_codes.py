"""What the models know an item by beside its identity: codes of its category and attribute values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class ItemCodes:
    """Categorical facts about items.

    ``category`` [N] int64 from 0. ``values`` [N, F] int64: code of the value of each field in one shared vocabulary of
    ``n_values``, -1 where missing or unknown. A field with several values takes several columns that share codes:
    ``field`` [F] numbers the field of each column, by default each is one of its own.
    """

    category: NDArray[np.int64]
    values: NDArray[np.int64]
    n_categories: int
    n_values: int
    field: NDArray[np.int64] | None = None

    @property
    def fields(self) -> NDArray[np.int64]:
        """Number of each column's field [F]."""
        return np.arange(self.n_fields) if self.field is None else self.field

    @property
    def n_items(self) -> int:
        return len(self.category)

    @property
    def n_fields(self) -> int:
        return int(self.values.shape[1])
