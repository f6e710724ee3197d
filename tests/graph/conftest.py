"""Stores under the contract suite, and makers of small records.

Another adapter joins the whole suite by one more name in ``STORES``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import pytest

from data.types import Box, ImageRecord, Item, ItemLink, Outfit, Region
from graph import GraphStore, open_store, sqlite_url
from tests.neo4j_server import PASSWORD, Neo4jProcess, empty, has_java


class SqliteStores:
    """Opens SQLite stores in a test's folder: one name, one store, however often it is opened."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._opened: list[GraphStore] = []

    def __call__(self, name: str = "graph") -> GraphStore:
        store = open_store(sqlite_url(self._folder / f"{name}.sqlite"))
        self._opened.append(store)
        return store

    def close(self) -> None:
        for store in self._opened:
            store.close()


class Neo4jStores:
    """Opens Neo4j stores: each of the servers that the tests run holds the store of one name at a time, empty at first.

    The Community edition has one database a server.
    """

    _held: ClassVar[dict[str, tuple[Path, str]]] = {}

    def __init__(self, folder: Path, servers: list[str]) -> None:
        self._folder = folder
        self._servers = servers
        self._opened: list[GraphStore] = []
        self._used: list[str] = []

    def __call__(self, name: str = "graph") -> GraphStore:
        url = next((url for url in self._servers if self._held.get(url) == (self._folder, name)), None)
        fresh = url is None
        if url is None:
            url = min(self._servers, key=lambda url: self._used.index(url) if url in self._used else -1)
            self._held[url] = (self._folder, name)
        self._used = [*(used for used in self._used if used != url), url]
        store = open_store(url)
        if fresh:
            empty(url)
        self._opened.append(store)
        return store

    def close(self) -> None:
        for store in self._opened:
            store.close()


STORES = ("neo4j", "sqlite")


@pytest.fixture(params=STORES)
def store_factory(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., GraphStore]]:
    """``store_factory(name)`` opens the store of that name, the same data each time."""
    factory: SqliteStores | Neo4jStores
    if request.param == "neo4j":
        factory = Neo4jStores(tmp_path, request.getfixturevalue("neo4j_servers"))
    else:
        factory = SqliteStores(tmp_path)
    yield factory
    factory.close()


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neo4jProcess]:
    """A server of this folder alone, with a password, that tests may kill, and start again."""
    if not has_java():
        pytest.skip("no Java on this machine: tests against Neo4j are left out")
    server = Neo4jProcess(tmp_path_factory.mktemp("neo4j") / "server", PASSWORD)
    server.begin()
    server.wait()
    yield server
    server.stop()


@pytest.fixture
def url(server: Neo4jProcess) -> str:
    """That server's URL, its database empty but for the schema."""
    empty(server.url)
    return server.url


@pytest.fixture
def store(store_factory: Callable[..., GraphStore]) -> GraphStore:
    return store_factory()


def _item(item_id: str, category: str = "자켓", source: str = "shop", **attributes: tuple[str, ...]) -> Item:
    return Item(item_id=item_id, category=category, slot="outer", source=source, attributes=attributes)


def _image(image_id: str, *item_ids: str | None, source: str = "shop", **fields: object) -> ImageRecord:
    """An image whose nth region shows the nth item, or none yet."""
    regions = tuple(
        Region(
            region_id=f"{image_id}/아우터#{n}",
            part="아우터",
            slot="outer",
            category="자켓",
            attributes={"colour": ("네이비", "블랙"), "print": ("무지",)},
            box=Box(n + 1.0, 2.5, n + 30.0, 40.25),
            confidence=0.75,
            item_id=item_id,
        )
        for n, item_id in enumerate(item_ids)
    )
    return ImageRecord(image_id=image_id, source=source, regions=regions, **fields)


def _outfit(outfit_id: str, *item_ids: str, image_id: str | None = None, source: str = "shop") -> Outfit:
    return Outfit(outfit_id=outfit_id, item_ids=item_ids, source=source, image_id=image_id)


def _link(region_id: str, item_id: str, method: str = "signature", confidence: float = 0.5) -> ItemLink:
    return ItemLink(region_id, item_id, method, confidence)


@pytest.fixture
def make() -> SimpleNamespace:
    """Makers of small records: ``make.item``, ``make.image``, ``make.outfit``, ``make.link``."""
    return SimpleNamespace(item=_item, image=_image, outfit=_outfit, link=_link)


@pytest.fixture
def filled(store: GraphStore, make: SimpleNamespace) -> GraphStore:
    """Five items, three images (b shows item-2 twice), two outfits; counts differ everywhere."""
    store.upsert_items([make.item(f"item-{n}", colour=(f"colour {n % 3}",)) for n in range(5)])
    store.upsert_images(
        [
            make.image("c", "item-0", "item-1", "item-2", shoot="s1", styles=("로맨틱",)),
            make.image("a", "item-2", "item-3", None, shoot="s1", styles=("클래식",), substyles=("로맨틱",)),
            make.image("b", "item-2", "item-2", "item-0", kind="look", source="other"),
        ]
    )
    store.upsert_outfits(
        [
            make.outfit("o1", "item-0", "item-1", "item-2", image_id="c"),
            make.outfit("o2", "item-3", source="other"),
        ]
    )
    return store
