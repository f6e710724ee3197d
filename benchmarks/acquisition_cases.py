"""Photos broken on purpose: for each acquisition rule, ways of making a good photo fail it."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from msgspec import Struct
from PIL import Image, ImageDraw, ImageFilter, ImageFont, ImageOps

from data.types import Box, ImageRecord, Region

Rng = np.random.Generator


class Base(Struct, frozen=True):
    """A photo taken for good, with the boxes of its garments in pixels."""

    name: str
    picture: Image.Image
    boxes: tuple[Box, ...]


class Case(Struct, frozen=True):
    """A photo of known verdict for one rule; ``kind`` says how it was broken, "" where it was not."""

    rule: str
    kind: str
    broken: bool
    content: bytes
    boxes: tuple[Box, ...]

    def record(self, image_id: str, photo: str) -> ImageRecord:
        regions = tuple(
            Region(region_id=f"{image_id}/garment#{n}", part="garment", slot="top", box=box)
            for n, box in enumerate(self.boxes)
        )
        return ImageRecord(image_id=image_id, source="benchmark", photo=photo, regions=regions)


def encoded(picture: Image.Image, file_format: str = "JPEG", **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, file_format, **({"quality": 88} if file_format == "JPEG" else {}) | options)
    return buffer.getvalue()


def cases(base: Base, other: Base, rng: Rng) -> Iterator[Case]:
    """For each rule the photo broken in each way, and once as it was."""
    good = encoded(base.picture, dpi=(96, 96))
    for (rule, kind), break_it in WAYS.items():
        boxes = base.boxes if rule in IN_PLACE else ()
        yield Case(rule, kind, True, encoded(break_it(base.picture, other.picture, rng), dpi=(96, 96)), boxes)
    for rule in dict.fromkeys(rule for rule, _ in WAYS):
        yield Case(rule, "", False, good, base.boxes)
    yield from _of_the_file(base, rng)
    yield from _cut_off(base, rng)


def copies(picture: Image.Image, rng: Rng) -> Iterator[tuple[str, bytes]]:
    """The same photo again, as it comes back from another shop's page."""
    yield "re-encoded", encoded(picture, quality=int(rng.integers(35, 80)))
    yield "resized", encoded(_scaled(picture, float(rng.uniform(0.5, 1.4))))
    gain = float(rng.uniform(0.88, 1.1))
    yield "brighter or darker", encoded(_gains(picture, (gain, gain, gain)))
    edge = float(rng.uniform(0.01, 0.03))
    yield "cropped by 1-3 %", encoded(ImageOps.crop(picture, round(edge * min(picture.size))))
    yield "mirrored", encoded(ImageOps.mirror(picture))


def _of_the_file(base: Base, rng: Rng) -> Iterator[Case]:
    picture = base.picture
    low, high = float(rng.uniform(20, 70)), float(rng.uniform(305, 600))
    yield Case("dpi", "too few", True, encoded(picture, dpi=(low, low)), ())
    yield Case("dpi", "too many", True, encoded(picture, dpi=(high, high)), ())
    yield Case("dpi", "", False, encoded(picture, dpi=(150, 150)), ())
    yield Case("format", "PPM", True, encoded(picture, "PPM"), ())
    yield Case("format", "TGA", True, encoded(picture, "TGA"), ())
    for name in ("PNG", "WEBP", "GIF", "BMP", "TIFF"):
        yield Case("format", "", False, encoded(picture, name), ())
    whole = encoded(picture)
    yield Case("readable", "cut short", True, whole[: int(len(whole) * rng.uniform(0.2, 0.9))], ())
    yield Case("readable", "text", True, b"<html>not found</html>", ())
    yield Case("readable", "", False, whole, ())


def _cut_off(base: Base, rng: Rng) -> Iterator[Case]:
    """Crop through a garment; the boxes are cut with the photo, as an annotator would have drawn them."""
    width, height = base.picture.size
    inside = [b for b in base.boxes if min(b.x1, b.y1, width - b.x2, height - b.y2) >= 4]
    if not inside or len(inside) < len(base.boxes):
        return
    lowest = max(inside, key=lambda box: box.y2)
    line = int(lowest.y2 - lowest.height * rng.uniform(0.1, 0.5))
    cut = tuple(Box(b.x1, b.y1, b.x2, min(b.y2, line)) for b in base.boxes if b.y1 < line - 5)
    yield Case("cut_off", "below", True, encoded(base.picture.crop((0, 0, width, line))), cut)
    yield Case("cut_off", "", False, encoded(base.picture), base.boxes)


def _scaled(picture: Image.Image, factor: float) -> Image.Image:
    return picture.resize((max(1, round(picture.width * factor)), max(1, round(picture.height * factor))))


def _motion(picture: Image.Image, length: int) -> Image.Image:
    pixels = np.asarray(picture, dtype=np.float32)
    summed = sum(np.roll(pixels, shift, axis=1) for shift in range(length))
    return Image.fromarray((np.asarray(summed) / length).astype(np.uint8))


def _gains(picture: Image.Image, gains: tuple[float, float, float]) -> Image.Image:
    pixels = np.asarray(picture, dtype=np.float32) * np.asarray(gains, dtype=np.float32)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def _film(picture: Image.Image, rng: Rng) -> Image.Image:
    colour = [(255, 120, 150), (255, 190, 90), (90, 140, 255), (120, 220, 170)][int(rng.integers(4))]
    return Image.blend(picture, Image.new("RGB", picture.size, colour), float(rng.uniform(0.15, 0.35)))


def _sepia(picture: Image.Image) -> Image.Image:
    grey = picture.convert("L")
    return Image.merge("RGB", [grey.point(lambda v, f=f: min(255, v * f)) for f in (1.07, 0.95, 0.75)])


def _framed(picture: Image.Image, rng: Rng, sides: str) -> Image.Image:
    depth = round(min(picture.size) * rng.uniform(0.03, 0.1))
    colour = ["white", "black", (230, 200, 190)][int(rng.integers(3))]
    return ImageOps.expand(picture, (depth, depth) if sides == "all" else (0, depth), colour)


def _beside(first: Image.Image, second: Image.Image, gutter: int) -> Image.Image:
    second = ImageOps.fit(second, first.size)
    sheet = Image.new("RGB", (first.width * 2 + gutter, first.height), "white")
    sheet.paste(first, (0, 0))
    sheet.paste(second, (first.width + gutter, 0))
    return sheet.resize((first.width, round(first.height * first.width / sheet.width)))


def _four(first: Image.Image, second: Image.Image) -> Image.Image:
    half = (first.width // 2, first.height // 2)
    sheet = Image.new("RGB", first.size)
    for place, part in enumerate((first, second, ImageOps.mirror(second), ImageOps.mirror(first))):
        sheet.paste(ImageOps.fit(part, half), ((place % 2) * half[0], (place // 2) * half[1]))
    return sheet


def _lettered(picture: Image.Image, rng: Rng, opacity: tuple[float, float], turn: float = 0.0) -> Image.Image:
    words = ["www.style-shop.com", "SAMPLE BOUTIQUE", "Spring sale 30% off", "@daily_lookbook"][int(rng.integers(4))]
    size = round(picture.width * rng.uniform(0.045, 0.08))
    layer = Image.new("RGBA", picture.size)
    ink = (255, 255, 255) if rng.random() < 0.6 else (0, 0, 0)
    place = (picture.width * float(rng.uniform(0.03, 0.25)), picture.height * float(rng.uniform(0.05, 0.85)))
    font = ImageFont.load_default(size=size)
    ImageDraw.Draw(layer).text(place, words, fill=(*ink, round(255 * rng.uniform(*opacity))), font=font)
    if turn:
        layer = layer.rotate(turn, center=place)
    return Image.alpha_composite(picture.convert("RGBA"), layer).convert("RGB")


Way = Callable[[Image.Image, Image.Image, Rng], Image.Image]

WAYS: dict[tuple[str, str], Way] = {
    ("size", "too small"): lambda p, _, r: _scaled(p, float(r.uniform(120, 298)) / min(p.size)),
    ("size", "too large"): lambda p, _, r: _scaled(p, float(r.uniform(1090, 1800)) / max(p.size)),
    ("ratio", "too narrow"): lambda p, _, r: p.crop((0, 0, int(p.height * r.uniform(0.25, 0.49)), p.height)),
    ("ratio", "too wide"): lambda p, _, r: p.crop((0, 0, p.width, int(p.width / r.uniform(2.05, 4.0)))),
    ("blur", "out of focus, slightly"): lambda p, _, r: p.filter(
        ImageFilter.GaussianBlur(p.width / 400 * r.uniform(1, 1.6))
    ),
    ("blur", "out of focus"): lambda p, _, r: p.filter(ImageFilter.GaussianBlur(p.width / 400 * r.uniform(1.6, 4))),
    ("blur", "moved"): lambda p, _, r: _motion(p, int(p.width / 400 * r.integers(5, 15))),
    ("cast", "warm"): lambda p, _, r: _gains(p, (1.0 + float(r.uniform(0, 0.1)), 1.0, float(r.uniform(0.65, 0.85)))),
    ("cast", "cold"): lambda p, _, r: _gains(p, (float(r.uniform(0.7, 0.85)), 1.0, 1.0 + float(r.uniform(0, 0.15)))),
    ("cast", "green or pink"): lambda p, _, r: _gains(p, (1.0, float(r.choice([0.84, 1.18])), 1.0)),
    ("cast", "film of colour"): lambda p, _, r: _film(p, r),
    ("filter", "black and white"): lambda p, _, r: p.convert("L").convert("RGB"),
    ("filter", "sepia"): lambda p, _, r: _sepia(p),
    ("border", "all round"): lambda p, _, r: _framed(p, r, "all"),
    ("border", "above and below"): lambda p, _, r: _framed(p, r, "two"),
    ("collage", "two, joined"): lambda p, o, r: _beside(p, o, 0),
    ("collage", "two, with a gutter"): lambda p, o, r: _beside(p, o, int(r.integers(6, 20))),
    ("collage", "four, joined"): lambda p, o, r: _four(p, o),
    ("overlay", "solid letters"): lambda p, _, r: _lettered(p, r, (0.85, 1.0)),
    ("overlay", "half-transparent letters"): lambda p, _, r: _lettered(p, r, (0.35, 0.6)),
    ("overlay", "letters aslant"): lambda p, _, r: _lettered(p, r, (0.6, 1.0), turn=30.0),
}


IN_PLACE = frozenset({"blur", "cast", "filter", "overlay"})
"""Rules that are broken without moving a garment, so that its box still holds."""


def ccp_bases(folder: Path, count: int) -> list[Base]:
    """Street photos at even distances through the set, boxes from their masks."""
    labels = (folder / "labels.txt").read_text().split()
    apart = {labels.index(name) for name in ("null", "skin", "hair")}
    photos = sorted((folder / "photos").glob("*.jpg"))
    bases = []
    for path in photos[:: max(1, len(photos) // count)][:count]:
        mask = np.asarray(Image.open(folder / "masks" / f"{path.stem}.png"))
        boxes = []
        for value in set(np.unique(mask).tolist()) - apart:
            rows, columns = np.nonzero(mask == value)
            boxes.append(Box(float(columns.min()), float(rows.min()), float(columns.max() + 1), float(rows.max() + 1)))
        bases.append(Base(f"ccp {path.stem}", Image.open(path).convert("RGB"), tuple(boxes)))
    return bases


def ccp_heads(folder: Path, count: int, rng: Rng) -> Iterator[tuple[bool, Image.Image]]:
    """Street photos whose mask shows skin beside hair (a face), and the same cropped below that head (none)."""
    labels = (folder / "labels.txt").read_text().split()
    hair, skin = labels.index("hair"), labels.index("skin")
    photos = sorted((folder / "photos").glob("*.jpg"))
    for place in sorted(rng.permutation(len(photos))[:count].tolist()):
        mask = np.asarray(Image.open(folder / "masks" / f"{photos[place].stem}.png"))
        rows = np.flatnonzero((mask == hair).any(axis=1))
        if not len(rows):
            continue
        chin = int(rows[0] + 0.17 * mask.shape[0])
        if (mask[rows[0] : chin] == skin).sum() < 0.0015 * mask.size or chin > 0.5 * mask.shape[0]:
            continue
        picture = Image.open(photos[place]).convert("RGB")
        yield True, picture
        yield False, picture.crop((0, chin, picture.width, picture.height))
