"""A shop's own catalogue and outfits: two tables, CSV or Parquet, with the columns of docs/formats.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from data.errors import PhotoError, SourceError
from data.tablefile import Cell, Row, TableFile
from data.tablephotos import PhotoFolder
from data.taxonomy import canonical, slot_of, tidy
from data.types import ImageRecord, Item, Outfit, Problem, Region

SOURCE = "table"

LOOK = "look:"
"""How the ids of looks begin; a shop numbers its outfits as it likes, and others number their photos so too."""

TableRecord = Item | ImageRecord | Outfit | Problem

_ITEM_FIELDS = ("item_id", "category")
_OUTFIT_FIELDS = ("outfit_id", "item_id")
_FIELDS = ("item_id", "category", "image", "outfit_id")


class _Known(Struct, frozen=True):
    """What is remembered of an item that was read."""

    category: str
    content: int


class _Wearing(Struct):
    """An outfit while its rows come in, in any order."""

    row: int
    item_ids: dict[str, None]
    image: str = ""


def read_table(
    items: Path, outfits: Path, *, images: Path | None = None, mapping: Mapping[str, str] | None = None
) -> Iterator[TableRecord]:
    """Read a catalogue, then its outfits.

    Parameters
    ----------
    items
        Columns ``item_id`` and ``category``, optionally ``image``; every further column is an attribute.
    outfits
        Columns ``outfit_id`` and ``item_id``, one row an item, optionally ``image``.
    images
        Folder or zip that the ``image`` cells are relative to; without it those cells are not looked at.
    mapping
        Field to the name of its column, where that differs (``{"item_id": "sku"}``), for both tables.

    Yields
    ------
    Item
        All of the catalogue, in the order of its rows.
    ImageRecord, Outfit
        One of each an outfit of two items or more: a look (``image_id`` is ``look:`` and the outfit's id, so that no
        photo of another source has it) with a region an item.
    Problem
        A row or an outfit that was set aside; not ``blocking`` where the rest of the item or outfit is there.

    Raises
    ------
    SourceError
        At once: a file is missing or unreadable, or lacks a column. Later: a file breaks off.
    """
    return _Reading(TableFile(items), TableFile(outfits), images, mapping or {}).records()


class _Reading:
    def __init__(self, items: TableFile, outfits: TableFile, images: Path | None, mapping: Mapping[str, str]) -> None:
        if images is not None and not images.exists():
            raise SourceError(f"{images}: there is no such folder of images")
        for field, column in mapping.items():
            if column not in items.columns and column not in outfits.columns:
                raise SourceError(_no_column(items, field, column) + f"; nor has {outfits.path}")
        self._photos = None if images is None else PhotoFolder(images)
        self._items, self._outfits = items, outfits
        self._item_fields = _fields(items, mapping, required=_ITEM_FIELDS)
        self._outfit_fields = _fields(outfits, mapping, required=_OUTFIT_FIELDS)
        self._known: dict[str, _Known] = {}

    def records(self) -> Iterator[TableRecord]:
        yield from self._read_items()
        wearings: dict[str, _Wearing] = {}
        yield from self._gather(wearings)
        for outfit_id, wearing in wearings.items():
            yield from self._outfit(outfit_id, wearing)

    def _read_items(self) -> Iterator[Item | Problem]:
        for row in self._items.rows():
            cells = _cells(self._items, self._item_fields, row)
            if isinstance(cells, Problem):
                yield cells
                continue
            item_id, category = _one(cells.pop("item_id")), tidy(_one(cells.pop("category")))
            lacking = "item_id" if not item_id else "category" if not category else None
            if lacking is not None:
                yield _problem(self._items, row, lacking, "the cell is empty", record_id=item_id or None)
                continue
            content = hash((category, tuple(cells.items())))
            known = self._known.get(item_id)
            if known is not None:
                if known.content != content:
                    reason = f"item {item_id} was read before with different content; the first row is kept"
                    yield _problem(self._items, row, "item_id", reason, record_id=item_id)
                continue
            self._known[item_id] = _Known(category, content)
            yield from self._item(row, item_id, category, cells)

    def _item(self, row: Row, item_id: str, category: str, cells: dict[str, Cell]) -> Iterator[Item | Problem]:
        image = _one(cells.pop("image", ""))
        photo = None
        if image and self._photos is not None:
            try:
                photo = self._photos.find(image)
            except PhotoError as error:
                yield _problem(self._items, row, "image", _unfound(error), record_id=item_id, blocking=False)
        yield Item(
            item_id=item_id,
            category=category,
            slot=slot_of(category),
            source=SOURCE,
            attributes={name: values for name, cell in cells.items() if (values := _values(name, cell))},
            photo=photo,
        )

    def _gather(self, wearings: dict[str, _Wearing]) -> Iterator[Problem]:
        """Rows of the outfits table into outfits; their rows need not stand together."""
        for row in self._outfits.rows():
            cells = _cells(self._outfits, self._outfit_fields, row)
            if isinstance(cells, Problem):
                yield cells
                continue
            outfit_id, item_id = _one(cells["outfit_id"]), _one(cells["item_id"])
            lacking = "outfit_id" if not outfit_id else "item_id" if not item_id else None
            if lacking is not None:
                yield _problem(self._outfits, row, lacking, "the cell is empty", record_id=outfit_id or None)
                continue
            wearing = wearings.setdefault(outfit_id, _Wearing(row.number, {}))
            wearing.image = wearing.image or _one(cells.get("image", ""))
            if item_id in self._known:
                wearing.item_ids[item_id] = None
            else:
                reason = f"{item_id} is not in {self._items.path}; the outfit is read without it"
                yield _problem(self._outfits, row, "item_id", reason, record_id=outfit_id, blocking=False)

    def _outfit(self, outfit_id: str, wearing: _Wearing) -> Iterator[ImageRecord | Outfit | Problem]:
        row = Row(wearing.row, (outfit_id, *wearing.item_ids))
        if len(wearing.item_ids) < 2:
            reason = f"the outfit has {len(wearing.item_ids)} known items; at least 2 are needed"
            yield _problem(self._outfits, row, "outfit_id", reason, record_id=outfit_id)
            return
        photo = None
        if wearing.image and self._photos is not None:
            try:
                photo = self._photos.find(wearing.image)
            except PhotoError as error:
                yield _problem(self._outfits, row, "image", _unfound(error), record_id=outfit_id, blocking=False)
        item_ids = tuple(sorted(wearing.item_ids))
        image_id = f"{LOOK}{outfit_id}"
        regions = tuple(self._region(image_id, item_id) for item_id in item_ids)
        yield ImageRecord(image_id=image_id, source=SOURCE, kind="look", photo=photo, regions=regions)
        yield Outfit(outfit_id=outfit_id, item_ids=item_ids, source=SOURCE, image_id=image_id)

    def _region(self, image_id: str, item_id: str) -> Region:
        category = self._known[item_id].category
        return Region(
            region_id=f"{image_id}/{item_id}",
            part=category,
            slot=slot_of(category),
            category=category,
            product_id=item_id,
            item_id=item_id,
        )


def _fields(table: TableFile, mapping: Mapping[str, str], *, required: tuple[str, ...]) -> list[str | None]:
    """The field of each column: the one mapped to it, else its own name; None where a mapping took that name away."""
    taken = {field: column for field, column in mapping.items() if column in table.columns}
    field_of = {column: field for field, column in taken.items()}
    fields = [field_of.get(column, None if column in taken else column) for column in table.columns]
    for field in required:
        if field not in fields:
            stray = next((name for name, column in taken.items() if column == field and name not in _FIELDS), None)
            if stray is not None:
                known = ", ".join(_FIELDS)
                raise SourceError(
                    f"--map {stray}={field}: {stray} is no field; fields are {known} and the names of attributes; "
                    f"{table.path} would be left without its {field}"
                )
            raise SourceError(_no_column(table, field, mapping.get(field, field)))
    return fields


def _unfound(error: PhotoError) -> str:
    return f"{error.photo}: {error.reason}"


def _no_column(table: TableFile, field: str, column: str) -> str:
    return (
        f"{table.path}: there is no column {column!r}; the columns are {', '.join(table.columns)}; "
        f"name the right one with --map {field}=COLUMN"
    )


def _cells(table: TableFile, fields: list[str | None], row: Row) -> dict[str, Cell] | Problem:
    if row.fault is not None:
        return _problem(table, row, "cells", row.fault)
    if len(row.cells) != len(fields):
        reason = f"{len(row.cells)} cells where the header has {len(fields)}; is a separator or a quote missing?"
        return _problem(table, row, "cells", reason)
    return {field: cell for field, cell in zip(fields, row.cells, strict=True) if field is not None}


def _one(cell: Cell) -> str:
    return cell if isinstance(cell, str) else " ".join(cell)


def _values(name: str, cell: Cell) -> tuple[str, ...]:
    given = (cell,) if isinstance(cell, str) else cell
    return tuple(dict.fromkeys(value for value in (canonical(name, text)[0] for text in given) if value))


def _problem(
    table: TableFile, row: Row, field: str, reason: str, *, record_id: str | None = None, blocking: bool = True
) -> Problem:
    return Problem(
        file=str(table.path),
        field=f"row {row.number}, {field}",
        reason=reason,
        record_id=record_id,
        blocking=blocking,
        raw=",".join(map(_one, row.cells)),
    )
