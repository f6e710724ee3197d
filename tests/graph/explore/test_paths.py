"""Shortest and strongest ways, worked out by hand."""

from __future__ import annotations

import pytest

from graph.explore.budget import Budget
from graph.explore.paths import shortest_paths, strongest_path
from graph.store import UnknownNodeError


def product(*degrees: int) -> float:
    value = 1
    for degree in degrees:
        value *= degree
    return float(value) ** -0.4


def nodes(chain) -> list[str]:
    return [name for link in chain.links for name in (link.start, *(node.id for node in link.over))] + [
        chain.links[-1].end
    ]


def test_the_shortest_way_with_its_strength(wardrobe):
    (chain,) = shortest_paths(wardrobe, "coat", "skirt").chains
    assert nodes(chain) == ["coat", "p1", "shirt", "p3", "skirt"]
    assert chain.ways == 2, "over p1 and over p2"
    # coat in 2 photos, each of 2 items, shirt in 3, skirt in 2
    assert chain.strength == pytest.approx(product(2, 2, 2, 3, 3, 2, 2, 2))
    assert chain.text == (
        "coat is seen in photo p1 with shirt (both style 로맨틱 and style 모던), "
        "which is seen in photo p3 with skirt (both style 로맨틱)"
    )


def test_ways_over_other_items_are_other_chains(wardrobe, make):
    wardrobe.upsert_images([make.image("p5", "coat", "hat"), make.image("p6", "hat", "skirt")])
    found = shortest_paths(wardrobe, "coat", "skirt")
    assert [(nodes(chain)[2], chain.ways) for chain in found.chains] == [("hat", 1), ("shirt", 2)]
    assert found.chains[0].strength == pytest.approx(product(3, 2, 2, 2, 2, 2, 2, 3))
    assert (found.text, found.cut) == ("2 ways found", ())
    first = shortest_paths(wardrobe, "coat", "skirt", budget=Budget(limit=1))
    assert len(first.chains) == 1 and first.cut[0].detail == "the first 1 of 2 shortest ways are shown"


def test_an_outfit_read_from_a_photo_is_no_way_of_its_own(wardrobe, make):
    wardrobe.upsert_outfits([make.outfit("read", "coat", "shirt", image_id="p1")])
    (chain,) = shortest_paths(wardrobe, "coat", "shirt").chains
    assert (nodes(chain)[1], chain.ways) == ("p1", 2)
    wardrobe.upsert_outfits([make.outfit("styled", "coat", "shirt")])
    assert shortest_paths(wardrobe, "coat", "shirt").chains[0].ways == 3


def test_three_steps_and_no_more(wardrobe):
    found = shortest_paths(wardrobe, "coat", "bag")
    assert nodes(found.chains[0]) == ["coat", "p1", "shirt", "p3", "skirt", "p4", "bag"]
    assert found.chains[0].links[-1].shared[0].value == "스트라이프"
    none = shortest_paths(wardrobe, "coat", "hat")
    assert (none.chains, none.text, none.cut) == ((), "no path within 3 steps from coat to hat", ())
    assert shortest_paths(wardrobe, "coat", "hat", steps=4).chains
    assert shortest_paths(wardrobe, "coat", "lone").chains == ()
    assert shortest_paths(wardrobe, "coat", "coat").text == "coat is the item itself"


def test_outfits_join_as_photos_do(wardrobe):
    (chain,) = shortest_paths(wardrobe, "hat", "skirt").chains
    assert nodes(chain) == ["hat", "o1", "bag", "p4", "skirt"]
    assert chain.text.startswith("hat is styled in outfit o1 with bag, which is seen in photo p4 with skirt (both ")
    assert chain.strength == pytest.approx(product(1, 2, 2, 1, 1, 2, 2, 2))


def test_the_strongest_way_may_be_what_both_have(wardrobe):
    (chain,) = strongest_path(wardrobe, "coat", "lone").chains
    assert chain.text == "coat shares 색상 블랙 and 프린트 무지 with lone"
    assert chain.strength == pytest.approx(product(2, 2, 2, 2))
    (direct,) = strongest_path(wardrobe, "skirt", "bag").chains
    assert nodes(direct) == ["skirt", "프린트", "bag"]
    assert direct.strength == pytest.approx(product(1, 2, 2, 1)), "over p4 it is the product of 2, 2, 2, 1"
    assert strongest_path(wardrobe, "coat", "hat", relations=["CONTAINS", "STYLED_IN"]).chains == ()


def test_a_longer_way_may_be_stronger_than_one_over_a_hub(store, make):
    """a and b are in one photo of twelve; and both were worn alone with c."""
    store.upsert_items([make.item(name) for name in ["a", "b", "c", *[f"x{n:02d}" for n in range(10)]]])
    crowd = make.image("crowd", "a", "b", *[f"x{n:02d}" for n in range(10)])
    store.upsert_images([crowd, make.image("p1", "a", "c"), make.image("p2", "c", "b")])
    worn = ["CONTAINS"]
    assert nodes(shortest_paths(store, "a", "b").chains[0]) == ["a", "crowd", "b"]
    found = strongest_path(store, "a", "b", relations=worn).chains[0]
    assert nodes(found) == ["a", "p1", "c", "p2", "b"]
    assert found.strength == pytest.approx(product(*[2] * 8)), "over the crowd it is the product of 2, 12, 12, 2"


def test_doubtful_links_weaken(wardrobe, make):
    wardrobe.link([make.link("p1/아우터#0", "coat", confidence=0.5), make.link("p2/아우터#0", "coat", confidence=0.75)])
    (chain,) = shortest_paths(wardrobe, "coat", "shirt").chains
    assert (nodes(chain)[1], chain.ways) == ("p2", 2)
    assert chain.strength == pytest.approx(0.75 * product(2, 2, 2, 3))


def test_styles_are_walked_where_asked(store, make):
    store.upsert_items([make.item("a", colour=("x",)), make.item("b", colour=("y",))])
    store.upsert_images([make.image("p", "a", styles=("로맨틱",)), make.image("q", "b", styles=("로맨틱",))])
    (chain,) = strongest_path(store, "a", "b").chains
    assert chain.text == "a is seen in photo p of style 로맨틱, as is b in photo q"
    assert shortest_paths(store, "a", "b").chains == ()
    assert shortest_paths(store, "a", "b", relations=["CONTAINS", "HAS_STYLE"]).chains[0].links == chain.links
    assert strongest_path(store, "a", "b", steps=1).chains == (), "over a style it is two steps"


def test_hubs_are_followed_in_part_and_it_is_said(store, make):
    """Item h is in 30 photos; only the last leads to z."""
    store.upsert_items([make.item(name) for name in "hyz"])
    store.upsert_images([make.image(f"p{n:02d}", "h", *("z" if n == 29 else "")) for n in range(30)])
    store.upsert_images([make.image("q", "h", "y")])
    found = shortest_paths(store, "y", "z", budget=Budget(fan=5))
    assert found.chains, "from z the way is known"
    lost = shortest_paths(store, "h", "z", budget=Budget(fan=0))
    assert lost.chains == () and lost.cut[0].reason == "hub"
    assert lost.text == "no path within 3 steps from h to z, as far as was looked"
    assert lost.cut[0].detail == "item h: only 0 of 31 by CONTAINS were followed"


def test_time_and_unknown_items(wardrobe):
    late = shortest_paths(wardrobe, "coat", "skirt", budget=Budget(seconds=0))
    assert late.cut[0].reason == "time" and late.text.endswith("as far as was looked")
    for search in (shortest_paths, strongest_path):
        with pytest.raises(UnknownNodeError, match="did you mean 'coat'"):
            search(wardrobe, "coatt", "bag")
        with pytest.raises(UnknownNodeError, match="item 'bags'"):
            search(wardrobe, "coat", "bags")
