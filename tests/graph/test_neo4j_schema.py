"""Migrations of the Neo4j store: each runs once, from the stored version on, also where several open it at once."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from unittest.mock import patch

import pytest

from data.types import Item, Problem
from graph import open_store
from graph.neo4j import schema
from graph.neo4j.schema import Migration
from graph.neo4j.server import Server
from tests.neo4j_server import PASSWORD, Neo4jProcess

ADDED = "CREATE INDEX item_by_slot IF NOT EXISTS FOR (n:Item) ON (n.slot)"
MIGRATIONS = (
    *schema.MIGRATIONS,
    Migration((ADDED,), ("MATCH (i:Item) SET i.counted = coalesce(i.counted, 0) + 1",)),
    Migration(("DROP INDEX image_by_created IF EXISTS",)),
    Migration(changes=("MATCH (i:Item) SET i.counted = i.counted + 10",)),
)
INDEXES = {name: rule for name, rule in schema.INDEXES.items() if name != "image_by_created"} | {
    "item_by_slot": schema.Rule(ADDED, ("Item", ("slot",), False))
}
NOW = schema.SCHEMA_VERSION


def open_newer(url: str) -> None:
    """Open a store as a program with three more migrations does."""
    newer = {"MIGRATIONS": MIGRATIONS, "SCHEMA_VERSION": len(MIGRATIONS), "INDEXES": INDEXES}
    with patch.multiple(schema, **newer):
        open_store(url).close()


@pytest.fixture
def there(server: Neo4jProcess, url: str) -> Iterator[Server]:
    """The database of this version with one item; the schema is put back at the end."""
    with open_store(url) as store:
        store.upsert_items([Item(item_id="a", category="c", slot="top", source="shop")])
    there = Server(f"neo4j://127.0.0.1:{server.port}", ("neo4j", PASSWORD), "neo4j")
    yield there
    there.define("DROP INDEX item_by_slot IF EXISTS")
    there.write(lambda t: t.run(f"MATCH (s:GraphSchema) SET s.version = {NOW}"))
    there.close()
    open_store(url).close()


def indexes(server: Server) -> set[str]:
    return {name for (name,) in server.read("SHOW INDEXES YIELD name, type WHERE type <> 'LOOKUP' RETURN name")}


def state(server: Server) -> tuple[int, int]:
    """Version, and what the changes left."""
    return tuple(server.read("MATCH (s:GraphSchema), (i:Item) RETURN s.version, i.counted")[0])


def test_each_migration_runs_once_and_what_is_dropped_stays_away(there: Server, url: str) -> None:
    for _ in range(3):
        open_newer(url)
        assert state(there) == (NOW + 3, 11)
        assert indexes(there) == {*INDEXES, "graphschema_once"}
    there.define("DROP INDEX item_by_slot")
    open_newer(url)
    assert state(there) == (NOW + 3, 11), "mending runs no migration again"
    assert indexes(there) == {*INDEXES, "graphschema_once"}


def test_a_change_that_fails_leaves_the_version_and_is_run_again(there: Server, url: str) -> None:
    broken = Migration((ADDED,), ("MATCH (i:Item) SET i.counted = 5", "MATCH (i:Item) SET i.counted = 1 / 0"))
    with (
        patch.multiple(schema, MIGRATIONS=(*MIGRATIONS[:NOW], broken), SCHEMA_VERSION=NOW + 1, INDEXES=INDEXES),
        pytest.raises(schema.GraphError, match="by zero"),
    ):
        open_store(url)
    assert state(there) == (NOW, None)
    open_newer(url)
    assert state(there) == (NOW + 3, 11)


def test_processes_that_migrate_at_once_run_each_migration_once(there: Server, url: str) -> None:
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=open_newer, args=(url,)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(timeout=120)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert state(there) == (NOW + 3, 11)
    assert indexes(there) == {*INDEXES, "graphschema_once"}


def test_problems_of_an_older_version_are_found_by_their_files(there: Server, url: str) -> None:
    long = "b" * 900 + ".json"
    problems = [Problem(file=file, field="box", reason="is NaN") for file in ("a.json", long, "c.json")]
    with open_store(url) as store:
        store.quarantine(problems)
    there.write(lambda t: t.run("MATCH (q:Problem) REMOVE q.at"))
    there.define("DROP INDEX problem_by_file")
    there.write(lambda t: t.run("MATCH (s:GraphSchema) SET s.version = 1"))
    with open_store(url) as store:
        assert state(there)[0] == NOW
        assert list(store.problems()) == problems
        assert store.quarantine(problems) == 0
        assert store.release_problems(["a.json", long]) == 2
        assert list(store.problems()) == problems[2:]
        assert store.release_problems(["c.json"]) == 1


def test_an_index_or_constraint_of_another_name_is_as_good(there: Server, url: str) -> None:
    for own, theirs in (
        ("INDEX image_by_created", "INDEX theirs FOR (n:Image) ON (n.created)"),
        ("CONSTRAINT style_once", "CONSTRAINT their_rule FOR (n:Style) REQUIRE n.name IS UNIQUE"),
    ):
        there.define(f"DROP {own}")
        assert not schema.is_whole(there)
        there.define(f"CREATE {theirs}")
        there.read("CALL db.awaitIndexes(60)")
        assert schema.is_whole(there)
        open_store(url).close()
        there.define(f"DROP {' '.join(theirs.split()[:2])}")
        open_store(url).close()
    assert indexes(there) == {*schema.INDEXES, "graphschema_once"}
