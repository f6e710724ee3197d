"""Neighbours, companions, hubs and orphans, by hand."""

from __future__ import annotations

import pytest

from graph.explore.around import around
from graph.explore.budget import Budget
from graph.explore.finding import find
from graph.explore.hubs import hubs, orphans
from graph.explore.together import Companion, worn_together
from graph.nodes import Node
from graph.store import UnknownNodeError

NO_TIME = Budget(seconds=0)


def test_neighbours_by_relation(wardrobe):
    found = around(wardrobe, Node("item", "shirt"), budget=Budget(limit=2))
    assert found.degrees == {"CONTAINS": 3, "IN_CATEGORY": 1, "HAS_ATTRIBUTE": 1}
    assert [edge.other(found.node).id for edge in found.edges] == ["p1", "p2", "셔츠", "색상"]
    assert [cut.detail for cut in found.cut] == ["CONTAINS: the first 2 of 3 are shown"]
    only = around(wardrobe, Node("item", "hat"), relations=["CONTAINS"])
    assert (only.edges, only.degrees, only.cut) == ((), {}, ())
    assert around(wardrobe, Node("item", "shirt"), budget=NO_TIME).cut[0].reason == "time"


def test_an_image_of_nothing_is_known(store, make):
    store.upsert_images([make.image("empty")])
    assert around(store, Node("image", "empty")).edges == ()
    with pytest.raises(UnknownNodeError, match="image 'emptyy' is not stored; did you mean 'empty'"):
        around(store, Node("image", "emptyy"))


def test_companions_with_lift(wardrobe):
    found = worn_together(wardrobe, "shirt")
    assert (found.images, found.of_images, found.cut) == (3, 4, ())
    assert found.companions == (
        Companion("coat", 2, 2, 2 * 4 / (3 * 2)),
        Companion("skirt", 1, 2, 1 * 4 / (3 * 2)),
    )
    cut = worn_together(wardrobe, "shirt", budget=Budget(limit=1))
    assert [companion.item_id for companion in cut.companions] == ["coat"] and cut.cut[0].reason == "limit"
    assert worn_together(wardrobe, "hat").companions == ()
    assert worn_together(wardrobe, "shirt", budget=NO_TIME).cut[0].reason == "time"


def test_lift_puts_the_hub_behind(store, make):
    """h is in all ten photos; r is in two, both with a."""
    store.upsert_items([make.item(name) for name in "ahrx"])
    others = {0: "ar", 1: "ar", 2: "a", 3: "ax"}
    store.upsert_images([make.image(f"p{n}", "h", *others.get(n, "")) for n in range(10)])
    by_count = worn_together(store, "a").companions
    assert [(c.item_id, c.count, c.lift) for c in by_count] == [("h", 4, 1.0), ("r", 2, 2.5), ("x", 1, 2.5)]
    by_lift = worn_together(store, "a", by="lift").companions
    assert [c.item_id for c in by_lift] == ["r", "h"], "x shares one photo, which says nothing"


def test_chance_gives_no_lift(store, make):
    """Twenty items scattered over 900 photos of three: no lift stands out."""
    store.upsert_items([make.item(f"i{n:02d}") for n in range(20)])
    scattered = [[(p * p + 3 * p) % 20, (7 * p + p // 20) % 20, (p * 11 + p // 9) % 20] for p in range(900)]
    store.upsert_images([make.image(f"p{p}", *(f"i{n:02d}" for n in shown)) for p, shown in enumerate(scattered)])
    assert all(companion.lift < 4 for companion in worn_together(store, "i03", by="lift").companions)


def test_unknown_items_are_named_with_the_nearest(wardrobe):
    with pytest.raises(UnknownNodeError, match="item 'shrit' is not stored; did you mean 'shirt'"):
        worn_together(wardrobe, "shrit")
    with pytest.raises(UnknownNodeError, match=r"item '완전히 다른' is not stored$"):
        worn_together(wardrobe, "완전히 다른")


def test_an_id_of_another_kind_is_said_to_be_one(wardrobe, make):
    with pytest.raises(UnknownNodeError) as raised:
        worn_together(wardrobe, "p4")
    assert str(raised.value) == (
        "item 'p4' is not stored: it is the id of an image; give one of its items, such as 'bag' or 'skirt'"
    )
    with pytest.raises(UnknownNodeError, match="is the id of an outfit; give one of its items, such as 'bag' or 'hat'"):
        worn_together(wardrobe, "o1")
    with pytest.raises(UnknownNodeError, match=r"item '모던' is not stored: it is the id of a style$"):
        worn_together(wardrobe, "모던")
    with pytest.raises(UnknownNodeError, match=r"image 'hat' is not stored: it is the id of an item$"):
        find(wardrobe, "hat", "image")
    wardrobe.upsert_images([make.image("unread", None)])
    with pytest.raises(UnknownNodeError, match=r"is the id of an image, in which no item is known$"):
        worn_together(wardrobe, "unread")


def test_hubs_and_orphans(wardrobe):
    found = hubs(wardrobe, budget=Budget(limit=3))
    assert [(degree.node.id, degree.degree) for degree in found.nodes] == [("shirt", 3), ("coat", 2), ("skirt", 2)]
    assert found.cut[0].detail == "the first 3 are shown; there are more"
    assert [degree.node.id for degree in hubs(wardrobe, "style").nodes] == ["로맨틱", "모던"]
    assert [degree.node.id for degree in hubs(wardrobe, relation="STYLED_IN").nodes] == ["bag", "hat"]
    with pytest.raises(ValueError, match="item nodes have no HAS_STYLE"):
        hubs(wardrobe, relation="HAS_STYLE")
    alone = orphans(wardrobe)
    assert ([degree.node.id for degree in alone.nodes], alone.cut) == (["lone"], ())
    assert orphans(wardrobe, "image").nodes == ()
    assert hubs(wardrobe, budget=NO_TIME).cut[0].reason == "time"


def test_a_name_is_taken_for_the_first_kind_that_has_it(wardrobe, make):
    assert find(wardrobe, "coat") == Node("item", "coat")
    assert find(wardrobe, "p1") == Node("image", "p1")
    assert find(wardrobe, "로맨틱") == Node("style", "로맨틱")
    assert find(wardrobe, "색상=블랙") == Node("attribute", "색상", "블랙")
    wardrobe.upsert_images([make.image("coat", "coat")])
    assert find(wardrobe, "coat") == Node("item", "coat")
    assert find(wardrobe, "coat", "image") == Node("image", "coat")
    with pytest.raises(UnknownNodeError, match="attribute '색상=블렉' is not stored; did you mean '색상=블랙'"):
        find(wardrobe, "색상=블렉", "attribute")
    with pytest.raises(UnknownNodeError, match="attribute '색상': write name=value"):
        find(wardrobe, "색상", "attribute")


def test_attributes_whose_name_or_value_holds_the_sign(store, piece):
    store.upsert_items([piece("i", "c", **{"a=b": "c=d"})])
    assert find(store, "a=b=c=d") == Node("attribute", "a=b", "c=d")
