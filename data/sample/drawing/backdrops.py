"""Where a shoot takes place: a plain wall, a gradient, or a street with structure of its own."""

from __future__ import annotations

from typing import Literal

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from data.sample.palette import Rgb

BackdropKind = Literal["wall", "gradient", "street", "room"]

SLACK = 24
"""Pixels by which a backdrop is larger than the photo on every side, so that photos of a shoot can shift."""

_WALLS: tuple[Rgb, ...] = (
    (236, 234, 230),
    (222, 220, 216),
    (206, 208, 212),
    (232, 222, 208),
    (214, 224, 228),
    (226, 212, 212),
    (198, 206, 196),
    (180, 182, 186),
)
_FACADES: tuple[Rgb, ...] = (
    (186, 150, 124),
    (168, 168, 164),
    (206, 196, 178),
    (140, 96, 78),
    (120, 132, 140),
    (216, 208, 200),
)


class Backdrop(Struct, frozen=True):
    """One place: its kind, main colours and the seed of its details."""

    kind: BackdropKind
    wall: Rgb
    floor: Rgb
    seed: int

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Backdrop:
        """A place by chance; half of them are studio walls."""
        kinds: tuple[BackdropKind, ...] = ("wall", "gradient", "street", "room")
        kind = kinds[int(rng.choice(4, p=[0.38, 0.17, 0.27, 0.18]))]
        walls = _FACADES if kind == "street" else _WALLS
        wall = walls[int(rng.integers(len(walls)))]
        grey = int(rng.integers(130, 205))
        floor = (grey, grey, grey + 3) if kind == "street" else tuple(int(c * rng.uniform(0.82, 0.95)) for c in wall)
        return cls(kind=kind, wall=wall, floor=(floor[0], floor[1], floor[2]), seed=int(rng.integers(2**31)))

    def paint(self, width: int, height: int) -> NDArray[np.float32]:
        """Pixels ``[height + 2 SLACK, width + 2 SLACK, 3]`` of 0..255."""
        rng = np.random.default_rng(self.seed)
        size = (width + 2 * SLACK, height + 2 * SLACK)
        picture = Image.new("RGB", size, self.wall)
        pen = ImageDraw.Draw(picture)
        horizon = round(size[1] * rng.uniform(0.76, 0.84))
        if self.kind != "gradient":
            pen.rectangle((0, horizon, *size), fill=self.floor)
        if self.kind == "street":
            _street(pen, size, horizon, rng)
        elif self.kind == "room":
            _room(pen, size, horizon, self.wall, rng)
        blur = {"wall": 3.0, "gradient": 0.0, "street": 2.2, "room": 1.4}[self.kind]
        pixels = np.asarray(picture.filter(ImageFilter.BoxBlur(blur)), np.float32)
        return pixels * _falloff(size, 0.22 if self.kind == "gradient" else 0.10, rng)


def _falloff(size: tuple[int, int], depth: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Light that fades from one spot, ``[height, width, 1]``."""
    x = np.linspace(-1, 1, size[0], dtype=np.float32)
    y = np.linspace(-1, 1, size[1], dtype=np.float32)
    far = np.sqrt((x[None, :] - rng.uniform(-0.4, 0.4)) ** 2 + (y[:, None] + rng.uniform(0.0, 0.5)) ** 2)
    return np.asarray(1.03 - depth * far / 1.4, np.float32)[..., None]


def _tint(rgb: Rgb, factor: float) -> Rgb:
    r, g, b = (max(0, min(255, round(c * factor))) for c in rgb)
    return r, g, b


def _street(pen: ImageDraw.ImageDraw, size: tuple[int, int], horizon: int, rng: np.random.Generator) -> None:
    """Houses with windows and doors, a kerb, a tree or a lamp."""
    left = 0
    while left < size[0]:
        wide = int(rng.integers(110, 220))
        house = _FACADES[int(rng.integers(len(_FACADES)))]
        top = int(rng.integers(-80, round(size[1] * 0.18)))
        if top > 0:
            pen.rectangle((left, 0, left + wide, top), fill=(198, 216, 232))
        pen.rectangle((left, top, left + wide, horizon), fill=house)
        _windows(pen, (left, top, left + wide, horizon), house, rng)
        left += wide
    pen.rectangle((0, horizon, size[0], horizon + 8), fill=(150, 150, 150))
    for x in range(-200, size[0] + 200, 58):
        pen.line((x, size[1], size[0] // 2 + (x - size[0] // 2) // 3, horizon + 8), fill=(120, 120, 122), width=1)
    if rng.random() < 0.6:
        _tree(pen, int(rng.choice([0.08, 0.92]) * size[0]), horizon, rng)


def _windows(pen: ImageDraw.ImageDraw, house: tuple[int, int, int, int], wall: Rgb, rng: np.random.Generator) -> None:
    left, top, right, low = house
    glass = (86, 104, 122) if rng.random() < 0.6 else (212, 206, 178)
    step_x, step_y = int(rng.integers(44, 70)), int(rng.integers(72, 110))
    for y in range(max(top, 0) + 22, low - 150, step_y):
        for x in range(left + 16, right - 36, step_x):
            pen.rectangle((x - 3, y - 3, x + 29, y + 45), fill=_tint(wall, 1.18))
            pen.rectangle((x, y, x + 26, y + 42), fill=glass)
    door = left + int(rng.integers(12, max(13, right - left - 60)))
    pen.rectangle((door, low - 118, door + 50, low), fill=_tint(wall, 0.6))
    pen.rectangle((door + 6, low - 110, door + 44, low - 50), fill=_tint(glass, 0.9))


def _tree(pen: ImageDraw.ImageDraw, x: int, ground: int, rng: np.random.Generator) -> None:
    pen.rectangle((x - 7, ground - 230, x + 7, ground + 8), fill=(96, 74, 58))
    for _ in range(26):
        cx, cy, r = x + rng.normal(0, 38), ground - 250 + rng.normal(0, 46), rng.uniform(16, 34)
        green = int(rng.integers(96, 150))
        pen.ellipse((cx - r, cy - r, cx + r, cy + r), fill=(green - 40, green, green - 50))


def _room(pen: ImageDraw.ImageDraw, size: tuple[int, int], horizon: int, wall: Rgb, rng: np.random.Generator) -> None:
    """A skirting board, a framed picture or a window, a plant."""
    pen.rectangle((0, horizon - 9, size[0], horizon), fill=_tint(wall, 1.08))
    x = int(rng.uniform(0.02, 0.14) * size[0]) if rng.random() < 0.5 else int(rng.uniform(0.68, 0.78) * size[0])
    y, wide, tall = int(size[1] * 0.14), int(size[0] * 0.22), int(size[1] * rng.uniform(0.16, 0.34))
    pen.rectangle((x - 5, y - 5, x + wide + 5, y + tall + 5), fill=_tint(wall, 0.62))
    pen.rectangle((x, y, x + wide, y + tall), fill=(214, 226, 234))
    pen.rectangle((x + wide // 2 - 2, y, x + wide // 2 + 2, y + tall), fill=_tint(wall, 0.62))
    pot = int(size[0] * float(rng.choice([0.10, 0.9])))
    for lean in np.linspace(-1, 1, 9):
        tip = (pot + 34 * float(lean), horizon - 130 + 34 * abs(float(lean)))
        pen.line((pot, horizon - 30, *tip), fill=(84, 122, 84), width=7)
    pen.polygon(
        (pot - 22, horizon - 42, pot + 22, horizon - 42, pot + 15, horizon + 10, pot - 15, horizon + 10),
        fill=(188, 122, 92),
    )
