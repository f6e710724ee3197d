"""Cloth: a repeating tile with the item's shade, print and weave, laid over the figure."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from data.sample.catalogue import SampleItem
from data.sample.drawing.prints import SIZE, print_cover

_TILE_SPAN = 0.5
_TEXTILE = ("니트", "울/캐시미어", "헤어 니트")

Tile = NDArray[np.float32]


class Cloth:
    """The cloth of one garment in one photo: ``tile`` anchored on the figure, with folds that differ by photo."""

    def __init__(self, tile: Tile, anchor: tuple[float, float], folds: tuple[int, int], depth: float) -> None:
        self._tile = tile
        self._anchor = anchor
        self._folds = folds
        self._depth = np.float32(depth)

    def colours(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float32]:
        """Colours ``[len(y), len(x), 3]`` at figure coordinates."""
        column = _cells(x - self._anchor[0])
        row = _cells(y - self._anchor[1])
        fold = _folds().take((row + self._folds[1]) % SIZE, 0).take((column + self._folds[0]) % SIZE, 1)
        cloth = self._tile.take(row, 0).take(column, 1)
        cloth *= (1 + self._depth * fold)[..., None]
        return cloth


def _cells(distance: NDArray[np.float64]) -> NDArray[np.intp]:
    return np.floor(distance / _TILE_SPAN * SIZE).astype(np.intp) % SIZE


def weave(item: SampleItem) -> Tile:
    """The item's tile ``[256, 256, 3]`` of 0..255; it repeats without a seam and depends on the item alone."""
    rng = np.random.default_rng(item.texture_seed)
    cover = print_cover(item.print, item.print_size, item.print_turn, rng)
    base, accent = np.asarray(item.rgb, np.float32), np.asarray(item.accent, np.float32)
    coloured = base + (accent - base) * cover[..., None].astype(np.float32)
    return np.asarray(np.clip(coloured * _surface(item.value("material"), rng)[..., None], 0, 255), np.float32)


def _surface(material: str, rng: np.random.Generator) -> NDArray[np.float32]:
    """Brightness of a weave around 1, ``[256, 256]``."""
    y, x = np.mgrid[0:SIZE, 0:SIZE] * (2 * np.pi / SIZE)
    grain = gaussian_filter(rng.normal(0, 1, (SIZE, SIZE)), 0.7, mode="wrap")
    if material in _TEXTILE:
        light = 0.05 * np.sin(64 * x) + 0.03 * np.sin(40 * y) + 0.04 * grain
    elif material == "데님":
        light = 0.05 * np.sin(60 * (x + y)) + 0.09 * grain
    elif material == "코듀로이":
        light = 0.11 * np.sin(42 * x) + 0.03 * grain
    elif material == "트위드":
        light = 0.20 * grain
    elif material in ("가죽", "실크", "벨벳", "스판덱스", "비닐/PVC"):
        light = 0.09 * np.sin(3 * x + 1.2 * np.sin(2 * y)) + 0.01 * grain
    elif material == "레이스":
        light = 0.10 * np.sin(40 * x) * np.sin(40 * y) + 0.02 * grain
    else:
        light = 0.03 * grain
    return np.asarray(1 + light, np.float32)


@cache
def _folds() -> NDArray[np.float32]:
    """Soft folds that fall downwards, standard deviation 1, ``[256, 256]``, repeating."""
    noise = np.random.default_rng(7).normal(0, 1, (SIZE, SIZE))
    field = gaussian_filter(noise, (26, 6), mode="wrap")
    return np.asarray(field / field.std(), np.float32)
