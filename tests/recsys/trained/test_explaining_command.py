"""``recsys graph explain`` over a trained release."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from graph import open_store, sqlite_url
from recsys.pipeline.release import current_release
from recsys.workspace import Workspace

Run = Callable[..., Any]


@pytest.fixture
def outfit(shop: Path) -> list[str]:
    """The items of the largest outfit that photos show."""
    with open_store(sqlite_url(shop / "graph.sqlite")) as store:
        return list(max(store.outfits(), key=lambda outfit: (len(outfit.item_ids), outfit.outfit_id)).item_ids)


def test_reasons_carry_what_they_moved(recsys: Run, shop: Path, outfit: list[str]) -> None:
    item, *context = outfit
    ran = recsys("-w", shop, "graph", "explain", item, "--context", *context, "--json", "--limit", 200)
    assert ran.status == 0, ran.err
    answer = ran.json
    assert answer["release"] == current_release(Workspace.open(shop))
    shares = answer["score"]["shares"]
    assert [share["item_id"] for share in shares] == sorted(context)
    total = sum(share["moved"] for share in shares)
    assert answer["score"]["alone"] + total == pytest.approx(answer["score"]["score"], abs=1e-3)
    moved = {(e["kind"], e["other_id"]): e["moved"] for e in answer["evidence"] if not e["shared"]}
    for share in shares:
        assert moved["image", share["item_id"]] == share["together"]
        styles = [e for e in answer["evidence"] if (e["kind"], e["other_id"]) == ("style", share["item_id"])]
        assert [e["moved"] for e in styles if not e["shared"]] == [share["style"]]
        assert {e["moved"] for e in styles if e["shared"]} <= {None}
        assert share["style"] is not None, "photos of the sample carry styles"
    plain = recsys(
        "-w", shop, "graph", "explain", item, "--context", *context, "--by", "strength", "--json", "--limit", 200
    )
    assert sorted(e["text"] for e in plain.json["evidence"]) == sorted(e["text"] for e in answer["evidence"])
    assert plain.json["release"] is None and {e["moved"] for e in plain.json["evidence"]} == {None}


def test_people_see_the_score_and_its_parts(recsys: Run, shop: Path, outfit: list[str]) -> None:
    item, *context = outfit
    ran = recsys("-w", shop, "graph", "explain", item, "--context", *context)
    assert ran.status == 0
    assert "its score in release " in ran.out and "\nwhat moved it\n" in ran.out
    assert ran.out.partition("\nevidence\n")[2].split()[:4] == ["moved", "strength", "kind", "why"]
    plain = recsys("-w", shop, "graph", "explain", item, "--context", *context, "--by", "strength")
    assert "moved" not in plain.out and "its score" not in plain.out


def test_a_release_that_cannot_be_read_leaves_the_graphs_answer(recsys: Run, own_shop: Path, outfit: list[str]) -> None:
    name = current_release(Workspace.open(own_shop))
    assert name is not None
    manifest = own_shop / "releases" / name / "manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "format": 1}))
    asked = ["-w", own_shop, "graph", "explain", outfit[0], "--context", outfit[1]]
    ran = recsys(*asked)
    assert ran.status == 0 and "ranked by strength: " in ran.err and "format 1" in ran.err
    assert "its score" not in ran.out and "is seen with" in ran.out
    assert recsys(*asked, "--by", "score").status == recsys(*asked, "--release", name).status == 1


def test_an_item_since_the_release_is_said(recsys: Run, own_shop: Path, outfit: list[str]) -> None:
    with open_store(sqlite_url(own_shop / "graph.sqlite")) as store:
        item = store.item(outfit[0])
        assert item is not None
        store.upsert_items([msgspec.structs.replace(item, item_id="since")])
    ran = recsys("-w", own_shop, "graph", "explain", outfit[0], "--context", outfit[1], "since")
    assert ran.status == 0 and "does not hold since" in ran.err and "its score" in ran.out
    ran = recsys("-w", own_shop, "graph", "explain", "since", "--context", outfit[1])
    assert ran.status == 0 and "does not hold since" in ran.err and "its score" not in ran.out


def test_beside_many_the_numbers_are_said_to_be_an_estimate(recsys: Run, shop: Path, outfit: list[str]) -> None:
    with open_store(sqlite_url(shop / "graph.sqlite")) as store:
        names = [item.item_id for item in store.items()]
    others = [name for name in names if name != outfit[0]]
    few = recsys("-w", shop, "graph", "explain", outfit[0], "--context", *others[:6])
    assert few.status == 0 and "\nwhat moved it\n" in few.out
    many = recsys("-w", shop, "graph", "explain", outfit[0], "--context", *others[:7])
    assert many.status == 0 and "\nwhat moved it (estimate over 16 orders)\n" in many.out


def test_beside_more_than_the_engine_takes_the_graph_answers(recsys: Run, shop: Path, outfit: list[str]) -> None:
    with open_store(sqlite_url(shop / "graph.sqlite")) as store:
        others = [item.item_id for item in store.items() if item.item_id != outfit[0]][:31]
    ran = recsys("-w", shop, "graph", "explain", outfit[0], "--context", *others)
    assert ran.status == 0 and "its score" not in ran.out
    assert "ranked by strength: context: 31 items given; at most 30" in ran.err
    asked = recsys("-w", shop, "graph", "explain", outfit[0], "--context", *others, "--by", "score")
    assert asked.status != 0 and "at most 30" in asked.err
