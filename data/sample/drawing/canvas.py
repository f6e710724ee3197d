"""A photo in the making: smooth-edged filling of shapes given in figure units, and who owns which pixel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from data.sample.palette import Rgb

Points = NDArray[np.float64]
"""``[n, 2]`` points x, y in figure units: y is 0 at the crown and 1 at the soles, x is 0 on the axis."""

_SMALL = 6000
_NOBODY = -1


class Paint(Protocol):
    """Something that colours pixels by where they lie on the figure."""

    def colours(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float32]:
        """Colours ``[len(y), len(x), 3]`` of 0..255 on a grid of figure coordinates."""


class Window:
    """Where a shape fell: its cover ``alpha`` ``[h, w]`` of 0..1 and the slices of the photo that it covers."""

    def __init__(self, mask: Image.Image, left: int, top: int) -> None:
        self.mask = mask
        self.alpha = _grey(mask)
        self.rows = slice(top, top + mask.height)
        self.columns = slice(left, left + mask.width)


class Canvas:
    """Pixels ``[height, width, 3]`` float32 of 0..255, and the number of the garment that owns each of them."""

    def __init__(self, backdrop: NDArray[np.float32], scale: float, origin: tuple[float, float]) -> None:
        self.pixels = backdrop
        self.height, self.width = backdrop.shape[:2]
        self.scale = scale
        self.origin = np.asarray(origin, float)
        self.owner = np.full((self.height, self.width), _NOBODY, np.int8)

    def cover(self, shapes: Sequence[Points], margin: int = 2) -> Window | None:
        """Smooth-edged cover of the union of some polygons; None where nothing of it lies in the photo."""
        pixels = [points * self.scale + self.origin for points in shapes]
        every = pixels[0] if len(pixels) == 1 else np.concatenate(pixels)
        (x1, y1), (x2, y2) = every.min(axis=0).tolist(), every.max(axis=0).tolist()
        left, top = max(0, int(x1) - margin), max(0, int(y1) - margin)
        wide, tall = min(self.width, int(x2) + 1 + margin) - left, min(self.height, int(y2) + 1 + margin) - top
        if wide <= 0 or tall <= 0:
            return None
        finer = 3 if wide * tall < _SMALL else 2
        fine = Image.new("L", (wide * finer, tall * finer))
        pen = ImageDraw.Draw(fine)
        for points in pixels:
            pen.polygon(((points - (left, top)) * finer).ravel().tolist(), fill=255)
        return Window(fine.reduce(finer), left, top)

    def fill(
        self, shapes: Sequence[Points], paint: Rgb | Paint, *, tone: float = 1.0, volume: float = 0.0, owner: int = -2
    ) -> None:
        """Fill the union of some polygons.

        ``tone`` darkens or lightens, ``volume`` darkens towards the edge as a round body does, ``owner`` (0 and up, or
        -1 for nobody) says whose pixels these become; without it the owners stay.
        """
        reach = max(2, round(0.022 * self.scale)) if volume else 0
        window = self.cover(shapes, margin=reach + 2)
        if window is None:
            return
        colours = self._colours(window, paint) * np.float32(tone)
        if volume:
            colours = colours * _roundness(window.mask, reach, volume)
        self._blend(window, colours)
        if owner >= _NOBODY:
            self.owner[window.rows, window.columns][window.alpha > 0.5] = owner

    def stroke(self, path: Points, width: float, tone: float, owner: int) -> None:
        """Darken (``tone`` below 1) or lighten along a path, within the pixels of one owner."""
        window = self.cover([ribbon(path, width)])
        if window is None:
            return
        window.alpha *= self.owner[window.rows, window.columns] == owner
        self.pixels[window.rows, window.columns] *= 1 + np.float32(tone - 1) * window.alpha[..., None]

    def _blend(self, window: Window, colours: NDArray[np.float32]) -> None:
        under = self.pixels[window.rows, window.columns]
        change = colours - under
        change *= window.alpha[..., None]
        under += change

    def _colours(self, window: Window, paint: Rgb | Paint) -> NDArray[np.float32]:
        if isinstance(paint, tuple):
            return np.asarray(paint, np.float32)
        x = (np.arange(window.columns.start, window.columns.stop) - self.origin[0]) / self.scale
        y = (np.arange(window.rows.start, window.rows.stop) - self.origin[1]) / self.scale
        return paint.colours(x, y)


def _roundness(mask: Image.Image, reach: int, volume: float) -> NDArray[np.float32]:
    """Brightness that falls off towards the edge of a shape, ``[h, w, 1]``."""
    near = _grey(mask.filter(ImageFilter.BoxBlur(reach)))
    near *= np.float32(volume)
    near += np.float32(1 - volume)
    return near[..., None]


def _grey(picture: Image.Image) -> NDArray[np.float32]:
    """An 8-bit picture as 0..1, ``[h, w]``."""
    values = np.frombuffer(picture.tobytes(), np.uint8).reshape(picture.height, picture.width)
    return values * np.float32(1 / 255)


def points(*pairs: tuple[float, float]) -> Points:
    """Points from pairs."""
    return np.array(pairs, float)


def smooth(corners: Points, rounds: int = 2, closed: bool = True) -> Points:
    """Round a polygon's or path's corners by cutting them (Chaikin's scheme)."""
    line = corners
    for _ in range(rounds):
        after = np.roll(line, -1, axis=0) if closed else line[1:]
        before = line if closed else line[:-1]
        line_next = np.empty((2 * len(before), 2))
        line_next[0::2] = 0.75 * before + 0.25 * after
        line_next[1::2] = 0.25 * before + 0.75 * after
        line = line_next if closed else np.vstack([line[:1], line_next, line[-1:]])
    return line


def ribbon(path: Points, half_width: float | NDArray[np.float64]) -> Points:
    """Polygon around a path, ``half_width`` to each side (one number, or one a point)."""
    line = path[:, 0] + 1j * path[:, 1]
    along = np.empty_like(line)
    along[1:-1] = line[2:] - line[:-2]
    along[0], along[-1] = line[1] - line[0], line[-1] - line[-2]
    offset = 1j * along / np.maximum(np.abs(along), 1e-9) * half_width
    both = np.concatenate([line + offset, (line - offset)[::-1]])
    return np.stack([both.real, both.imag], axis=1)


def moved(shape: Points, dx: float, dy: float) -> Points:
    """The shape, shifted."""
    return np.asarray(shape + np.array([dx, dy]))


def ellipse(x: float, y: float, rx: float, ry: float) -> Points:
    """An ellipse of 24 corners."""
    turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    return np.stack([x + rx * np.cos(turn), y + ry * np.sin(turn)], axis=1)
