"""Indexes of releases in a Neo4j server: the answers of the release's own files, or a reason."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from data.types import Item
from graph.neo4j.server import Row, Server
from graph.store import StoreUnavailableError
from recsys.engine.catalogue import Catalogue
from recsys.engine.index import SlotIndex
from recsys.errors import IndexUnavailableError, ReleaseError
from recsys.pipeline.indexes import FaissIndexes
from recsys.pipeline.neo4j_indexes import Neo4jIndexes
from tests.neo4j_server import empty

SLOTS = ("top", "it's `odd` \\ {$x}", "신발\n//", "top ")
SIZES = dict(zip(SLOTS, (120, 60, 3, 1), strict=True))


def items() -> list[Item]:
    named = [(slot, n) for slot in SLOTS for n in range(SIZES[slot])]
    order = np.random.default_rng(4).permutation(len(named))
    return [
        Item(item_id=f"i{place:03}", category="c", slot=named[k][0], source="shop") for place, k in enumerate(order)
    ]


def release_of(folder: Path, seed: int = 0) -> Path:
    """A folder as a release has it, as far as indexes read it."""
    catalogue = Catalogue(items())
    vectors = (
        np.random.default_rng(seed).normal(size=(len(catalogue), 12)) * np.linspace(0.1, 4, len(catalogue))[:, None]
    )
    SlotIndex.build(vectors.astype(np.float32), catalogue.slots()).save(folder / "index")
    (folder / "manifest.json").write_text(f'{{"seed": {seed}}}')
    return folder


@pytest.fixture
def release(tmp_path: Path) -> Path:
    return release_of(tmp_path / "20261122-203856")


@pytest.fixture
def indexes(neo4j_servers: list[str]) -> Iterator[Neo4jIndexes]:
    empty(neo4j_servers[0])
    indexes = Neo4jIndexes(neo4j_servers[0], 10)
    yield indexes
    with indexes.reached() as sets:
        for (key,) in sets._server.read("MATCH (s:VectorSet) RETURN s.key"):
            sets.remove(key)
    indexes.close()


def quiet(done: int, total: int) -> None:
    del done, total


QUERIES = np.random.default_rng(9).normal(size=(15, 12)).astype(np.float32)


def test_both_indexes_give_the_same_rows_in_the_same_order(indexes: Neo4jIndexes, release: Path) -> None:
    catalogue = Catalogue(items())
    assert indexes.publish(release, catalogue, quiet)
    one, other = FaissIndexes().open(release, catalogue), indexes.open(release, catalogue)
    for slot in (*SLOTS, "no such slot"):
        for count in (1, 10, 500):
            faiss, neo4j = one.search_each(slot, QUERIES, count), other.search_each(slot, QUERIES, count)
            assert [rows.tolist() for rows in faiss] == [rows.tolist() for rows in neo4j]
            assert len(neo4j[0]) == min(count, SIZES.get(slot, 0))
            assert other.search(slot, QUERIES[2], count).tolist() == neo4j[2].tolist()
    assert other.search_each("top", QUERIES[:0], 5) == []


def test_a_query_or_vectors_without_direction(indexes: Neo4jIndexes, tmp_path: Path) -> None:
    release, catalogue = release_of(tmp_path / "other"), Catalogue(items())
    shutil.rmtree(release / "index")
    SlotIndex.build(np.zeros((len(catalogue), 12), np.float32), catalogue.slots()).save(release / "index")
    indexes.publish(release, catalogue, quiet)
    found = indexes.open(release, catalogue).search_each("top", np.stack([QUERIES[0], 0 * QUERIES[0]]), 7)
    assert [len(set(rows.tolist())) for rows in found] == [7, 7]


def test_what_is_not_published_is_refused_with_the_command(indexes: Neo4jIndexes, release: Path) -> None:
    catalogue = Catalogue(items())
    with pytest.raises(ReleaseError, match=r"its vectors are not in neo4j://\S+; `recsys releases publish 20261122-20"):
        indexes.open(release, catalogue)


def test_a_release_of_other_vectors_or_another_name_is_not_taken_for_it(
    indexes: Neo4jIndexes, release: Path, tmp_path: Path
) -> None:
    catalogue = Catalogue(items())
    indexes.publish(release, catalogue, quiet)
    (release / "manifest.json").write_text('{"seed": 1}')
    with pytest.raises(ReleaseError, match="are not in"):
        indexes.open(release, catalogue)
    with pytest.raises(ReleaseError, match="are not in"):
        indexes.open(release_of(tmp_path / "other"), catalogue)


def test_a_set_that_lost_vectors_or_an_index_is_refused_and_published_again(
    indexes: Neo4jIndexes, release: Path
) -> None:
    catalogue = Catalogue(items())
    indexes.publish(release, catalogue, quiet)
    with indexes.reached() as sets:
        server = sets._server
    ((name,), *_) = server.read("SHOW VECTOR INDEXES YIELD name WHERE name STARTS WITH 'vectors_' RETURN name")
    server.define(f"DROP INDEX {name}")
    with pytest.raises(ReleaseError, match=r"1 of 4 vector indexes in neo4j://\S+ cannot be searched \(vectors_"):
        indexes.open(release, catalogue)
    assert indexes.publish(release, catalogue, quiet)
    server.write(lambda t: t.run("MATCH (n) WHERE n.row = 5 DELETE n"))
    with pytest.raises(ReleaseError, match="holds 183 of its 184 vectors, not checked as whole; `recsys releases publ"):
        indexes.open(release, catalogue)
    assert indexes.publish(release, catalogue, quiet)
    assert not indexes.publish(release, catalogue, quiet)
    assert len(indexes.open(release, catalogue).search("top", QUERIES[0], 200)) == 120


def test_closed_it_connects_again_when_asked(indexes: Neo4jIndexes, release: Path) -> None:
    catalogue = Catalogue(items())
    indexes.publish(release, catalogue, quiet)
    index = indexes.open(release, catalogue)
    indexes.close()
    assert len(index.search("top", QUERIES[0], 5)) == 5


def test_withdrawn_while_it_is_open(indexes: Neo4jIndexes, release: Path) -> None:
    catalogue = Catalogue(items())
    indexes.publish(release, catalogue, quiet)
    index = indexes.open(release, catalogue)
    manifest = (release / "manifest.json").read_bytes()
    assert not indexes.withdraw(release.name, b'{"seed": 1}'), "another workspace's release of the same name"
    assert not indexes.withdraw("other", manifest)
    assert len(index.search("top", QUERIES[0], 5)) == 5
    assert indexes.withdraw(release.name, manifest)
    assert not indexes.withdraw(release.name, manifest)
    with pytest.raises(IndexUnavailableError, match="vectors_"):
        index.search("top", QUERIES[0], 5)


def test_vectors_that_no_index_takes_are_said_to_be_so(indexes: Neo4jIndexes, release: Path) -> None:
    catalogue = Catalogue(items())
    shutil.rmtree(release / "index")
    SlotIndex.build(np.ones((len(catalogue), 4096), np.float32), catalogue.slots()).save(release / "index")
    with pytest.raises(ReleaseError, match="vectors of 4097 numbers; a vector index takes 1 to 4096"):
        indexes.publish(release, catalogue, quiet)


def test_a_server_that_hangs_does_not_hold_up_opening(
    indexes: Neo4jIndexes, release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []

    def hanging(self: Server, seconds: float, statement: str, **parameters: object) -> list[Row]:
        asked.append(seconds)
        raise StoreUnavailableError("no answer")

    monkeypatch.setattr(Server, "read_within", hanging)
    with pytest.raises(IndexUnavailableError, match="vectors cannot be reached: no answer"):
        indexes.open(release, Catalogue(items()))
    assert asked == [10]


def test_without_a_server(release: Path) -> None:
    indexes, catalogue = Neo4jIndexes("neo4j://127.0.0.1:1/neo4j", 1), Catalogue(items())
    with pytest.raises(IndexUnavailableError, match=r"vectors cannot be reached: neo4j://127\.0\.0\.1:1/neo4j: the"):
        indexes.open(release, catalogue)
    with pytest.raises(IndexUnavailableError):
        indexes.withdraw("other", b"{}")
    with pytest.raises(IndexUnavailableError):
        indexes.publish(release, catalogue, quiet)
    indexes.close()
