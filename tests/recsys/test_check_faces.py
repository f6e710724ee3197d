"""Copies without faces: the originals stay, photos without a face get no copy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from data.photos import photo_size
from data.types import Box

Run = Callable[..., Any]


class OneFace:
    """Finds the same face in every photo but a grey one."""

    def __call__(self, pixels: Any) -> list[Box]:
        return [] if int(np.ptp(pixels)) == 0 else [Box(30, 20, 70, 60)]


@pytest.mark.parametrize(("treatment", "height"), [("mask", 200), ("crop", 140)])
def test_copies_are_treated_and_originals_stay(
    treatment: str, height: int, recsys: Run, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = tmp_path / "shop"
    monkeypatch.setattr("data.checks.faces.HaarFaceDetector", OneFace)
    Image.new("RGB", (100, 200), (128, 128, 128)).save(photos / "모던" / "1.jpg")
    recsys("-w", shop, "import", "kfashion", photos)
    before = {path: path.read_bytes() for path in photos.rglob("*.jpg")}
    out = tmp_path / "copies"
    ran = recsys("-w", shop, "check", "--faces", treatment, "--out", out)
    assert (ran.status, "5 copies" in ran.err) == (0, True)
    assert sorted(path.name.partition(".")[0] for path in out.iterdir()) == ["2", "3", "4", "5", "6"]
    assert {photo_size(str(path)) for path in out.iterdir()} == {(100, height)}
    assert {path: path.read_bytes() for path in photos.rglob("*.jpg")} == before


def test_the_two_options_go_together(recsys: Run, workspace: Path) -> None:
    ran = recsys("-w", workspace, "check", "--faces", "mask")
    assert (ran.status, "go together" in ran.err) == (1, True)
