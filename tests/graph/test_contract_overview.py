"""Every store: nodes by their number of neighbours, and what every image shows."""

from __future__ import annotations

import pytest

from graph.nodes import Node, NodeDegree, Sighting


def pairs(found: list[NodeDegree]) -> list[tuple[str, int]]:
    return [(degree.node.id, degree.degree) for degree in found]


def test_items_by_their_images(filled):
    assert pairs(filled.ranked("item", ["CONTAINS"])) == [
        ("item-2", 3),
        ("item-0", 2),
        ("item-1", 1),
        ("item-3", 1),
        ("item-4", 0),
    ]
    assert pairs(filled.ranked("item", ["CONTAINS"], limit=2)) == [("item-2", 3), ("item-0", 2)]
    assert pairs(filled.ranked("item", ["CONTAINS"], lowest=True, limit=3)) == [
        ("item-4", 0),
        ("item-1", 1),
        ("item-3", 1),
    ]
    assert filled.ranked("item", ["CONTAINS"], limit=0) == []


def test_several_relations_are_added(filled):
    assert pairs(filled.ranked("item", ["STYLED_IN", "CONTAINS", "HAS_ATTRIBUTE", "IN_CATEGORY"], limit=2)) == [
        ("item-2", 6),
        ("item-0", 5),
    ]
    assert pairs(filled.ranked("item", [], limit=2)) == [("item-0", 0), ("item-1", 0)]
    assert pairs(filled.ranked("outfit", ["STYLED_IN", "READ_FROM"])) == [("o1", 4), ("o2", 1)]
    assert pairs(filled.ranked("image", ["CONTAINS", "HAS_STYLE", "IN_SHOOT", "READ_FROM"])) == [
        ("c", 6),
        ("a", 5),
        ("b", 2),
    ]


def test_small_nodes_are_ranked_too(filled):
    assert filled.ranked("attribute", ["HAS_ATTRIBUTE"]) == [
        NodeDegree(Node("attribute", "colour", "colour 0"), 2),
        NodeDegree(Node("attribute", "colour", "colour 1"), 2),
        NodeDegree(Node("attribute", "colour", "colour 2"), 1),
    ]
    assert pairs(filled.ranked("style", ["HAS_STYLE"])) == [("로맨틱", 2), ("클래식", 1)]
    assert pairs(filled.ranked("shoot", ["IN_SHOOT"])) == [("s1", 2)]
    assert pairs(filled.ranked("category", ["IN_CATEGORY"])) == [("자켓", 5)]


def test_a_relation_that_a_kind_cannot_have_is_refused(filled):
    with pytest.raises(ValueError, match="style nodes have no CONTAINS; they have HAS_STYLE"):
        filled.ranked("style", ["CONTAINS"])


def test_an_empty_store_has_nothing_to_rank_or_see(store):
    assert store.ranked("item", ["CONTAINS"]) == store.ranked("attribute", ["HAS_ATTRIBUTE"]) == []
    assert list(store.sightings()) == []


def test_sightings_tell_what_images_show(filled):
    assert list(filled.sightings()) == [
        Sighting("a", "shop", None, "s1", ("로맨틱", "클래식"), ("item-2", "item-3")),
        Sighting("b", "other", None, None, (), ("item-0", "item-2")),
        Sighting("c", "shop", None, "s1", ("로맨틱",), ("item-0", "item-1", "item-2")),
    ]
    assert [seen.image_id for seen in filled.sightings(after="a")] == ["b", "c"]
    assert [seen.image_id for seen in filled.sightings(after="bb")] == ["c"]


def test_sightings_of_a_time(store, make):
    dates = {"d": "2020-11-19 10:00:00", "a": "2020-11-20 09:00:00", "c": "2020-12-01", "b": None, "e": "어제"}
    store.upsert_images([make.image(name, None, created=created) for name, created in dates.items()])

    def seen(**bounds: str) -> str:
        return "".join(sighting.image_id for sighting in store.sightings(**bounds))

    assert seen() == "abcde"
    assert [s.created for s in store.sightings()] == [dates[name] for name in "abcde"]
    assert seen(since="2020-11-20") == "ace"
    assert seen(until="2020-11-20") == "d"
    assert seen(since="2020-11-19 10:00:00", until="2020-12-01") == "ad"
    assert seen(since="2020-11-19", after="a") == "cde"
    assert seen(until="2020") == ""


def test_sightings_cross_pages(store, make):
    store.upsert_items([make.item("i"), make.item("j")])
    store.upsert_images(
        [make.image(f"p{n:04d}", *(["j", "i", "j"][: n % 4]), created=f"{n % 3}") for n in range(1_203)]
    )
    shown = {s.image_id: s.item_ids for s in store.sightings()}
    assert list(shown) == [f"p{n:04d}" for n in range(1_203)]
    assert [shown[f"p{n:04d}"] for n in range(4)] == [(), ("j",), ("i", "j"), ("i", "j")]
    assert len(list(store.sightings(since="1", until="2"))) == 401
