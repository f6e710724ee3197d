"""``recsys graph delete`` over both stores: what goes, what stays gone, and what else in the workspace follows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data.types import ImageRecord, Item, Outfit, Region
from graph import GraphStore, open_store, sqlite_url
from graph.sqlite import SqliteGraphStore
from graph.store import StoreUnavailableError
from recsys.pipeline.journal import Journal
from recsys.workspace import Workspace
from tests.neo4j_server import empty
from vision.embeddings import EmbeddingStore
from vision.encoder import StoredEncoder

Run = Callable[..., Any]
ENCODER = StoredEncoder("small", "1", 2)


@pytest.fixture(params=("neo4j", "sqlite"))
def url(request: pytest.FixtureRequest, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The graph of the workspace, in either store."""
    if request.param == "sqlite":
        return sqlite_url(workspace / "graph.sqlite")
    server = str(request.getfixturevalue("neo4j_servers")[0])
    open_store(server).close()
    empty(server)
    monkeypatch.setenv("RECSYS_GRAPH__URL", server)
    return server


@pytest.fixture
def store(url: str) -> Iterator[GraphStore]:
    with open_store(url) as store:
        yield store


@pytest.fixture
def delete(recsys: Run, workspace: Path) -> Run:
    """Runs ``recsys graph delete ...``, which must succeed; returns the JSON."""

    def run(*arguments: object) -> Any:
        ran = recsys("-w", workspace, "graph", "delete", *arguments, "--json")
        assert ran.status == 0, ran.err
        return ran.json

    return run


@pytest.fixture
def imported(
    recsys: Run, workspace: Path, store: GraphStore, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], Any]:
    """Six photos whose twelve garments are twelve found items; called again, the same import."""
    monkeypatch.setenv("RECSYS_IDENTITY__METHOD", "none")

    def read() -> Any:
        ran = recsys("-w", workspace, "import", "kfashion", photos, "--json")
        assert ran.status == 0, ran.err
        return ran.json

    read()
    return read


def _photo(image_id: str, *item_ids: str) -> ImageRecord:
    regions = tuple(
        Region(region_id=f"{image_id}#{n}", part="상의", slot="top", category="셔츠", item_id=item_id)
        for n, item_id in enumerate(item_ids)
    )
    return ImageRecord(image_id=image_id, source="kfashion", shoot="s", regions=regions)


def _item(item_id: str, source: str = "kfashion") -> Item:
    return Item(item_id=item_id, category="셔츠", slot="top", source=source)


def test_an_image_goes_with_what_only_it_shows_and_stays_away(
    store: GraphStore, imported: Callable[[], Any], delete: Run
) -> None:
    before = store.counts()
    items = {region.item_id for region in store.image("1").regions}  # type: ignore[union-attr]
    told = delete("image", "1", "--dry-run")
    assert (told["dry_run"], told["images"], told["garments"], told["items"], told["outfits"]) == (True, 1, 2, 2, 1)
    assert store.counts() == before

    gone = delete("image", "1")
    assert {**gone, "counts": 0, "dry_run": 0} == {**told, "counts": 0, "dry_run": 0}
    after = store.counts()
    assert (before.photos - after.photos, before.items - after.items, before.outfits - after.outfits) == (1, 2, 1)
    assert gone["counts"]["links"] == after.links == 10
    assert not {item.item_id for item in store.items()} & items

    again = imported()
    assert (again["left_out"], again["store"]["photos"], store.image("1")) == (1, 5, None)
    assert delete("list")["deleted"] == [{"kind": "image", "source": "kfashion", "id": "1", "regions": []}]
    assert delete("image", "1")["already"] == 1
    assert delete("revoke", "1") == {"revoked": 1}
    assert imported()["store"]["photos"] == 6 and store.counts() == before


def test_a_found_item_goes_and_its_garments_stay_unknown(
    store: GraphStore, imported: Callable[[], Any], delete: Run
) -> None:
    top = store.image("2").regions[0]  # type: ignore[union-attr]
    gone = delete("item", top.item_id)
    assert (gone["items"], gone["outfits"], gone["outfits_changed"], gone["unlinked"]) == (1, 1, 0, 1)
    imported()
    shown = [region.item_id for region in store.image("2").regions]  # type: ignore[union-attr]
    assert shown.count(None) == 1 and store.item(str(top.item_id)) is None
    assert delete("list")["deleted"][0]["regions"] == [top.region_id]
    assert "worn:2" not in {outfit.outfit_id for outfit in store.outfits()}, "one item is no outfit"
    delete("revoke", top.item_id)
    assert imported()["store"]["items"] == 12


def test_another_photo_of_a_shoot_shows_the_outfit_instead(store: GraphStore, delete: Run) -> None:
    store.upsert_items(map(_item, "abc"))
    store.upsert_images([_photo("p1", "a", "b", "c"), _photo("p2", "a", "b", "c"), _photo("p3", "c")])
    store.upsert_outfits([Outfit(outfit_id="worn:p1", item_ids=tuple("abc"), source="kfashion", image_id="p1")])
    delete("image", "p1")
    assert [(o.outfit_id, o.item_ids) for o in store.outfits()] == [("worn:p2", tuple("abc"))]
    gone = delete("item", "c")
    assert (gone["outfits"], gone["outfits_changed"], gone["unlinked"]) == (0, 1, 2)
    assert [o.item_ids for o in store.outfits()] == [("a", "b")]
    assert store.item("a") is not None, "given items stay, shown or not"


@pytest.fixture
def tables(tmp_path: Path) -> list[object]:
    """Arguments of an import of two outfits over three items."""
    items, outfits = tmp_path / "items.csv", tmp_path / "outfits.csv"
    items.write_text("item_id,category\nred,skirt\nblue,shirt\ngreen,bag\n")
    outfits.write_text("outfit_id,item_id\n1,red\n1,blue\n1,green\n2,red\n2,blue\n")
    return ["table", "--items", items, "--outfits", outfits]


def test_a_catalogues_item_stays_out_of_later_imports(
    recsys: Run, workspace: Path, store: GraphStore, tables: list[object], delete: Run
) -> None:
    assert recsys("-w", workspace, "import", *tables).status == 0
    gone = delete("item", "red", "blue")
    assert (gone["items"], gone["outfits"], gone["outfits_changed"], gone["unlinked"]) == (2, 1, 1, 4)
    again = recsys("-w", workspace, "import", *tables, "--json").json
    assert (again["left_out"], again["changed"], again["quarantined"]) == (3, 0, 0), "two items, outfit 2"
    assert [o.item_ids for o in store.outfits()] == [("green",)]
    said = recsys("-w", workspace, "import", *tables).out
    assert "3 records are left out, deleted before; `recsys graph delete list` shows them" in said


def test_an_import_goes_whole_and_alone(
    recsys: Run, workspace: Path, store: GraphStore, imported: Callable[[], Any], tables: list[object], delete: Run
) -> None:
    assert recsys("-w", workspace, "import", *tables).status == 0
    told, gone = delete("import", "kfashion", "--dry-run"), delete("import", "kfashion")
    assert (told["images"], told["items"], told["outfits"], told["garments"]) == (6, 12, 6, 12)
    assert {**gone, "counts": 0, "dry_run": 0} == {**told, "counts": 0, "dry_run": 0}
    assert (gone["counts"]["photos"], gone["counts"]["looks"], gone["counts"]["items"]) == (0, 2, 3)
    assert [entry.kind for entry in Journal(Workspace.open(workspace)).entries()] == ["table"]
    assert recsys("-w", workspace, "quarantine", "replay", "--json").json["imports"] == []
    refused = recsys("-w", workspace, "graph", "delete", "import", "kfashion")
    assert (refused.status, refused.err) == (
        1,
        "recsys: import 'kfashion': the graph holds nothing of it; it holds table\n",
    )
    assert imported()["store"]["photos"] == 6, "importing it again is no secret"


def test_unknown_ids_are_named_and_nothing_goes(
    recsys: Run, workspace: Path, store: GraphStore, imported: Callable[[], Any]
) -> None:
    before = store.counts()
    for arguments, words in {
        ("image", "1", "17"): "image '17' is not stored",
        ("item", "1"): "item '1' is not stored: it is the id of an image; give one of its items",
        ("revoke", "1"): "1: not on the list of what was deleted",
    }.items():
        ran = recsys("-w", workspace, "graph", "delete", *arguments)
        assert (ran.status, ran.out, ran.err.count("\n")) == (1, "", 1)
        assert words in ran.err
    assert store.counts() == before


def test_what_was_measured_of_a_photo_goes_with_it(
    workspace: Path, store: GraphStore, imported: Callable[[], Any], delete: Run
) -> None:
    kept = EmbeddingStore(workspace / "embeddings")
    image = store.image("1")
    assert image is not None
    garments = [region.region_id for region in image.regions]
    keys = [*garments, "photo:1", "photo:2", "product:x"]
    kept.append(ENCODER, keys, np.ones((len(keys), 2), np.float32))
    assert delete("image", "1", "--dry-run")["vectors"] == 3
    assert delete("image", "1")["vectors"] == 3
    assert kept.known_ids(ENCODER) == {"photo:2", "product:x"}


def test_a_deletion_that_was_stopped_is_finished_by_the_same_command(
    recsys: Run, workspace: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECSYS_IDENTITY__METHOD", "none")
    assert recsys("-w", workspace, "import", "kfashion", photos).status == 0
    whole = SqliteGraphStore.delete_images

    def stopped(*_: object) -> int:
        raise StoreUnavailableError("gone")

    monkeypatch.setattr(SqliteGraphStore, "delete_images", stopped)
    assert recsys("-w", workspace, "graph", "delete", "image", "1").status == 1
    monkeypatch.setattr(SqliteGraphStore, "delete_images", whole)
    assert recsys("-w", workspace, "graph", "delete", "image", "1").status == 0
    with open_store(sqlite_url(workspace / "graph.sqlite")) as store:
        counts = store.counts()
    assert (counts.photos, counts.items, counts.outfits, counts.links) == (5, 10, 5, 10)


def test_a_release_that_holds_deleted_items_is_named(
    recsys: Run, workspace: Path, store: GraphStore, tables: list[object]
) -> None:
    assert recsys("-w", workspace, "import", *tables).status == 0
    (workspace / "releases" / "spring").mkdir()
    (workspace / "releases" / "spring" / "catalogue.jsonl").write_text('{"item_id":"red"}\n{"item_id":"green"}\n')
    (workspace / "current").write_text("spring\n")
    ran = recsys("-w", workspace, "graph", "delete", "item", "red", "blue", "--json")
    assert (ran.json["release"], ran.json["in_release"]) == ("spring", 1)
    assert "release spring holds 1 of these items and recommends them until the next `recsys train`" in ran.err
