"""``recsys train-vision``: from imported photos with masks to a detector in the workspace."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from vision.detector.detect import Detector

Run = Callable[..., Any]
SMALL = {
    "channels": "8",
    "box_hidden": "16",
    "mask_layers": "1",
    "side": "64",
    "steps": "4",
    "batch_size": "2",
    "measure_every": "2",
    "save_every": "1",
    "valid_share": "0.2",
}


@pytest.fixture
def ccp(tmp_path: Path) -> Path:
    """Eight photos of a dress and a bag, in the layout of CCP; the last one's file is cut off."""
    folder = tmp_path / "ccp"
    for name in ("photos", "masks"):
        (folder / name).mkdir(parents=True)
    (folder / "labels.txt").write_text("null\ndress\nbag\n")
    rng = np.random.default_rng(5)
    for k in range(1, 9):
        labels = np.zeros((60, 40), np.uint8)
        labels[5:50, 8:24] = 1
        labels[20 + k : 40, 26:38] = 2
        pixels = (
            np.array([[240, 240, 240], [180, 20, 40], [40, 90, 30]])[labels] + rng.integers(0, 15, (60, 40, 3))
        ).astype(np.uint8)
        Image.fromarray(pixels).save(folder / "photos" / f"{k:04}.jpg")
        Image.fromarray(labels).save(folder / "masks" / f"{k:04}.png")
    return folder


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for key, value in SMALL.items():
        monkeypatch.setenv(f"RECSYS_DETECTOR__{key.upper()}", value)
    monkeypatch.setenv("RECSYS_TRAINING__THREADS", "1")


def test_a_detector_is_trained_measured_and_goes_on(
    recsys: Run, shop: Path, ccp: Path, tmp_path: Path, small: None
) -> None:
    recsys("-w", shop, "import", "ccp", ccp)
    tested = tmp_path / "test.txt"
    tested.write_text("ccp:0002\nccp:0003\n")
    ran = recsys("-w", shop, "train-vision", "detector", "--test", tested, "--json")
    assert ran.status == 0, ran.err
    assert (ran.json["photos"], ran.json["tested"], ran.json["held_out"]) == (6, 2, True)
    assert set(ran.json["report"]["mask"]) >= {"mean", "dress", "bag", "outer"}
    assert ran.json["report"]["mask"]["outer"]["ap50"] is None, "there is none in the photos"
    assert [told["step"] for told in ran.json["history"]] == [2, 4]
    folder = shop / "vision" / "detector"
    assert json.loads((folder / "figures.json").read_text())["photos"] == 6
    assert Detector.load(folder).config.channels == 8
    weights = (folder / "weights.safetensors").read_bytes()
    again = recsys("-w", shop, "train-vision", "detector", "--test", tested, "--resume")
    assert again.status == 0
    assert "never learned from" in again.out
    assert (folder / "weights.safetensors").read_bytes() == weights


def test_what_cannot_be_learned_from_is_said(recsys: Run, shop: Path, ccp: Path, tmp_path: Path, small: None) -> None:
    empty = recsys("-w", tmp_path / "none", "train-vision", "detector")
    assert (empty.status, "there is no workspace" in empty.err) == (1, True)
    recsys("-w", shop, "import", "ccp", ccp)
    unknown = tmp_path / "unknown.txt"
    unknown.write_text("0002\n")
    ran = recsys("-w", shop, "train-vision", "detector", "--test", unknown)
    assert (ran.status, "'0002'" in ran.err) == (1, True)
    (ccp / "photos" / "0005.jpg").write_bytes(b"\xff\xd8 cut off")
    ran = recsys("-w", shop, "train-vision", "detector")
    assert ran.status == 2
    assert "0005.jpg" in ran.err
    assert "held out to stop the training" in ran.out


def test_nothing_with_outlines_is_said(recsys: Run, workspace: Path) -> None:
    ran = recsys("-w", workspace, "train-vision", "detector")
    assert (ran.status, "outline" in ran.err) == (1, True)
