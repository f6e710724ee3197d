"""Every store: what surrounds a node, in order, cut and counted."""

from __future__ import annotations

import pytest

from graph.nodes import ENDS, NODE_KINDS, RELATIONS, Edge, Neighbourhood, Node, relations_of


def item(name: str) -> Node:
    return Node("item", name)


def image(name: str) -> Node:
    return Node("image", name)


def test_an_item_has_images_category_attributes_and_outfits(filled, make):
    filled.link([make.link("b/아우터#1", "item-2", method="manual", confidence=0.25)])
    (around,) = filled.neighbours([item("item-2")])
    assert around == Neighbourhood(
        item("item-2"),
        (
            Edge("CONTAINS", image("a"), item("item-2"), ("a/아우터#0",), 1.0, "product_id"),
            Edge("CONTAINS", image("b"), item("item-2"), ("b/아우터#0", "b/아우터#1"), 1.0, "product_id"),
            Edge("CONTAINS", image("c"), item("item-2"), ("c/아우터#2",), 1.0, "product_id"),
            Edge("IN_CATEGORY", item("item-2"), Node("category", "자켓")),
            Edge("HAS_ATTRIBUTE", item("item-2"), Node("attribute", "colour", "colour 2")),
            Edge("STYLED_IN", item("item-2"), Node("outfit", "o1")),
        ),
        {"CONTAINS": 3, "IN_CATEGORY": 1, "HAS_ATTRIBUTE": 1, "STYLED_IN": 1},
    )


def test_an_image_has_items_styles_a_shoot_and_outfits(filled):
    a, c = filled.neighbours([image("a"), image("c")])
    assert [(edge.relation, edge.other(a.node)) for edge in a.edges] == [
        ("CONTAINS", item("item-2")),
        ("CONTAINS", item("item-3")),
        ("HAS_STYLE", Node("style", "로맨틱")),
        ("HAS_STYLE", Node("style", "클래식")),
        ("IN_SHOOT", Node("shoot", "s1")),
    ]
    assert a.degrees == {"CONTAINS": 2, "HAS_STYLE": 2, "IN_SHOOT": 1}
    assert c.edges[-1] == Edge("READ_FROM", Node("outfit", "o1"), image("c"))
    assert c.degrees == {"CONTAINS": 3, "HAS_STYLE": 1, "IN_SHOOT": 1, "READ_FROM": 1}


def test_the_other_kinds_lead_back(filled):
    asked = [
        Node("outfit", "o1"),
        Node("shoot", "s1"),
        Node("style", "로맨틱"),
        Node("category", "자켓"),
        Node("attribute", "colour", "colour 0"),
    ]
    outfit, shoot, style, category, attribute = filled.neighbours(asked)
    assert outfit.others("STYLED_IN") == [item("item-0"), item("item-1"), item("item-2")]
    assert outfit.others("READ_FROM") == [image("c")]
    assert shoot.edges == tuple(Edge("IN_SHOOT", image(name), Node("shoot", "s1")) for name in "ac")
    assert style.edges == tuple(Edge("HAS_STYLE", image(name), Node("style", "로맨틱")) for name in "ac")
    assert category.others("IN_CATEGORY") == [item(f"item-{n}") for n in range(5)]
    assert attribute.others("HAS_ATTRIBUTE") == [item("item-0"), item("item-3")]


def test_the_surest_link_of_several_regions_speaks_for_the_edge(filled, make):
    filled.link(
        [
            make.link("b/아우터#0", "item-2", method="signature", confidence=0.5),
            make.link("b/아우터#1", "item-2", method="same_shoot", confidence=0.75),
            make.link("b/아우터#2", "item-2", method="manual", confidence=0.75),
        ]
    )
    (around,) = filled.neighbours([image("b")])
    assert around.edges == (
        Edge("CONTAINS", image("b"), item("item-2"), tuple(f"b/아우터#{n}" for n in range(3)), 0.75, "same_shoot"),
    )
    assert around.degrees == {"CONTAINS": 1}


def test_limits_cut_each_relation_and_leave_degrees(filled):
    (around,) = filled.neighbours([item("item-2")], limit=2)
    assert around.others("CONTAINS") == [image("a"), image("b")]
    assert around.others("STYLED_IN") == [Node("outfit", "o1")]
    assert (around.left_out("CONTAINS"), around.left_out("STYLED_IN"), around.left_out("READ_FROM")) == (1, 0, 0)
    (none,) = filled.neighbours([item("item-2")], limit=0)
    assert none.edges == () and none.degrees == around.degrees


def test_only_the_relations_asked_for(filled):
    (around,) = filled.neighbours([item("item-2")], relations={"STYLED_IN", "HAS_STYLE"})
    assert around.edges == (Edge("STYLED_IN", item("item-2"), Node("outfit", "o1")),)
    assert around.degrees == {"STYLED_IN": 1}
    assert filled.neighbours([item("item-2")], relations=[]) == [Neighbourhood(item("item-2"), (), {})]


def test_answers_come_in_the_order_asked_and_unknown_nodes_are_alone(filled):
    unknown = [Node(kind, "item-2 ", "x" if kind == "attribute" else "") for kind in NODE_KINDS]
    asked = [*unknown, item("item-4"), image("b"), item("item-4"), image("item-2"), item("a")]
    found = filled.neighbours(asked)
    assert [around.node for around in found] == asked
    assert [around.degrees for around in found[:7]] == [{}] * 7
    assert found[7].degrees == {"IN_CATEGORY": 1, "HAS_ATTRIBUTE": 1}
    assert found[7] == found[9] and found[8].degrees == {"CONTAINS": 2}
    assert found[10].edges == found[11].edges == ()
    assert filled.neighbours([]) == []


def test_other_ends_are_in_order_by_code_point(store, make):
    ids = ["b", "a", "Z", "10", "9", "é", "가", "😀", "", "a b", "it's"]
    store.upsert_items([make.item(name, colour=("같은",), **{name: tuple(ids)}) for name in ids])
    store.upsert_images([make.image(name, *ids, shoot="s", styles=tuple(ids)) for name in ids])
    store.upsert_outfits([make.outfit(name, *ids, image_id="a") for name in ids])
    a, photo, shoot, colour = store.neighbours(
        [item("a"), image("a"), Node("shoot", "s"), Node("attribute", "colour", "같은")]
    )
    for found, relation in ((a, "CONTAINS"), (a, "STYLED_IN"), (photo, "CONTAINS"), (photo, "HAS_STYLE")):
        assert [node.id for node in found.others(relation)] == sorted(ids)
    assert [node.id for node in photo.others("READ_FROM")] == sorted(ids)
    assert (
        [node.id for node in shoot.others("IN_SHOOT")] == [n.id for n in colour.others("HAS_ATTRIBUTE")] == sorted(ids)
    )
    assert [(n.id, n.value) for n in a.others("HAS_ATTRIBUTE")] == sorted(
        [("a", v) for v in ids] + [("colour", "같은")]
    )


@pytest.mark.parametrize("order", ["spread", "at the end"])
def test_hubs_give_their_first_neighbours_and_exact_degrees(store, make, order):
    """Item h is in every fourth photo of 6,000, or in none but the last 1,500."""
    in_it = {p for p in range(6_000) if (p % 4 == 1 if order == "spread" else p >= 4_500)}
    store.upsert_items([make.item("h"), make.item("i")])
    store.upsert_images(
        [make.image(f"p{p:04d}", "h" if p in in_it else "i", styles=("s",) if p in in_it else ()) for p in range(6_000)]
    )
    hub, style = store.neighbours([item("h"), Node("style", "s")], limit=3)
    assert hub.degrees["CONTAINS"] == style.degrees["HAS_STYLE"] == 1_500
    assert [n.id for n in hub.others("CONTAINS")] == [f"p{p:04d}" for p in sorted(in_it)[:3]]
    assert style.others("HAS_STYLE") == hub.others("CONTAINS")
    (everything,) = store.neighbours([item("h")], relations=["CONTAINS"], limit=10_000)
    assert [n.id for n in everything.others("CONTAINS")] == [f"p{p:04d}" for p in sorted(in_it)]
    store.delete_images([f"p{sorted(in_it)[0]:04d}"])
    assert store.neighbours([item("h")], limit=0)[0].degrees["CONTAINS"] == 1_499


def test_every_relation_joins_two_kinds():
    assert set(ENDS) == set(RELATIONS)
    assert relations_of("outfit") == ("STYLED_IN", "READ_FROM")
    assert {kind for ends in ENDS.values() for kind in ends} == set(NODE_KINDS)
