"""A sheet: one picture with the query and the outfits that complete it, for people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from data.atomic import replacing
from data.errors import DataError
from data.photos import open_photo
from data.types import Region
from graph.store import GraphStore
from recsys.engine.answers import CompletedOutfit, Completion
from recsys.engine.catalogue import Catalogue
from recsys.pipeline.captions import in_english
from recsys.pipeline.lettering import lettering
from vision.crops import Crop, garment_crop, product_crop
from vision.errors import VisionError

CELL, LABEL, GAP, HEAD = 190, 44, 14, 40
VIEWS = 12
INK, FAINT, PAPER, QUERY = (32, 32, 36), (120, 120, 128), (255, 255, 255), (240, 236, 228)

Picture = Callable[[str], Image.Image | None]


@dataclass(frozen=True, slots=True)
class Cell:
    """A picture with up to two lines below it."""

    picture: Image.Image | None
    title: str
    subtitle: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A photo, and the garments found in it with the item that each is most like."""

    photo: Cell
    garments: Sequence[tuple[Cell, str | None]]


def picture_of(store: GraphStore, catalogue: Catalogue) -> Picture:
    """How items are shown: by their own picture, else cut out of a photo that shows them."""

    def find(item_id: str) -> Image.Image | None:
        item = catalogue.item(item_id)
        try:
            if item.photo is not None:
                return on_paper(product_crop(open_photo(item.photo)))
            view = _best_view(store, item_id)
            if view is not None:
                return on_paper(garment_crop(open_photo(view[0]), view[1]))
        except (DataError, VisionError):
            return None
        return None

    return find


def _best_view(store: GraphStore, item_id: str) -> tuple[str, Region] | None:
    """Of the photos that show an item, the one in which it takes up most room."""
    views = []
    for image_id in store.images_of(item_id, limit=VIEWS):
        image = store.image(image_id)
        if image is None or image.photo is None:
            continue
        size = max(image.width or 0, image.height or 0) or 1
        shown = [r for r in image.regions if r.item_id == item_id and (r.polygon or r.mask or r.box)]
        views += [(_visible(r) / size**2, image.photo, r) for r in shown]
    best = max(views, key=lambda view: view[0], default=None)
    return None if best is None else (best[1], best[2])


def _visible(region: Region) -> float:
    """Area of what is seen of a garment, in pixels: of its outline, or at worst of its box."""
    if region.polygon:
        x, y = np.array(region.polygon).T
        return float(abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2)
    return region.box.area if region.box else 0.0


def write_sheet(
    path: Path, completion: Completion, catalogue: Catalogue, picture: Picture, seen: Seen | None = None
) -> None:
    """Draw the query in the first columns and one outfit a row beside them; the file is whole or not there."""
    given = {
        item_id: _cell(catalogue, picture, item_id, "taken for it" if seen else "given")
        for item_id in completion.context
    }
    columns = None
    query: list[Cell | None] = list(given.values())
    if seen is not None:
        query, columns = _side_by_side(seen, given), 2
    rows = [
        (
            f"outfit {outfit.rank}    {verdict(outfit)}",
            [_cell(catalogue, picture, s.item_id, f"{s.slot}  {s.score:+.1f}") for s in outfit.items],
        )
        for outfit in completion.outfits
    ]
    sheet = _draw(query, rows, columns)
    with replacing(path) as temporary:
        sheet.save(temporary, "PNG")


def _side_by_side(seen: Seen, given: dict[str, Cell]) -> list[Cell | None]:
    """The photo, then garments beside the items that they were taken for, then what remains; two to a row."""
    pairs: list[Cell | None] = []
    left = dict(given)
    others: list[Cell | None] = []
    for cell, item_id in seen.garments:
        item = left.pop(item_id, None) if item_id else None
        if item is None:
            others.append(cell)
        else:
            pairs += [cell, item]
    return [seen.photo, None, *pairs, *left.values(), *others]


def verdict(outfit: CompletedOutfit) -> str:
    """What an outfit's score means, in words."""
    return f"score {outfit.score:+.1f}"


def _cell(catalogue: Catalogue, picture: Picture, item_id: str, note: str) -> Cell:
    item = catalogue.item(item_id)
    colour = " ".join(item.attributes.get("colour", ())[:1])
    words = [in_english(word) for word in (colour, item.category) if word]
    return Cell(picture(item_id), " ".join(words), note)


def _draw(
    query: Sequence[Cell | None], rows: Sequence[tuple[str, Sequence[Cell]]], query_columns: int | None = None
) -> Image.Image:
    per_row = max([3, *(len(cells) for _, cells in rows)])
    query_columns = query_columns or min(3, max(1, -(-len(query) // max(len(rows), 1))))
    height = max(len(rows), -(-len(query) // query_columns), 1)
    pitch_x, pitch_y = CELL + GAP, CELL + LABEL + HEAD + GAP
    left = query_columns * pitch_x + 2 * GAP
    sheet = Image.new("RGB", (left + per_row * pitch_x + GAP, height * pitch_y + GAP), PAPER)
    draw = ImageDraw.Draw(sheet)
    draw.rectangle((0, 0, left - GAP, sheet.height), fill=QUERY)
    _write(draw, (GAP, GAP), "query", 18, INK)
    for k, cell in enumerate(query):
        if cell is not None:
            _paste(sheet, cell, (GAP + (k % query_columns) * pitch_x, HEAD + (k // query_columns) * pitch_y))
    for k, (heading, cells) in enumerate(rows):
        _write(draw, (left, GAP + k * pitch_y), heading, 18, INK)
        for column, cell in enumerate(cells):
            _paste(sheet, cell, (left + column * pitch_x, HEAD + k * pitch_y))
    return sheet


def _paste(sheet: Image.Image, cell: Cell, corner: tuple[int, int]) -> None:
    draw = ImageDraw.Draw(sheet)
    x, y = corner
    draw.rectangle((x, y, x + CELL, y + CELL), fill=PAPER, outline=(226, 226, 230))
    if cell.picture is None:
        _write(draw, (x + CELL // 2, y + CELL // 2), "no picture", 14, FAINT, anchor="mm")
    else:
        small = cell.picture.copy()
        small.thumbnail((CELL - 8, CELL - 8), Image.Resampling.LANCZOS)
        sheet.paste(small, (x + (CELL - small.width) // 2, y + (CELL - small.height) // 2))
    _write(draw, (x + 2, y + CELL + 4), _short(cell.title), 15, INK)
    _write(draw, (x + 2, y + CELL + 23), _short(cell.subtitle), 13, FAINT)


def _short(text: str) -> str:
    return text if len(text) <= 26 else f"{text[:25]}…"


def _write(
    draw: ImageDraw.ImageDraw,
    corner: tuple[int, int],
    text: str,
    size: int,
    colour: tuple[int, int, int],
    *,
    anchor: str = "la",
) -> None:
    drawable, font = lettering(text, size)
    draw.text(corner, drawable, font=font, fill=colour, anchor=anchor)


def on_paper(crop: Crop) -> Image.Image:
    """A garment alone, everything around it white."""
    pixels = crop.pixels
    if crop.mask is not None:
        pixels = np.where(crop.mask[..., None], pixels, np.uint8(255))
    return Image.fromarray(pixels)
