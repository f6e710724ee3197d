"""Photos with a red top over blue trousers, drawn on the spot, and a detector small enough to train in a test."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data.types import ImageRecord, MaskRef, Region
from vision.detector.config import DetectorConfig

TOP, BOTTOM = 1, 2


def drawn(folder: Path, number: int, rng: np.random.Generator) -> ImageRecord:
    """A photo 48 wide and 64 high with its mask."""
    labels = np.zeros((64, 48), np.uint8)
    left, right = int(rng.integers(4, 14)), int(rng.integers(32, 44))
    waist = int(rng.integers(26, 34))
    labels[6:waist, left:right] = TOP
    labels[waist:58, left + 4 : right - 4] = BOTTOM
    colours = np.array([[230, 230, 230], [200, 30, 30], [20, 40, 160]])
    pixels = np.clip(colours[labels] + rng.integers(-20, 20, (64, 48, 3)), 0, 255).astype(np.uint8)
    photo, mask = folder / f"{number}.jpg", folder / f"{number}.png"
    Image.fromarray(pixels).save(photo, quality=95)
    Image.fromarray(labels).save(mask)
    regions = tuple(
        Region(region_id=f"drawn:{number}/{slot}#0", part=slot, slot=slot, mask=MaskRef(str(mask), value))
        for value, slot in ((TOP, "top"), (BOTTOM, "bottom"))
    )
    return ImageRecord(image_id=f"drawn:{number}", source="drawn", photo=str(photo), regions=regions)


@pytest.fixture(scope="session")
def records(tmp_path_factory: pytest.TempPathFactory) -> list[ImageRecord]:
    folder, rng = tmp_path_factory.mktemp("drawn"), np.random.default_rng(3)
    return [drawn(folder, k, rng) for k in range(10)]


@pytest.fixture
def config() -> DetectorConfig:
    return DetectorConfig(
        classes=("top", "bottom"),
        channels=8,
        box_hidden=16,
        mask_layers=1,
        side=64,
        steps=4,
        batch_size=2,
        zoom=(0.8, 1.0),
        warmup=1,
        measure_every=2,
        save_every=1,
        precision="float32",
    )
