"""Motifs on the chest: a word, a heart, a skull, a graphic."""

from __future__ import annotations

from functools import cache

import contourpy
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from data.sample.catalogue import SampleItem
from data.sample.drawing.body import Body
from data.sample.drawing.canvas import Points, ellipse, points
from data.sample.drawing.garment import Patch

_WORDS = ("SEOUL", "LOVE", "1994", "SUN", "CLUB", "YES", "MOON", "NEW")


def motif(item: SampleItem, body: Body) -> list[Patch]:
    """Patches of the item's motif; none where its print is no motif."""
    width = 0.06 + 0.015 * item.print_size
    if item.print == "레터링":
        word = _WORDS[(item.texture_seed + item.print_turn) % len(_WORDS)]
        glyphs = [(ring, hole) for ring, hole in _word(word)]
        return [Patch(_place(ring, body, width), rgb=None if hole else item.accent) for ring, hole in glyphs]
    if item.print == "하트":
        return [Patch(_place(_heart(), body, width), rgb=item.accent)]
    if item.print == "해골":
        return _skull(item, body, width)
    if item.print == "그래픽":
        return _graphic(item, body, width)
    return []


def _place(outline: Points, body: Body, width: float) -> Points:
    """Put a unit motif (x from -1 to 1, y downwards) on the chest."""
    return outline * width + body.off(0.0, 0.315)


def _heart() -> Points:
    t = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    x = np.sin(t) ** 3
    y = -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)) / 16
    return np.stack([x, y], axis=1) * 0.6


def _skull(item: SampleItem, body: Body, width: float) -> list[Patch]:
    head, jaw = ellipse(0, -0.15, 0.55, 0.5), points((-0.3, 0.2), (0.3, 0.2), (0.25, 0.62), (-0.25, 0.62))
    bone = [Patch(_place(part, body, width), rgb=item.accent) for part in (head, jaw)]
    dark = [
        ellipse(-0.22, -0.1, 0.14, 0.16),
        ellipse(0.22, -0.1, 0.14, 0.16),
        points((0, 0.1), (0.07, 0.24), (-0.07, 0.24)),
    ]
    return bone + [Patch(_place(part, body, width)) for part in dark]


def _graphic(item: SampleItem, body: Body, width: float) -> list[Patch]:
    kind = (item.print_turn + item.texture_seed) % 3
    disc = Patch(_place(ellipse(0, 0, 0.75, 0.75), body, width), rgb=item.accent)
    if kind == 0:
        bars = [points((-0.8, y), (0.8, y), (0.8, y + 0.1), (-0.8, y + 0.1)) for y in (0.1, 0.35, 0.58)]
        return [disc] + [Patch(_place(bar, body, width)) for bar in bars]
    if kind == 1:
        peak = points((-0.95, 0.6), (-0.25, -0.5), (0.1, 0.05), (0.4, -0.25), (0.95, 0.6))
        return [disc, Patch(_place(peak, body, width), tone=0.6)]
    turn = np.linspace(0, 2 * np.pi, 10, endpoint=False) - np.pi / 2
    reach = np.where(np.arange(10) % 2, 0.36, 0.9)
    star = np.stack([reach * np.cos(turn), reach * np.sin(turn)], axis=1)
    return [Patch(_place(star, body, width), rgb=item.accent)]


@cache
def _word(text: str) -> tuple[tuple[Points, bool], ...]:
    """Outlines of a word's letters, one unit to each side, and whether each is a hole; holes come last."""
    font = ImageFont.load_default(64)
    left, top, right, bottom = (int(v) for v in font.getbbox(text))
    picture = Image.new("L", (right - left + 4, bottom - top + 4))
    ImageDraw.Draw(picture).text((2 - left, 2 - top), text, fill=255, font=font)
    lines = contourpy.contour_generator(z=np.asarray(picture, float)).lines(127.0)
    rings = []
    for line in lines:
        ring = np.asarray(line, float)
        area = float(np.sum(ring[:-1, 0] * ring[1:, 1] - ring[1:, 0] * ring[:-1, 1]))
        middle = np.array([picture.width, picture.height]) / 2
        rings.append(((ring - middle) / (picture.width / 2), area < 0))
    return tuple(sorted(rings, key=lambda pair: pair[1]))
