"""Numbers of nodes during a first load: handed out as names and ids come, kept in memory.

Millions of them are kept in plain dictionaries of text and numbers and in arrays, which Python's garbage collector
passes over; it would walk a list, or a dictionary of a class of its own, again and again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import compress
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Record = TypeVar("Record")


class Numbers(dict[str, int]):
    """Names of one kind of node to their numbers, given out from 1 as names are asked for."""

    def __missing__(self, name: str) -> int:
        number = self[name] = len(self) + 1
        return number


class Ids:
    """Ids of one kind of record to their numbers, given out in ascending order as records come; None has 0."""

    def __init__(self) -> None:
        self.numbers: dict[str | None, int] = {None: 0}
        self._given = 0

    def __len__(self) -> int:
        return len(self.numbers) - 1

    def number(self, ids: Sequence[str], records: list[Record], again: list[Record]) -> tuple[list[int], list[Record]]:
        """Numbers of the records whose id is new, and those records; the others are added to ``again``."""
        own = range(self._given + 1, self._given + 1 + len(ids))
        self._given = own.stop - 1
        numbers = list(map(self.numbers.setdefault, ids, own))
        if numbers == list(own):
            return numbers, records
        first = [number == mine for number, mine in zip(numbers, own, strict=True)]
        again += [record for record, new in zip(records, first, strict=True) if not new]
        return list(compress(numbers, first)), list(compress(records, first))


class NumbersByHash:
    """Numbers of very many ids, asked for by the hundred.

    A dictionary of a million ids misses the processor's cache four times a look-up. Here the 64-bit hashes of the ids
    lie side by side in ascending order, and a binary search takes half the time. An id that is not there is taken for
    another where both have one hash: among a million ids, one unknown id in ten million million.
    """

    def __init__(self, numbers: Mapping[str | None, int]) -> None:
        hashes = np.fromiter(map(hash, numbers), np.int64, len(numbers))
        order = hashes.argsort()
        self._hashes = hashes[order]  # [N]
        self._numbers = np.fromiter(numbers.values(), np.int64, len(numbers))[order]
        self._exact = None if (self._hashes[1:] > self._hashes[:-1]).all() else numbers

    def of(self, ids: Sequence[str | None]) -> list[int]:
        """Numbers of ids.

        Raises
        ------
        KeyError
            One of them is not there; it is the error's argument.
        """
        if self._exact is not None:  # two of the ids have one hash
            return [self._exact[node_id] for node_id in ids]
        hashes: NDArray[np.int64] = np.fromiter(map(hash, ids), np.int64, len(ids))
        places = self._hashes.searchsorted(hashes)
        places[places == len(self._hashes)] = 0
        known = self._hashes[places] == hashes
        if not known.all():
            raise KeyError(ids[int(known.argmin())])
        numbers: list[int] = self._numbers[places].tolist()
        return numbers
