"""The server killed in the middle of a copy, a deletion, an export or a migration; the same call then ends well.

One server is killed again and again; loads and vectors are killed in ``test_neo4j_stops.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import numpy as np
import pytest

from data.types import ImageRecord, Item, ItemLink, Outfit, Region
from graph import open_store, sqlite_url
from graph.copying import checksums, copy
from graph.neo4j import deletion, export, schema
from graph.neo4j.server import Server, Transaction
from graph.parquet import write_parquet
from graph.store import GraphStore, StoreUnavailableError
from tests.neo4j_server import Neo4jProcess

ITEMS = [
    Item(item_id=f"i{n:03d}", category=f"c{n % 3}", slot="top", source="shop", attributes={"colour": (f"k{n % 5}",)})
    for n in range(300)
]
IMAGES = [
    ImageRecord(
        image_id=f"p{n:05d}",
        source="shop",
        shoot=f"s{n // 3}",
        styles=(f"style {n % 4}",),
        regions=tuple(
            Region(region_id=f"p{n:05d}/x#{k}", part="x", slot="top", item_id=f"i{(n * 7 + k * 11) % 300:03d}")
            for k in range(2)
        ),
    )
    for n in range(2_400)
]
OUTFITS = [
    Outfit(outfit_id=f"o{n}", item_ids=(f"i{n % 300:03d}", f"i{(n + 1) % 300:03d}"), source="shop", image_id=None)
    for n in range(600)
]
OTHERS = (
    [Item(item_id="other", category="c0", slot="top", source="other", attributes={"colour": ("k0",)})],
    [
        ImageRecord(
            image_id="of another import",
            source="other",
            shoot="s0",
            styles=("style 0",),
            regions=(Region(region_id="r", part="x", slot="top", item_id="other"),),
        )
    ],
)
"""What another import brought, which shares small nodes with the rest."""

AWAY = r"the server cannot be used now: .*no server listens on 127\.0\.0\.1"
"""What is said while the server is dead."""


def fill(store: GraphStore) -> None:
    """Items, images and outfits, half of the garments linked by hand."""
    store.bulk_load([*ITEMS, *OTHERS[0]], [*IMAGES, *OTHERS[1]], OUTFITS)
    links = (link for number, link in enumerate(store.links()) if number % 2)
    store.link([ItemLink(link.region_id, link.item_id, "manual", 0.5) for link in links])


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphStore]:
    """The whole graph in a file."""
    with open_store(sqlite_url(tmp_path_factory.mktemp("whole") / "graph.sqlite")) as store:
        fill(store)
        yield store


@pytest.fixture
def filled(url: str) -> str:
    """URL of a server that holds the whole graph."""
    with open_store(url) as store:
        fill(store)
    return url


Arrange = Callable[[type, str, int], None]


@pytest.fixture
def impatient(server: Neo4jProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Programs wait for a dead server a second, not half a minute; at the end it runs."""
    monkeypatch.setitem(Server.__init__.__kwdefaults__, "patience", 1.0)
    yield
    revive(server)


def revive(server: Neo4jProcess) -> None:
    """Start the server where it was killed."""
    if not server.running:
        server.begin()
        server.wait()


@pytest.fixture
def kill_at(server: Neo4jProcess, impatient: None, monkeypatch: pytest.MonkeyPatch) -> Arrange:
    """``kill_at(owner, method, n)``: the server is killed just before the nth call."""

    def arrange(owner: type, name: str, nth: int) -> None:
        whole, calls = getattr(owner, name), count(1)

        def counted(*arguments: Any, **named: Any) -> Any:
            if next(calls) == nth:
                server.kill()
            return whole(*arguments, **named)

        monkeypatch.setattr(owner, name, counted)

    return arrange


def killing(server: Neo4jProcess, what: str, after: int) -> Callable[[str, int], None]:
    """Called with the progress of a copy, it kills the server in the middle of one phase."""

    def tell(phase: str, done: int) -> None:
        if phase == what and done >= after and server.running:
            server.kill()

    return tell


def manual(store: GraphStore) -> int:
    """Number of garments linked by hand."""
    return sum(link.method == "manual" for link in store.links())


def test_a_copy_goes_on_where_its_links_were_cut_off(
    server: Neo4jProcess, url: str, file: GraphStore, impatient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph.copying.BATCH", 600)
    with open_store(url) as target, pytest.raises(StoreUnavailableError, match=AWAY):
        copy(file, target, killing(server, "links", 3_000))
    revive(server)
    with open_store(url) as target:
        assert target.counts() == file.counts(), "all but the links was there"
        kept = manual(target)
        assert 0 < kept < manual(file), "killed in the middle"
        done = copy(file, target)
        assert (done.written.added, done.written.changed) == (0, 0)
        assert done.links.changed == manual(file) - kept
        assert checksums(target) == checksums(file)


def test_a_copy_out_of_a_server_that_was_killed_is_begun_again(
    server: Neo4jProcess, filled: str, file: GraphStore, impatient: None, tmp_path: Any
) -> None:
    with open_store(sqlite_url(tmp_path / "backup.sqlite")) as target:
        with open_store(filled) as origin, pytest.raises(StoreUnavailableError, match=AWAY):
            copy(origin, target, killing(server, "images", 1_000))
        assert target.counts().photos == 0, "a first load lands whole or not at all"
        revive(server)
        with open_store(filled) as origin:
            assert copy(origin, target).checksums == checksums(file)


def test_a_deletion_that_was_cut_off_is_finished(
    server: Neo4jProcess, filled: str, kill_at: Arrange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deletion, "BATCH", 500)
    with open_store(filled) as store:
        kill_at(Transaction, "run", 14)
        with pytest.raises(StoreUnavailableError, match=AWAY):
            store.delete_source("shop")
    revive(server)
    with open_store(filled) as store:
        left = store.counts()
        assert left.outfits == 0 and 1 < left.photos < len(IMAGES) and left.items == len(ITEMS) + 1
        assert (left.photos - 1) % 100 == 0, "whole batches went"
        assert store.delete_source("shop") == left.photos + left.items - 2
        assert ([*store.items()], [*store.images()], [*store.outfits()]) == (*OTHERS, [])
        small = store.counts()
        assert (small.shoots, small.styles, small.categories, small.attributes) == (1, 1, 1, 1), "no orphan is left"


def test_an_export_of_a_killed_server_says_so_and_is_whole_the_next_time(
    server: Neo4jProcess, filled: str, file: GraphStore, kill_at: Arrange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "PAGE", 500)
    with open_store(filled) as store:
        kill_at(Transaction, "run", 4)
        with pytest.raises(StoreUnavailableError, match=AWAY):
            store.export()
    revive(server)
    wanted = file.export()
    with open_store(filled) as store:
        found = store.export()
    assert (found.image_ids, found.item_ids) == (wanted.image_ids, wanted.item_ids)
    for name in ("image_indptr", "image_items", "item_indptr", "item_images"):
        np.testing.assert_array_equal(getattr(found, name), getattr(wanted, name))


def test_files_of_a_killed_server_are_not_left_half_written(
    server: Neo4jProcess, filled: str, file: GraphStore, kill_at: Arrange, tmp_path: Any
) -> None:
    (tmp_path / "ours").mkdir()
    with open_store(filled) as store:
        kill_at(Server, "read", 8)
        with pytest.raises(StoreUnavailableError, match=AWAY):
            write_parquet(store, tmp_path / "ours")
    assert not list((tmp_path / "ours").iterdir())
    revive(server)
    with open_store(filled) as store:
        write_parquet(store, tmp_path / "ours")
    write_parquet(file, tmp_path / "wanted")
    for name in ("nodes.parquet", "edges.parquet"):
        assert (tmp_path / "ours" / name).read_bytes() == (tmp_path / "wanted" / name).read_bytes()


def test_a_migration_that_was_cut_off_goes_on(
    server: Neo4jProcess, filled: str, file: GraphStore, kill_at: Arrange
) -> None:
    with open_store(filled) as store:
        there: Server = store._server  # type: ignore[attr-defined]
        for (name,) in there.read("SHOW CONSTRAINTS YIELD name RETURN name"):
            there.define(f"DROP CONSTRAINT {name}")
        for (name,) in there.read("SHOW INDEXES YIELD name, type WHERE type <> 'LOOKUP' RETURN name"):
            there.define(f"DROP INDEX {name}")
        there.write(lambda transaction: transaction.run("MATCH (s:GraphSchema) DELETE s"))
    kill_at(Server, "define", 7)
    with pytest.raises(StoreUnavailableError, match=AWAY):
        open_store(filled)
    revive(server)
    login = ("neo4j", str(server.password))
    there = Server(f"bolt://127.0.0.1:{server.port}", login, "neo4j")
    assert schema.stored_version(there) == 0 and not schema.is_whole(there), "killed in the middle"
    with open_store(filled) as store:
        assert schema.stored_version(there) == schema.SCHEMA_VERSION and schema.is_whole(there)
        assert checksums(store) == checksums(file)
    there.close()
