"""The vectors of releases in a Neo4j server."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from graph.connect import open_vectors
from graph.neo4j.vector_parts import Part
from graph.neo4j.vectors import VectorSets, index_name
from graph.store import GraphError, InvalidRecordError, StoreUnavailableError
from recsys.engine.catalogue import Catalogue
from recsys.engine.index import SlotIndex, VectorIndex
from recsys.errors import IndexUnavailableError, ReleaseError
from recsys.pipeline.indexes import FILES, MANIFEST, Published

ASKED = 128
"""How many vectors a search asks for, at least. Slots up to this size are searched exactly."""

LOOKED = 5.0
"""Seconds after which looking at a release's indexes is given up, at least: a server that hangs holds up whoever
waits for the release."""


class Neo4jIndexes:
    """Indexes in the server that holds the graph: a vector index for each slot of each release.

    What is written there is what the release's own files hold, so that a release can be published again at any time,
    and answered from its files as well.

    Parameters
    ----------
    url
        Of the graph.
    seconds
        When a search is given up.
    """

    def __init__(self, url: str, seconds: float) -> None:
        self._url, self.seconds = url, seconds
        self._connecting = Lock()
        self._sets: VectorSets | None = None

    def open(self, release: Path, catalogue: Catalogue) -> VectorIndex:
        key, slots = _key_of(release), catalogue.slots()
        again = f"`recsys releases publish {release.name}` writes them"
        with self.reached() as sets:
            state = sets.state(key, max(self.seconds, LOOKED))
            where = sets.address
        if state is None:
            raise ReleaseError(f"release {release.name!r}: its vectors are not in {where}; {again}")
        sizes = [len(rows) for rows in slots.values()]
        if not state.whole or state.sizes != sizes:
            raise ReleaseError(
                f"release {release.name!r}: {where} holds {sum(state.sizes)} of its {sum(sizes)} vectors, not checked "
                f"as whole; {again}"
            )
        if state.unready:
            raise ReleaseError(
                f"release {release.name!r}: {len(state.unready)} of {len(sizes)} vector indexes in {where} cannot be "
                f"searched ({state.unready[0]}); {again}"
            )
        return Neo4jIndex(self, {slot: index_name(key, number) for number, slot in enumerate(slots)})

    def publish(self, release: Path, catalogue: Catalogue, tell: Published) -> bool:
        parts = _parts(release, catalogue)
        with self.reached() as sets:
            return sets.write(_key_of(release), release.name, parts, tell)

    def withdraw(self, name: str, manifest: bytes) -> bool:
        with self.reached() as sets:
            return sets.remove(_key(name, manifest))

    def close(self) -> None:
        with self._connecting:
            sets, self._sets = self._sets, None
        if sets is not None:
            sets.close()

    @contextmanager
    def reached(self) -> Iterator[VectorSets]:
        """The server, connected to when it is first asked; its errors as the engine's."""
        try:
            with self._connecting:
                self._sets = self._sets or open_vectors(self._url)
                sets = self._sets
            yield sets
        except StoreUnavailableError as error:
            raise IndexUnavailableError(f"vectors cannot be reached: {error}") from error
        except InvalidRecordError as error:
            raise ReleaseError(f"vectors cannot be kept in Neo4j: {error}") from error
        except GraphError as error:
            raise IndexUnavailableError(f"vectors cannot be used: {error}") from error


class Neo4jIndex:
    """Search in the vector indexes of one release; ``names`` gives the index of each slot."""

    def __init__(self, indexes: Neo4jIndexes, names: dict[str, str]) -> None:
        self._indexes, self._names = indexes, names

    def search(self, slot: str, query: NDArray[np.float32], count: int) -> NDArray[np.int64]:
        """See :class:`VectorIndex`."""
        return self.search_each(slot, query[None], count)[0]

    def search_each(self, slot: str, queries: NDArray[np.float32], count: int) -> list[NDArray[np.int64]]:
        """See :class:`VectorIndex`. All queries in one round trip."""
        if slot not in self._names or not len(queries):
            return [np.zeros(0, np.int64) for _ in queries]
        extended = np.concatenate([queries, np.zeros((len(queries), 1), np.float32)], 1)
        extended[~extended.any(axis=1), -1] = 1  # to a query of zeros all are alike; a cosine wants a direction
        with self._indexes.reached() as sets:
            index, seconds = self._names[slot], self._indexes.seconds
            return sets.search(index, extended, count, asked=asked_for(count), seconds=seconds)


def asked_for(count: int) -> int:
    """How many vectors the server is asked for where ``count`` are wanted: the last of those asked for are less sure,
    and each costs time."""
    return max(count + count // 2, ASKED)


def _key_of(release: Path) -> str:
    return _key(release.name, (release / MANIFEST).read_bytes())


def _key(name: str, manifest: bytes) -> str:
    """What stands for a release: its name and, by the hashes in its manifest, all that it holds."""
    return hashlib.sha256(name.encode("utf-8", "surrogateescape") + b"\0" + manifest).hexdigest()[:32]


def _parts(release: Path, catalogue: Catalogue) -> list[Part]:
    """The vectors of a release's files, a part a slot, in the order of the slots' names."""
    slots = catalogue.slots()
    vectors = SlotIndex.load(release / FILES, slots).vectors()
    parts = []
    for slot, rows in slots.items():
        searched = vectors[slot]
        searched[~searched.any(axis=1), -1] = 1  # all of a slot are zero then, and alike
        parts.append(Part(rows, [catalogue.items[row].item_id for row in rows], searched))
    return parts
