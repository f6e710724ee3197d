"""Named colours as pixels, and how well two of them go together."""

from __future__ import annotations

import colorsys

import numpy as np
from numpy.typing import NDArray

Rgb = tuple[int, int, int]

PALETTE: dict[str, Rgb] = {
    "블랙": (38, 37, 41),
    "화이트": (240, 239, 235),
    "그레이": (142, 144, 149),
    "레드": (198, 40, 48),
    "핑크": (240, 158, 182),
    "오렌지": (232, 124, 44),
    "베이지": (216, 194, 160),
    "브라운": (118, 78, 50),
    "옐로우": (240, 204, 72),
    "그린": (46, 124, 74),
    "카키": (110, 112, 70),
    "민트": (150, 216, 196),
    "블루": (40, 92, 184),
    "네이비": (30, 42, 84),
    "스카이블루": (148, 192, 230),
    "퍼플": (112, 58, 142),
    "라벤더": (190, 172, 222),
    "와인": (112, 26, 50),
    "네온": (198, 236, 46),
    "골드": (198, 160, 70),
    "실버": (188, 192, 200),
}
"""K-Fashion's 21 colour names (색상) and the sRGB value the sample draws them in."""

NEUTRALS = frozenset({"블랙", "화이트", "그레이", "베이지", "실버", "네이비", "브라운"})
"""Colours that go with nearly everything."""

_TONE_SHIFT = {
    "딥": -16,
    "다크": -20,
    "페일": 14,
    "소프트": 8,
    "비비드": 0,
    "그레이쉬": 0,
    "그레이": 0,
    "모노": 0,
    "네온": 6,
}


def shade(colour: str, tones: tuple[str, ...], rng: np.random.Generator) -> Rgb:
    """One shade within a named colour: lighter, darker, warmer or cooler than the name's own value.

    The shift stays small enough that the shade is still nearest to its name among the palette's neighbours.
    """
    base = np.asarray(PALETTE[colour], float)
    tone = sum(_TONE_SHIFT.get(t, 0) for t in tones) / max(1, len(tones))
    shifted = base + rng.normal(tone * 0.35, 9.0) + rng.normal(0, 6.0, 3)
    if "그레이쉬" in tones:
        shifted += (shifted.mean() - shifted) * 0.15
    r, g, b = np.clip(np.round(shifted), 6, 250).astype(int)
    return int(r), int(g), int(b)


def lab(rgb: Rgb | NDArray[np.float64]) -> NDArray[np.float64]:
    """CIE L*a*b* (D65) of an sRGB colour of 0..255, ``[3]``."""
    c = np.asarray(rgb, float) / 255
    linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    matrix = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = matrix @ linear / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def colour_distance(a: Rgb, b: Rgb) -> float:
    """CIE76 difference of two colours: 2 is just visible, 10 is plain to see."""
    return float(np.linalg.norm(lab(a) - lab(b)))


def harmony(a: str, b: str) -> float:
    """How well two named colours go together, from -1 (they clash) to 1.

    A neutral goes with anything (0.5, two different neutrals 0.3); one colour with itself, or with one beside it on the
    wheel, is good (1 within 40 degrees); its complement is fair (0.4 from 150 degrees); what lies between clashes.
    """
    if a in NEUTRALS or b in NEUTRALS:
        return 0.3 if a in NEUTRALS and b in NEUTRALS and a != b else 0.5
    apart = abs(_hue(a) - _hue(b))
    apart = min(apart, 360 - apart)
    if apart <= 40:
        return 1.0
    return 0.4 if apart >= 150 else -1.0


def _hue(colour: str) -> float:
    r, g, b = (v / 255 for v in PALETTE[colour])
    return colorsys.rgb_to_hls(r, g, b)[0] * 360
