"""Baskets of ids and categories alone, of which the same are bought again and again."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from recsys.workspace import Workspace
from tests.recsys.trained.conftest import SETTINGS, quiet

PAIRS, AGAIN, OTHERS = 15, 14, 4


def test_what_was_bought_most_often_with_an_item_comes_first(recsys: Callable[..., Any], tmp_path: Path) -> None:
    """Tee k is bought with jeans k fourteen times and with four other jeans once each: nothing but counts tells."""
    rng = np.random.default_rng(0)
    baskets = [(f"tee{k}", f"jeans{k}") for k in range(PAIRS) for _ in range(AGAIN)]
    for k in range(PAIRS):
        baskets += [(f"tee{k}", f"jeans{(k + step) % PAIRS}") for step in rng.choice(PAIRS - 1, OTHERS, False) + 1]
    items = [(f"{kind}{k}", kind) for kind in ("tee", "jeans") for k in range(PAIRS)]
    for name, rows in (
        ("items.csv", [("item_id", "category"), *items]),
        ("outfits.csv", [("outfit_id", "item_id"), *((f"o{n}", i) for n, b in enumerate(baskets) for i in b)]),
    ):
        with (tmp_path / name).open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)
    shop = tmp_path / "w"
    Workspace.open(shop, create=True)
    (shop / "recsys.toml").write_text(SETTINGS.replace("steps = 40", "steps = 200"), encoding="utf-8")
    quiet("-w", shop, "import", "table", "--items", tmp_path / "items.csv", "--outfits", tmp_path / "outfits.csv")
    trained = recsys("-w", shop, "--json", "train")
    assert trained.status == 0, trained.err
    ranking = trained.json["held_out_ranking"]
    assert ranking["model"] > 0.8
    assert ranking["behind"] is False
    first = []
    for k in range(PAIRS):
        found = recsys("-w", shop, "--json", "complete", "--item", f"tee{k}", "--slot", "bottom", "--top", "1")
        first.append(found.json["outfits"][0]["items"][-1]["item_id"])
    assert sum(name == f"jeans{k}" for k, name in enumerate(first)) >= PAIRS - 1, first
