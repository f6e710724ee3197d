"""Prints: how much of the second colour shows at each point of a repeating tile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter

SIZE = 256
"""Side of a tile in pixels."""

Cover = NDArray[np.float64]

_FINER = 2
_Y: Cover = np.mgrid[0:SIZE, 0:SIZE][0] / SIZE
_X: Cover = np.mgrid[0:SIZE, 0:SIZE][1] / SIZE


def print_cover(name: str, size: int, turn: int, rng: np.random.Generator) -> Cover:
    """Share 0..1 of the second colour, ``[256, 256]``, periodic.

    ``size`` 0 to 3 runs from a large repeat to a small one, ``turn`` 0 to 3 chooses a direction where the print has
    one. Plain cloth and prints that sit on the chest as one motif have no cover.
    """
    return _PRINTS.get(name, _plain)(size, turn, rng)


def _plain(size: int, turn: int, rng: np.random.Generator) -> Cover:
    return np.zeros((SIZE, SIZE))


def _band(phase: Cover, share: float, softness: float = 0.06) -> Cover:
    """1 where the fractional phase lies below ``share``, with soft edges."""
    wave = np.abs((phase % 1.0) - 0.5) * 2
    return np.clip((wave - (1 - share)) / softness + 0.5, 0, 1)


def _stripes(size: int, turn: int, rng: np.random.Generator) -> Cover:
    n = (8, 11, 15, 21)[size]
    along = (_Y * n, _X * n, _X * n, (_X + _Y) * (n * 3 // 4))[turn]
    return _band(along, (0.5, 0.5, 0.25, 0.35)[(size + turn) % 4], 0.14)


def _check(size: int, turn: int, rng: np.random.Generator) -> Cover:
    n = (4, 6, 8, 11)[size]
    x, y = (_X * n, _Y * n) if turn < 3 else ((_X + _Y) * n * 3 // 4, (_X - _Y) * n * 3 // 4)
    wide = 0.34 * (_band(x, 0.42) + _band(y, 0.42))
    thin = 0.5 * np.maximum(_band(x + 0.5, 0.10), _band(y + 0.5, 0.10))
    return np.asarray(np.clip(wide + thin, 0, 1))


def _gingham(size: int, turn: int, rng: np.random.Generator) -> Cover:
    n = (10, 14, 18, 24)[size]
    return np.asarray(0.5 * (_band(_X * n, 0.5) + _band(_Y * n, 0.5)))


def _dots(size: int, turn: int, rng: np.random.Generator) -> Cover:
    n = (8, 10, 14, 18)[size]
    shifted = _X * n + 0.5 * (np.floor(_Y * n) % 2 if turn % 2 else 0)
    distance = np.hypot(shifted % 1 - 0.5, (_Y * n) % 1 - 0.5)
    return np.asarray(np.clip((0.30 - distance) / 0.08 + 0.5, 0, 1))


def _houndstooth(size: int, turn: int, rng: np.random.Generator) -> Cover:
    thread = (4, 4, 2, 2)[size]
    row, column = np.mgrid[0:SIZE, 0:SIZE] // thread
    twill = (row + column) % 4 < 2 if turn % 2 else (row - column) % 4 < 2
    return np.asarray(np.where(twill, column % 8 < 4, row % 8 < 4), np.float64)


def _argyle(size: int, turn: int, rng: np.random.Generator) -> Cover:
    n = (4, 6, 8, 10)[size]
    x, y = _X * n, _Y * n * 0.75 if n % 4 == 0 else _Y * n
    diamond = np.abs(x % 1 - 0.5) + np.abs(y % 1 - 0.5) < 0.5
    lines = np.maximum(_band(x + y, 0.08), _band(x - y, 0.08))
    fields = 0.75 * diamond * (np.floor(x) % 2 == turn % 2) + 0.35 * (1 - diamond)
    return np.asarray(np.clip(fields + 0.5 * lines, 0, 1))


def _zigzag(size: int, turn: int, rng: np.random.Generator) -> Cover:
    n = (6, 8, 11, 14)[size]
    teeth = np.abs((_X * n) % 1 - 0.5)
    return _band(_Y * n + teeth, 0.5, 0.16)


def _zebra(size: int, turn: int, rng: np.random.Generator) -> Cover:
    n = (6, 8, 10, 12)[size]
    bend = gaussian_filter(rng.normal(0, 1, (SIZE, SIZE)), 16, mode="wrap")
    a, b = (_Y, _X) if turn % 2 else (_X, _Y)
    return _band(a * n + 0.6 * bend / bend.std() + 0.4 * np.sin(2 * np.pi * 2 * b), 0.5, 0.16)


def _tie_dye(size: int, turn: int, rng: np.random.Generator) -> Cover:
    field = gaussian_filter(rng.normal(0, 1, (SIZE, SIZE)), 12 + 5 * (3 - size), mode="wrap")
    return np.asarray(0.5 + 0.5 * np.sin(2.2 * field / field.std() + turn))


def _camouflage(size: int, turn: int, rng: np.random.Generator) -> Cover:
    total = np.zeros((SIZE, SIZE))
    for level in (0.35, 0.6):
        field = gaussian_filter(rng.normal(0, 1, (SIZE, SIZE)), 6 + 1.5 * (3 - size), mode="wrap")
        total = np.where(field > 0.4 * field.std(), level, total)
    return gaussian_filter(total, 0.6, mode="wrap")


def _leopard(size: int, turn: int, rng: np.random.Generator) -> Cover:
    radius = (13, 11, 9, 7)[size]

    def spot(pen: ImageDraw.ImageDraw, x: float, y: float) -> None:
        start = int(rng.integers(360))
        pen.arc((x - radius, y - radius, x + radius, y + radius), start, start + 270, fill=255, width=radius // 2 + 1)

    return _scatter(spot, (120, 160, 230, 340)[size], radius * 2.3, rng)


def _floral(size: int, turn: int, rng: np.random.Generator) -> Cover:
    petal = (15, 12, 10, 7)[size]

    def flower(pen: ImageDraw.ImageDraw, x: float, y: float) -> None:
        lean = rng.uniform(0, np.pi)
        for k in range(5):
            cx, cy = x + petal * np.cos(lean + k * 1.2566), y + petal * np.sin(lean + k * 1.2566)
            pen.ellipse((cx - 0.7 * petal, cy - 0.7 * petal, cx + 0.7 * petal, cy + 0.7 * petal), fill=255)
        pen.ellipse((x - 0.5 * petal, y - 0.5 * petal, x + 0.5 * petal, y + 0.5 * petal), fill=70)

    return _scatter(flower, (26, 40, 60, 110)[size], petal * 4.2, rng)


def _paisley(size: int, turn: int, rng: np.random.Generator) -> Cover:
    unit = (22, 18, 14, 11)[size]

    def drop(pen: ImageDraw.ImageDraw, x: float, y: float) -> None:
        lean = rng.uniform(0, 2 * np.pi)
        for scale, tone in ((1.0, 255), (0.6, 0), (0.3, 255)):
            t = np.linspace(0, 2 * np.pi, 18)
            r = unit * scale
            px, py = r * np.cos(t) * np.sin(t / 2) ** 1.2, r * 0.75 * np.sin(t)
            corners = np.stack(
                [x + px * np.cos(lean) - py * np.sin(lean), y + px * np.sin(lean) + py * np.cos(lean)], 1
            )
            pen.polygon(corners.ravel().tolist(), fill=tone)

    return _scatter(drop, (30, 44, 64, 100)[size], unit * 2.3, rng)


def _scatter(
    mark: Callable[[ImageDraw.ImageDraw, float, float], None], count: int, apart: float, rng: np.random.Generator
) -> Cover:
    """Marks strewn over a tile, ``apart`` fine pixels from each other, cut at no edge: marks are kept inside."""
    side = SIZE * _FINER
    tile = Image.new("L", (side, side))
    pen = ImageDraw.Draw(tile)
    placed: list[NDArray[np.float64]] = []
    for _ in range(count * 4):
        spot = rng.uniform(0.45 * apart, side - 0.45 * apart, 2)
        if len(placed) < count and all(np.hypot(*(spot - other)) > apart for other in placed):
            placed.append(spot)
            mark(pen, float(spot[0]), float(spot[1]))
    return np.asarray(tile.reduce(_FINER), float) / 255


_PRINTS: Final[dict[str, Callable[[int, int, np.random.Generator], Cover]]] = {
    "스트라이프": _stripes,
    "체크": _check,
    "깅엄": _gingham,
    "도트": _dots,
    "하운즈 투스": _houndstooth,
    "아가일": _argyle,
    "지그재그": _zigzag,
    "지브라": _zebra,
    "타이다이": _tie_dye,
    "카무플라쥬": _camouflage,
    "호피": _leopard,
    "플로럴": _floral,
    "페이즐리": _paisley,
}
MOTIFS = frozenset({"레터링", "그래픽", "해골", "하트"})
"""Prints that are one motif on the chest."""

PRINTS = frozenset(_PRINTS) | MOTIFS | {"무지"}
"""Every print that can be drawn."""
