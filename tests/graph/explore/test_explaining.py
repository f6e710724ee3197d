"""Evidence for an item beside others, and what holds an outfit together, by hand."""

from __future__ import annotations

from contextlib import suppress

import pytest

from graph.explore.budget import Budget
from graph.explore.ego import ego_network
from graph.explore.explaining import Common, connect, explain
from graph.explore.paths import WORN, shortest_paths, strongest_path
from graph.explore.together import worn_together
from graph.nodes import Node
from graph.store import UnknownNodeError


def test_evidence_is_counted_and_ranked(wardrobe):
    found = explain(wardrobe, "coat", ["shirt"])
    # coat in 2 photos of 2 items, shirt in 3; 모던: p1 alone, 로맨틱: p2 and p3
    photos, style = found.evidence
    assert (photos.kind, photos.count, [node.id for node in photos.nodes]) == ("image", 2, ["p1", "p2"])
    assert photos.strength == pytest.approx(2 * (2 * 2 * 2 * 3) ** -0.4)
    assert photos.text == found.text == "coat is seen with shirt in 2 photos (p1, p2)"
    assert (style.kind, style.nodes, style.count) == ("style", (Node("style", "로맨틱"),), 1)
    assert style.strength == pytest.approx((2 * 2 * 1 * 2 * 2 * 1 * 2 * 3) ** -0.4), "p2 to p3; p2 to p2 is no path"
    assert style.text == "both are seen in style 로맨틱: coat in 1 photo, shirt in 2 photos"
    assert (found.unconnected, found.cut) == ((), ())


def test_an_item_between(wardrobe):
    found = explain(wardrobe, "skirt", ["coat"])
    between = next(each for each in found.evidence if each.kind == "between")
    assert (between.nodes, between.count) == ((Node("item", "shirt"),), 1)
    assert between.strength == pytest.approx(2 * (2 * 2 * 2 * 3 * 3 * 2 * 2 * 2) ** -0.4)
    assert between.text == "shirt is seen with skirt in 1 photo and with coat in 2 photos"


def test_three_items_in_one_photo_have_nobody_between(store, make):
    store.upsert_items([make.item(name, **{name: ("x",)}) for name in "abc"])
    store.upsert_images([make.image("p", "a", "b", "c", styles=("s",))])
    assert [each.kind for each in explain(store, "a", ["b"]).evidence] == ["image"]
    store.upsert_images([make.image("q", "a", "c")])
    found = explain(store, "a", ["b"]).evidence
    assert [each.kind for each in found] == ["image", "between"]
    # a in 2, b in 1, c in 2; over q (2 items) and p (3 items)
    assert found[1].strength == pytest.approx((2 * 2 * 2 * 2 * 2 * 3 * 3 * 1) ** -0.4)


def test_longer_ways_and_none(wardrobe):
    found = explain(wardrobe, "bag", ["coat", "lone", "bag"])
    assert found.context == ("coat", "lone")
    (path,) = found.evidence
    assert (path.kind, path.other_id, path.count) == ("path", "coat", 1)
    assert [node.id for node in path.nodes] == ["p4", "skirt", "p3", "shirt", "p1"]
    assert found.unconnected == ("lone",)
    silent = explain(wardrobe, "hat", ["lone"])
    assert (silent.evidence, silent.unconnected, silent.text) == ((), ("lone",), "no path within 3 steps")


def test_alike_is_not_together(wardrobe):
    found = explain(wardrobe, "lone", ["coat"])
    assert [each.text for each in found.evidence] == [
        "lone and coat share 색상 블랙 with 0 other items",
        "lone and coat share 프린트 무지 with 0 other items",
    ]
    assert found.unconnected == ("coat",)


def test_an_outfit_read_from_a_shared_photo_says_nothing_more(wardrobe, make):
    wardrobe.upsert_outfits([make.outfit("read", "coat", "shirt", image_id="p1"), make.outfit("own", "coat", "shirt")])
    found = {each.kind: each for each in explain(wardrobe, "coat", ["shirt"]).evidence}
    assert [node.id for node in found["outfit"].nodes] == ["own"]
    assert found["outfit"].strength == pytest.approx((2 * 2 * 2 * 2) ** -0.4)
    assert found["outfit"].text == "coat is styled with shirt in 1 outfit (own)"


def test_a_hub_explains_little(store, make):
    """h is in every photo with a, z in one; both share one photo with b."""
    store.upsert_items([make.item(name, **{name: ("x",)}) for name in "abhz"])
    store.upsert_images([make.image(f"p{n:02d}", "a", "h") for n in range(40)])
    store.upsert_images([make.image("q", "b", "h"), make.image("r", "b", "z"), make.image("t", "a", "z")])
    between = [each for each in explain(store, "a", ["b"]).evidence if each.kind == "between"]
    assert [each.nodes[0].id for each in between] == ["h", "z"], "40 photos with the hub still add up"
    by_photo = {each.nodes[0].id: each.strength / (40 if each.nodes[0].id == "h" else 1) for each in between}
    assert by_photo["z"] > 5 * by_photo["h"]


def test_hubs_are_at_least(store, make):
    """Two items in the same 12 photos, of which 5 are read."""
    store.upsert_items([make.item("a"), make.item("b"), make.item("c")])
    store.upsert_images([make.image(f"p{n:02d}", "a", "b") for n in range(12)])
    store.upsert_images([make.image("p99", "a", "c")])
    photos = explain(store, "a", ["b"], budget=Budget(fan=5)).evidence[0]
    assert (photos.count, photos.at_least) == (5, True)
    found = explain(store, "a", ["c"], budget=Budget(fan=5))
    assert (found.evidence[0].count, found.evidence[0].at_least) == (1, False), "c was read whole"
    assert found.cut[0].detail == "item a: only 5 of 13 by CONTAINS were followed"


def test_limit_time_empties_and_unknowns(wardrobe):
    found = explain(wardrobe, "coat", ["shirt", "skirt"], budget=Budget(limit=1))
    assert len(found.evidence) == 1 and "the first 1 of" in found.cut[0].detail
    late = explain(wardrobe, "coat", ["shirt"], budget=Budget(seconds=0))
    assert (late.evidence, late.cut[0].reason) == ((), "time")
    assert explain(wardrobe, "coat", []).evidence == ()
    with pytest.raises(UnknownNodeError, match="item 'shrt' is not stored; did you mean 'shirt'"):
        explain(wardrobe, "coat", ["shrt"])


def test_what_holds_an_outfit_together(wardrobe):
    found = connect(wardrobe, ["coat", "shirt", "skirt", "hat", "hat"])
    assert found.item_ids == ("coat", "hat", "shirt", "skirt")
    assert found.common[0] == Common(Node("style", "로맨틱"), ("coat", "shirt", "skirt"))
    assert Common(Node("image", "p1"), ("coat", "shirt")) in found.common
    assert found.groups == (("coat", "shirt", "skirt"), ("hat",))
    assert found.unconnected == (("coat", "hat"), ("hat", "shirt"), ("hat", "skirt"))
    pairs = [(each.item_id, each.other_id) for each in found.evidence if each.kind == "image"]
    assert pairs == [("coat", "shirt"), ("shirt", "skirt")], "two photos, then one"
    assert connect(wardrobe, ["coat"]).groups == (("coat",),)
    assert connect(wardrobe, []).groups == ()
    assert connect(wardrobe, ["coat", "hat"], budget=Budget(seconds=0)).cut[0].reason == "time"


def test_the_shortest_way_is_told_though_a_longer_one_was_read_already(store, make):
    """a - b - c - d in photos, all of them asked about; a - x - d in outfits."""
    store.upsert_items([make.item(name, **{name: ("1",)}) for name in "abcdx"])
    store.upsert_images([make.image(left + right, left, right) for left, right in ("ab", "bc", "cd")])
    store.upsert_outfits([make.outfit("o1", "a", "x"), make.outfit("o2", "d", "x")])
    (path,) = [each for each in explain(store, "a", ["b", "c", "d"]).evidence if each.kind == "path"]
    assert [node.id for node in path.nodes] == ["o1", "x", "o2"]


def test_a_style_weighs_once_however_many_photos_are_of_it(store, make):
    """a and b have twenty photos each of one style, and one photo together."""
    store.upsert_items([make.item(name, **{name: ("1",)}) for name in "ab"])
    store.upsert_images([make.image(f"{name}{n}", name, styles=("s",)) for name in "ab" for n in range(20)])
    store.upsert_images([make.image("both", "a", "b")])
    photo, style = explain(store, "a", ["b"]).evidence
    assert (photo.kind, style.kind, style.count) == ("image", "style", 20)
    assert style.strength == pytest.approx((21 * 1 * 1 * 40 * 40 * 1 * 1 * 21) ** -0.4)


@pytest.mark.parametrize(
    "ask",
    [
        lambda store: explain(store, "coat", ["shirt", "bag"]),
        lambda store: connect(store, ["coat", "shirt", "skirt"]),
        lambda store: shortest_paths(store, "coat", "skirt"),
        lambda store: strongest_path(store, "coat", "skirt"),
        lambda store: ego_network(store, Node("item", "coat")),
        lambda store: worn_together(store, "shirt"),
    ],
)
@pytest.mark.parametrize("reads", [1, 2, 3, 4])
def test_what_goes_between_two_reads_is_no_error(wardrobe, monkeypatch, ask, reads):
    read, seen = wardrobe.neighbours, []

    def neighbours(*arguments, **options):
        found = read(*arguments, **options)
        seen.append(found)
        if len(seen) == reads:
            wardrobe.delete_images(["p1", "p2", "p3", "p4"])
            wardrobe.delete_items(["shirt", "bag"])
        return found

    monkeypatch.setattr(wardrobe, "neighbours", neighbours)
    with suppress(UnknownNodeError):
        ask(wardrobe)


def test_ways_to_several_items_ask_the_store_once_about_each_node(wardrobe, make, monkeypatch):
    wardrobe.upsert_items([make.item("scarf"), make.item("glove")])
    wardrobe.upsert_images([make.image("p5", "bag", "scarf"), make.image("p6", "bag", "glove")])
    read, walked = wardrobe.neighbours, []

    def neighbours(nodes, *, relations=None, limit=100):
        nodes = list(nodes)
        if tuple(relations or ()) == WORN and limit:
            walked.extend(nodes)
        return read(nodes, relations=relations, limit=limit)

    alone = [explain(wardrobe, "coat", [other]) for other in ("glove", "hat", "lone", "scarf")]
    monkeypatch.setattr(wardrobe, "neighbours", neighbours)
    found = explain(wardrobe, "coat", ["glove", "hat", "lone", "scarf"])
    assert walked and len(walked) == len(set(walked))
    assert found.unconnected == tuple(other for each in alone for other in each.unconnected)
    assert set(found.evidence) == {each for one in alone for each in one.evidence}
