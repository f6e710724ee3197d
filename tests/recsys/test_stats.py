"""Statistics through the command: near-duplicates stay in one part, photos are opened once."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from data.photos import open_photo
from graph import open_store, sqlite_url
from recsys.pipeline.counting import count_store
from recsys.pipeline.fingerprints import Fingerprints
from recsys.workspace import Workspace

Run = Callable[..., Any]


@pytest.fixture
def copies(recsys: Run, shop: Path, photos: Path, add_photo: Callable[..., Path]) -> Path:
    """Ten shoots of one photo each; every photo is the same picture."""
    folder = photos / "모던"
    for number in range(1, 11):
        add_photo(folder, number, name=f"({number})SHOP{number}_1.jpg")
        if number > 1:
            shutil.copy(folder / "1.jpg", folder / f"{number}.jpg")
    assert recsys("-w", shop, "import", "kfashion", photos).status == 0
    return shop


def test_near_duplicates_stay_in_one_part(recsys: Run, copies: Path) -> None:
    together = recsys("-w", copies, "stats", "--json").json["split_shares"]
    assert sorted(together.values()) == [0.0, 0.0, 1.0]
    apart = recsys("-w", copies, "stats", "--no-near-duplicates", "--json").json["split_shares"]
    assert apart == {"train": 0.8, "valid": 0.1, "test": 0.1}


def test_a_photo_is_opened_once_until_it_changes(copies: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def counted(ref: str) -> Any:
        opened.append(ref)
        return open_photo(ref)

    monkeypatch.setattr("recsys.pipeline.fingerprints.open_photo", counted)
    workspace = Workspace.open(copies)
    with open_store(sqlite_url(copies / "graph.sqlite")) as store:
        images = list(store.images())
        first = Fingerprints(workspace).of(images, lambda *_: None)
        assert (len(first), len(opened)) == (10, 10)
        assert Fingerprints(workspace).of(images, lambda *_: None) == first
        assert len(opened) == 10
        Path(images[0].photo or "").write_bytes(b"no picture any more")
        assert len(Fingerprints(workspace).of(images, lambda *_: None)) == 9
        (copies / "photo_hashes.json").write_text("{")
        assert len(Fingerprints(workspace).of(images, lambda *_: None)) == 9
        assert count_store(store, seed=0, hashes=first).images == 10
