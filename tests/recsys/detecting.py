"""A detector that was never trained, so that it takes next to everything for something, and photos for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from vision.detector.config import DetectorConfig
from vision.detector.detect import Detector
from vision.detector.model import GarmentRCNN


def untrained(folder: Path) -> Path:
    config = DetectorConfig(classes=("top", "bottom"), channels=8, box_hidden=16, mask_layers=1, side=64)
    Detector(GarmentRCNN(config), config).save(folder)
    return folder


def noise(path: Path, seed: int) -> Path:
    pixels = np.random.default_rng(seed).integers(0, 255, (60, 40, 3), np.uint8)
    Image.fromarray(pixels).save(path)
    return path
