"""A detector that was never trained, so that it takes next to everything for something, and photos for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image

from vision.detector.config import DetectorConfig
from vision.detector.detect import Detector
from vision.detector.model import GarmentRCNN


def never_trained() -> Detector:
    """Every time the same one. Most pixels of a box are its garment's: drawn at random, a network may well take none
    for one."""
    config = DetectorConfig(classes=("top", "bottom"), channels=8, box_hidden=16, mask_layers=1, side=64)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(2)
        model = GarmentRCNN(config)
    with torch.no_grad():
        model.network.roi_heads.mask_predictor.mask_fcn_logits.bias.add_(2.0)
    return Detector(model, config)


def untrained(folder: Path) -> Path:
    never_trained().save(folder)
    return folder


def noise(path: Path, seed: int) -> Path:
    pixels = np.random.default_rng(seed).integers(0, 255, (60, 40, 3), np.uint8)
    Image.fromarray(pixels).save(path)
    return path
