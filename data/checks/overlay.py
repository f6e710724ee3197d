"""Lettering laid over a photo: strokes of one thickness and brightness, standing in line."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy.ndimage import find_objects, grey_closing, grey_opening, label

from data.types import Box

_STROKE = 7
_CONTRAST = 30.0
_MIN_HEIGHT = 7
_MAX_HEIGHT = 70


class _Glyph(NamedTuple):
    """A mark's box in pixels."""

    x1: int
    y1: int
    x2: int
    y2: int

    @property
    def height(self) -> int:
        return self.y2 - self.y1


class TextLine(Struct, frozen=True):
    """Glyph-like marks in a row: how many, and the box around them in pixels."""

    glyphs: int
    box: Box


def text_line(grey: NDArray[np.floating]) -> TextLine | None:
    """The longest row of glyph-like marks in ``[H, W]`` brightness of 0 to 255; None where there is none.

    Marks are thin strokes, lighter or darker than what lies around them (top-hat of `_STROKE` pixels), of letter
    proportions. A row of them has like heights, a common base line and gaps no wider than a letter.
    """
    values = grey.astype(np.float32)
    size = (_STROKE, _STROKE)
    lighter = values - grey_opening(values, size)
    darker = grey_closing(values, size) - values
    rows = [row for strokes in (lighter, darker) for row in _rows(_glyphs(strokes > _CONTRAST))]
    if not rows:
        return None
    longest = max(rows, key=len)
    corners = np.array(longest, dtype=np.float64)
    low, high = corners[:, :2].min(axis=0), corners[:, 2:].max(axis=0)
    return TextLine(len(longest), Box(float(low[0]), float(low[1]), float(high[0]), float(high[1])))


def _glyphs(strokes: NDArray[np.bool_]) -> list[_Glyph]:
    """Connected marks with the proportions and the fill of letters, left to right."""
    marks, _ = label(strokes, structure=np.ones((3, 3)))
    found = []
    for number, (rows, columns) in enumerate(find_objects(marks), start=1):
        height, width = rows.stop - rows.start, columns.stop - columns.start
        if not (_MIN_HEIGHT <= height <= _MAX_HEIGHT and 0.15 * height <= width <= 1.6 * height):
            continue
        mark = marks[rows, columns] == number
        if 0.2 <= float(mark.mean()) <= 0.9:
            found.append(_Glyph(columns.start, rows.start, columns.stop, rows.stop))
    return sorted(found)


def _rows(glyphs: list[_Glyph]) -> list[list[_Glyph]]:
    """Glyphs chained left to right into rows, each to the row whose last glyph is nearest."""
    rows: list[list[_Glyph]] = []
    for glyph in glyphs:
        homes = [row for row in rows if _follows(row[-1], glyph)]
        if homes:
            max(homes, key=lambda row: row[-1].x2).append(glyph)
        else:
            rows.append([glyph])
    return rows


def _follows(last: _Glyph, glyph: _Glyph) -> bool:
    larger = max(last.height, glyph.height)
    gap = glyph.x1 - last.x2
    level = min(abs(last.y2 - glyph.y2), abs(last.y1 - glyph.y1)) <= 0.2 * larger
    alike = min(last.height, glyph.height) >= 0.55 * larger
    return level and alike and -0.2 * larger <= gap <= 1.2 * larger
