"""What a drawn garment consists of, and the pieces that all of them share: bodice, sleeves, skirt, legs, collars."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from data.sample.drawing.body import Body
from data.sample.drawing.canvas import Points, points, ribbon, smooth
from data.sample.palette import Rgb

_EASE = {
    "타이트": 0.003,
    "스키니": 0.003,
    "노멀": 0.011,
    "루즈": 0.021,
    "와이드": 0.021,
    "오버사이즈": 0.031,
    "벨보텀": 0.006,
}
_SLEEVE = {"캡": 0.22, "반팔": 0.42, "7부소매": 0.78, "긴팔": 1.0}
_HEM = {"미니": 0.60, "니렝스": 0.70, "미디": 0.80, "발목": 0.895, "맥시": 0.945}
_BARE = frozenset({"홀터넥", "오프숄더", "스위트하트"})
_NECK_Y = 0.170


@dataclass
class Seam:
    """A line on the garment that is darker (tone below 1) or lighter than the cloth."""

    path: Points
    width: float = 0.0012
    tone: float = 0.72


@dataclass
class Patch:
    """A piece sewn on: of the garment's own cloth (``rgb`` None) or of one colour."""

    outline: Points
    rgb: Rgb | None = None
    tone: float = 1.0
    volume: float = 0.0


@dataclass
class Drawing:
    """A garment ready to paint: its shapes, painted as one, then each sleeve, seams on them, patches over them."""

    shapes: list[Points] = field(default_factory=list)
    sleeves: list[Points] = field(default_factory=list)
    seams: list[Seam] = field(default_factory=list)
    patches: list[Patch] = field(default_factory=list)


def ease_of(fit: str) -> float:
    """How far the cloth stands off the skin."""
    return _EASE.get(fit, 0.011)


def hem_of(length: str) -> float:
    """Height of the hem of a skirt, dress or trousers."""
    return _HEM[length]


def neckline(body: Body, name: str) -> list[tuple[float, float]]:
    """The edge of a garment around the neck, from the left shoulder to the right."""
    turn = np.linspace(np.pi, 0, 9)
    if name in ("브이넥", "보우칼라"):
        edge = [(-0.038, _NECK_Y), (-0.02, 0.212), (0.0, 0.262), (0.02, 0.212), (0.038, _NECK_Y)]
    elif name == "스퀘어넥":
        edge = [(-0.056, _NECK_Y + 0.008), (-0.053, 0.243), (0.053, 0.243), (0.056, _NECK_Y + 0.008)]
    elif name == "보트넥":
        edge = [(0.068 * np.cos(t), 0.178 + 0.012 * np.sin(t)) for t in turn]
    elif name == "유넥":
        edge = [(0.045 * np.cos(t), _NECK_Y + 0.075 * np.sin(t) ** 0.7) for t in turn]
    elif name == "홀터넥":
        edge = [(-0.028, 0.162), (-0.012, 0.215), (0.0, 0.226), (0.012, 0.215), (0.028, 0.162)]
    elif name == "오프숄더":
        edge = [(-0.086, 0.226), (-0.05, 0.236), (0.0, 0.240), (0.05, 0.236), (0.086, 0.226)]
    elif name == "스위트하트":
        edge = [
            (-0.07, 0.228),
            (-0.042, 0.224),
            (-0.012, 0.238),
            (0.0, 0.25),
            (0.012, 0.238),
            (0.042, 0.224),
            (0.07, 0.228),
        ]
    elif name == "터틀넥":
        edge = [(-0.03, 0.150), (0.03, 0.150)]
    else:
        edge = [(0.04 * np.cos(t), _NECK_Y + 0.036 * np.sin(t)) for t in turn]
    return [body.off(float(x), float(y)) for x, y in edge]


def shoulder(body: Body, side: int, neck: str, sleeve: str, ease: float) -> list[tuple[float, float]]:
    """Contour from the neckline's end to under the arm."""
    if neck in _BARE:
        return [body.at(side, 0.247, ease)]
    if sleeve in ("민소매", ""):
        return [*_offs(body, side, (0.072, 0.183), (0.067, 0.212), (0.074, 0.24)), body.at(side, 0.256, ease)]
    return [*_offs(body, side, (0.088 + 0.35 * ease, 0.191), (0.096 + 0.6 * ease, 0.212)), body.at(side, 0.256, ease)]


def _offs(body: Body, side: int, *pairs: tuple[float, float]) -> list[tuple[float, float]]:
    return [body.off(side * x, y) for x, y in pairs]


def flank(body: Body, side: int, hem_y: float, ease: float, flare: float = 0.0) -> list[tuple[float, float]]:
    """Contour from under the arm down to the hem; ``flare`` is how much wider it gets a unit below the waist."""
    heights = [y for y in (0.29, 0.335, 0.385, 0.44, 0.49) if y < hem_y - 0.01]
    heights += [*np.arange(0.56, hem_y - 0.02, 0.08), hem_y]
    out = []
    for y in heights:
        x, _ = body.at(side, min(y, 0.5), ease + flare * max(0.0, y - 0.40))
        if y < 0.49 and ease > 0.008:
            x += side * (0.4 * ease + 0.006) * float(np.exp(-(((y - 0.385) / 0.05) ** 2)))
        out.append((x, y))
    return out


def bodice(body: Body, neck: str, sleeve: str, hem_y: float, ease: float) -> Points:
    """Front of a top: neckline, shoulders, sides and a slightly curved hem."""
    right = shoulder(body, 1, neck, sleeve, ease) + flank(body, 1, hem_y, ease)
    left = shoulder(body, -1, neck, sleeve, ease) + flank(body, -1, hem_y, ease)
    return points(*neckline(body, neck), *right, body.off(0.0, hem_y + 0.006), *left[::-1])


def sleeve_shape(body: Body, side: int, sleeve: str, ease: float, puff: bool = False) -> Points | None:
    """One sleeve around the arm; None for a sleeveless garment."""
    share = _SLEEVE.get(sleeve)
    if share is None:
        return None
    arm = body.arm(side)
    path = arm[: max(3, round(share * len(arm)))].copy()
    path[0] += (-side * 0.006, -0.004)
    place = np.linspace(0, share, len(path))
    half = np.interp(place, [0, 0.25, 0.55, 1.0], [0.023, 0.026, 0.021, 0.016])
    half = half + ease * np.interp(place, [0, 0.3, 1], [0.25, 0.5, 0.45])
    if puff:
        half = half + 0.02 * np.sin(np.pi * np.clip(place / share, 0, 1)) ** 0.6
        half[-1] -= 0.012
    return ribbon(path, half)


def skirt(body: Body, waist_y: float, hem_y: float, flare: float, waves: int, ease: float = 0.003) -> Points:
    """Skirt from the waist down; ``waves`` folds along the hem."""
    heights = np.concatenate([np.linspace(waist_y, 0.5, 5), np.linspace(0.54, hem_y, 7)])
    half = body.half(np.minimum(heights, 0.495)) + ease + flare * np.maximum(0, heights - waist_y - 0.03)
    centre = body.centre(heights)
    u = np.linspace(1, -1, 4 * max(2, waves) + 1)
    amplitude = 0.006 if waves else 0.0
    hem = np.stack(
        [centre[-1] + u * half[-1], hem_y + 0.012 * (1 - u**2) + amplitude * np.cos(u * np.pi * waves)], axis=1
    )
    right = np.stack([centre + half, heights], axis=1)
    left = np.stack([centre - half, heights], axis=1)
    return np.vstack([right, hem[1:-1], left[::-1]])


def trouser_legs(
    body: Body, waist_y: float, hem_y: float, halves: tuple[float, float, float], ease: float
) -> list[Points]:
    """Seat and two legs; ``halves`` are half widths at thigh, knee and ankle."""
    sides = [[body.at(side, waist_y, 0.003), body.at(side, 0.45, ease), body.at(side, 0.50, ease)] for side in (1, -1)]
    crotch = _offs(body, 1, (0.05, 0.545), (0.0, 0.545), (-0.05, 0.545))
    seat = points(*sides[0], *crotch, *sides[1][::-1])
    shapes = [seat]
    for side in (-1, 1):
        path = body.leg(side, hem_y)
        half = np.interp(path[:, 1], [0.5, 0.72, 0.945], halves)
        path[:, 0] += side * np.interp(path[:, 1], [0.5, 0.72, 0.945], [0.0, 0.6, 0.6]) * np.maximum(0, half - 0.04)
        shapes.append(ribbon(path, half))
    return shapes


def hood(body: Body) -> list[Patch]:
    """A hood that lies around the neck."""
    patches = []
    for side in (-1, 1):
        outside = (0.026, 0.150), (0.062, 0.146), (0.088, 0.172), (0.082, 0.200), (0.045, 0.224), (0.0, 0.243)
        outline = body.outline(side, *outside, (0.012, 0.214), (0.03, 0.185))
        patches.append(Patch(smooth(outline), tone=0.86, volume=0.35))
    return patches


def buttons(body: Body, x: float, y0: float, y1: float, count: int, rgb: Rgb) -> list[Patch]:
    """A row of buttons."""
    turn = np.linspace(0, 2 * np.pi, 10, endpoint=False)
    disc = np.stack([np.cos(turn), np.sin(turn)], axis=1) * 0.0056
    return [Patch(disc + body.off(x, float(y)), rgb=rgb) for y in np.linspace(y0, y1, count)]


def vertical(body: Body, x: float, y0: float, y1: float) -> Points:
    """A straight path down the front."""
    return points(*(body.off(x, float(y)) for y in np.linspace(y0, y1, 6)))


def across(body: Body, y: float, half: float, sag: float = 0.0) -> Points:
    """A path from side to side."""
    return points(*(body.off(float(u) * half, y + sag * (1 - float(u) ** 2)) for u in np.linspace(-1, 1, 7)))


def box(body: Body, x: float, y: float, wide: float, tall: float) -> Points:
    """An upright rectangle whose top centre lies at x, y."""
    return points(
        body.off(x - wide / 2, y),
        body.off(x + wide / 2, y),
        body.off(x + wide / 2, y + tall),
        body.off(x - wide / 2, y + tall),
    )
