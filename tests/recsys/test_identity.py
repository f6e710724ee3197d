from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from graph import open_store, sqlite_url

Run = Callable[..., Any]


@pytest.fixture
def stocked(recsys: Run, shop: Path, photos: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Six photos whose twelve garments are twelve items."""
    monkeypatch.setenv("RECSYS_IDENTITY__METHOD", "none")
    assert recsys("-w", shop, "import", "kfashion", photos).status == 0
    return shop


def state(shop: Path) -> tuple[dict[str, str], set[str], dict[str, tuple[str, ...]]]:
    with open_store(sqlite_url(shop / "graph.sqlite")) as store:
        links = {link.region_id: link.item_id for link in store.links()}
        outfits = {outfit.image_id or "": outfit.item_ids for outfit in store.outfits()}
        return links, {item.item_id for item in store.items()}, outfits


def test_merge_split_and_undo_keep_items_and_outfits_in_step(recsys: Run, stocked: Path) -> None:
    before = state(stocked)
    links, items, outfits = before
    first, second = links["1/상의#0"], links["2/상의#0"]
    assert first != second and len(items) == 12 and len(outfits) == 6

    assert recsys("-w", stocked, "identity", "merge", first, second).status == 0
    links, items, outfits = state(stocked)
    assert links["2/상의#0"] == first and second not in items
    assert first in outfits["2"]
    shown = recsys("-w", stocked, "identity", "show", first, "--json").json
    assert [(link["region_id"], link["method"]) for link in shown["regions"]] == [
        ("1/상의#0", "manual"),
        ("2/상의#0", "manual"),
    ]

    assert recsys("-w", stocked, "identity", "split", first, "1/상의#0").status == 0
    links, items, _ = state(stocked)
    assert links["1/상의#0"] != links["2/상의#0"] and len(items) == 12

    assert recsys("-w", stocked, "identity", "undo").status == 0
    assert state(stocked)[0]["1/상의#0"] == first
    assert recsys("-w", stocked, "identity", "undo").status == 0
    assert state(stocked) == before
    ran = recsys("-w", stocked, "identity", "undo")
    assert (ran.status, "nothing to take back" in ran.err) == (1, True)


def test_two_photos_of_a_shoot_that_become_one_outfit(recsys: Run, stocked: Path) -> None:
    links = state(stocked)[0]
    recsys("-w", stocked, "identity", "merge", links["1/상의#0"], links["2/상의#0"])
    recsys("-w", stocked, "identity", "merge", links["1/하의#0"], links["2/하의#0"])
    assert sorted(state(stocked)[2]) == ["1", "3", "4", "5", "6"]
    recsys("-w", stocked, "identity", "undo")
    assert sorted(state(stocked)[2]) == ["1", "2", "3", "4", "5", "6"]


def test_what_a_person_said_outlives_the_next_import(recsys: Run, stocked: Path, photos: Path) -> None:
    links = state(stocked)[0]
    recsys("-w", stocked, "identity", "merge", links["1/상의#0"], links["2/상의#0"])
    said = state(stocked)
    assert recsys("-w", stocked, "import", "kfashion", photos).status == 0
    assert state(stocked) == said


def test_the_most_worn_items_come_first(recsys: Run, stocked: Path) -> None:
    links = state(stocked)[0]
    recsys("-w", stocked, "identity", "merge", links["4/하의#0"], links["2/하의#0"])
    listed = recsys("-w", stocked, "identity", "list", "--top", "2", "--json").json["items"]
    assert listed[0] == {"item_id": "item:4/하의#0", "slot": "bottom", "category": "팬츠", "garments": 2}
    assert (len(listed), listed[1]["garments"]) == (2, 1)


def test_unknown_items_are_errors(recsys: Run, stocked: Path) -> None:
    ran = recsys("-w", stocked, "identity", "show", "item:none")
    assert (ran.status, "item:none: no such item" in ran.err) == (1, True)
    ran = recsys("-w", stocked, "identity", "merge", "item:1/상의#0", "item:none")
    assert (ran.status, "item:none: no region is linked to it" in ran.err) == (1, True)
