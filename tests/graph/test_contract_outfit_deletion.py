from __future__ import annotations

from data.types import Item, Outfit
from graph.store import GraphStore


def test_an_outfit_goes_alone(store: GraphStore) -> None:
    store.upsert_items([Item(item_id=name, category="c", slot="top", source="s") for name in "abc"])
    outfits = [
        Outfit(outfit_id="o1", item_ids=("a", "b"), source="s"),
        Outfit(outfit_id="o2", item_ids=("b", "c"), source="s"),
    ]
    store.upsert_outfits(outfits)
    assert store.delete_outfits(["o1", "unknown"]) == 1
    assert [outfit.outfit_id for outfit in store.outfits()] == ["o2"]
    assert [item.item_id for item in store.items()] == ["a", "b", "c"]
    assert store.delete_outfits([]) == 0
