"""One photo: the figure in its clothes before the backdrop, in the shoot's light, and what is seen of each piece."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import contourpy
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from data.sample.catalogue import SampleItem
from data.sample.drawing.backdrops import SLACK
from data.sample.drawing.body import Body, Pose
from data.sample.drawing.canvas import Canvas, Points, moved
from data.sample.drawing.cloth import Cloth, Tile, weave
from data.sample.drawing.figure import Model, draw_hands, draw_head, draw_skin, face_box
from data.sample.drawing.garment import Drawing
from data.sample.drawing.lower import bottom, dress
from data.sample.drawing.outers import outer
from data.sample.drawing.tops import top

_BUILDERS = {"bottom": bottom, "dress": dress, "top": top, "outer": outer}
_TUCKED = frozenset({"셔츠", "블라우스"})
_FEWEST_PIXELS = 60
_MOST_CORNERS, _FEWEST_CORNERS = 65, 6
_CORNER_TOLERANCE = 1.0
_GRAIN = 768


class Shot(Struct, frozen=True, kw_only=True):
    """How one photo is taken: pose, scale (pixels of the figure's height), its crown, light and noise."""

    pose: Pose
    scale: float
    origin: tuple[float, float]
    backdrop_shift: tuple[int, int]
    light: tuple[float, float, float]
    slope: float
    noise: float
    masked: bool
    seed: int


class Seen(Struct, frozen=True, kw_only=True):
    """What a photo shows of one garment: the polygon of what is visible, 6 to 65 corners in pixels."""

    item_id: str
    polygon: tuple[tuple[float, float], ...]
    pixels: int


class Photographer:
    """Takes photos; keeps the cloth of the items it has dressed somebody in."""

    def __init__(self) -> None:
        self._tiles: dict[str, Tile] = {}

    def take(
        self, items: Sequence[SampleItem], model: Model, backdrop: NDArray[np.float32], shot: Shot
    ) -> tuple[Image.Image, list[Seen], tuple[float, float, float, float]]:
        """The picture, what is seen of each item (hidden ones left out) and the face's box.

        ``backdrop`` is larger than the photo by ``SLACK`` on every side.
        """
        dx, dy = (SLACK + shift for shift in shot.backdrop_shift)
        height, width = backdrop.shape[0] - 2 * SLACK, backdrop.shape[1] - 2 * SLACK
        canvas = Canvas(backdrop[dy : dy + height, dx : dx + width].copy(), shot.scale, shot.origin)
        body = Body(shot.pose)
        rng = np.random.default_rng(shot.seed)
        _ground_shadow(canvas, body)
        draw_skin(canvas, body, model)
        for number in _order(items):
            self._dress(canvas, body, items[number], number, rng)
        draw_head(canvas, body, model, shot.masked)
        draw_hands(canvas, body, model)
        seen = [view for number, item in enumerate(items) if (view := _seen(canvas, item, number, rng)) is not None]
        return _develop(canvas.pixels, shot, rng), seen, face_box(canvas, body)

    def _dress(self, canvas: Canvas, body: Body, item: SampleItem, number: int, rng: np.random.Generator) -> None:
        drawing = _BUILDERS[item.slot](item, body)
        anchor = float(body.centre(0.35)), 0.1
        folds = int(rng.integers(256)), int(rng.integers(256))
        cloth = Cloth(self._tile(item), anchor, folds, 0.045)
        canvas.fill(drawing.shapes, cloth, volume=0.55, owner=number)
        for sleeve in drawing.sleeves:
            canvas.fill([sleeve], cloth, volume=0.55, owner=number)
        _trim(canvas, drawing, cloth, number)

    def _tile(self, item: SampleItem) -> Tile:
        if item.item_id not in self._tiles:
            self._tiles[item.item_id] = weave(item)
        return self._tiles[item.item_id]


def _trim(canvas: Canvas, drawing: Drawing, cloth: Cloth, number: int) -> None:
    for seam in drawing.seams:
        canvas.stroke(seam.path, seam.width, seam.tone, number)
    for patch in drawing.patches:
        canvas.fill([patch.outline], patch.rgb or cloth, tone=patch.tone, volume=patch.volume, owner=number)


def _order(items: Sequence[SampleItem]) -> list[int]:
    """What is put on first; shirts and blouses with a close fit are tucked in."""
    ranks = {"bottom": 1, "dress": 1, "top": 2, "outer": 3}

    def rank(number: int) -> float:
        item = items[number]
        tucked = item.category in _TUCKED and item.value("fit") == "노멀" and item.value("length") == "노멀"
        return 0.5 if tucked else ranks[item.slot]

    return sorted(range(len(items)), key=rank)


def _ground_shadow(canvas: Canvas, body: Body) -> None:
    turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    for grow, tone in ((1.25, 0.95), (1.0, 0.90), (0.7, 0.86)):
        shadow = np.stack([body.pose.hip_dx + 0.13 * grow * np.cos(turn), 0.99 + 0.018 * grow * np.sin(turn)], axis=1)
        window = canvas.cover([shadow])
        if window is not None:
            under = canvas.pixels[window.rows, window.columns]
            under *= 1 - (1 - tone) * window.alpha[..., None]


def _seen(canvas: Canvas, item: SampleItem, number: int, rng: np.random.Generator) -> Seen | None:
    """Outline of the visible piece of a garment, as an annotator would click it: an open coat's two fronts as one."""
    mine = canvas.owner == number
    count = int(mine.sum())
    if count < _FEWEST_PIXELS:
        return None
    rows, columns = np.flatnonzero(mine.any(axis=1)), np.flatnonzero(mine.any(axis=0))
    top_, left = int(rows[0]), int(columns[0])
    part = np.pad(mine[top_ : rows[-1] + 1, left : columns[-1] + 1], 1).astype(np.uint8)
    lines = _outlines(part)
    if item.slot == "outer" and len(lines) > 1 and _area(lines[1]) > 0.25 * _area(lines[0]):
        lines = _outlines(_joined(part, lines[0], lines[1]))
    corners = _corners(moved(lines[0], left - 0.5, top_ - 0.5))
    corners = corners + rng.normal(0, 0.25, corners.shape)
    corners = np.clip(corners, 0, (canvas.width, canvas.height)).round(2)
    return Seen(item_id=item.item_id, polygon=tuple((float(x), float(y)) for x, y in corners), pixels=count)


def _outlines(mask: NDArray[np.uint8]) -> list[Points]:
    """Closed outlines of a mask, the one round the largest area first."""
    lines = [np.asarray(line, float) for line in contourpy.contour_generator(z=mask).lines(0.5)]
    return sorted(lines, key=_area, reverse=True)


def _joined(mask: NDArray[np.uint8], first: Points, second: Points) -> NDArray[np.uint8]:
    """The mask with a thin bridge between the highest points of two of its pieces."""
    picture = Image.fromarray(mask)
    ends = [tuple(line[int(np.argmin(line[:, 1]))].round().tolist()) for line in (first, second)]
    ImageDraw.Draw(picture).line(ends, fill=1, width=2)
    return np.array(picture)


def _area(line: Points) -> float:
    x, y = line[:, 0], line[:, 1]
    return abs(float(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))))


def _corners(line: Points) -> Points:
    """Few corners that follow a closed ring: points farthest from their chord, until the ring is met or 65 are used."""
    ring = line[:-1, 0] + 1j * line[:-1, 1]
    far = int(np.argmax(np.abs(ring - ring[0])))
    keep = {0, far}
    spans = [_farthest(ring, 0, far), _farthest(ring, far, len(ring))]
    while len(keep) < min(_MOST_CORNERS, len(ring)):
        distance, start, at, end = spans.pop(max(range(len(spans)), key=lambda k: spans[k][0]))
        if distance < _CORNER_TOLERANCE and len(keep) >= _FEWEST_CORNERS:
            break
        keep.add(at)
        spans += [_farthest(ring, start, at), _farthest(ring, at, end)]
    chosen = ring[sorted(keep)]
    return np.stack([chosen.real, chosen.imag], axis=1)


def _farthest(ring: NDArray[np.complex128], start: int, end: int) -> tuple[float, int, int, int]:
    """Between two corners: the largest distance from their chord, the first corner, where it is, the last corner."""
    if end - start < 2:
        return -1.0, start, start, end
    chord = ring[end % len(ring)] - ring[start]
    away = np.abs(((ring[start + 1 : end] - ring[start]) * chord.conjugate()).imag)
    at = int(away.argmax())
    return float(away[at]) / max(abs(chord), 1e-9), start, start + 1 + at, end


def _develop(pixels: NDArray[np.float32], shot: Shot, rng: np.random.Generator) -> Image.Image:
    """Apply the light's colour and slope, and the sensor's noise."""
    height, width = pixels.shape[:2]
    slope = 1 + shot.slope * np.linspace(-1, 1, width, dtype=np.float32)
    pixels *= np.asarray(shot.light, np.float32) * slope[:, None]
    grain = _grain()
    row, column = (int(v) for v in rng.integers(0, _GRAIN // 2, 2))
    rows = np.arange(row, row + height) % _GRAIN
    pixels += (np.take(grain[rows], np.arange(column, column + width), axis=1, mode="wrap") * np.float32(shot.noise))[
        ..., None
    ]
    return Image.fromarray(np.clip(pixels, 0, 255, out=pixels).astype(np.uint8))


@cache
def _grain() -> NDArray[np.float32]:
    """Sensor noise with standard deviation 1, shared by all photos, which take different parts of it."""
    return np.asarray(np.random.default_rng(11).standard_normal((_GRAIN, _GRAIN)), np.float32)
