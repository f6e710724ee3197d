"""Attributes as codes: any columns, in any language, with missing, unknown and new values as a normal case."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from bert4rec.item_codes import ItemCodes
from data.types import Item

MAX_COLUMNS = 3
"""Values of one attribute that are kept of one item."""

MAX_VALUES = 2_000
MIN_COUNT = 2
NUMBER_BINS = 8
SEPARATE = 0.5
"""An attribute whose values are mostly different from item to item says nothing by itself: it is read as words."""


class Field(Struct, frozen=True):
    """One attribute: its name, how it is read, how many columns it takes, and the code of each value."""

    name: str
    kind: str
    columns: int
    values: dict[str, int]
    edges: tuple[float, ...] = ()

    def encode(self, given: Sequence[str]) -> list[int]:
        """Codes of an item's values, at most ``columns``; unknown ones are left out."""
        if self.kind == "number":
            number = _number(given[0]) if given else None
            return [] if number is None else [self.values[str(int(np.searchsorted(self.edges, number)))]]
        words = [w for v in given for w in v.casefold().split()] if self.kind == "words" else given
        known = [self.values[w] for w in dict.fromkeys(words) if w in self.values]
        return known[: self.columns] if self.kind == "values" else sorted(known, reverse=True)[: self.columns]


class Vocabulary(Struct, frozen=True):
    """Codes of categories (0 is the unknown one) and of all attribute values, in one numbering over all fields."""

    categories: dict[str, int]
    fields: tuple[Field, ...]
    n_values: int

    @classmethod
    def fit(cls, items: Sequence[Item], extra: dict[str, list[str]] | None = None) -> Vocabulary:
        """Learn from a catalogue; ``extra`` brings further values by name, one an item ("" where there is none).

        Columns that are constant, or that repeat another one under other names, are left out.
        """
        categories = {name: k + 1 for k, name in enumerate(sorted({item.category for item in items}))}
        fields: list[Field] = []
        start = 0
        for name, cells in _columns(items, extra or {}).items():
            field = _fit_field(name, cells, start)
            if field is not None:
                fields.append(field)
                start += len(field.values)
        return cls(categories, tuple(fields), start)

    def encode(self, items: Sequence[Item], extra: dict[str, list[str]] | None = None) -> ItemCodes:
        """Codes of items, known or new: category [N] and values [N, columns of all fields], -1 where missing."""
        extra = extra or {}
        values = np.full((len(items), sum(f.columns for f in self.fields)), -1, np.int64)
        column = 0
        for field in self.fields:
            for row, item in enumerate(items):
                word = extra[field.name][row] if field.name in extra else ""
                given = (word,) if word else _cell(item, field.name)
                codes = field.encode(given)
                values[row, column : column + len(codes)] = codes
            column += field.columns
        category = np.array([self.categories.get(item.category, 0) for item in items], np.int64)
        return ItemCodes(category, values, len(self.categories) + 1, self.n_values, self.field_numbers())

    def codes_of(self, name: str, value: str) -> tuple[int, ...]:
        """Codes of one value of an attribute; none where it is not read, or repeats what another attribute says."""
        field = next((field for field in self.fields if field.name == name), None)
        return tuple(field.encode((value,))) if field else ()

    def field_numbers(self) -> NDArray[np.int64]:
        """Number of the field behind each column of ``encode``."""
        return np.repeat(np.arange(len(self.fields)), [field.columns for field in self.fields])

    def column_names(self) -> list[str]:
        """Name of the field behind each column of ``encode``."""
        return [field.name for field in self.fields for _ in range(field.columns)]


def _cell(item: Item, name: str) -> tuple[str, ...]:
    if name == "category":
        return (item.category,)
    if name == "slot":
        return (item.slot,)
    return item.attributes.get(name, ())


def _columns(items: Sequence[Item], extra: dict[str, list[str]]) -> dict[str, list[tuple[str, ...]]]:
    """Cells by field, without columns that tell the same as an earlier one."""
    names = ["category", "slot", *sorted({name for item in items for name in item.attributes} - {"category", "slot"})]
    columns = {name: [_cell(item, name) for item in items] for name in names}
    columns |= {name: [(v,) if v else () for v in values] for name, values in extra.items()}
    kept: dict[str, list[tuple[str, ...]]] = {}
    for name, cells in columns.items():
        distinct = len(set(cells))
        telling = distinct <= SEPARATE * len(cells)  # columns of ids all repeat each other
        if not (telling and any(_same_split(cells, other, distinct) for other in kept.values())):
            kept[name] = cells
    return kept


def _same_split(one: list[tuple[str, ...]], other: list[tuple[str, ...]], distinct: int) -> bool:
    """Whether two columns tell the same items apart."""
    return distinct == len(set(other)) == len(set(zip(one, other, strict=True)))


def _fit_field(name: str, cells: list[tuple[str, ...]], start: int) -> Field | None:
    present = [cell for cell in cells if cell]
    counts = Counter(value for cell in present for value in dict.fromkeys(cell))
    if len(counts) < 2:
        return None
    numbers = [_number(cell[0]) for cell in present]
    if len(counts) > 2 * NUMBER_BINS and all(n is not None for n in numbers):
        edges = np.unique(np.quantile([n for n in numbers if n is not None], np.linspace(0, 1, NUMBER_BINS + 1)[1:-1]))
        return Field(
            name, "number", 1, {str(k): start + k for k in range(len(edges) + 1)}, tuple(float(e) for e in edges)
        )
    kind = "values"
    if len(counts) > 20 and len(counts) > SEPARATE * len(present):
        kind = "words"
        counts = Counter(w for cell in present for w in dict.fromkeys(" ".join(cell).casefold().split()))
    common = [v for v, n in counts.most_common(MAX_VALUES) if n >= MIN_COUNT]
    if len(common) < 2:
        return None
    widest = MAX_COLUMNS if kind == "words" else min(MAX_COLUMNS, max(len(cell) for cell in present))
    return Field(name, kind, widest, {value: start + k for k, value in enumerate(common)})


def _number(text: str) -> float | None:
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value if np.isfinite(value) else None


def as_tags(codes: ItemCodes) -> tuple[NDArray[np.int64], NDArray[np.int32], int]:
    """Codes as multi-hot rows in CSR form, as graph models read them."""
    rows, columns = np.nonzero(codes.values >= 0)
    flat = np.unique(np.stack([rows, codes.values[rows, columns]], 1), axis=0)
    indptr = np.concatenate([[0], np.cumsum(np.bincount(flat[:, 0], minlength=codes.n_items))]).astype(np.int64)
    return indptr, flat[:, 1].astype(np.int32), max(codes.n_values, 1)
