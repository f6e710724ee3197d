"""The SQLite file: its schema version, what is refused, and what a fault leaves."""

from __future__ import annotations

import os
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from graph.sqlite import SqliteGraphStore, schema
from graph.store import (
    GraphError,
    SchemaVersionError,
    StoreFormatError,
    StoreUnavailableError,
    WriteCounts,
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "graph.sqlite"


@pytest.fixture
def written(path, make):
    """A file with one item and one image."""
    with SqliteGraphStore(path) as store:
        store.upsert_items([make.item("a")])
        store.upsert_images([make.image("p", "a", None)])
    return path


def test_a_newer_schema_is_refused_and_left_alone(written):
    with sqlite3.connect(written) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = written.read_bytes()
    with pytest.raises(SchemaVersionError, match=rf"99.*{schema.SCHEMA_VERSION}"):
        SqliteGraphStore(written)
    assert written.read_bytes() == before


def test_an_older_schema_is_brought_forward_once(written, monkeypatch):
    migration = ("CREATE TABLE later (x INTEGER)", "INSERT INTO later VALUES (7)")
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, migration))
    monkeypatch.setattr(schema, "SCHEMA_VERSION", schema.SCHEMA_VERSION + 1)
    for _ in range(2):
        with SqliteGraphStore(written) as store:
            assert store.counts().items == 1
    connection = sqlite3.connect(written)
    assert connection.execute("SELECT x FROM later").fetchall() == [(7,)]
    connection.close()


def test_a_migration_that_fails_leaves_the_old_schema(written, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, ("CREATE TABLE later (x)", "NO SUCH STATEMENT")))
        patch.setattr(schema, "SCHEMA_VERSION", schema.SCHEMA_VERSION + 1)
        with pytest.raises(GraphError, match="syntax"):
            SqliteGraphStore(written)
    with SqliteGraphStore(written) as store:
        assert store.counts().items == 1


@pytest.mark.parametrize("content", [b"item_id,category\n1,coat\n" * 100, b"SQLite format 3\0" + b"\7" * 4096])
def test_a_file_of_another_kind_is_refused_and_left_alone(path, content):
    path.write_bytes(content)
    with pytest.raises(StoreFormatError, match="not an SQLite database"):
        SqliteGraphStore(path)
    assert path.read_bytes() == content


def test_another_programs_database_is_refused(path):
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE customers (name TEXT)")
    connection.close()
    with pytest.raises(StoreFormatError, match="not a graph store"):
        SqliteGraphStore(path)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(StoreUnavailableError, match=r"no/such.*does not exist"):
        SqliteGraphStore(tmp_path / "no" / "such" / "graph.sqlite")


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_file_that_cannot_be_written_is_named(written, make):
    written.chmod(0o444)
    with pytest.raises(StoreUnavailableError, match="writable"):
        SqliteGraphStore(written).upsert_items([make.item("b")])


def test_a_full_disk_keeps_what_was_there(written, make):
    store = SqliteGraphStore(written)
    with store._connections.read() as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages + 5}")
    many = [make.item(f"item {n}" * 20) for n in range(1_000)]
    with pytest.raises(StoreUnavailableError, match="disk is full"):
        store.upsert_items(many)
    assert store.counts().items == 1
    with store._connections.read() as connection:
        connection.execute("PRAGMA max_page_count = 1000000")
    assert store.upsert_items(many) == WriteCounts(added=1_000)
    store.close()


def test_a_lock_held_too_long_is_named(written, make):
    other = sqlite3.connect(written, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with SqliteGraphStore(written, busy_seconds=0.05) as store:
        with pytest.raises(StoreUnavailableError, match=r"another process.*0\.05 seconds"):
            store.upsert_items([make.item("b")])
        assert store.item("a") is not None, "readers do not wait for writers"
        other.execute("ROLLBACK")
        assert store.upsert_items([make.item("b")]) == WriteCounts(added=1)
    other.close()


def test_bulk_load_works_beside_another_connection_and_restores_the_log(path, make):
    with SqliteGraphStore(path) as other, SqliteGraphStore(path) as store:
        assert other.counts().items == 0
        assert store.bulk_load([make.item("a")], [make.image("p", "a")]) == WriteCounts(added=2)
        assert other.images_of("a") == ["p"]
        with store._connections.read() as connection:
            assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
            assert connection.execute("PRAGMA foreign_keys").fetchone() == (1,)


def test_a_closed_store_says_so(path):
    store = SqliteGraphStore(path)
    store.close()
    store.close()
    with pytest.raises(StoreUnavailableError, match="closed"):
        store.counts()


def test_threads_read_and_write_at_once(path, make):
    store = SqliteGraphStore(path)
    store.upsert_items([make.item("a")])
    stop = threading.Event()

    def read() -> int:
        seen = 0
        while not stop.is_set():
            count = sum(1 for _ in store.images())
            assert count >= seen
            assert len(store.images_of("a", limit=1_000)) >= count
            seen = count
        return seen

    def write(thread: int) -> None:
        for n in range(20):
            store.upsert_images([make.image(f"p{thread}-{n}", "a")])

    with ThreadPoolExecutor(6) as pool:
        readers = [pool.submit(read) for _ in range(3)]
        writers = [pool.submit(write, thread) for thread in range(3)]
        for writer in writers:
            writer.result()
        stop.set()
        assert max(reader.result() for reader in readers) <= 60
    assert store.counts().photos == 60
    store.close()


@pytest.mark.parametrize("store_factory", ["sqlite"], indirect=True)
def test_no_write_leaves_a_broken_reference(filled):
    filled.delete_items(["item-2"])
    filled.delete_images(["a"])
    with filled._connections.read() as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.mark.parametrize("store_factory", ["sqlite"], indirect=True)
def test_edges_of_styles_and_attributes_are_what_the_records_say(filled, make):
    """Nothing but the bodies says which edges a change or a removal must take away."""
    filled.upsert_items([make.item("item-1", colour=("colour 0", "colour 9")), make.item("item-0")])
    filled.upsert_images([make.image("c", "item-0", styles=("모던",), substyles=("클래식", "모던"))])
    filled.delete_items(["item-3"])
    filled.delete_images(["a"])
    with filled._connections.read() as connection:
        styles = connection.execute(
            "SELECT image_id, name FROM image_style JOIN image ON image = image.idx JOIN style ON style = style.idx"
            " ORDER BY image_id, name"
        ).fetchall()
        (edges,) = connection.execute("SELECT count(*) FROM item_attribute").fetchone()
        attributes = connection.execute(
            "SELECT item_id, name, value FROM item_attribute JOIN item ON item = item.idx"
            " JOIN attribute ON attribute = attribute.idx ORDER BY item_id, value"
        ).fetchall()
    assert styles == [("c", "모던"), ("c", "클래식")]
    assert attributes == [
        ("item-1", "colour", "colour 0"),
        ("item-1", "colour", "colour 9"),
        ("item-2", "colour", "colour 2"),
        ("item-4", "colour", "colour 1"),
    ]
    assert edges == len(attributes)


def test_indexes_answer_without_scanning(written):
    """The plans of the hot queries touch rows by key only."""
    from graph.sqlite import neighbours

    connection = sqlite3.connect(written)
    for query, parameters in ((neighbours._SHARED, (1,)), (neighbours._IMAGES_OF, (1, 5))):
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {query}", parameters)]
        tables = [step for step in plan if step.startswith("SCAN") and "seen" not in step]
        assert tables == [], plan
    connection.close()
