"""Vector search in faiss and in Neo4j, against exact search: ``python -m benchmarks.vector_search [--vectors 100000]``.

One slot of clustered vectors of length 1, extended as ``recsys.engine.index`` extends them, in a faiss HNSW graph with
the product's settings and in a vector index of a Neo4j server that the benchmark starts (``scripts/neo4j``) or that
``--url`` names. Queries are drawn as the vectors are. Times are those of one caller, over connections that are open,
all ways in turn.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from benchmarks.machine import describe, seconds_of
from benchmarks.neo4j_store import opened, running
from graph.connect import open_vectors
from graph.neo4j.vector_parts import Part
from graph.neo4j.vectors import VectorSets, index_name
from recsys.engine.index import SlotIndex
from recsys.pipeline.neo4j_indexes import asked_for

KEY = "be" * 16
SLOT = "slot"
TOGETHER = 6
"""Queries of one round trip: so many categories of a slot are asked for at most."""

WIDE = 60.0
"""Seconds after which a search counts as failed here."""

Search = Callable[[NDArray[np.float32]], list[NDArray[np.int64]]]


def main() -> None:
    """Measure and print."""
    options = _arguments()
    print(describe())
    for width in options.dimensions:
        _measure(width, options)


def _measure(width: int, options: argparse.Namespace) -> None:
    vectors, queries = _clustered(width, options)
    clusters = options.vectors // options.cluster
    print(
        f"\n{len(vectors):,} vectors of {width} numbers in {clusters:,} clusters; {len(queries):,} queries", flush=True
    )
    rows = np.arange(len(vectors))
    began = time.perf_counter()
    index = SlotIndex.build(vectors, {SLOT: rows})
    built = time.perf_counter() - began
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        index.save(Path(folder) / "index")
        size = sum(file.stat().st_size for file in (Path(folder) / "index").iterdir()) / 2**20
        read = seconds_of(lambda: SlotIndex.load(Path(folder) / "index", {SLOT: rows}))
    print(f"faiss: built in {built:.1f} s, read in {read:.2f} s, {size:,.0f} MiB", flush=True)
    extended = index.vectors()[SLOT]
    exact = faiss.IndexFlatIP(extended.shape[1])
    exact.add(extended)
    wide = np.concatenate([queries, np.zeros((len(queries), 1), np.float32)], 1)
    nearest = exact.search(wide, max(options.counts))[1]
    with _server(options) as sets:
        _load(sets, Part(rows, [f"item-{row:07d}" for row in rows], extended))
        contenders = _contenders(index, sets, options)
        _ask(contenders, wide[: options.warm])
        for one in contenders:
            one.times.clear()
            one.found.clear()
        _ask(contenders, wide)
        for one in contenders:
            one.report(nearest)
        sets.remove(KEY)


@dataclass
class Contender:
    """A way to search, what it took and what it found; ``together`` queries go at once."""

    name: str
    count: int
    search: Search
    together: int = 1
    times: list[float] = field(default_factory=list)
    found: list[NDArray[np.int64]] = field(default_factory=list)

    def ask(self, queries: NDArray[np.float32]) -> None:
        self.times.append(1e3 * seconds_of(lambda: self.found.extend(self.search(queries))))

    def report(self, nearest: NDArray[np.int64]) -> None:
        shared = [len(np.intersect1d(f, n[: self.count])) for f, n in zip(self.found, nearest, strict=True)]
        recall, (p50, p99) = np.mean(shared) / self.count, np.percentile(self.times, [50, 99])
        print(f"{self.name:40s} recall {recall:.4f}  p50 {p50:7.2f} ms  p99 {p99:7.2f} ms", flush=True)


def _contenders(index: SlotIndex, sets: VectorSets, options: argparse.Namespace) -> list[Contender]:
    def faiss_search(queries: NDArray[np.float32], count: int) -> list[NDArray[np.int64]]:
        return index.search_each(SLOT, queries[:, :-1], count)

    searched = partial(sets.search, index_name(KEY, 0), seconds=WIDE)
    made = []
    for count in options.counts:
        made.append(Contender(f"{count}: faiss", count, partial(faiss_search, count=count)))
        for asked in (asked for asked in options.asked if asked >= count):
            search = partial(searched, count=count, asked=asked)
            made.append(Contender(f"{count}: Neo4j, {asked} asked", count, search))
        search = partial(searched, count=count, asked=asked_for(count))
        made.append(Contender(f"{count}: Neo4j, {asked_for(count)} asked, {TOGETHER} at once", count, search, TOGETHER))
    return made


def _ask(contenders: list[Contender], queries: NDArray[np.float32]) -> None:
    """Put all queries to all, in turn, so that what else the machine does troubles all alike."""
    for start in range(0, len(queries), TOGETHER):
        few = queries[start : start + TOGETHER]
        for one in contenders:
            for k in range(0, len(few), one.together):
                one.ask(few[k : k + one.together])


def _load(sets: VectorSets, part: Part) -> None:
    small = Part(part.rows[:3000], part.items[:3000], part.vectors[:3000])
    sets.write(KEY, "warm", [small])
    sets.remove(KEY)
    written = 0.0

    def tell(done: int, total: int) -> None:
        nonlocal written
        if done == total:
            written = time.perf_counter() - began

    began = time.perf_counter()
    sets.write(KEY, "benchmark", [part], tell)
    whole = time.perf_counter() - began
    print(f"Neo4j: written in {written:.1f} s, searchable after {whole:.1f} s", flush=True)


@contextmanager
def _server(options: argparse.Namespace) -> Iterator[VectorSets]:
    """The vectors of a server of its own, or of the one that was named."""
    with ExitStack() as stack:
        url = options.url
        if url is None:
            folder = stack.enter_context(tempfile.TemporaryDirectory(dir=options.folder))
            url = stack.enter_context(running(Path(folder) / "server"))
        yield stack.enter_context(closing(opened(url, open_vectors)))


def _clustered(width: int, options: argparse.Namespace) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Vectors [N, D] and queries [Q, D] of length 1, scattered about as many centres."""
    rng = np.random.default_rng([options.seed, width])
    centres = _unit(rng.normal(size=(options.vectors // options.cluster, width)))

    def draw(count: int) -> NDArray[np.float32]:
        noise = options.scatter * rng.normal(size=(count, width)) / np.sqrt(width)
        return _unit(centres[rng.integers(len(centres), size=count)] + noise)

    return draw(options.vectors), draw(options.queries)


def _unit(rows: NDArray[np.float64]) -> NDArray[np.float32]:
    scaled: NDArray[np.float32] = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return scaled


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vectors", type=int, default=100_000)
    parser.add_argument("--dimensions", type=int, nargs="+", default=[64, 128])
    parser.add_argument("--cluster", type=int, default=100, help="vectors about one centre")
    parser.add_argument("--scatter", type=float, default=0.6, help="mean distance from the centre")
    parser.add_argument("--queries", type=int, default=600)
    parser.add_argument("--counts", type=int, nargs="+", default=[40, 200], help="how many are wanted")
    parser.add_argument(
        "--asked", type=int, nargs="+", default=[40, 128, 200, 300, 512], help="how many Neo4j is asked for"
    )
    parser.add_argument("--warm", type=int, default=300, help="of these, asked before times are taken")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--url", help="a server, such as neo4j://host/database; default: one of its own")
    parser.add_argument("--folder", type=Path, default=None, help="where that one's data lie (default: temporary)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
