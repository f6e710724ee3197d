"""Every store: what writes do, count and refuse."""

from __future__ import annotations

import math

import msgspec
import pytest

from data.types import Box, MaskRef, Note, Region
from graph.store import GraphError, InvalidRecordError, UnknownNodeError, WriteCounts


def test_every_field_of_an_image_comes_back(store, make):
    store.upsert_items([make.item("i1")])
    region = Region(
        region_id="p/하의#1",
        part="하의",
        slot="bottom",
        category="팬츠",
        attributes={"print": ("무지", "스트라이프"), "colour": ()},
        box=Box(1.5, 2.0, 3.25, 4.0),
        polygon=((1.0, 2.0), (3.5, 4.0), (5.0, 6.0)),
        mask=MaskRef("masks/p.png", 7),
        product_id="P-1",
        item_id="i1",
        confidence=0.25,
        notes=(Note("swapped", "box", "x1 > x2"),),
    )
    image = make.image(
        "p",
        photo="photos.zip::p.jpg",
        width=800,
        height=1200,
        styles=("스트리트",),
        substyles=("힙합",),
        shoot="2020-01",
        original_name="null.jpg",
        created="2020-01-02 03:04:05",
        notes=(Note("a", "b", "a null in a text"),),
    )
    image = msgspec.structs.replace(image, regions=(region, Region(region_id="p/상의#0", part="상의", slot="top")))
    store.upsert_images([image])
    assert store.image("p") == image
    assert list(store.images()) == [image]


def test_every_field_of_an_item_comes_back(store, make):
    item = msgspec.structs.replace(
        make.item("i1", category="스커트", material=("울", "니트"), colour=()), photo="items/i1.jpg", slot="bottom"
    )
    store.upsert_items([item])
    assert store.item("i1") == item


def test_writes_count_what_is_new_changed_and_the_same(store, make):
    items = [make.item("a"), make.item("b")]
    assert store.upsert_items(items) == WriteCounts(added=2)
    assert store.upsert_items([*items, make.item("c")]) == WriteCounts(added=1, unchanged=2)
    assert store.upsert_items([make.item("a", category="코트"), make.item("b")]) == WriteCounts(changed=1, unchanged=1)
    images = [make.image("p", "a", "b"), make.image("q", None)]
    assert store.upsert_images(images) == WriteCounts(added=2)
    assert store.upsert_images(images) == WriteCounts(unchanged=2)
    assert store.upsert_images([make.image("p", "a", "b", shoot="s")]) == WriteCounts(changed=1)
    outfits = [make.outfit("o", "b", "a")]
    assert store.upsert_outfits(outfits) == WriteCounts(added=1)
    assert store.upsert_outfits([make.outfit("o", "a", "b", "a")]) == WriteCounts(unchanged=1)
    assert store.upsert_outfits([make.outfit("o", "a")]) == WriteCounts(changed=1)


def test_one_record_twice_in_a_call_is_stored_once(store, make):
    assert store.upsert_items([make.item("a"), make.item("a")]) == WriteCounts(added=1, unchanged=1)
    assert store.upsert_images([make.image("p", "a"), make.image("p", "a", "a")]) == WriteCounts(added=1, changed=1)
    assert store.counts().regions == 2


def test_what_is_read_can_be_written_without_change(filled):
    links = list(filled.links())
    assert filled.upsert_images(list(filled.images())) == WriteCounts(unchanged=3)
    assert filled.upsert_items(list(filled.items())) == WriteCounts(unchanged=5)
    assert filled.upsert_outfits(list(filled.outfits())) == WriteCounts(unchanged=2)
    assert list(filled.links()) == links


def test_whole_numbers_and_their_floats_are_the_same(store, make):
    whole = msgspec.structs.replace(make.image("p", None).regions[0], box=Box(1, 2, 3, 4), confidence=1)
    store.upsert_images([msgspec.structs.replace(make.image("p"), regions=(whole,))])
    assert store.upsert_images(list(store.images())) == WriteCounts(unchanged=1)


def test_an_item_that_changes_keeps_its_links(filled, make):
    before = list(filled.links())
    filled.upsert_items([make.item("item-2", category="코트", colour=("레드",))])
    assert filled.item("item-2").category == "코트"
    assert list(filled.links()) == before


def test_an_image_that_is_replaced_keeps_links_of_regions_that_remain(store, make):
    store.upsert_items([make.item("a"), make.item("b")])
    store.upsert_images([make.image("p", None, None)])
    store.link([make.link("p/아우터#0", "a", "manual", 0.9), make.link("p/아우터#1", "b")])
    assert store.upsert_images([make.image("p", None, shoot="s")]) == WriteCounts(changed=1)
    assert list(store.links()) == [make.link("p/아우터#0", "a", "manual", 0.9)]
    assert store.upsert_images([make.image("p", "b", shoot="s")]) == WriteCounts(changed=1)
    assert list(store.links()) == [make.link("p/아우터#0", "b", "product_id", 1.0)]


def test_regions_may_change_places(store, make):
    image = make.image("p", None, None)
    store.upsert_images([image])
    turned = msgspec.structs.replace(image, regions=image.regions[::-1])
    assert store.upsert_images([turned]) == WriteCounts(changed=1)
    assert store.image("p") == turned


def test_the_last_link_of_a_region_counts(store, make):
    store.upsert_items([make.item("a"), make.item("b")])
    store.upsert_images([make.image("p", None)])
    region = "p/아우터#0"
    assert store.link([make.link(region, "a")]) == WriteCounts(added=1)
    assert store.link([make.link(region, "a")]) == WriteCounts(unchanged=1)
    assert store.link([make.link(region, "a", "manual"), make.link(region, "b")]) == WriteCounts(changed=2)
    assert list(store.links()) == [make.link(region, "b")]
    assert store.image("p").regions[0].item_id == "b"
    assert store.images_of("a") == []


@pytest.mark.parametrize(
    ("write", "named"),
    [
        (lambda store, make: store.upsert_images([make.image("p", "nobody")]), ["nobody", "p/아우터#0"]),
        (lambda store, make: store.link([make.link("no region", "item-1")]), ["no region"]),
        (lambda store, make: store.link([make.link("a/아우터#0", "nobody")]), ["nobody", "a/아우터#0"]),
        (lambda store, make: store.upsert_outfits([make.outfit("o", "item-1", "nobody")]), ["nobody", "'o'"]),
        (lambda store, make: store.upsert_outfits([make.outfit("o", "item-1", image_id="x")]), ["'x'", "'o'"]),
    ],
)
def test_unknown_ends_of_an_edge_are_named(filled, make, write, named):
    before = filled.counts()
    with pytest.raises(UnknownNodeError) as raised:
        write(filled, make)
    assert all(name in str(raised.value) for name in named)
    assert filled.counts() == before


@pytest.mark.parametrize(
    ("write", "named"),
    [
        (lambda store, make: store.upsert_outfits([make.outfit("o")]), "'o'"),
        (lambda store, make: store.link([make.link("a/아우터#0", "item-1", confidence=1.5)]), "1.5"),
        (lambda store, make: store.link([make.link("a/아우터#0", "item-1", confidence=math.nan)]), "nan"),
        (lambda store, make: store.upsert_items([make.item("half \ud83d")]), "half"),
        (lambda store, make: store.upsert_items([make.item("item-1", source="new")]), "item 'item-1'.*'shop'.*'new'"),
        (lambda store, make: store.upsert_images([make.image("c", source="new")]), "image 'c'.*'shop'.*'new'"),
        (lambda store, make: store.upsert_outfits([make.outfit("o2", "item-3")]), "outfit 'o2'.*'other'.*'shop'"),
    ],
)
def test_records_that_cannot_be_kept_are_named(filled, make, write, named):
    before = filled.counts()
    with pytest.raises(InvalidRecordError, match=named):
        write(filled, make)
    assert filled.counts() == before


def test_a_box_that_is_not_finite_is_refused(store, make):
    region = msgspec.structs.replace(make.image("p", None).regions[0], box=Box(math.nan, 0, 1, 1))
    with pytest.raises(InvalidRecordError, match="'p'"):
        store.upsert_images([msgspec.structs.replace(make.image("p"), regions=(region,))])
    assert store.image("p") is None


def test_a_region_id_belongs_to_one_image(store, make):
    image = make.image("p", None)
    store.upsert_images([image])
    for wrong in (
        msgspec.structs.replace(make.image("q"), regions=image.regions),
        msgspec.structs.replace(make.image("q"), regions=make.image("q", None).regions * 2),
    ):
        with pytest.raises(InvalidRecordError, match="'q'"):
            store.upsert_images([wrong])
    assert list(store.images()) == [image]


class Broken(Exception):
    """What a source raises in the middle."""


def _breaking(records):
    yield from records
    raise Broken


def test_a_source_that_breaks_in_the_middle_leaves_nothing(filled, make):
    before = filled.counts(), list(filled.images()), list(filled.items()), list(filled.links())
    calls = (
        lambda: filled.upsert_items(_breaking([make.item("new"), make.item("item-1", category="코트")])),
        lambda: filled.upsert_images(_breaking([make.image("new", "item-1"), make.image("a")])),
        lambda: filled.upsert_outfits(_breaking([make.outfit("new", "item-1"), make.outfit("o1", "item-0")])),
        lambda: filled.link(_breaking([make.link("a/아우터#2", "item-4")])),
        lambda: filled.delete_images(_breaking(["a"])),
        lambda: filled.delete_items(_breaking(["item-1"])),
        lambda: filled.bulk_load(_breaking([make.item("new")]), []),
    )
    for call in calls:
        with pytest.raises(Broken):
            call()
    assert (filled.counts(), list(filled.images()), list(filled.items()), list(filled.links())) == before
    filled.upsert_items([make.item("new")])
    assert filled.counts().items == 6


def test_nothing_to_write_is_fine(store):
    assert store.upsert_items([]) == store.upsert_images(iter(())) == store.link(()) == WriteCounts()
    assert store.delete_images([]) == store.delete_items([]) == 0


def test_a_write_inside_a_write_is_refused_instead_of_waiting_for_itself(store, make):
    def records():
        store.upsert_items([make.item("inner")])
        yield make.item("outer")

    with pytest.raises(GraphError, match="list of the records"):
        store.upsert_items(records())
    assert store.counts().items == 0


def test_records_may_be_made_by_reading_the_same_store(filled):
    renamed = (msgspec.structs.replace(item, category="코트") for item in filled.items())
    assert filled.upsert_items(renamed) == WriteCounts(changed=5)


def test_bulk_load_gives_what_upserts_give(store_factory, make):
    items = [make.item("b", colour=("레드",)), make.item("a"), make.item("b", category="코트")]
    images = [
        make.image("q", "a", "b", shoot="s", styles=("x",), substyles=("x", "y")),
        make.image("p", None, "b"),
        make.image("q", "a"),
        make.image("p", None, "b"),
    ]
    outfits = [make.outfit("o", "b", "a", image_id="p")]
    bulk, calls = store_factory("bulk"), store_factory("calls")
    counted = bulk.bulk_load(items, images, outfits)
    written = [calls.upsert_items(items), calls.upsert_images(images), calls.upsert_outfits(outfits)]
    assert counted == WriteCounts(added=5, changed=2, unchanged=1)
    assert counted.added == sum(counts.added for counts in written)
    for read in ("items", "images", "outfits", "links"):
        assert list(getattr(bulk, read)()) == list(getattr(calls, read)())
    assert bulk.counts() == calls.counts()
    assert bulk.bulk_load(items[1:], images[2:], outfits) == WriteCounts(unchanged=5)


def test_bulk_load_of_many_records_gives_what_upserts_give(store_factory, make):
    items = [make.item(f"i{n}", colour=(f"c{n % 7}",)) for n in range(700)]
    images = [
        make.image(f"p{n}", *[None if (n + k) % 5 == 0 else f"i{(n + k) % 700}" for k in range(n % 4)], shoot=shoot)
        for n, shoot in enumerate([None, "s", "t"] * 500)
    ]
    bulk, calls = store_factory("bulk"), store_factory("calls")
    assert bulk.bulk_load(items, images) == WriteCounts(added=2200)
    calls.upsert_items(items)
    calls.upsert_images(images)
    for read in ("items", "images", "links"):
        assert list(getattr(bulk, read)()) == list(getattr(calls, read)())
    assert bulk.counts() == calls.counts()


def test_bulk_load_names_the_image_with_a_number_that_is_not_finite(store, make):
    images = [make.image(f"p{n}", None) for n in range(20)]
    broken = msgspec.structs.replace(images[7].regions[0], box=Box(0, 0, float("nan"), 9))
    images[7] = msgspec.structs.replace(images[7], regions=(broken,))
    with pytest.raises(InvalidRecordError, match="image 'p7'"):
        store.bulk_load([], images)
    assert list(store.images()) == []


def test_bulk_load_refuses_what_upserts_refuse(store, make):
    with pytest.raises(UnknownNodeError, match="nobody"):
        store.bulk_load([make.item("a")], [make.image("p", "a", "nobody")])
    repeated = msgspec.structs.replace(make.image("q"), regions=make.image("p", None).regions)
    with pytest.raises(InvalidRecordError, match="p/아우터#0"):
        store.bulk_load([make.item("a")], [make.image("p", None), repeated])
