"""Every store: ids and names are any text, kept as given and never run."""

from __future__ import annotations

import pytest

from graph.neo4j import overview, reading
from graph.nodes import Node
from graph.store import WriteCounts

TEXTS = {
    "korean": "아우터#0 로맨틱",
    "combining": "cafe\u0301 versus café",
    "quotes": """it's "quoted" `so`""",
    "backslash": "C:\\photos\\new\\",
    "emoji": "👗👩🏽‍🦰 outfit",
    "zero byte": "before\0after",
    "line ends": "a\nb\r\nc\t",
    "blank": " ",
    "empty": "",
    "ten thousand": "가" * 10_000,
    "sql": "'; DROP TABLE image; --",
    "more sql": '") ; DELETE FROM item WHERE ("" = "',
    "cypher": "x'}) MATCH (n) DETACH DELETE n //",
    "wildcards": "%_*?",
    "number": "0012",
    "case": "ABC",
}


@pytest.fixture(params=TEXTS.values(), ids=TEXTS)
def text(request):
    return request.param


def test_any_text_is_an_id_and_a_name(store, make, text):
    bystander = make.item("bystander")
    item = make.item(text, category=text, source=text, **{f"name {text}": (text, text.lower() + "x")})
    image = make.image(text, text, "bystander", source=text, shoot=text, styles=(text,), photo=text)
    outfit = make.outfit(text, text, "bystander", image_id=text, source=text)
    store.upsert_items([bystander, item])
    store.upsert_images([image])
    store.upsert_outfits([outfit])
    assert store.item(text) == item
    assert store.image(text) == image
    assert [set(found.item_ids) for found in store.outfits()] == [set(outfit.item_ids)]
    assert store.images_of(text) == [text]
    assert [other.item_id for other in store.worn_with("bystander")] == [text]
    assert store.upsert_items([item]) == store.upsert_images([image]) == WriteCounts(unchanged=1)
    store.link([make.link(f"{text}/아우터#1", text)])
    assert store.images_of("bystander") == []
    assert store.delete_source(text) == 3
    assert list(store.items()) == [bystander]


def test_ids_that_look_alike_are_different(store, make):
    alike = ["a", "A", "a ", " a", "á", "a\u0301", "1", "1.0", "01", "a\0", "null", "None"]
    store.upsert_items([make.item(item_id) for item_id in alike])
    assert [item.item_id for item in store.items()] == sorted(alike)
    assert store.delete_items(["a"]) == 1
    assert store.counts().items == len(alike) - 1


def test_long_ids_that_begin_alike_are_in_order_everywhere(store, make, monkeypatch):
    monkeypatch.setattr(reading, "PAGE", 3)
    monkeypatch.setattr(overview, "PAGE", 3)
    ids = sorted(["a", "x" * 500, "y", *("x" * 500 + f"{n:02d}" for n in range(20))])
    store.upsert_items([make.item(text) for text in ids])
    store.upsert_images([make.image(text, *ids) for text in ids])
    store.upsert_outfits([make.outfit(text, "a") for text in ids])
    for after in (None, "a", ids[1], ids[2], ids[9], ids[-2]):
        left = ids if after is None else ids[ids.index(after) + 1 :]
        assert [item.item_id for item in store.items(after=after)] == left
        assert [image.image_id for image in store.images(after=after)] == left
        assert [outfit.outfit_id for outfit in store.outfits(after=after)] == left
        assert [sighting.image_id for sighting in store.sightings(after=after)] == left
    regions = [link.region_id for link in store.links()]
    assert regions == sorted(regions)
    assert store.images_of("a", limit=7) == ids[:7]
    assert [other.item_id for other in store.worn_with("a", limit=7)] == ids[1:8]
    (around,) = store.neighbours([Node("item", "a")], relations=["CONTAINS"], limit=7)
    assert [edge.start.id for edge in around.edges] == ids[:7]
    assert [found.node.id for found in store.ranked("item", ["CONTAINS"], limit=7)] == ids[:7]
