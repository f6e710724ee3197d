"""What a data set holds, counted in one pass: styles, regions, categories, colours, attributes, notes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from data.taxonomy import SLOTS, canonical
from data.types import Attributes, ImageRecord, Item, Problem

_SEPARATE = frozenset({"colour"})


@dataclass
class Statistics:
    """Counts over images, their garments and, for tables, items; fed record by record, so nothing else is kept.

    ``regions`` counts garments by the source's own word for the place, ``unknown_values`` values that the vocabulary
    does not hold (a category only where its slot is unknown too), ``notes`` what readers mended by its code,
    ``problems`` what was quarantined by field. A value counts once a garment, a style once an image.
    """

    images: int = 0
    looks: int = 0
    garments: int = 0
    items: int = 0
    quarantined: int = 0
    without_garment: int = 0
    without_category: int = 0
    styles: Counter[str] = field(default_factory=Counter)
    substyles: Counter[str] = field(default_factory=Counter)
    regions: Counter[str] = field(default_factory=Counter)
    slots: Counter[str] = field(default_factory=Counter)
    categories: Counter[str] = field(default_factory=Counter)
    colours: Counter[str] = field(default_factory=Counter)
    attributes: dict[str, Counter[str]] = field(default_factory=dict)
    unknown_values: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    problems: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    split_shares: dict[str, float] = field(default_factory=dict)

    def add_image(self, record: ImageRecord) -> None:
        """Count one photo or look. A look's garments are items of a table, whose kinds are counted with `add_item`."""
        photo = record.kind == "photo"
        self.images += photo
        self.looks += not photo
        self.garments += len(record.regions)
        self.without_garment += not record.regions
        self.sources[record.source] += 1
        self.substyles.update(set(record.substyles))
        for style in set(record.styles):
            self.styles[style] += 1
            self._known("style", style)
        self.notes.update(note.code for note in record.notes)
        for region in record.regions:
            self.regions[region.part] += 1
            self.notes.update(note.code for note in region.notes)
            if photo:
                self._add_kind(region.slot, region.category, region.attributes, strict=True)

    def add_item(self, item: Item) -> None:
        """Count one item of a table (not one that identity found in photos: its garments are counted already)."""
        self.items += 1
        self._add_kind(item.slot, item.category, item.attributes, strict=False)

    def add_problem(self, problem: Problem) -> None:
        """Count one problem: a photo set aside counts as much as a whole record."""
        self.quarantined += 1
        self.problems[problem.field] += 1

    def to_json(self) -> dict[str, Any]:
        """All counts as plain JSON, the most frequent value first."""
        plain: dict[str, Any] = {}
        for name, value in vars(self).items():
            if isinstance(value, Counter):
                plain[name] = ranked(value)
            elif name == "attributes":
                plain[name] = {attribute: ranked(values) for attribute, values in sorted(value.items())}
            else:
                plain[name] = value
        return plain

    def _add_kind(self, slot: str, category: str | None, attributes: Attributes, *, strict: bool) -> None:
        """Count one garment; a table's columns are its own words: only a ``strict`` source is held to vocabularies."""
        self.slots[slot] += 1
        if category is None:
            self.without_category += 1
        else:
            self.categories[category] += 1
            if slot not in SLOTS:
                self._known("category", category)
        for name, values in attributes.items():
            for value in set(values):
                counter = self.colours if name in _SEPARATE else self.attributes.setdefault(name, Counter())
                counter[value] += 1
                if strict:
                    self._known(name, value)

    def _known(self, name: str, value: str) -> None:
        if not canonical(name, value)[1]:
            self.unknown_values[value] += 1


def collect(records: Iterable[ImageRecord], items: Iterable[Item] = (), problems: Iterable[Problem] = ()) -> Statistics:
    """Count everything in one pass over each stream."""
    statistics = Statistics()
    for record in records:
        statistics.add_image(record)
    for item in items:
        statistics.add_item(item)
    for problem in problems:
        statistics.add_problem(problem)
    return statistics


def ranked(counts: Mapping[str, int]) -> dict[str, int]:
    """Counts by falling number, equal ones by name."""
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
