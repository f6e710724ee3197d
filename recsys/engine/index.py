"""Vector search: one HNSW graph a slot, exact search where a slot is small. The only user of faiss."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import faiss
import numpy as np
from numpy.typing import NDArray

from recsys.errors import ReleaseError

EXACT = 4_096
"""Slots up to this size are searched exactly: faster than a graph, and nothing is missed."""

LINKS, BUILD, SEARCH = 32, 160, 256


class VectorIndex(Protocol):
    """Maximum inner product search within each slot of a catalogue.

    Where the vectors are not in this process, both raise IndexUnavailableError.
    """

    def search(self, slot: str, query: NDArray[np.float32], count: int) -> NDArray[np.int64]:
        """Rows of the ``count`` items of a slot with the largest inner product with ``query`` [D], best first; none
        for a slot that is not there."""

    def search_each(self, slot: str, queries: NDArray[np.float32], count: int) -> list[NDArray[np.int64]]:
        """The same for each of ``queries`` [Q, D]."""


class SlotIndex:
    """Maximum inner product search within each slot.

    Vectors are extended by one coordinate that gives all the same length (Bachrach et al. 2014), so that inner product
    and distance order alike and the graph search is sound for vectors that are not normalised.
    """

    def __init__(self, parts: dict[str, tuple[faiss.Index, NDArray[np.int64]]]) -> None:
        self._parts = parts

    @classmethod
    def build(cls, vectors: NDArray[np.float32], slots: dict[str, NDArray[np.int64]]) -> SlotIndex:
        """Index ``vectors`` [N, D] by slot; ``slots`` names the rows of each."""
        return cls({slot: (_build(vectors[rows]), rows) for slot, rows in slots.items() if len(rows)})

    def search(self, slot: str, query: NDArray[np.float32], count: int) -> NDArray[np.int64]:
        """Rows of the ``count`` items of a slot with the largest inner product with ``query`` [D], best first."""
        if slot not in self._parts:
            return np.zeros(0, np.int64)
        index, rows = self._parts[slot]
        extended = np.concatenate([query, [0.0]]).astype(np.float32)[None]
        _, found = index.search(extended, min(count, len(rows)))
        return np.asarray(rows[found[0][found[0] >= 0]])

    def search_each(self, slot: str, queries: NDArray[np.float32], count: int) -> list[NDArray[np.int64]]:
        """Rows for each of ``queries`` [Q, D], as :meth:`search` finds them."""
        return [self.search(slot, query, count) for query in queries]

    def vectors(self) -> dict[str, NDArray[np.float32]]:
        """The vectors [n, D + 1] of each slot as they are searched, extended to one length; in order of its rows."""
        return {slot: index.reconstruct_n(0, len(rows)) for slot, (index, rows) in self._parts.items()}

    def renumbered(self, rows: NDArray[np.int64]) -> SlotIndex:
        """The same index with ``rows[k]`` for every answer k."""
        return SlotIndex({slot: (index, rows[own]) for slot, (index, own) in self._parts.items()})

    def save(self, folder: Path) -> None:
        """Write one file a slot, numbered in the order of the slots' names."""
        folder.mkdir(parents=True)
        for number, slot in enumerate(sorted(self._parts)):
            faiss.write_index(self._parts[slot][0], str(folder / f"{number:04d}.faiss"))

    @classmethod
    def load(cls, folder: Path, slots: dict[str, NDArray[np.int64]]) -> SlotIndex:
        """Read what :meth:`save` wrote, for the same slots.

        Raises
        ------
        ReleaseError
            A file is missing or holds another number of vectors than its slot has items.
        """
        parts = {}
        for number, slot in enumerate(sorted(slots)):
            file = folder / f"{number:04d}.faiss"
            try:
                index = faiss.read_index(str(file))
            except RuntimeError as error:
                raise ReleaseError(f"{file}: index of slot {slot!r} cannot be read: {error}") from error
            if index.ntotal != len(slots[slot]):
                raise ReleaseError(f"{file}: {index.ntotal} vectors, but slot {slot!r} has {len(slots[slot])} items")
            parts[slot] = (index, slots[slot])
        return cls(parts)


def _build(vectors: NDArray[np.float32]) -> faiss.Index:
    norms = np.square(vectors).sum(1)
    extra = np.sqrt(np.maximum(norms.max() - norms, 0))[:, None]
    extended = np.ascontiguousarray(np.concatenate([vectors, extra], 1), np.float32)
    if len(vectors) <= EXACT:
        index: faiss.Index = faiss.IndexFlatIP(extended.shape[1])
    else:
        graph = faiss.IndexHNSWFlat(extended.shape[1], LINKS)  # by distance, see above
        graph.hnsw.efConstruction, graph.hnsw.efSearch = BUILD, SEARCH
        index = graph
    index.add(extended)
    return index
