"""Tagged photos as tables: CSV, and an Excel workbook with a picture of each garment. One row a garment."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from PIL import Image

from data.atomic import replacing
from data.errors import DataError
from data.photos import open_photo
from data.types import Problem
from vision.crops import masked_crop
from vision.errors import VisionError
from vision.masks import decode_mask
from vision.tags import TaggedGarment, TaggedPhoto, attribute_names, to_line

PLACE = ("photo", "garment", "category", "score", "x0", "y0", "x1", "y1")
THUMBNAIL = 96
"""Longer side, in pixels, of a garment's picture in the workbook."""

LONGEST = 32_767
"""Letters that a cell of a workbook holds."""

Read = Callable[[], Iterable[TaggedPhoto]]
"""Starts to read the tagged photos from the first; tables need them twice."""


def write_lines(path: Path, read: Read) -> None:
    """One JSON object a photo and line."""
    with replacing(path) as temporary, temporary.open("wb") as file:
        file.writelines(to_line(photo) + b"\n" for photo in read())


def write_csv(path: Path, read: Read) -> None:
    """A header, then one row a garment; UTF-8 with a byte order mark, by which Excel knows it."""
    names = attribute_names(read())
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8-sig", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(_header(names))
        for photo in read():
            rows.writerows(_row(photo, number, garment, names) for number, garment in enumerate(photo.garments, 1))


def write_workbook(path: Path, read: Read, problems: Iterable[Problem]) -> None:
    """An Excel workbook: garments with a picture each, a sheet of the photos, a sheet of those that cannot be read."""
    from xlsxwriter import Workbook

    names = attribute_names(read())
    with replacing(path) as temporary, Workbook(str(temporary), _PLAIN) as book:
        _garments(book, read(), names)
        _sheet(book, "photos", ("photo", "width", "height", "garments"), _counts(read()))
        _sheet(book, "not read", ("photo", "reason"), ((p.file, p.reason) for p in problems))


_PLAIN: dict[str, Any] = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": False}
"""What a file's name says is text, whatever it looks like."""


def _garments(book: Any, photos: Iterable[TaggedPhoto], names: list[str]) -> None:
    sheet = book.add_worksheet("garments")
    header = ("picture", *_header(names))
    sheet.write_row(0, 0, header, book.add_format({"bold": True, "bottom": 1}))
    sheet.freeze_panes(1, 2)
    sheet.set_column(0, 0, THUMBNAIL / 7)
    sheet.set_column(1, 1, 28)
    sheet.set_column(2, len(header) - 1, 12)
    middle = book.add_format({"valign": "vcenter"})
    row = 0
    for photo in photos:
        for number, (garment, picture) in enumerate(_with_pictures(photo), 1):
            row += 1
            sheet.set_row_pixels(row, THUMBNAIL + 4)
            if picture is not None:
                place = {"image_data": picture, "x_offset": 2, "y_offset": 2, "object_position": 1}
                sheet.insert_image(row, 0, f"{row}.jpg", place)
            for column, value in enumerate(_row(photo, number, garment, names), 1):
                sheet.write(row, column, value[:LONGEST] if isinstance(value, str) else value, middle)
    sheet.autofilter(0, 0, row, len(header) - 1)


def _with_pictures(photo: TaggedPhoto) -> Iterator[tuple[TaggedGarment, io.BytesIO | None]]:
    """The garments of a photo, each with its pixels on white as a JPEG; without, where the photo is gone."""
    try:
        picture = open_photo(photo.photo) if photo.garments else None
    except DataError:
        picture = None
    for garment in photo.garments:
        yield garment, None if picture is None else _thumbnail(picture, garment)


def _thumbnail(photo: Image.Image, garment: TaggedGarment) -> io.BytesIO | None:
    try:
        mask = decode_mask(garment.mask)
        crop = masked_crop(photo, mask, max_side=THUMBNAIL) if mask.shape == (photo.height, photo.width) else None
    except VisionError:
        return None
    if crop is None or crop.mask is None:
        return None
    alone = crop.pixels.copy()
    alone[~crop.mask] = 255
    jpeg = io.BytesIO()
    Image.fromarray(alone).save(jpeg, "JPEG", quality=85)
    return jpeg


def _sheet(book: Any, name: str, header: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> None:
    sheet = book.add_worksheet(name)
    sheet.write_row(0, 0, header, book.add_format({"bold": True, "bottom": 1}))
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, 0, 40)
    last = 0
    for last, row in enumerate(rows, 1):
        sheet.write_row(last, 0, [cell[:LONGEST] if isinstance(cell, str) else cell for cell in row])
    sheet.autofilter(0, 0, last, len(header) - 1)


def _counts(photos: Iterable[TaggedPhoto]) -> Iterator[tuple[Any, ...]]:
    return ((photo.photo, photo.width, photo.height, len(photo.garments)) for photo in photos)


def _header(names: list[str]) -> tuple[str, ...]:
    """The columns: of each attribute its values, how sure the first is, and who says so."""
    return (*PLACE, *(f"{name}{end}" for name in names for end in ("", " confidence", " model")), "styles")


def _row(photo: TaggedPhoto, number: int, garment: TaggedGarment, names: list[str]) -> list[Any]:
    cells: list[Any] = [photo.photo, number, garment.category, garment.score, *garment.box]
    for name in names:
        values = garment.attributes.get(name, ())
        first = values[0] if values else None
        cells.append(", ".join(value.value for value in values))
        cells += ["", ""] if first is None else [first.confidence, first.model]
    styles = (f"{name} {style.confidence:.2f}" for name, style in garment.styles.items())
    return [*cells, ", ".join(styles)]
