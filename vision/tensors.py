"""Crops to the square, normalised tensors that image networks take; the backdrop becomes the network's zero."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from vision.crops import Crop

Channels = tuple[float, float, float]


@dataclass(frozen=True)
class InputFormat:
    """What a network was trained on: square ``side`` in pixels, and mean and deviation of the channels in 0..1."""

    side: int
    mean: Channels
    deviation: Channels


def crops_to_tensor(crops: Sequence[Crop], form: InputFormat) -> torch.Tensor:
    """Normalised crops ``[N, 3, side, side]`` float32, whole, in their own ratio, centred on the mean colour.

    Pixels outside a mask take the mean colour before anything is resized, so that the backdrop never mixes in.
    """
    fill = np.rint(np.array(form.mean) * 255).astype(np.uint8)
    squares = np.empty((len(crops), form.side, form.side, 3), dtype=np.uint8)
    squares[:] = fill
    for square, crop in zip(squares, crops, strict=True):
        pixels = _fit_side(_without_backdrop(crop, fill), form.side)
        top, left = ((form.side - side) // 2 for side in pixels.shape[:2])
        square[top : top + pixels.shape[0], left : left + pixels.shape[1]] = pixels
    scale = torch.tensor([1 / (255 * d) for d in form.deviation])
    shift = torch.tensor([m / d for m, d in zip(form.mean, form.deviation, strict=True)])
    normalised = torch.from_numpy(squares).float() * scale - shift
    return normalised.permute(0, 3, 1, 2)  # [N, side, side, 3] -> [N, 3, side, side], channels last in memory


def _without_backdrop(crop: Crop, fill: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if crop.mask is None:
        return crop.pixels
    return np.where(crop.mask[..., None], crop.pixels, fill)


def _fit_side(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Resized, up or down, so that the longer side is ``side``."""
    height, width = pixels.shape[:2]
    scale = side / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR))
