"""sRGB to CIE Lab, and the 21 colour names of K-Fashion as points in it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]

RGB_TO_XYZ: Final = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
"""IEC 61966-2-1, white point D65."""

WHITE_XYZ: Final = RGB_TO_XYZ.sum(axis=1)

_ROOT_STEPS: Final = 65_536
_ROOT_TO_LAB: Final = np.array([[0, 500, 0], [116, -500, 200], [0, 0, -200]], dtype=np.float32)

NAMED_COLOURS: Final[Mapping[str, tuple[tuple[int, int, int], ...]]] = {
    "블랙": ((15, 15, 17), (42, 42, 44)),
    "화이트": ((252, 252, 252), (242, 241, 238)),
    "그레이": ((85, 85, 87), (128, 128, 130), (165, 165, 166), (205, 205, 204)),
    "레드": ((200, 20, 30), (225, 50, 45)),
    "핑크": ((245, 170, 185), (235, 110, 150), (250, 208, 212)),
    "오렌지": ((240, 120, 30), (225, 90, 45)),
    "베이지": ((225, 205, 175), (205, 180, 145), (240, 228, 205)),
    "브라운": ((110, 70, 45), (80, 50, 35), (150, 100, 65)),
    "옐로우": ((245, 215, 60), (250, 232, 135)),
    "그린": ((30, 120, 60), (70, 155, 85), (20, 70, 50)),
    "카키": ((110, 105, 65), (80, 80, 50), (140, 135, 95)),
    "민트": ((160, 225, 200), (190, 236, 218)),
    "블루": ((35, 85, 190), (60, 110, 170), (75, 105, 145)),
    "네이비": ((25, 35, 75), (35, 45, 65)),
    "스카이블루": ((150, 200, 235), (185, 210, 230)),
    "퍼플": ((110, 50, 140), (85, 45, 100)),
    "라벤더": ((195, 175, 220), (215, 200, 235)),
    "와인": ((110, 25, 45), (85, 25, 40)),
    "네온": ((205, 255, 50), (60, 255, 40), (255, 60, 170)),
    "골드": ((200, 160, 50), (170, 130, 55)),
    "실버": ((175, 183, 195), (207, 213, 222)),
}
"""Each of K-Fashion's colour names with the sRGB points that stand for it (a name covers several shades)."""

COLOUR_NAMES: Final = tuple(NAMED_COLOURS)


def rgb_to_lab(rgb: NDArray[np.uint8]) -> FloatArray:
    """CIE 1976 L*a*b* of 8-bit sRGB under D65: ``[..., 3]`` to ``[..., 3]`` float32, L 0..100, a and b about ±100.

    Cube roots come from a table of 65,536 steps, which moves no value by more than 0.06.
    """
    linear = _linear_table()[rgb.reshape(-1, 3)]
    steps = linear @ (RGB_TO_XYZ / WHITE_XYZ[:, None]).T.astype(np.float32) * np.float32(_ROOT_STEPS - 1)
    root = _root_table()[np.rint(steps).astype(np.int32)]  # [N, 3]
    lab = root @ _ROOT_TO_LAB
    lab[:, 0] -= 16
    shaped: FloatArray = lab.reshape(rgb.shape)  # [N, 3] -> [..., 3]
    return shaped


def nearest_colour(lab: FloatArray) -> NDArray[np.intp]:
    """Index into ``COLOUR_NAMES`` of the name nearest to each Lab point (``[N, 3]`` to ``[N]``), by CIE76 distance."""
    anchors, owner = _anchors()
    closeness = lab @ anchors.T - (anchors**2).sum(axis=1) / 2  # [N, anchors]; falls with the squared distance
    nearest: NDArray[np.intp] = owner[closeness.argmax(axis=1)]
    return nearest


@lru_cache(maxsize=1)
def _linear_table() -> FloatArray:
    """Linear light of each of the 256 values of an sRGB channel."""
    value = np.arange(256) / 255
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    return linear.astype(np.float32)


@lru_cache(maxsize=1)
def _root_table() -> FloatArray:
    """The function f of CIE Lab, a cube root that turns straight near zero, at even steps from 0 to 1."""
    value = np.linspace(0, 1, _ROOT_STEPS)
    root = np.where(value > 216 / 24389, np.cbrt(value), (24389 / 27 * value + 16) / 116)
    return root.astype(np.float32)


@lru_cache(maxsize=1)
def _anchors() -> tuple[FloatArray, NDArray[np.intp]]:
    """Lab of every reference point ``[anchors, 3]`` and the index of the name it belongs to ``[anchors]``."""
    points = np.array([rgb for shades in NAMED_COLOURS.values() for rgb in shades], dtype=np.uint8)
    owner = np.repeat(np.arange(len(NAMED_COLOURS)), [len(shades) for shades in NAMED_COLOURS.values()])
    return rgb_to_lab(points), owner.astype(np.intp)
