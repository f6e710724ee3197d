"""A look at a store says whether it could be used, and neither makes nor changes anything."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from data.types import Item
from graph import check_store, open_store, sqlite_url
from graph.neo4j import schema
from graph.neo4j.server import Server
from graph.sqlite import schema as sqlite_schema
from tests.neo4j_server import empty


@pytest.fixture(params=["neo4j", "sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A store that holds nothing yet, its schema made."""
    found = sqlite_url(tmp_path / "graph.sqlite")
    if request.param == "neo4j":
        found = request.getfixturevalue("neo4j_servers")[0]
    with open_store(found):
        if request.param == "neo4j":
            empty(found)
    return found


def test_a_store_that_is_well(url: str) -> None:
    found = check_store(url, seconds=20)
    assert (found.store, found.reachable, found.schema_ok, found.reason) == (url.partition("://")[0], True, True, None)
    assert found.usable and 0 <= found.milliseconds < 20_000
    with open_store(url) as store:
        assert check_store(url, seconds=20).usable, "open or not"
        assert store.counts().items == 0


def test_a_graph_of_a_newer_program(url: str) -> None:
    known = sqlite_schema.SCHEMA_VERSION if url.startswith("sqlite") else schema.SCHEMA_VERSION
    newer(url, 99)
    try:
        found = check_store(url, seconds=20)
    finally:
        newer(url, known)
    assert (found.reachable, found.schema_ok, found.usable) == (True, False, False)
    assert found.reason is not None and "has schema version 99" in found.reason
    assert check_store(url, seconds=20).usable


def newer(url: str, version: int) -> None:
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        connection.execute(f"PRAGMA user_version = {version}")
        connection.close()
    else:
        address, _, database = url.rpartition("/")
        server = Server(address, None, database)
        server.write(lambda t: t.run("MATCH (s:GraphSchema) SET s.version = $version", version=version))
        server.close()


def test_an_index_that_is_missing_is_said(neo4j_servers: list[str]) -> None:
    url = neo4j_servers[0]
    open_store(url).close()
    address, _, database = url.rpartition("/")
    server = Server(address, None, database)
    server.define("DROP INDEX image_by_created")
    found = check_store(url, seconds=20)
    assert not schema.is_whole(server), "a look does not mend"
    server.close()
    open_store(url).close()
    assert found.reachable and found.schema_ok is False and found.reason is not None
    assert "an index is missing" in found.reason and check_store(url, seconds=20).usable


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    found = check_store(sqlite_url(tmp_path / "graph.sqlite"))
    assert (found.store, found.reachable, found.schema_ok) == ("sqlite", False, None)
    assert found.reason == "graph.sqlite: is not there; the first import makes it"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "reachable", "said"),
    [
        (b"something else, and long enough to be no header of SQLite" * 20, False, "is not an SQLite database"),
        (b"", True, "holds no graph yet"),
    ],
)
def test_a_file_that_is_something_else(tmp_path: Path, content: bytes, reachable: bool, said: str) -> None:
    file = tmp_path / "graph.sqlite"
    file.write_bytes(content)
    found = check_store(sqlite_url(file))
    assert found.reachable is reachable and not found.usable
    assert found.reason is not None and said in found.reason and str(tmp_path) not in found.reason
    assert file.read_bytes() == content and list(tmp_path.iterdir()) == [file]


def test_another_database_and_a_folder(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "other.sqlite")
    connection.execute("CREATE TABLE t (x)")
    connection.close()
    found = check_store(sqlite_url(tmp_path / "other.sqlite"))
    assert found.reason == "other.sqlite: is an SQLite database, but not a graph store; name another file"
    assert check_store(sqlite_url(tmp_path)).reason == f"{tmp_path.name}: is no file; name another one"


def test_nothing_is_left_beside_the_file(tmp_path: Path) -> None:
    file = tmp_path / "a b#1?.sqlite"
    open_store(sqlite_url(file)).close()
    before = file.read_bytes()
    assert check_store(sqlite_url(file)).usable
    assert list(tmp_path.iterdir()) == [file] and file.read_bytes() == before


def test_a_file_that_is_locked_is_waited_for_no_longer_than_said(tmp_path: Path) -> None:
    file = tmp_path / "graph.sqlite"
    open_store(sqlite_url(file)).close()
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("PRAGMA journal_mode = DELETE")
    holder.execute("BEGIN EXCLUSIVE")
    found = check_store(sqlite_url(file), seconds=0.1)
    holder.close()
    assert not found.reachable and found.reason is not None and "another process has been writing" in found.reason
    assert found.milliseconds < 10_000


def test_nobody_listens() -> None:
    found = check_store("bolt://neo4j:s3cret@127.0.0.1:1/neo4j", seconds=5)
    assert (found.store, found.reachable, found.schema_ok) == ("neo4j", False, None)
    assert found.reason is not None and "cannot be used now" in found.reason and "s3cret" not in found.reason


@pytest.mark.parametrize(
    "url",
    [
        "mysql://user:s3cret@host/db",
        "sqlite:///:memory:",
        "neo4j://u:s3cret@/x/y",
        "neo4j:/neo4j:s3cret@host:7687/neo4j",
        "sqlite://home/s3cret/graph.sqlite",
        "x",
    ],
)
def test_a_url_that_names_no_store(url: str) -> None:
    found = check_store(url)
    assert not found.reachable and found.reason and "s3cret" not in f"{found}"


def test_the_log_of_a_killed_writer_is_left_as_it_is(tmp_path: Path) -> None:
    file, killed = tmp_path / "graph.sqlite", tmp_path / "killed.sqlite"
    with open_store(sqlite_url(file)) as store:
        store.upsert_items([Item(item_id="a", source="s", category="c", slot="top")])
        for suffix in ("", "-wal"):
            shutil.copy(f"{file}{suffix}", f"{killed}{suffix}")
    before = {path: path.read_bytes() for path in tmp_path.glob("killed.sqlite*")}
    assert len(before) == 2 and len(before[tmp_path / "killed.sqlite-wal"]) > 0
    assert check_store(sqlite_url(killed)).usable
    assert all(path.read_bytes() == content for path, content in before.items())
