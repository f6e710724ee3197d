"""A catalogue without pictures, some of it new: imported, trained on, released and answered from."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys.pipeline.jobs import train_release
from recsys.pipeline.release import load_release
from recsys.settings import load_settings
from recsys.workspace import Workspace
from tests.recsys.trained.conftest import SETTINGS, quiet

Run = Callable[..., Any]
KINDS = ("shirt", "skirt", "shoes")
COLOURS = ("red", "blue")
WORN, NEW = 60, 12


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Outfits of one colour each, and a last dozen of items in none."""
    folder = tmp_path_factory.mktemp("shop")
    rng = np.random.default_rng(0)
    kind = [KINDS[k % 3] for k in range(WORN + NEW)]
    colour = [COLOURS[k // 3 % 2] for k in range(WORN + NEW)]
    with (folder / "items.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(
            [("item_id", "category", "colour"), *((f"i{k}", kind[k], colour[k]) for k in range(WORN + NEW))]
        )
    worn: set[tuple[int, ...]] = set()
    while len(worn) < 140:
        hue = rng.choice(COLOURS)
        pools = [[k for k in range(WORN) if kind[k] == name and colour[k] == hue] for name in KINDS]
        worn.add(tuple(int(rng.choice(pool)) for pool in pools))
    with (folder / "outfits.csv").open("w", newline="", encoding="utf-8") as file:
        rows = [(f"o{n}", f"i{k}") for n, outfit in enumerate(sorted(worn)) for k in outfit]
        csv.writer(file).writerows([("outfit_id", "item_id"), *rows])
    workspace = folder / "workspace"
    Workspace.open(workspace, create=True)
    (workspace / "recsys.toml").write_text(SETTINGS, encoding="utf-8")
    quiet("-w", workspace, "import", "table", "--items", folder / "items.csv", "--outfits", folder / "outfits.csv")
    return workspace


def test_a_release_scores_as_it_did_before_it_was_written(recsys: Run, shop: Path) -> None:
    workspace = Workspace.open(shop)
    settings = load_settings(workspace=workspace.root)
    name, made = train_release(workspace, settings, lambda stage, state: None, lambda done: None)
    assert made.evidence.new_items is not None, "140 outfits are enough to read new items by weights of their own"
    read = load_release(workspace, name)[1]
    np.testing.assert_array_equal(read.features.dense_known, made.features.dense_known)
    of_kind = np.flatnonzero([item.category == "skirt" for item in made.catalogue.items])
    known, new = (of_kind[np.asarray(made.evidence.new[of_kind]) == side] for side in (False, True))
    assert len(new) == NEW / 3
    context = made.catalogue.indices(["i0", "i2"])
    for candidates in (known, new, of_kind):
        before, after = (contents.scorer.score(context, candidates) for contents in (made, read))
        assert np.array_equal(before, after)
    red = np.array(["red" in made.catalogue.items[k].attributes["colour"] for k in new])
    scores = made.scorer.score(context, new)
    assert scores[red].min() > scores[~red].max(), "of new items, those of the colour that goes come first"
    answer = recsys("-w", shop, "--json", "complete", "--item", f"i{WORN}", "--slot", "bottom")
    assert answer.status == 0, answer.err
    assert answer.json["outfits"][0]["items"], "a new item is completed"
