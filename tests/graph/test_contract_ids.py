"""Every store: ids and names are any text, kept as given and never run."""

from __future__ import annotations

import pytest

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
