"""Vectors of releases in a Neo4j server: found, side by side, stopped half-way, removed; the graph beside them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future

import numpy as np
import pytest
from numpy.typing import NDArray

from data.types import ImageRecord, Item, Outfit, Region
from graph import open_store
from graph.connect import open_vectors
from graph.neo4j import vectors as module
from graph.neo4j.server import Server
from graph.neo4j.vector_parts import WIDEST, Part
from graph.neo4j.vectors import VectorSets, index_name
from graph.store import GraphError, InvalidRecordError, StoreFormatError, StoreUnavailableError
from tests.neo4j_server import empty

KEY, OTHER = "0f" * 16, "a1" * 16


@pytest.fixture
def url(neo4j_servers: list[str]) -> str:
    empty(neo4j_servers[0])
    return neo4j_servers[0]


@pytest.fixture
def sets(url: str) -> Iterator[VectorSets]:
    sets = open_vectors(url)
    yield sets
    for key in (KEY, OTHER):
        sets.remove(key)
        left = "SHOW VECTOR INDEXES YIELD name WHERE name CONTAINS $key RETURN name"
        assert sets._server.read(left, key=key) == []
    assert sets._server.read("MATCH (n) WHERE n.vector IS NOT NULL OR n:VectorSet RETURN count(n)") == [[0]]
    sets.close()


def part_of(size: int, seed: int = 0, width: int = 8, first: int = 0) -> Part:
    vectors = np.random.default_rng([seed, size]).normal(size=(size, width)).astype(np.float32)
    return Part(np.arange(first, first + size), [f"item {n}" for n in range(size)], vectors)


def best(part: Part, query: NDArray[np.float32], count: int) -> list[int]:
    cosine = part.vectors @ query / np.linalg.norm(part.vectors, axis=1)
    return part.rows[np.argsort(-cosine, kind="stable")[:count]].tolist()


def found(sets: VectorSets, key: str, number: int, query: NDArray[np.float32], count: int = 10) -> list[int]:
    (rows,) = sets.search(index_name(key, number), query[None], count, asked=256, seconds=10)
    return rows.tolist()


def test_directions_in_a_plane(sets: VectorSets) -> None:
    plane = np.array([[1, 0], [3, 3], [0, 2], [-1, 0]], np.float32)
    assert sets.write(KEY, "r", [Part(np.array([7, 2, 9, 4]), list("abcd"), plane)])
    queries = np.array([[0, 5], [2, 1]], np.float32)
    answers = sets.search(index_name(KEY, 0), queries, 3, asked=4, seconds=10)
    assert [rows.tolist() for rows in answers] == [[9, 2, 4], [2, 7, 9]], "4 and 7 are as near: by row"
    held = sets._server.read(f"MATCH (n:Vectors_{KEY}_0) RETURN n.row, n.item, n.vector ORDER BY n.row")
    assert held[0] == [2, "b", [3.0, 3.0]]


def test_each_part_is_searched_alone_and_exactly_where_it_is_small(sets: VectorSets) -> None:
    parts = [part_of(200), part_of(31, first=200), part_of(1, first=231)]
    sets.write(KEY, "r", parts)
    for query in np.random.default_rng(1).normal(size=(20, 8)).astype(np.float32):
        for number, part in enumerate(parts):
            assert found(sets, KEY, number, query) == best(part, query, 10)


def test_a_larger_part_is_found_nearly_whole(sets: VectorSets) -> None:
    part = part_of(3000, width=16)
    sets.write(KEY, "r", [part])
    queries = np.random.default_rng(1).normal(size=(20, 16)).astype(np.float32)
    shared = [len(set(found(sets, KEY, 0, query, 50)) & set(best(part, query, 50))) / 50 for query in queries]
    assert np.mean(shared) > 0.97


def test_one_set_is_written_while_another_answers_and_removed_without_it(sets: VectorSets) -> None:
    one, other = part_of(40, seed=1), part_of(40, seed=2)
    query = np.ones(8, np.float32)
    assert sets.write(KEY, "monday", [one]) and sets.write(OTHER, "tuesday", [other])
    assert found(sets, KEY, 0, query) == best(one, query, 10) != best(other, query, 10) == found(sets, OTHER, 0, query)
    assert sets.remove(KEY)
    assert not sets.remove(KEY)
    assert sets.state(KEY) is None
    assert found(sets, OTHER, 0, query) == best(other, query, 10)
    with pytest.raises(GraphError):
        found(sets, KEY, 0, query)


def test_written_once_is_not_written_again(sets: VectorSets) -> None:
    told: list[tuple[int, int]] = []
    parts = [part_of(5), part_of(3, first=5)]
    assert sets.write(KEY, "r", parts, lambda done, total: told.append((done, total)))
    assert told == [(0, 8), (5, 8), (8, 8)]
    assert not sets.write(KEY, "r", parts)
    assert sets.state(KEY) == ([5, 3], True, [])


@pytest.mark.parametrize("stopped_at", range(2, 9))
def test_stopped_anywhere_it_is_not_whole_and_goes_on(
    sets: VectorSets, monkeypatch: pytest.MonkeyPatch, stopped_at: int
) -> None:
    monkeypatch.setattr(module, "BATCH", 3)
    parts = [part_of(7), part_of(4, first=7)]
    with monkeypatch.context() as patch:
        break_off(patch, stopped_at)
        with pytest.raises(KeyboardInterrupt):
            sets.write(KEY, "r", parts)
    state = sets.state(KEY)
    assert state is None or not state.whole
    assert sets.write(KEY, "r", parts)
    assert sets.state(KEY) == ([7, 4], True, [])
    query = np.ones(8, np.float32)
    assert [found(sets, KEY, n, query) for n in (0, 1)] == [best(part, query, 10) for part in parts]


def break_off(patch: pytest.MonkeyPatch, call: int) -> None:
    """Stop at the ``call``-th write or change of the schema, before it or after it in turn."""
    calls = 0

    def breaking(method: Callable[..., object]) -> Callable[..., object]:
        def wrapped(self: Server, *arguments: object) -> object:
            nonlocal calls
            calls += 1
            if calls == call and call % 2:
                raise KeyboardInterrupt
            answer = method(self, *arguments)
            if calls == call:
                raise KeyboardInterrupt
            return answer

        return wrapped

    patch.setattr(Server, "write", breaking(Server.write))
    patch.setattr(Server, "define", breaking(Server.define))


def test_vectors_begun_by_something_else_go(sets: VectorSets, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH", 3)
    with monkeypatch.context() as patch:
        break_off(patch, 5)
        with pytest.raises(KeyboardInterrupt):
            sets.write(KEY, "r", [part_of(7, seed=1)])
    assert sum(sets.state(KEY).sizes) > 0  # type: ignore[union-attr]
    part, query = part_of(9, seed=2), np.ones(8, np.float32)
    sets.write(KEY, "r", [part])
    assert found(sets, KEY, 0, query) == best(part, query, 10)


def test_a_removal_that_was_stopped_is_ended_by_the_next_write(
    sets: VectorSets, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = [part_of(7)]
    sets.write(KEY, "r", parts)
    with monkeypatch.context() as patch:
        break_off(patch, 2)
        with pytest.raises(KeyboardInterrupt):
            sets.remove(KEY)
    assert not sets.state(KEY).whole  # type: ignore[union-attr]
    assert sets.write(KEY, "r", parts)
    assert sets.state(KEY) == ([7], True, [])


def test_what_others_took_away_is_seen_and_written_again(sets: VectorSets) -> None:
    parts = [part_of(7)]
    sets.write(KEY, "r", parts)
    sets._server.write(lambda t: t.run(f"MATCH (n:Vectors_{KEY}_0) WHERE n.row > 4 DELETE n"))
    assert sets.state(KEY) == ([5], True, [])
    assert sets.write(KEY, "r", parts)
    sets._server.define(f"DROP INDEX {index_name(KEY, 0)}")
    assert sets.state(KEY) == ([7], True, [index_name(KEY, 0)])
    assert sets.write(KEY, "r", parts)
    assert sets.state(KEY) == ([7], True, [])


def test_two_that_write_one_set_write_it_once(sets: VectorSets, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH", 5)
    parts = [part_of(60), part_of(33, first=60)]
    second, failed = open_vectors(url), []

    def write(one: VectorSets) -> None:
        try:
            one.write(KEY, "r", parts)
        except Exception as error:  # seen below
            failed.append(error)

    threads = [threading.Thread(target=write, args=(one,)) for one in (sets, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    second.close()
    assert not failed
    assert sets.state(KEY) == ([60, 33], True, [])
    assert sets._server.read(f"MATCH (n:Vectors_{KEY}_0) RETURN count(DISTINCT n.row)") == [[60]]


def test_removed_while_it_is_written_is_said(sets: VectorSets, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH", 2)
    told: list[int] = []

    def tell(done: int, total: int) -> None:
        del total
        told.append(done)
        if len(told) == 2:
            sets.remove(KEY)

    with pytest.raises(StoreFormatError, match="was removed while it was written; begin again"):
        sets.write(KEY, "r", [part_of(7)], tell)


@pytest.mark.parametrize("at", [2, 8])
def test_a_removal_that_has_begun_lets_no_more_be_written(
    sets: VectorSets, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    monkeypatch.setattr(module, "BATCH", 1)
    told: list[int] = []

    def tell(done: int, total: int) -> None:
        del total
        told.append(done)
        if len(told) == at:
            with monkeypatch.context() as patch:
                break_off(patch, 2)
                with pytest.raises(KeyboardInterrupt):
                    sets.remove(KEY)

    with pytest.raises(StoreFormatError, match="was removed while it was written; begin again"):
        sets.write(KEY, "r", [part_of(7)], tell)
    state = sets.state(KEY)
    assert state is not None and state.sizes == [0] and not state.whole


@pytest.mark.parametrize(
    ("vectors", "message"),
    [
        (np.zeros((2, 3)), r"item 'a': its vector has length 0\.0"),
        (np.array([[1, 2], [np.nan, 0]]), "item 'b': its vector has length nan"),
        (np.ones((2, WIDEST + 1)), "vectors of 4097 numbers; a vector index takes 1 to 4096"),
        (np.ones((2, 0)), "vectors of 0 numbers"),
        (np.ones((3, 2)), "2 rows, 2 items, 3 vectors"),
    ],
)
def test_vectors_that_cannot_be_searched_are_refused(
    sets: VectorSets, vectors: NDArray[np.float64], message: str
) -> None:
    with pytest.raises(InvalidRecordError, match=message):
        sets.write(KEY, "r", [Part(np.arange(2), ["a", "b"], vectors.astype(np.float32))])
    assert sets.state(KEY) is None


def test_the_widest_vectors_can_be_searched(sets: VectorSets) -> None:
    part = part_of(150, width=WIDEST)
    sets.write(KEY, "r", [part])
    assert found(sets, KEY, 0, part.vectors[3], 1) == [3]


@pytest.mark.parametrize("key", ["", "x`) DETACH DELETE n //", "0F" * 16, "0f" * 15, "0f" * 16 + "\n"])
def test_a_key_that_is_none_never_reaches_a_statement(sets: VectorSets, key: str) -> None:
    for call in (lambda: sets.write(key, "r", [part_of(1)]), lambda: sets.state(key), lambda: index_name(key, 0)):
        with pytest.raises(GraphError, match="the key is 32 hexadecimal digits"):
            call()


def test_odd_names_of_releases_and_items(sets: VectorSets) -> None:
    odd, long = "it's `a` \\ 릴리스\n{}", "긴" * 3000
    sets.write(KEY, odd, [Part(np.arange(2), [odd, long], np.eye(2, dtype=np.float32))])
    ((first,), (second,)) = sets._server.read(f"MATCH (n:Vectors_{KEY}_0) RETURN n.item ORDER BY n.row")
    assert first == odd and second.startswith("긴긴") and len(second) < 600
    assert sets._server.read("MATCH (s:VectorSet) RETURN s.release") == [[odd]]


def test_the_graph_beside_them_stays_what_it_was(sets: VectorSets, url: str) -> None:
    with open_store(url) as store:
        items = [Item(item_id=f"item {n}", category="c", slot="top", source="shop") for n in range(4)]
        region = Region(region_id="r", part="x", slot="top", item_id="item 1")
        store.bulk_load(items, [ImageRecord(image_id="p", source="shop", regions=(region,))])
        store.upsert_outfits([Outfit(outfit_id="o", item_ids=("item 1", "item 2"), source="shop")])
        counts, graph = store.counts(), store.export()
        sets.write(KEY, "r", [part_of(4)])
        assert store.counts() == counts
        assert store.export().item_ids == graph.item_ids and list(store.items()) == items
        assert store.delete_items(["item 1"]) == 1
        assert store.item("item 2") == items[2]
        assert sets.state(KEY) == ([4], True, []), "a deleted item's vector stays with its release"
        assert store.delete_source("shop") == 5
        assert not any(getattr(store.counts(), kind) for kind in counts.__struct_fields__)
    assert sets.state(KEY) == ([4], True, [])
    query = np.ones(8, np.float32)
    assert found(sets, KEY, 0, query) == best(part_of(4), query, 10)


def test_a_question_that_takes_too_long_is_given_up_here_and_there(sets: VectorSets) -> None:
    running = (
        "SHOW TRANSACTIONS YIELD currentQuery AS asked WHERE asked CONTAINS '% 7 = 8' AND NOT asked CONTAINS 'SHOW'"
    )
    began = time.monotonic()
    with pytest.raises(StoreUnavailableError, match=r"no answer within 0\.3 seconds|it took too long"):
        sets._server.read_within(0.3, "UNWIND range(1, 10000000000) AS n WITH n WHERE n % 7 = 8 RETURN count(n)")
    assert time.monotonic() - began < 5
    while sets._server.read(f"{running} RETURN asked"):
        assert time.monotonic() - began < 30, "the server goes on"
        time.sleep(0.05)


def test_a_question_that_waits_when_the_store_is_closed_is_told(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    server, waiting = open_vectors(url)._server, Future[list[list[object]]]()
    waiting.cancel()
    monkeypatch.setattr(server._listener._threads, "submit", lambda *given: waiting)
    with pytest.raises(StoreUnavailableError, match="the store was closed"):
        server.read_within(1, "RETURN 1")
    server.close()


def test_only_a_neo4j_url_holds_vectors() -> None:
    with pytest.raises(GraphError, match=r"'sqlite:///x': holds no vectors; they are kept in Neo4j, neo4j, neo4j\+s"):
        open_vectors("sqlite:///x")
