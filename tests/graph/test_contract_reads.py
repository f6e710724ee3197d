"""Every store: what reads answer, and in which order."""

from __future__ import annotations

import tracemalloc

import pytest

from graph.store import GraphCounts, WornWith


def test_counts_name_every_kind(filled):
    assert filled.counts() == GraphCounts(
        photos=2, looks=1, regions=9, items=5, outfits=2, links=8, shoots=1, styles=2, categories=1, attributes=3
    )


def test_an_empty_store_answers(store):
    assert store.counts() == GraphCounts(*[0] * 10)
    assert store.image("x") is None
    assert store.item("x") is None
    assert store.images_of("x") == store.worn_with("x") == list(store.links()) == list(store.problems()) == []
    assert store.export().n_edges == 0


def test_reads_come_in_ascending_order_of_id(store, make):
    ids = ["b", "a", "Z", "10", "9", "é", "가", "😀", "", "a b"]
    store.upsert_items([make.item(item_id) for item_id in ids])
    store.upsert_images([make.image(image_id, "a") for image_id in ids])
    store.upsert_outfits([make.outfit(outfit_id, "a") for outfit_id in ids])
    assert [item.item_id for item in store.items()] == sorted(ids)
    assert [image.image_id for image in store.images()] == sorted(ids)
    assert [outfit.outfit_id for outfit in store.outfits()] == sorted(ids)
    assert [link.region_id for link in store.links()] == sorted(f"{image_id}/아우터#0" for image_id in ids)
    assert store.images_of("a") == sorted(ids)


def test_reads_go_on_after_an_id_stored_or_not(store, make):
    store.upsert_items([make.item(f"i{n}") for n in range(5)])
    store.upsert_images([make.image(f"p{n}", "i0") for n in range(5)])
    store.upsert_outfits([make.outfit(f"o{n}", "i0") for n in range(5)])
    assert [item.item_id for item in store.items(after="i2")] == ["i3", "i4"]
    assert [image.image_id for image in store.images(after="p25")] == ["p3", "p4"]
    assert [outfit.outfit_id for outfit in store.outfits(after="o4")] == []


def test_iterators_cross_pages_and_allow_writes_between(store, make):
    store.upsert_items([make.item(f"i{n:04d}") for n in range(1_203)])
    seen = []
    for n, item in enumerate(store.items()):
        if n == 600:
            store.delete_items(["i1100"])
            store.upsert_items([make.item("i0000x"), make.item("i1201x")])
        seen.append(item.item_id)
    assert len(seen) == len(set(seen)) == 1_203
    assert "i1201x" in seen and "i1100" not in seen and "i0000x" not in seen


def test_reading_all_takes_constant_memory(store, make):
    def peak() -> int:
        tracemalloc.start()
        for _ in store.images():
            pass
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    store.upsert_images([make.image(f"p{n:05d}", None, None) for n in range(1_000)])
    few = peak()
    store.upsert_images([make.image(f"q{n:05d}", None, None) for n in range(5_000)])
    assert peak() < 1.5 * few


def test_outfits_come_back_as_sorted_sets(store, make):
    store.upsert_items([make.item("z"), make.item("a"), make.item("m")])
    store.upsert_outfits([make.outfit("o", "z", "a", "m", "a")])
    assert list(store.outfits()) == [make.outfit("o", "a", "m", "z")]


def test_worn_with_counts_distinct_images_and_breaks_ties_by_id(filled):
    assert filled.worn_with("item-0") == [WornWith("item-2", 2), WornWith("item-1", 1)]
    assert filled.worn_with("item-2") == [WornWith("item-0", 2), WornWith("item-1", 1), WornWith("item-3", 1)]
    assert filled.worn_with("item-2", limit=2) == [WornWith("item-0", 2), WornWith("item-1", 1)]
    assert filled.worn_with("item-2", limit=0) == filled.worn_with("item-4") == filled.worn_with("unknown") == []


def test_images_of_an_item(filled):
    assert filled.images_of("item-2") == ["a", "b", "c"]
    assert filled.images_of("item-2", limit=2) == ["a", "b"]
    assert filled.images_of("item-2", limit=0) == filled.images_of("item-4") == filled.images_of("unknown") == []


@pytest.mark.parametrize("photos", [5_000])
def test_a_hub_is_counted_exactly(store, make, photos):
    """Item h is in every photo, item n in every nth."""
    store.upsert_items([make.item("h"), *[make.item(f"n{n}") for n in range(2, 8)]])
    store.upsert_images(
        [make.image(f"p{p:05d}", "h", *[f"n{n}" for n in range(2, 8) if p % n == 0], "h") for p in range(photos)]
    )
    expected = [WornWith(f"n{n}", len(range(0, photos, n))) for n in range(2, 8)]
    assert store.worn_with("h") == expected
    assert store.images_of("h", limit=3) == ["p00000", "p00001", "p00002"]
    assert len(store.images_of("h", limit=photos + 1)) == photos
    assert store.worn_with("n7", limit=1) == [WornWith("h", expected[-1].count)]
    store.delete_images(["p00000"])
    assert store.worn_with("h")[0] == WornWith("n2", expected[0].count - 1)
