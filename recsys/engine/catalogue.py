"""The items that can be recommended, by external id and by position."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from data.types import Item
from recsys.errors import UnknownItemError


class Catalogue:
    """Items in ascending order of id; ``item_idx`` is the position."""

    def __init__(self, items: Iterable[Item]) -> None:
        self.items: tuple[Item, ...] = tuple(sorted(items, key=lambda item: item.item_id))
        self._index = {item.item_id: k for k, item in enumerate(self.items)}

    def __len__(self) -> int:
        return len(self.items)

    def __contains__(self, item_id: str) -> bool:
        return item_id in self._index

    def item(self, item_id: str) -> Item:
        """One item; raises UnknownItemError."""
        return self.items[self.index_of(item_id)]

    def index_of(self, item_id: str) -> int:
        """Position of an item; raises UnknownItemError naming it."""
        try:
            return self._index[item_id]
        except KeyError:
            raise UnknownItemError(item_id, len(self)) from None

    def indices(self, item_ids: Sequence[str]) -> NDArray[np.int64]:
        """Positions [n] of items; raises UnknownItemError at the first that is not here."""
        return np.array([self.index_of(i) for i in item_ids], np.int64)

    def known(self, item_ids: Sequence[str]) -> NDArray[np.int64]:
        """Positions of those that are here, in order; the rest are passed over."""
        return np.array([self._index[i] for i in item_ids if i in self._index], np.int64)

    def slots(self) -> dict[str, NDArray[np.int64]]:
        """Positions of the items of each slot."""
        found: dict[str, list[int]] = {}
        for k, item in enumerate(self.items):
            found.setdefault(item.slot, []).append(k)
        return {slot: np.array(members, np.int64) for slot, members in sorted(found.items())}
