"""Vectors of releases and search among them: sets of nodes of their own, one vector index a part of a set.

A set belongs to one release and is never changed, so that several stand side by side. ``(:VectorSet {key, release,
sizes, hash, written, whole})`` describes it; the nodes of its part number n have the label ``Vectors_<key>_<n>``, the
properties ``row``, ``item`` and ``vector``, and no relationship: what becomes of the graph's items does not touch them.
``whole`` is set last, when every vector is there and every index is ready.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from itertools import accumulate
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from graph.neo4j.names import indexed, locked
from graph.neo4j.server import Row, Server, Transaction
from graph.neo4j.vector_parts import Part, hash_of, require_searchable
from graph.store import GraphError, StoreFormatError

BATCH = 2_500
NUMBERS = 400_000
"""Vectors, and numbers in them, that are written in one transaction, at most."""

REMOVED = 10_000
"""Vectors that are removed in one transaction."""

AWAITED = 3_600
"""Seconds for which an index may be built."""

LINKS, BUILD = 16, 100
"""Neighbours of a vector in the index's graph, and how widely they are looked for."""

_SETTINGS = (
    "{{`vector.dimensions`: {dimensions}, `vector.similarity_function`: 'cosine', `vector.quantization.enabled`: false,"
    " `vector.hnsw.m`: {links}, `vector.hnsw.ef_construction`: {build}}}"
)
_INDEX = "CREATE VECTOR INDEX {name} IF NOT EXISTS FOR (n:{label}) ON (n.vector) OPTIONS {{indexConfig: {settings}}}"
_CONSTRAINT = "CREATE CONSTRAINT vectorset_once IF NOT EXISTS FOR (s:VectorSet) REQUIRE s.key IS UNIQUE"
_BEGIN = (
    "MERGE (s:VectorSet {key: $key})"
    " ON CREATE SET s.release = $release, s.sizes = $sizes, s.hash = $hash, s.written = 0, s.whole = false"
)
_LOCK = f"MATCH (s:VectorSet {{key: $key}}) {locked('s')}"
_WRITTEN = "MATCH (s:VectorSet {key: $key}) RETURN s.hash, s.written"
_CREATE = (
    "UNWIND $rows AS given CREATE (n:{label} {{row: given[0], item: given[1]}})"
    " WITH n, given CALL db.create.setNodeVectorProperty(n, 'vector', given[2])"
)
_SEARCH = (
    "UNWIND range(0, size($queries) - 1) AS number CALL (number) {"
    " CALL db.index.vector.queryNodes($name, $asked, $queries[number]) YIELD node, score"
    " WITH node.row AS row, score ORDER BY score DESC, row LIMIT $count RETURN collect(row) AS rows"
    " } RETURN rows ORDER BY number"
)

Tell = Callable[[int, int], None]
"""Called with how many vectors are written, and of how many."""


class SetState(NamedTuple):
    """What a server holds of a set: number of vectors a part, whether all of it was written, indexes not ready."""

    sizes: list[int]
    whole: bool
    unready: list[str]


class VectorSets:
    """The vectors of all releases in one database; safe from any thread."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.address = server.address

    def close(self) -> None:
        """Close the connections."""
        self._server.close()

    def search(
        self, index: str, queries: NDArray[np.float32], count: int, *, asked: int, seconds: float
    ) -> list[NDArray[np.int64]]:
        """Rows of the ``count`` vectors with the largest cosine to each of ``queries`` [Q, D], best first.

        Parameters
        ----------
        index
            What :func:`index_name` says.
        asked
            How many the index is asked for, at least ``count``: the more, the surer are the first ones.
        seconds
            When the server gives up.

        Raises
        ------
        StoreUnavailableError
            The server cannot be reached, or took too long.
        GraphError
            There is no such index, say.
        """
        given = {"name": index, "queries": queries.tolist(), "count": count, "asked": asked}
        return [np.array(rows, np.int64) for (rows,) in self._server.read_within(seconds, _SEARCH, **given)]

    def state(self, key: str, seconds: float | None = None) -> SetState | None:
        """What is there of a set; None where nothing is. Each question is given up after ``seconds``, where given.

        Raises StoreUnavailableError.
        """
        read = self._server.read if seconds is None else partial(self._server.read_within, seconds)
        found = read("MATCH (s:VectorSet {key: $key}) RETURN s.sizes, s.whole", key=_checked(key))
        if not found:
            return None
        ((sizes, whole),) = found
        held = read(_counting(key, len(sizes)))[0][0]
        ready = {name for name, state in _indexes(read, key) if state == "ONLINE"}
        return SetState(held, whole, [name for n in range(len(sizes)) if (name := index_name(key, n)) not in ready])

    def write(self, key: str, release: str, parts: Sequence[Part], tell: Tell = lambda done, total: None) -> bool:
        """Write a set and wait until it can be searched; False where it is there already.

        Begun again after a stop, it goes on; two that write one set at a time write it once.

        Parameters
        ----------
        key
            32 hexadecimal digits that stand for the release and what it holds.
        release
            The release's name, for people.

        Raises
        ------
        InvalidRecordError
            An index cannot hold a vector (:func:`graph.neo4j.vector_parts.require_searchable`).
        StoreUnavailableError
            The server cannot be used; what was written stays, and the next call goes on.
        """
        require_searchable(parts)
        sizes = [len(part.rows) for part in parts]
        state = self.state(key)
        if state is not None and state.whole and not state.unready and state.sizes == sizes:
            return False
        self._server.define(_CONSTRAINT)
        hashed = hash_of(parts)
        written = self._begin(key, release, sizes, hashed)
        while written < sum(sizes):
            tell(written, sum(sizes))
            written = self._server.write(partial(_append, key=key, hashed=hashed, parts=parts, done=written))
        tell(written, sum(sizes))
        self._build(key, parts)
        self._server.write(lambda transaction: _finish(transaction, key, hashed, sizes))
        return True

    def remove(self, key: str) -> bool:
        """Remove a set; whether there was one. Stopped half-way, it is called again."""

        def doom(transaction: Transaction) -> int | None:
            rows = transaction.run(
                "MATCH (s:VectorSet {key: $key}) SET s.whole = false, s.hash = '' RETURN size(s.sizes)", key=key
            )
            return int(rows[0][0]) if rows else None

        parts = self._server.write(doom)
        for name, _ in _indexes(self._server.read, _checked(key)):
            self._server.define(f"DROP INDEX {name} IF EXISTS")
        for number in range(parts or 0):
            some = f"MATCH (n:{_label(key, number)}) WITH n LIMIT {REMOVED} DETACH DELETE n RETURN count(*)"
            while self._server.write(partial(_removed, some=some)):
                pass
        self._server.write(partial(_end, key=key))
        return parts is not None

    def _begin(self, key: str, release: str, sizes: list[int], hashed: str) -> int:
        """Find or make the set's description; how many vectors are written. Anything else of that key goes first."""

        def begin(transaction: Transaction) -> int | None:
            transaction.run(_BEGIN, key=key, release=release, sizes=sizes, hash=hashed)
            found, written = _locked(transaction, key)
            held = transaction.run(_counting(key, len(sizes)))[0][0]
            return written if found == hashed and held == _reached(sizes, written) else None

        written = self._server.write(begin)
        if written is None:
            self.remove(key)
            written = self._server.write(begin)
        if written is None:
            raise StoreFormatError(f"{self.address}: vectors of set {key} are changed by something else; begin again")
        return written

    def _build(self, key: str, parts: Sequence[Part]) -> None:
        """Make the indexes, all at once, and wait for them; one that failed is made anew."""
        for name, state in _indexes(self._server.read, key):
            if state == "FAILED":
                self._server.define(f"DROP INDEX {name} IF EXISTS")
        for number, part in enumerate(parts):
            settings = _SETTINGS.format(dimensions=part.vectors.shape[1], links=LINKS, build=BUILD)
            name = index_name(key, number)
            self._server.define(_INDEX.format(name=name, label=_label(key, number), settings=settings))
        for number in range(len(parts)):
            self._server.read("CALL db.awaitIndex($name, $seconds)", name=index_name(key, number), seconds=AWAITED)


def index_name(key: str, number: int) -> str:
    """The vector index of a part."""
    return f"vectors_{_checked(key)}_{number}"


def _indexes(read: Callable[[str], list[Row]], key: str) -> list[tuple[str, str]]:
    """Name and state of a set's indexes."""
    rows = read("SHOW VECTOR INDEXES YIELD name, state RETURN name, state")
    return [(name, state) for name, state in rows if re.fullmatch(rf"vectors_{key}_\d+", name)]


def _label(key: str, number: int) -> str:
    return f"Vectors_{_checked(key)}_{number}"


def _checked(key: str) -> str:
    """A key that may stand in a statement."""
    if not re.fullmatch("[0-9a-f]{32}", key):
        raise GraphError(f"set of vectors {key!r}: the key is 32 hexadecimal digits")
    return key


def _counting(key: str, parts: int) -> str:
    return f"RETURN [{', '.join(f'COUNT {{ (:{_label(key, number)}) }}' for number in range(parts))}]"


def _reached(sizes: list[int], written: int) -> list[int]:
    """How many of each part are there when so many are written, part by part."""
    return [
        min(max(written - before, 0), size) for before, size in zip(accumulate(sizes, initial=0), sizes, strict=False)
    ]


def _locked(transaction: Transaction, key: str) -> tuple[str, int]:
    """Keep others from writing the set; its hash, and how many vectors are written."""
    transaction.run(_LOCK, key=key)
    found = transaction.run(_WRITTEN, key=key)  # in a statement of its own, since the first may read before it locks
    if not found:
        raise StoreFormatError(f"set of vectors {key}: was removed while it was written; begin again")
    return str(found[0][0]), int(found[0][1])


def _removed(transaction: Transaction, some: str) -> int:
    return int(transaction.run(some)[0][0])


def _end(transaction: Transaction, key: str) -> None:
    """Remove the description of a set, unless somebody has begun it anew."""
    transaction.run(_LOCK, key=key)
    transaction.run("MATCH (s:VectorSet {key: $key}) WHERE s.hash = '' DELETE s", key=key)


def _own(transaction: Transaction, key: str, hashed: str) -> int:
    """As :func:`_locked`, of a set that is still the writer's own: a removal clears its hash."""
    found, written = _locked(transaction, key)
    if found != hashed:
        what = "is written by something else" if found else "was removed while it was written"
        raise StoreFormatError(f"set of vectors {key}: {what}; begin again")
    return written


def _append(transaction: Transaction, key: str, hashed: str, parts: Sequence[Part], done: int) -> int:
    """Write the batch that begins at ``done``, where nobody else has; returns how many are written now."""
    written = _own(transaction, key, hashed)
    if written != done:
        return written
    before = list(accumulate((len(part.rows) for part in parts), initial=0))
    number = next(n for n, start in enumerate(before) if start <= done < before[n + 1])
    rows, items, vectors = parts[number]
    start = done - before[number]
    chosen = slice(start, start + max(1, min(BATCH, NUMBERS // vectors.shape[1])))
    given = zip(rows[chosen].tolist(), map(indexed, items[chosen]), vectors[chosen].tolist(), strict=True)
    transaction.run(_CREATE.format(label=_label(key, number)), rows=list(map(list, given)))
    written = done + len(rows[chosen])
    transaction.run("MATCH (s:VectorSet {key: $key}) SET s.written = $written", key=key, written=written)
    return written


def _finish(transaction: Transaction, key: str, hashed: str, sizes: list[int]) -> None:
    """Say that the set is whole, where it is."""
    _own(transaction, key, hashed)
    held = transaction.run(_counting(key, len(sizes)))[0][0]
    if held != sizes:
        raise StoreFormatError(f"set of vectors {key}: parts of {held} vectors where {sizes} were written; begin again")
    transaction.run("MATCH (s:VectorSet {key: $key}) SET s.whole = true", key=key)
