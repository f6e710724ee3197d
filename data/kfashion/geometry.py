"""Boxes and polygons as K-Fashion writes them, put in order and mended."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache
from operator import itemgetter

from data.kfashion.wire import CORNER_KEYS, Polygon, Rect
from data.types import Box, Note

ROUNDING = 1.5
"""Pixels by which a box of this source misses its polygon, and so may pass the edge, without anything being wrong."""

Points = tuple[tuple[float, float], ...]

_KEY = re.compile(r"([XY])(?:좌표)?(\d+)")
_LEAST_POINTS = 3


Place = tuple[Box | None, Points, tuple[Note, ...]]
"""Where a garment is, and what had to be mended to say so."""


def place_of(rect: Rect, polygon: Polygon[str], size: tuple[int, int]) -> Place:
    """Box and polygon of a garment in a photo of ``(width, height)``; nearly all need no mending."""
    points, lack = ordered_points(polygon) if polygon else ((), None)
    box = _sound_box(rect, size)
    if box is not None and lack is None:
        return box, points, ()
    notes: list[Note] = []
    if box is None:
        box, notes = mended_box(rect, points, size)
    if lack is not None:
        notes.append(Note("polygon_dropped", "폴리곤좌표", lack))
    return box, points, tuple(notes)


def ordered_points(polygon: Polygon[str]) -> tuple[Points, str | None]:
    """Corners in the order of their numbers; or none of them and the reason why.

    The fast way fetches ``X1 ... Xn`` and ``Y1 ... Yn`` at one stroke each, whatever order the file has them in; a
    polygon with other numbers fails there and is paired number by number.
    """
    getters = _getters(len(polygon))
    if getters is not None:
        across, down = getters
        try:
            return tuple(zip(across(polygon), down(polygon), strict=True)), None
        except KeyError:
            pass
    return _paired(polygon)


def mended_box(rect: Rect, points: Points, size: tuple[int, int]) -> tuple[Box | None, list[Note]]:
    """The box inside a photo of ``(width, height)``, from its rectangle, else from its polygon, and what was mended."""
    box, lack = _given_box(rect)
    if box is not None:
        inside = _clipped(box, size)
        if inside is not None:
            clipped = Note("box_clipped", "렉트좌표", f"{_said(box)} passes the edge of {size[0]} x {size[1]}")
            return inside, [clipped] if _excess(box, size) > ROUNDING else []
        lack = f"{_said(box)} lies outside {size[0]} x {size[1]}"
    if points:
        across, down = zip(*points, strict=True)
        inside = _clipped(Box(min(across), min(down), max(across), max(down)), size)
        if inside is not None:
            return inside, [Note("box_from_polygon", "렉트좌표", lack)]
        lack = f"{lack}; its polygon has no area inside the photo either"
    return None, [] if rect.is_empty and not points else [Note("box_dropped", "렉트좌표", lack)]


def _sound_box(rect: Rect, size: tuple[int, int]) -> Box | None:
    """The box of a rectangle that has all its sides and lies inside the photo."""
    if rect.x is None or rect.y is None or rect.width is None or rect.height is None:
        return None
    x2, y2 = rect.x + rect.width, rect.y + rect.height
    return Box(rect.x, rect.y, x2, y2) if 0 <= rect.x < x2 <= size[0] and 0 <= rect.y < y2 <= size[1] else None


_Getter = Callable[[Polygon[str]], tuple[float, ...]]


@cache
def _getters(coordinates: int) -> tuple[_Getter, _Getter] | None:
    """What fetches all X and all Y of so many coordinates; None where their number is odd, too small or unusual."""
    corners, odd = divmod(coordinates, 2)
    if odd or corners < _LEAST_POINTS or coordinates > len(CORNER_KEYS):
        return None
    return itemgetter(*CORNER_KEYS[0:coordinates:2]), itemgetter(*CORNER_KEYS[1:coordinates:2])


def _paired(polygon: Polygon[str]) -> tuple[Points, str | None]:
    axes: dict[str, dict[int, float]] = {"X": {}, "Y": {}}
    for key, value in polygon.items():
        parsed = _KEY.fullmatch(unicodedata.normalize("NFC", key))
        if parsed is None:
            return (), f"key {key!r} is not X좌표 or Y좌표 with a number"
        axes[parsed.group(1)][int(parsed.group(2))] = value
    for axis, other in (("X", "Y"), ("Y", "X")):
        lone = sorted(axes[axis].keys() - axes[other].keys())
        if lone:
            return (), f"{axis}좌표{lone[0]} has no {other}좌표{lone[0]}"
    if len(axes["X"]) < _LEAST_POINTS:
        return (), f"{len(axes['X'])} points; a polygon has at least {_LEAST_POINTS}"
    return tuple((axes["X"][number], axes["Y"][number]) for number in sorted(axes["X"])), None


def _given_box(rect: Rect) -> tuple[Box | None, str]:
    if rect.is_empty:
        return None, "no box given"
    if rect.x is None or rect.y is None or rect.width is None or rect.height is None:
        return None, "the box lacks a corner or a side"
    if rect.width <= 0 or rect.height <= 0:
        return None, f"a box of {rect.width:g} x {rect.height:g} has no area"
    return Box(rect.x, rect.y, rect.x + rect.width, rect.y + rect.height), ""


def _clipped(box: Box, size: tuple[int, int]) -> Box | None:
    """The part of a box inside the photo; None where it is nothing."""
    width, height = size
    inside = Box(max(box.x1, 0.0), max(box.y1, 0.0), min(box.x2, float(width)), min(box.y2, float(height)))
    return inside if inside.width > 0 and inside.height > 0 else None


def _excess(box: Box, size: tuple[int, int]) -> float:
    return max(-box.x1, -box.y1, box.x2 - size[0], box.y2 - size[1])


def _said(box: Box) -> str:
    return f"({box.x1:g}, {box.y1:g}) to ({box.x2:g}, {box.y2:g})"
