"""Items that may be one, and items that may be several."""

from __future__ import annotations

import random

import msgspec
import pytest

from data.types import Region
from graph.explore.budget import Budget
from graph.explore.duplicates import near_duplicates
from graph.explore.merges import suspicious_merges


def test_equal_looks_and_the_same_partners(store, make):
    """a and b share 2 of 3 partners; c looks alike but has others; d has the partners but another colour."""
    store.upsert_items([make.item(name, colour=("네이비",)) for name in "abc"])
    store.upsert_items([make.item("d", colour=("레드",)), *[make.item(name, category=name) for name in "xyzw"]])
    store.upsert_images(
        [
            make.image("p1", "a", "x", "y"),
            make.image("p2", "b", "y", "x", "z"),
            make.image("p3", "c", "x", "w"),
            make.image("p4", "d", "x", "y"),
        ]
    )
    (pair,) = near_duplicates(store).pairs
    assert (pair.item_id, pair.other_id, pair.shared, pair.overlap) == ("a", "b", 2, 2 / 3)
    assert (pair.category, pair.attributes) == ("자켓", {"colour": ("네이비",)})
    assert near_duplicates(store, overlap=0.7).pairs == ()
    store.upsert_images([make.image("p5", "a", "b")])
    assert near_duplicates(store).pairs == (), "two pieces in one photo"


def test_ties_limit_time_and_empties(store, make):
    assert near_duplicates(store).pairs == ()
    store.upsert_items([make.item(name) for name in ("b", "a", "c")])
    store.upsert_items([make.item(name, category=name) for name in "xy"])
    store.upsert_images([make.image(f"p{name}", name, "x", "y") for name in "abc"])
    found = near_duplicates(store, budget=Budget(limit=2))
    assert [(pair.item_id, pair.other_id) for pair in found.pairs] == [("a", "b"), ("a", "c")]
    assert found.cut[0].detail == "the first 2 of 3 pairs are shown"
    assert near_duplicates(store, budget=Budget(seconds=0)).cut[0].reason == "time"


def test_items_scattered_at_random_are_no_duplicates(store, make):
    """150 items of one look, in 600 photos with 40 others: hardly any pair is told."""
    store.upsert_items([make.item(f"i{n:03d}") for n in range(150)])
    store.upsert_items([make.item(f"x{n:02d}", category=f"x{n}") for n in range(40)])
    rng = random.Random(4)
    partners = [f"x{n:02d}" for n in range(40)]
    store.upsert_images([make.image(f"p{p}", f"i{p % 150:03d}", *rng.sample(partners, 2)) for p in range(600)])
    pairs = 150 * 149 // 2
    assert len(near_duplicates(store, budget=Budget(limit=pairs)).pairs) < pairs // 50


def garment(region_id: str, category: str, colour: str, item_id: str = "i") -> Region:
    return Region(
        region_id=region_id, part="상의", slot="top", category=category, attributes={"색상": (colour,)}, item_id=item_id
    )


@pytest.fixture
def garments(store, make):
    """Item i: three shirts, one of them red, and a coat; item j: two equal ones, doubtful; k: one; m: by hand."""
    store.upsert_items([make.item(name) for name in "ijkm"])
    regions = [
        garment("1", "셔츠", "화이트"),
        garment("2", "셔츠", "화이트"),
        garment("3", "셔츠", "레드"),
        garment("4", "코트", "화이트"),
        garment("5", "셔츠", "블랙", "j"),
        garment("6", "셔츠", "블랙", "j"),
        garment("7", "셔츠", "블랙", "k"),
        garment("8", "셔츠", "블랙", "m"),
        garment("9", "코트", "레드", "m"),
    ]
    store.upsert_images([msgspec.structs.replace(make.image("p"), regions=tuple(regions))])
    store.link([make.link("5", "j", "signature", 0.6), make.link("6", "j", "signature", 0.7)])
    store.link([make.link("8", "m", "manual", 1.0), make.link("9", "m", "manual", 1.0)])
    return store


def test_disagreement_and_doubt(garments):
    first, second = suspicious_merges(garments).items
    assert (first.item_id, first.garments, first.categories) == ("i", 4, {"셔츠": 3, "코트": 1})
    assert (first.disputed, first.confidence) == ({"색상": 0.25}, 1.0)
    assert first.suspicion == pytest.approx(1 - 0.75 * 0.75)
    assert (second.item_id, second.disputed, second.confidence) == ("j", {}, 0.6)
    assert second.suspicion == pytest.approx(0.4)
    assert [merge.item_id for merge in suspicious_merges(garments, least=0.42).items] == ["i"]


def test_merges_cut(garments, make):
    assert suspicious_merges(garments, budget=Budget(limit=1)).cut[0].detail == "the first 1 of 2 items are shown"
    assert suspicious_merges(garments, budget=Budget(seconds=0)).cut[0].reason == "time"
    garments.delete_images(["p"])
    assert suspicious_merges(garments).items == ()
