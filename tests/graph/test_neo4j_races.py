"""The Neo4j store where another writer comes in between two statements of a call."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from graph import GraphStore
from graph.neo4j import deletion
from graph.neo4j.server import Transaction
from graph.nodes import Node
from graph.store import GraphError, UnknownNodeError, WriteCounts

pytestmark = pytest.mark.parametrize("store_factory", ["neo4j"], indirect=True)


@pytest.fixture
def between(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Callable[[], object]], None]:
    """``between(beginning, act)`` acts once, just before the first statement that begins so."""

    def prepare(beginning: str, act: Callable[[], object]) -> None:
        acted: list[bool] = []

        def acting(ask: Callable[..., Any]) -> Callable[..., Any]:
            def asked(self: Transaction, statement: str, **parameters: Any) -> Any:
                if statement.startswith(beginning) and not acted:
                    acted.append(True)
                    act()
                return ask(self, statement, **parameters)

            return asked

        for name in ("run", "join"):
            monkeypatch.setattr(Transaction, name, acting(getattr(Transaction, name)))

    return prepare


def degrees(store: GraphStore, node: Node) -> dict[str, int]:
    (around,) = store.neighbours([node])
    return dict(around.degrees)


def test_a_category_and_an_attribute_that_go_meanwhile_are_made_again(
    store: GraphStore, store_factory: Any, make: SimpleNamespace, between: Any
) -> None:
    other = store_factory()
    store.upsert_items([make.item("last", colour=("red",))])
    between("UNWIND $rows AS row CREATE (i:Item", lambda: other.delete_items(["last"]))
    assert store.upsert_items([make.item("new", colour=("red",))]).added == 1
    assert degrees(store, Node("item", "new")) == {"IN_CATEGORY": 1, "HAS_ATTRIBUTE": 1}


def test_a_style_and_a_shoot_that_go_meanwhile_are_made_again(
    store: GraphStore, store_factory: Any, make: SimpleNamespace, between: Any
) -> None:
    other = store_factory()
    store.upsert_images([make.image("last", styles=("x",), shoot="s")])
    between("UNWIND $rows AS row CREATE (p:Image", lambda: other.delete_images(["last"]))
    assert store.upsert_images([make.image("new", None, styles=("x",), shoot="s")]).added == 1
    assert degrees(store, Node("image", "new")) == {"HAS_STYLE": 1, "IN_SHOOT": 1}


@pytest.mark.parametrize("what", ["images", "outfits"])
def test_an_item_that_goes_meanwhile_is_named_and_nothing_stays(
    store: GraphStore, store_factory: Any, make: SimpleNamespace, between: Any, what: str
) -> None:
    other = store_factory()
    store.upsert_items([make.item("a"), make.item("b")])
    label = "p:Image" if what == "images" else "o:Outfit"
    between(f"UNWIND $rows AS row CREATE ({label}", lambda: other.delete_items(["a"]))
    with pytest.raises(UnknownNodeError, match="'a'"):
        if what == "images":
            store.upsert_images([make.image("p", "a", "b")])
        else:
            store.upsert_outfits([make.outfit("o", "a", "b")])
    assert list(store.images()) == list(store.outfits()) == []


def test_an_image_that_goes_meanwhile_takes_no_outfit_in(
    store: GraphStore, store_factory: Any, make: SimpleNamespace, between: Any
) -> None:
    other = store_factory()
    store.upsert_items([make.item("a")])
    store.upsert_images([make.image("p")])
    between("UNWIND $rows AS row CREATE (o:Outfit", lambda: other.delete_images(["p"]))
    with pytest.raises(UnknownNodeError, match="'p'"):
        store.upsert_outfits([make.outfit("o", "a", image_id="p")])
    assert list(store.outfits()) == []


def test_a_record_that_goes_before_it_is_changed_is_added(
    store: GraphStore, store_factory: Any, make: SimpleNamespace, between: Any
) -> None:
    other = store_factory()
    store.upsert_items([make.item("a")])
    between("UNWIND $ids AS id MATCH (i:Item {id: id}) SET", lambda: other.delete_items(["a"]))
    assert store.upsert_items([make.item("a", category="코트")]).added == 1
    assert degrees(store, Node("item", "a")) == {"IN_CATEGORY": 1}
    assert store.counts().categories == 1


def test_what_is_joined_to_an_item_that_is_being_deleted_is_taken_from_it_or_refused(
    store: GraphStore, store_factory: Any, make: SimpleNamespace, between: Any
) -> None:
    other = store_factory()
    store.upsert_items([make.item("a"), make.item("b")])
    store.upsert_images([make.image("p", None)])
    said: list[object] = []

    def late() -> None:
        for write in (
            lambda: other.link([make.link("p/아우터#0", "a")]),
            lambda: other.upsert_images([make.image("q", "a")]),
            lambda: other.upsert_outfits([make.outfit("o", "a", "b")]),
        ):
            try:
                said.append(write())
            except GraphError as error:
                said.append(error)

    thread = threading.Thread(target=late)

    def begin() -> None:
        thread.start()
        time.sleep(0.5)

    between("UNWIND $ids AS id MATCH (p:Image)-[c:CONTAINS]->(i:Item", begin)
    assert store.delete_items(["a"]) == 1
    thread.join(timeout=60)
    assert len(said) == 3 and all(isinstance(answer, WriteCounts | UnknownNodeError) for answer in said)
    assert store.item("a") is None
    images = {image.image_id: [region.item_id for region in image.regions] for image in store.images()}
    assert images in ({"p": [None]}, {"p": [None], "q": [None]})
    assert [outfit.item_ids for outfit in store.outfits()] in ([], [("b",)])
    assert list(store.links()) == []


def test_who_waits_for_a_lock_writes_nothing_back_that_it_read_before(
    store: GraphStore, store_factory: Any, make: SimpleNamespace
) -> None:
    other = store_factory()
    store.upsert_items([make.item("a")])
    store.upsert_images([make.image("p", None)])
    changed, waiting = threading.Event(), threading.Event()

    def change(transaction: Transaction) -> None:
        transaction.run("MATCH (p:Image) SET p.kind = 'look'")
        changed.set()
        assert waiting.wait(timeout=60)
        time.sleep(0.5)

    first = threading.Thread(target=lambda: other._server.write(change))
    first.start()
    assert changed.wait(timeout=60)
    second = threading.Thread(target=lambda: store.link([make.link("p/아우터#0", "a")]))
    second.start()
    waiting.set()
    for thread in (first, second):
        thread.join(timeout=60)
    assert store._server.read("MATCH (p:Image)-->(i:Item) RETURN p.kind, i.id") == [["look", "a"]]


def test_an_item_in_very_many_images_is_deleted_in_parts(
    store: GraphStore, make: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deletion, "HUB", 100)
    store.upsert_items([make.item("hub"), make.item("b")])
    store.upsert_images([make.image(f"p{n:04d}", "hub", "b", "hub") for n in range(450)])
    assert store.delete_items(["hub"]) == 1
    counts = store.counts()
    assert (counts.regions, counts.links, counts.items) == (1_350, 450, 1)
    assert [region.item_id for region in store.image("p0449").regions] == [None, "b", None]


def test_an_export_tells_of_no_link_that_never_was(store: GraphStore, make: SimpleNamespace, between: Any) -> None:
    """Between items and images an item goes, and others come, one of them with the number that it had in the server."""
    store.upsert_items(make.item(f"i{n}") for n in range(6))
    store.upsert_images([make.image("p", "i0", "i1"), make.image("q", "i2", "i5")])
    store.delete_items(["i4"])

    def act() -> None:
        store.delete_items(["i5"])
        store.upsert_items([make.item("new0"), make.item("new1"), make.item("new2")])
        store.upsert_images([make.image("r", "i3", "new0", "new1", "new2")])

    between("MATCH (n:Image)", act)
    graph = store.export()
    shown = {
        image: [graph.item_ids[i] for i in graph.image_items[graph.image_indptr[k] : graph.image_indptr[k + 1]]]
        for k, image in enumerate(graph.image_ids)
    }
    assert shown == {"p": ["i0", "i1"], "q": ["i2"], "r": ["i3"]}
    assert graph.item_ids == ["i0", "i1", "i2", "i3"]
    assert store.export().item_ids == ["i0", "i1", "i2", "i3", "new0", "new1", "new2"]
