"""Every store: what is removed goes everywhere, and nothing else does."""

from __future__ import annotations

from data.types import Problem
from graph.store import GraphCounts


def test_an_image_goes_with_regions_links_and_the_outfits_read_from_it(filled):
    assert filled.delete_images(["c", "c", "unknown"]) == 1
    assert [image.image_id for image in filled.images()] == ["a", "b"]
    assert [outfit.outfit_id for outfit in filled.outfits()] == ["o2"]
    assert not [link for link in filled.links() if link.region_id.startswith("c/")]
    assert filled.images_of("item-1") == []
    assert filled.counts() == GraphCounts(
        photos=1, looks=1, regions=6, items=5, outfits=1, links=5, shoots=1, styles=2, categories=1, attributes=3
    )


def test_an_item_goes_from_links_and_outfits(filled):
    assert filled.delete_items(["item-2", "item-3", "unknown"]) == 2
    assert [(o.outfit_id, o.item_ids) for o in filled.outfits()] == [("o1", ("item-0", "item-1"))]
    assert [link.item_id for link in filled.links()] == ["item-0", "item-0", "item-1"]
    assert [region.item_id for region in filled.image("a").regions] == [None, None, None]
    assert [other.item_id for other in filled.worn_with("item-0")] == ["item-1"]
    assert filled.counts().regions == 9
    assert filled.counts().attributes == 2, "colour 2 was only item-2's; colour 0 is item-0's too"


def test_a_source_goes_whole_and_alone(filled):
    assert filled.delete_source("other") == 2
    assert [image.image_id for image in filled.images()] == ["a", "c"]
    assert [outfit.outfit_id for outfit in filled.outfits()] == ["o1"]
    assert filled.delete_source("other") == filled.delete_source("never heard of") == 0
    assert filled.delete_source("shop") == 8
    assert filled.counts() == GraphCounts(*[0] * 10)


def test_a_source_takes_its_items_out_of_other_sources_outfits_and_images(store, make):
    store.upsert_items([make.item("mine"), make.item("theirs", source="other")])
    store.upsert_images([make.image("p", "mine", "theirs")])
    store.upsert_outfits([make.outfit("o", "mine", "theirs"), make.outfit("gone", "theirs", image_id="p")])
    assert store.delete_source("other") == 2, "the item and the outfit that held nothing else"
    assert [region.item_id for region in store.image("p").regions] == ["mine", None]
    assert [outfit.item_ids for outfit in store.outfits()] == [("mine",)]


def test_shoots_styles_categories_and_attributes_go_with_their_last_use(store, make):
    store.upsert_items([make.item("i1", category="코트", colour=("레드",)), make.item("i2", colour=("블루",))])
    store.upsert_images([make.image("p", "i1", shoot="s1", styles=("x",)), make.image("q", shoot="s2", styles=("y",))])
    store.upsert_items([make.item("i1", colour=("블루",))])
    store.upsert_images([make.image("p", "i1", shoot="s2", styles=("y",))])
    counts = store.counts()
    assert (counts.categories, counts.attributes, counts.shoots, counts.styles) == (1, 1, 1, 1)


def test_what_was_deleted_can_be_written_again(filled, make):
    image, item = filled.image("c"), filled.item("item-1")
    filled.delete_images(["c"])
    filled.delete_items(["item-1"])
    filled.upsert_items([item])
    filled.upsert_images([image])
    assert filled.image("c") == image
    assert filled.images_of("item-1") == ["c"]


def test_quarantine_keeps_each_problem_once(store):
    first = Problem(file="b.json", field="regions[0].box", reason="is NaN", record_id="7", raw='{"x": NaN}')
    same_again = Problem(file="b.json", field="regions[0].box", reason="is NaN", record_id="7", raw="other bytes")
    second = Problem(file="a.zip::x.json", field="", reason="is truncated", blocking=False)
    assert store.quarantine([first, second, same_again]) == 2
    assert store.quarantine([first, second]) == 0
    assert list(store.problems()) == [second, first]
    assert store.quarantine([Problem(file="b.json", field="styles", reason="is NaN", record_id="7")]) == 1
    assert store.release_problems(["b.json", "b.json", "unknown"]) == 2
    assert list(store.problems()) == [second]


def test_quarantine_survives_reopening_and_deletion_of_sources(store_factory, make):
    problem = Problem(file='it\'s "quoted".json', field="필드", reason="이유\n😀")
    with store_factory() as store:
        store.upsert_items([make.item("i")])
        store.quarantine([problem])
        store.delete_source("shop")
    assert list(store_factory().problems()) == [problem]
