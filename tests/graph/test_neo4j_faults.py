"""The Neo4j store where something goes wrong: no server, no right, killed in the middle, two at once."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator
from multiprocessing.process import BaseProcess

import neo4j
import numpy as np
import pytest

from data.types import ImageRecord, Item, Outfit, Region
from graph import GraphStore, check_store, open_store, sqlite_url
from graph.connect import open_vectors
from graph.copying import checksums
from graph.neo4j import Neo4jGraphStore, deletion, loading, schema
from graph.neo4j.server import Server
from graph.neo4j.vector_parts import Part
from graph.neo4j.vectors import index_name
from graph.nodes import Node
from graph.store import GraphError, SchemaVersionError, StoreFormatError, StoreUnavailableError
from tests.neo4j_server import Neo4jProcess, empty, has_java

PASSWORD = "s3cret:of/the@shop"
ITEMS = [
    Item(item_id=f"i{n}", category=f"c{n % 3}", slot="top", source="shop", attributes={"colour": (f"k{n % 5}",)})
    for n in range(900)
]
IMAGES = [
    ImageRecord(
        image_id=f"p{n:05d}",
        source="shop",
        shoot=f"s{n // 3}",
        styles=(f"style {n % 4}",),
        regions=tuple(
            Region(
                region_id=f"p{n:05d}/x#{k}", part="x", slot="top", item_id=f"i{(n * 7 + k * 11) % 900}" if k else None
            )
            for k in range(3)
        ),
    )
    for n in range(6_000)
]
OUTFITS = [
    Outfit(outfit_id=f"o{n}", item_ids=(f"i{n % 900}", f"i{(n + 1) % 900}"), source="shop", image_id=f"p{n:05d}")
    for n in range(3_000)
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neo4jProcess]:
    """A server of this file alone, with a password, that tests may kill."""
    if not has_java():
        pytest.skip("no Java on this machine: tests against Neo4j are left out")
    server = Neo4jProcess(tmp_path_factory.mktemp("neo4j") / "server", PASSWORD)
    server.begin()
    server.wait()
    yield server
    server.stop()


@pytest.fixture
def url(server: Neo4jProcess) -> str:
    empty(server.url)
    return server.url


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Checksums of the whole graph."""
    with open_store(sqlite_url(tmp_path_factory.mktemp("whole") / "graph.sqlite")) as store:
        store.bulk_load(ITEMS, IMAGES, OUTFITS)
        return checksums(store)


def load(url: str) -> None:
    with open_store(url) as store:
        store.bulk_load(ITEMS, IMAGES, OUTFITS)


def begun(url: str) -> BaseProcess:
    process = multiprocessing.get_context("spawn").Process(target=load, args=(url,))
    process.start()
    return process


def wait_for_images(store: GraphStore) -> int:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = store.counts().photos
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError("no image was written within a minute")


def test_a_wrong_password_is_said_and_no_password_shown(server):
    wrong = server.url.replace("s3cret", "wr0ng")
    with pytest.raises(StoreUnavailableError, match="refuses user and password") as raised:
        open_store(wrong)
    assert "wr0ng" not in str(raised.value)


def test_the_password_comes_from_the_environment_or_a_file(server, monkeypatch, tmp_path):
    bare = f"neo4j://127.0.0.1:{server.port}/neo4j"
    with pytest.raises(GraphError):
        open_store(bare)
    (tmp_path / "secret").write_text(f"{PASSWORD}\n")
    with monkeypatch.context() as patch:
        patch.setenv("NEO4J_PASSWORD_FILE", str(tmp_path / "secret"))
        open_store(bare).close()
    monkeypatch.setenv("NEO4J_PASSWORD", PASSWORD)
    open_store(bare).close()
    monkeypatch.setenv("NEO4J_PASSWORD_FILE", str(tmp_path / "nothing"))
    with pytest.raises(GraphError, match=r"NEO4J_PASSWORD_FILE: .*nothing cannot be read"):
        open_store(bare)


def test_no_server_and_no_database_are_said_at_once(server):
    began = time.monotonic()
    with pytest.raises(StoreUnavailableError, match=r"127.0.0.1:9: the server cannot be used now"):
        Server("neo4j://127.0.0.1:9", None, patience=1)
    assert time.monotonic() - began < 20
    with pytest.raises(StoreFormatError, match="nowhere: there is no such database"):
        open_store(server.url.replace("/neo4j", "/nowhere").replace("//nowhere", "//neo4j"))


@pytest.mark.parametrize("url", ["neo4j://", "neo4j:///neo4j", "neo4j://host/a/b", "bolt://u:secret@host/db?x=1"])
def test_urls_that_name_no_database_say_how_to_write_them(url):
    with pytest.raises(GraphError, match="user:password@host:port/database") as raised:
        open_store(url)
    assert "secret" not in str(raised.value)


def test_a_closed_store_says_so(url):
    store = open_store(url)
    store.close()
    store.close()
    with pytest.raises(StoreUnavailableError, match="was closed"):
        store.counts()
    with pytest.raises(StoreUnavailableError, match="was closed"):
        store.bulk_load([], [])


def connected(server: Neo4jProcess) -> Server:
    return Server(f"neo4j://127.0.0.1:{server.port}", ("neo4j", PASSWORD), "neo4j")


def test_a_server_that_failed_is_to_be_restarted(server):
    there = connected(server)

    def fail(transaction):
        raise neo4j.exceptions.DatabaseError

    try:
        with pytest.raises(StoreUnavailableError, match=r"the server failed \(.*once it is restarted"):
            there.write(fail)
    finally:
        there.close()


def test_a_newer_graph_is_refused(server, url):
    there = connected(server)
    open_store(url).close()
    there.write(lambda t: t.run("MATCH (s:GraphSchema) SET s.version = s.version + 1"))
    try:
        with pytest.raises(
            SchemaVersionError, match=f"version {schema.SCHEMA_VERSION + 1}, .*up to {schema.SCHEMA_VERSION}"
        ):
            open_store(url)
    finally:
        there.write(lambda t: t.run("MATCH (s:GraphSchema) SET s.version = s.version - 1"))
        there.close()


def drop_everything(there: Server) -> None:
    for (name,) in there.read("SHOW CONSTRAINTS YIELD name RETURN name"):
        there.define(f"DROP CONSTRAINT {name}")
    for (name,) in there.read("SHOW INDEXES YIELD name, type WHERE type <> 'LOOKUP' RETURN name"):
        there.define(f"DROP INDEX {name}")
    there.write(lambda t: t.run("MATCH (n) DETACH DELETE n"))


def test_two_that_open_an_empty_database_at_once_make_one_schema(server, url):
    there = connected(server)
    drop_everything(there)
    failed: list[Exception] = []

    def open_it() -> None:
        try:
            open_store(url).close()
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert there.read("MATCH (s:GraphSchema) RETURN s.version") == [[schema.SCHEMA_VERSION]]
    assert len(there.read("SHOW CONSTRAINTS YIELD name RETURN name")) == 10
    there.close()


def test_an_index_that_somebody_dropped_is_made_again(server, url):
    there = connected(server)
    open_store(url).close()
    there.define("DROP CONSTRAINT region_once")
    open_store(url).close()
    assert there.read("SHOW CONSTRAINTS YIELD name WHERE name = 'region_once' RETURN count(*)") == [[1]]
    there.close()


def test_old_data_that_breaks_a_rule_is_named(server, url):
    there = connected(server)
    drop_everything(there)
    there.write(lambda t: t.run("UNWIND [1, 2] AS n CREATE (:Item {id: 'twice'})"))
    try:
        with pytest.raises(StoreFormatError, match=r"does not allow .*Item.*twice"):
            open_store(url)
    finally:
        drop_everything(there)
        there.close()


def test_a_loader_that_is_killed_is_begun_again_and_ends_in_the_same_graph(url, wanted):
    with open_store(url) as store:
        process = begun(url)
        found = wait_for_images(store)
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        assert 0 < found < len(IMAGES), "killed in the middle"
        load(url)
        assert checksums(store) == wanted


def test_a_server_that_is_killed_keeps_what_it_committed(server, url, wanted):
    process = begun(url)
    with open_store(url) as store:
        found = wait_for_images(store)
    server.kill()
    server.begin()
    server.wait()
    process.join(timeout=120)
    with open_store(url) as store:
        assert store.counts().photos >= found
        load(url)
        assert checksums(store) == wanted


def test_two_loaders_at_once_write_everything_once(url, wanted):
    processes = [begun(url), begun(url)]
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    with open_store(url) as store:
        assert checksums(store) == wanted
        around = store.neighbours([Node("image", image.image_id) for image in IMAGES[:3]])
        assert [n.degrees["HAS_STYLE"] for n in around] == [1, 1, 1]
        assert [n.degrees["IN_SHOOT"] for n in around] == [1, 1, 1]


def test_a_batch_that_is_refused_stops_the_load_and_keeps_whole_batches(url, monkeypatch):
    monkeypatch.setattr(loading, "BATCH", 100)
    wrong = ImageRecord(
        image_id="wrong", source="shop", regions=(Region(region_id="w", part="x", slot="top", item_id="nobody"),)
    )
    with open_store(url) as store:
        with pytest.raises(GraphError, match="nobody"):
            store.bulk_load(ITEMS, [*IMAGES[:500], wrong, *IMAGES[500:]])
        kept = store.counts().photos
        assert kept < len(IMAGES) and store.image("wrong") is None
        assert store.bulk_load(ITEMS, IMAGES).added == len(IMAGES) - kept


def test_deleting_a_source_goes_on_after_it_was_stopped(url, monkeypatch):
    monkeypatch.setattr(deletion, "BATCH", 500)
    load(url)
    with open_store(url) as store:
        assert isinstance(store, Neo4jGraphStore)
        calls = 0
        write = Server.write

        def breaking(self, work):
            nonlocal calls
            calls += 1
            if calls == 9:
                raise KeyboardInterrupt
            return write(self, work)

        monkeypatch.setattr(Server, "write", breaking)
        with pytest.raises(KeyboardInterrupt):
            store.delete_source("shop")
        left = store.counts()
        assert left.outfits == 0 and 0 < left.photos < len(IMAGES) and left.items == len(ITEMS)
        assert store.delete_source("shop") == left.photos + left.items
        assert not any(getattr(store.counts(), kind) for kind in store.counts().__struct_fields__)
        assert store._server.read("MATCH (n) WHERE NOT n:GraphSchema RETURN count(*)") == [[0]]


def test_a_look_says_what_is_wrong_and_never_the_password(tmp_path_factory: pytest.TempPathFactory) -> None:
    if not has_java():
        pytest.skip("no Java on this machine: tests against Neo4j are left out")
    server = Neo4jProcess(tmp_path_factory.mktemp("looked") / "server", PASSWORD)
    server.begin()
    server.wait()
    try:
        fresh = check_store(server.url, seconds=20)
        assert (fresh.reachable, fresh.schema_ok) == (True, False)
        assert fresh.reason is not None and fresh.reason.startswith("holds no graph yet")
        open_store(server.url).close()
        assert check_store(server.url, seconds=20).usable
        refused = check_store(server.url.replace("s3cret", "wr0ng"), seconds=20)
        assert not refused.reachable and refused.reason is not None and "refuses user and password" in refused.reason
        assert "wr0ng" not in refused.reason and "s3cret" not in refused.reason
    finally:
        server.stop()
    stopped = check_store(server.url, seconds=5)
    assert not stopped.reachable and stopped.reason is not None and "cannot be used now" in stopped.reason
    assert "s3cret" not in stopped.reason


def test_vectors_of_a_server_that_hangs_or_was_killed(server, url):
    key, name = "5e" * 16, index_name("5e" * 16, 0)
    part = Part(np.arange(3), ["a", "b", "c"], np.eye(3, dtype=np.float32))
    query = np.array([[0.1, 0.9, 0.2]], np.float32)
    sets = open_vectors(url)
    try:
        sets.write(key, "release", [part])
        server.freeze()
        try:
            began = time.monotonic()
            with pytest.raises(StoreUnavailableError, match=r"no answer within 0\.5 seconds"):
                sets.search(name, query, 2, asked=3, seconds=0.5)
            assert time.monotonic() - began < 5
        finally:
            server.thaw()
        server.kill()
        with pytest.raises(StoreUnavailableError):
            sets.search(name, query, 2, asked=3, seconds=0.5)
        server.begin()
        server.wait()
        assert sets.state(key) == ([3], True, [])
        (found,) = sets.search(name, query, 2, asked=3, seconds=30)
        assert found.tolist() == [1, 2]
        sets.remove(key)
    finally:
        sets.close()
