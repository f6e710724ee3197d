"""Imports through the command, on files as they come: repeated, interrupted, mended, broken."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from data.errors import SourceError
from data.types import ImageRecord, Item, Outfit, Problem, Region
from graph import open_store, sqlite_url
from recsys.pipeline import sources
from recsys.pipeline.importing import ImportCounts, Watcher, write_records
from recsys.pipeline.worn import worn_outfits, write_worn_outfits
from recsys.workspace import Workspace

Run = Callable[..., Any]


def test_a_second_run_changes_nothing(recsys: Run, shop: Path, photos: Path) -> None:
    first = recsys("-w", shop, "import", "kfashion", photos, "--json")
    assert (first.status, first.err) == (0, "")
    assert (first.json["images"], first.json["garments"], first.json["added"]) == (6, 12, 6)
    second = recsys("-w", shop, "import", "kfashion", photos, "--json").json
    assert (second["added"], second["changed"], second["unchanged"]) == (0, 0, 6)
    assert second["store"] == first.json["store"]


def test_an_interrupted_import_keeps_its_batches_and_goes_on(
    recsys: Run, shop: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECSYS_IMPORTING__BATCH", "2")
    whole = sources.read_source

    def stopped(entry: Any) -> Iterator[Any]:
        for count, record in enumerate(whole(entry)):
            if count == 5:
                raise KeyboardInterrupt
            yield record

    with monkeypatch.context() as patch:
        patch.setattr("recsys.pipeline.intake.read_source", stopped)
        ran = recsys("-w", shop, "import", "kfashion", photos)
    assert ran.status == 130
    assert "4 records are stored; run the same command again" in ran.err
    with open_store(sqlite_url(shop / "graph.sqlite")) as store:
        assert store.counts().photos == 4
    again = recsys("-w", shop, "import", "kfashion", photos, "--json").json
    assert (again["added"], again["unchanged"], again["store"]["photos"]) == (2, 4, 6)


def test_a_bad_record_is_named_and_the_others_go_through(
    recsys: Run, shop: Path, photos: Path, add_photo: Callable[..., Path]
) -> None:
    broken = add_photo(photos / "모던", 7)
    whole = broken.read_bytes()
    broken.write_bytes(whole[:200])
    ran = recsys("-w", shop, "import", "kfashion", photos)
    assert ran.status == 2
    assert f"quarantined: {broken}: " in ran.err and "cut off" in ran.err
    listed = recsys("-w", shop, "quarantine", "list", "--json").json
    assert [problem["file"] for problem in listed["problems"]] == [str(broken)]
    assert recsys("-w", shop, "quarantine", "replay").status == 2

    broken.write_bytes(whole)
    replayed = recsys("-w", shop, "quarantine", "replay", "--json")
    assert (replayed.status, replayed.json["released"], replayed.json["remaining"]) == (0, 1, 0)
    stats = recsys("-w", shop, "stats", "--json").json
    assert (stats["images"], stats["quarantined"]) == (7, 0)


def test_another_import_keeps_its_own_quarantine(
    recsys: Run, shop: Path, photos: Path, tmp_path: Path, add_photo: Callable[..., Path]
) -> None:
    broken = add_photo(tmp_path / "other" / "모던", 90)
    broken.write_text("{")
    assert recsys("-w", shop, "import", "kfashion", tmp_path / "other").status == 2
    assert recsys("-w", shop, "import", "kfashion", photos).status == 0
    assert recsys("-w", shop, "quarantine", "list", "--json").json["quarantined"] == 1


def test_a_source_that_is_not_there_is_one_line(recsys: Run, shop: Path) -> None:
    ran = recsys("-w", shop, "import", "kfashion", "/nowhere/labels")
    assert (ran.status, ran.err.count("\n")) == (1, 1)
    assert "/nowhere/labels" in ran.err


def test_what_was_read_before_a_source_breaks_off_is_kept(tmp_path: Path) -> None:
    def breaking() -> Iterator[Any]:
        yield Item(item_id="a", category="c", slot="top", source="s")
        yield Problem(file="f", field="row 2", reason="bad")
        raise SourceError("f: breaks off after row 2")

    stored, watcher = ImportCounts(), Watcher(lambda problem: None, lambda done: None)
    with open_store(sqlite_url(tmp_path / "g.sqlite")) as store:
        with pytest.raises(SourceError):
            write_records(store, breaking(), stored, batch=10, watcher=watcher)
        assert (store.counts().items, len(store.problems())) == (1, 1)


def test_an_import_stopped_while_items_are_found_goes_on(
    recsys: Run, shop: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("recsys.pipeline.identities.resolve", stopped)
        ran = recsys("-w", shop, "import", "kfashion", photos)
    assert (ran.status, "6 records are stored" in ran.err) == (130, True)
    again = recsys("-w", shop, "import", "kfashion", photos, "--json").json
    assert (again["unchanged"], again["identity"]["regions"], again["store"]["links"]) == (6, 12, 12)


def test_a_table_photo_that_is_no_picture_is_named(recsys: Run, shop: Path, tmp_path: Path) -> None:
    items, outfits, images = tmp_path / "items.csv", tmp_path / "outfits.csv", tmp_path / "images"
    images.mkdir()
    (images / "a.jpg").write_text("not a picture")
    items.write_text("item_id,category,image\na,Coats,a.jpg\nb,Skirts,\n")
    outfits.write_text("outfit_id,item_id\no1,a\no1,b\n")
    ran = recsys("-w", shop, "import", "table", "--items", items, "--outfits", outfits, "--images", images, "--json")
    assert (ran.status, ran.json["items"], ran.json["quarantined"]) == (2, 2, 1)
    assert "a.jpg: not a picture" in ran.err
    with open_store(sqlite_url(shop / "graph.sqlite")) as store:
        assert [item.photo for item in store.items()] == [None, None]


def test_two_imports_do_not_mix(recsys: Run, workspace: Path, photos: Path) -> None:
    with Workspace.open(workspace).lock("train"):
        ran = recsys("-w", workspace, "import", "kfashion", photos)
    assert ran.status == 1
    assert "(train, since" in ran.err


def test_images_that_are_not_asked_for_are_mentioned(recsys: Run, shop: Path, tmp_path: Path) -> None:
    items, outfits = tmp_path / "items.csv", tmp_path / "outfits.csv"
    items.write_text("item_id,category,picture\na,skirt,a.jpg\nb,shirt,b.jpg\n", encoding="utf-8")
    outfits.write_text("outfit_id,item_id\no,a\no,b\n", encoding="utf-8")
    arguments = ("-w", shop, "import", "table", "--items", items, "--outfits", outfits)
    assert "--images" not in recsys(*arguments).err, "the column has another name"
    ran = recsys(*arguments, "--map", "image=picture")
    assert ran.status == 0
    assert f"{items}: names images; without --images they are not read" in ran.err


def test_a_quote_that_is_not_closed_costs_one_row_and_not_the_rest(recsys: Run, shop: Path, tmp_path: Path) -> None:
    rows = [f"i{k},skirt,item {k},1" for k in range(60)]
    rows[5] = 'i5,skirt,"15 inch bag,1'
    items, outfits = tmp_path / "items.csv", tmp_path / "outfits.csv"
    items.write_text("\n".join(["item_id,category,name,size", *rows]) + "\n", encoding="utf-8")
    outfits.write_text("outfit_id,item_id\no,i1\no,i2\n", encoding="utf-8")
    ran = recsys("-w", shop, "import", "table", "--items", items, "--outfits", outfits)
    assert ran.status == 2
    assert f"{items}" in ran.err and "line 7: a quote is opened and not closed" in ran.err
    stats = recsys("-w", shop, "stats", "--json").json
    assert (stats["items"], stats["quarantined"]) == (59, 1)


def test_a_table_with_a_bad_row(recsys: Run, shop: Path, tmp_path: Path) -> None:
    items, outfits = tmp_path / "items.csv", tmp_path / "outfits.csv"
    items.write_text("sku,category,colour\na,Coats,red\nb,Skirts,blue\nc,Shoes,\n,Bags,red\n", encoding="utf-8-sig")
    outfits.write_text("outfit_id,item_id\no1,a\no1,b\no2,c\n")
    ran = recsys(
        "-w", shop, "import", "table", "--items", items, "--outfits", outfits, "--map", "item_id=sku", "--json"
    )
    assert ran.status == 2
    assert f"{items}: row 5, item_id: the cell is empty" in ran.err
    assert "the outfit has 1 known items; at least 2" in ran.err
    assert (ran.json["items"], ran.json["outfits"], ran.json["quarantined"], ran.json["identity"]) == (3, 1, 2, None)
    stats = recsys("-w", shop, "stats", "--json").json
    assert (stats["items"], stats["looks"], stats["colours"]) == (3, 1, {"blue": 1, "red": 1})


@pytest.mark.parametrize("photos_first", [True, False])
def test_a_shop_may_number_its_outfits_as_photos_are_numbered(
    photos_first: bool, recsys: Run, shop: Path, photos: Path, tmp_path: Path
) -> None:
    items, outfits = tmp_path / "items.csv", tmp_path / "outfits.csv"
    items.write_text("item_id,category\na,Coats\nb,Skirts\n")
    outfits.write_text("outfit_id,item_id\n1,a\n1,b\n")
    imports = [("kfashion", photos), ("table", "--items", items, "--outfits", outfits)]
    for arguments in imports if photos_first else reversed(imports):
        ran = recsys("-w", shop, "import", *arguments, "--json")
        assert (ran.status, ran.json["changed"], ran.json["quarantined"]) == (0, 0, 0)
    with open_store(sqlite_url(shop / "graph.sqlite")) as store:
        photo = store.image("1")
        assert photo is not None and (photo.source, len(photo.regions)) == ("kfashion", 2)
        held = {outfit.outfit_id: outfit.source for outfit in store.outfits()}
    assert (held["1"], held["worn:1"]) == ("table", "kfashion")


def test_an_id_that_another_source_has_is_set_aside_and_the_rest_goes_through(
    recsys: Run, shop: Path, workspace: Path, tmp_path: Path
) -> None:
    with open_store(sqlite_url(workspace / "graph.sqlite")) as store:
        store.upsert_items([Item(item_id="a", category="코트", slot="outer", source="elsewhere")])
    items, outfits = tmp_path / "items.csv", tmp_path / "outfits.csv"
    items.write_text("item_id,category\na,Coats\nb,Skirts\nc,Boots\n")
    outfits.write_text("outfit_id,item_id\no1,a\no1,b\no2,b\no2,c\n")
    ran = recsys("-w", shop, "import", "table", "--items", items, "--outfits", outfits, "--json")
    assert (ran.status, ran.json["changed"], ran.json["items"], ran.json["outfits"]) == (2, 0, 2, 1)
    assert "item 'a': stored from source 'elsewhere' and now given by source 'table'" in ran.err
    with open_store(sqlite_url(workspace / "graph.sqlite")) as store:
        kept = store.item("a")
        assert kept is not None and kept.category == "코트"
        assert [outfit.outfit_id for outfit in store.outfits()] == ["o2"]


def test_a_record_that_the_store_refuses_does_not_hold_up_its_batch(tmp_path: Path) -> None:
    def image(name: str, region: str) -> ImageRecord:
        return ImageRecord(image_id=name, source="s", regions=(Region(region_id=region, part="p", slot="top"),))

    told: list[str] = []
    records = [image("1", "r1"), image("2", "r1"), image("3", "r3"), Outfit(outfit_id="o", item_ids=("?",), source="s")]
    with open_store(sqlite_url(tmp_path / "g.sqlite")) as store:
        watcher = Watcher(lambda problem: told.append(problem.record_id or ""), lambda done: None)
        stored = ImportCounts()
        write_records(store, records, stored, batch=10, watcher=watcher)
        assert [found.image_id for found in store.images()] == ["1", "3"]
        assert {problem.record_id for problem in store.problems()} == {"2", "o"}
    assert (stored.images, stored.added, stored.quarantined, told) == (2, 2, 2, ["2", "o"])


def worn(name: str, shoot: str | None, *items: str) -> ImageRecord:
    regions = tuple(
        Region(region_id=f"{name}/{n}", part="p", slot="top", item_id=item or None) for n, item in enumerate(items)
    )
    return ImageRecord(image_id=name, source="s", shoot=shoot, regions=regions)


def test_one_outfit_a_shoot_and_set_of_items() -> None:
    images = [
        worn("1", "x", "b", "a"),
        worn("2", "x", "a", "b"),
        worn("3", "x", "a", "c"),
        worn("4", "y", "a", "b"),
        worn("5", None, "a", "b"),
        worn("6", None, "a", "b"),
        worn("7", "x", "a", "a"),
        worn("8", "x", "a", ""),
        ImageRecord(image_id="9", source="s", kind="look", regions=worn("9", None, "a", "d").regions),
    ]
    found = list(worn_outfits(images))
    assert [outfit.outfit_id for outfit in found] == ["worn:1", "worn:3", "worn:4", "worn:5", "worn:6"]
    assert found[0].item_ids == ("a", "b")


def test_outfits_are_found_source_by_source(tmp_path: Path) -> None:
    with open_store(sqlite_url(tmp_path / "g.sqlite")) as store:
        store.upsert_items([Item(item_id=name, category="c", slot="top", source="s") for name in "ab"])
        other = ImageRecord(image_id="x", source="t", regions=worn("x", None, "a", "b").regions)
        store.upsert_images([worn("1", None, "a", "b"), worn("2", None, "a", "b"), other])
        assert write_worn_outfits(store, batch=10, source="t") == 1
        assert [outfit.outfit_id for outfit in store.outfits()] == ["worn:x"]
        assert write_worn_outfits(store, batch=10, source="s") == 2
        assert store.counts().outfits == 3, "those of the other source stay"
        assert write_worn_outfits(store, batch=10) == 3


def test_items_come_before_what_names_them(tmp_path: Path) -> None:
    records = [
        Outfit(outfit_id="o", item_ids=("a", "b"), source="s"),
        Item(item_id="a", category="c", slot="top", source="s"),
        Item(item_id="b", category="c", slot="top", source="s"),
    ]
    with open_store(sqlite_url(tmp_path / "g.sqlite")) as store:
        stored = ImportCounts()
        write_records(store, records, stored, batch=3, watcher=Watcher(lambda problem: None, lambda done: None))
        assert (stored.added, stored.problems) == (3, [])


def test_the_ten_examples(recsys: Run, shop: Path, examples: Path) -> None:
    ran = recsys("-w", shop, "import", "kfashion", examples, "--json")
    assert ran.status == 2
    assert (ran.json["images"], ran.json["garments"], ran.json["quarantined"]) == (9, 11, 2)
    assert "900007.json" in ran.err and "900010.jpg" in ran.err
    stats = recsys("-w", shop, "stats", "--json").json
    assert (stats["images"], stats["garments"], stats["quarantined"]) == (9, 11, 2)
    assert stats["unknown_values"]["달빛섬유"] == 1
    assert stats["regions"] == {"하의": 4, "상의": 3, "원피스": 3, "아우터": 1}


@pytest.mark.real
def test_clothing_co_parsing(recsys: Run, shop: Path, real: Path) -> None:
    ran = recsys("-w", shop, "import", "ccp", real / "ccp", "--json")
    assert ran.status == 0
    assert (ran.json["images"], ran.json["garments"]) == (850, 4489)
    assert ran.json["identity"]["items"] == 4489
    assert json.loads((shop / "imports.json").read_text())[0]["kind"] == "ccp"


def test_check_counts_and_shows(
    recsys: Run, shop: Path, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECSYS_CHECKS__SKIP", '["face"]')  # looking for faces in noise takes seconds
    recsys("-w", shop, "import", "kfashion", photos)
    page = tmp_path / "pages" / "check.html"
    ran = recsys("-w", shop, "check", "--html", page, "--json")
    assert ran.status == 0
    assert (ran.json["photos"], ran.json["failed"]) == (6, 6)
    assert ran.json["rules"]["size"] == {"pass": 0, "fail": 6, "not_judged": 0}
    assert "size" in page.read_text(encoding="utf-8")
    assert "face" not in ran.json["rules"]
    limited = recsys("-w", shop, "check", "--strict", "--limit", "2", "--json")
    assert (limited.status, limited.json["photos"], limited.json["rules"]["size"]["fail"]) == (2, 2, 2)
    found = {code: verdicts["fail"] for code, verdicts in ran.json["rules"].items() if verdicts["fail"]}
    told = recsys("-w", shop, "check").out.splitlines()[-2:]
    head, _, named = told[0].partition(": ")
    assert head == "6 of 6 photos have findings" and found == dict(_named(part) for part in named.split(", "))
    assert [found[code] for code, _ in map(_named, named.split(", "))] == sorted(found.values(), reverse=True)
    assert told[1] == "nothing was changed: all photos stay imported, whatever was found"


def _named(part: str) -> tuple[str, int]:
    code, count = part.split(" ")
    return code, int(count)


def test_thresholds_are_settings(recsys: Run, shop: Path, photos: Path) -> None:
    recsys("-w", shop, "import", "kfashion", photos)
    (shop / "recsys.toml").write_text("[checks]\nmin_side = 50\nskip = ['face']\n")
    assert recsys("-w", shop, "check", "--json").json["rules"]["size"]["fail"] == 0
    (shop / "recsys.toml").write_text("[checks]\nmin_syde = 50\n")
    ran = recsys("-w", shop, "check")
    assert ran.status == 1
    assert "checks.min_syde: unknown key; did you mean min_side?" in ran.err


def test_categories_of_no_known_slot_are_named(recsys: Run, shop: Path, tmp_path: Path) -> None:
    items, outfits = tmp_path / "items.csv", tmp_path / "outfits.csv"
    items.write_text("item_id,category\na,chaussures\nb,coat\n", encoding="utf-8")
    outfits.write_text("outfit_id,item_id\no,a\no,b\n", encoding="utf-8")
    command = ("-w", shop, "import", "table", "--items", items, "--outfits", outfits)
    said = recsys(*command)
    assert said.status == 0
    assert "a slot of its own: chaussures; to change that" in said.out and "'shoes > chaussures'" in said.out
    assert recsys(*command, "--json").json["own_slots"] == ["chaussures"]
    items.write_text("item_id,category\na,shoes > chaussures\nb,coat\n", encoding="utf-8")
    mended = recsys(*command, "--json").json
    assert (mended["own_slots"], mended["changed"] > 0) == ([], True)
    assert "of no known slot" not in recsys(*command).out
