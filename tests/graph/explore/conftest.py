"""A wardrobe small enough to work out by hand."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest

from data.types import Item
from graph import GraphStore


def _piece(item_id: str, category: str, **attributes: str) -> Item:
    values = {name: (value,) for name, value in attributes.items()}
    return Item(item_id=item_id, category=category, slot="outer", source="shop", attributes=values)


@pytest.fixture
def piece() -> Callable[..., Item]:
    """``piece(id, category, name=value)``."""
    return _piece


@pytest.fixture
def wardrobe(store: GraphStore, make: SimpleNamespace) -> GraphStore:
    """coat - shirt (two photos), shirt - skirt, skirt - bag (photos), bag - hat (outfit), and a lone coat.

    ====== ============= ======== ======== ===========
    photo  shows         style    shoot    created
    ====== ============= ======== ======== ===========
    p1     coat, shirt   모던     s1       2020-11-02
    p2     coat, shirt   로맨틱   s1       2020-11-08
    p3     shirt, skirt  로맨틱   s2       2020-11-09
    p4     skirt, bag                      (none)
    ====== ============= ======== ======== ===========
    """
    store.upsert_items(
        [
            _piece("coat", "자켓", 색상="블랙", 프린트="무지"),
            _piece("lone", "자켓", 색상="블랙", 프린트="무지"),
            _piece("shirt", "셔츠", 색상="화이트"),
            _piece("skirt", "스커트", 프린트="스트라이프"),
            _piece("bag", "가방", 프린트="스트라이프"),
            _piece("hat", "모자"),
        ]
    )
    store.upsert_images(
        [
            make.image("p1", "coat", "shirt", styles=("모던",), shoot="s1", created="2020-11-02 10:00:00"),
            make.image("p2", "coat", "shirt", styles=("로맨틱",), shoot="s1", created="2020-11-08 23:59:59"),
            make.image("p3", "shirt", "skirt", styles=("로맨틱",), shoot="s2", created="2020-11-09"),
            make.image("p4", "skirt", "bag"),
        ]
    )
    store.upsert_outfits([make.outfit("o1", "bag", "hat")])
    return store
