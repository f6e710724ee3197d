"""Records from a reader into the graph store: batch by batch, each whole or not at all; any run can be repeated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from data.errors import DataError
from data.taxonomy import SLOTS
from data.types import ImageRecord, Item, Note, Outfit, Problem
from graph.store import GraphStore, InvalidRecordError, UnknownNodeError, WriteCounts

Record = ImageRecord | Item | Outfit | Problem
"""What readers yield. Items come before the images and outfits that name them."""


R = TypeVar("R", ImageRecord, Item, Outfit)


class ImportInterruptedError(KeyboardInterrupt):
    """The user stopped an import; what the counts say is stored is stored."""

    def __init__(self, stored: ImportCounts) -> None:
        super().__init__(f"{stored.records} records are stored; run the same command again to go on")
        self.stored = stored


@dataclass
class ImportCounts:
    """What one import read and what of it was new.

    ``left_out`` counts records that somebody deleted before, ``notes`` what readers mended, by code; ``refused_items``
    are the ids of items that the store did not take; ``own_slots`` the categories of items that fill none of the known
    slots and so are slots of their own.
    """

    images: int = 0
    garments: int = 0
    items: int = 0
    outfits: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    missing_photos: int = 0
    left_out: int = 0
    notes: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)
    refused_items: set[str] = field(default_factory=set)
    own_slots: set[str] = field(default_factory=set)

    @property
    def records(self) -> int:
        return self.images + self.items + self.outfits

    @property
    def quarantined(self) -> int:
        """Different problems met; the same one of the same file and field counts once."""
        return len({(problem.file, problem.field) for problem in self.problems})

    def add_image(self, image: ImageRecord) -> None:
        self.images += 1
        self.garments += len(image.regions)
        self.missing_photos += image.kind == "photo" and image.photo is None
        self.add_notes(image.notes)
        for region in image.regions:
            self.add_notes(region.notes)

    def add_notes(self, notes: Iterable[Note]) -> None:
        self.notes.update(note.code for note in notes)

    def add_write(self, written: WriteCounts) -> None:
        self.added += written.added
        self.changed += written.changed
        self.unchanged += written.unchanged


@dataclass(frozen=True)
class Watcher:
    """Who is told what an import meets: each problem, and how many records are written."""

    problem: Callable[[Problem], None]
    progress: Callable[[int], None]


def write_records(
    store: GraphStore, records: Iterable[Record], stored: ImportCounts, *, batch: int, watcher: Watcher
) -> None:
    """Write a reader's records to a store, ``batch`` at a time; each batch lands whole or not at all.

    What is stored already with the same content is left as it is, so an import that was stopped goes on when it is run
    again; what has other content now is replaced. Problems go to quarantine with the batch in which they were met.
    ``stored`` counts what has landed, also where this is interrupted. Where the source breaks off, what was read before
    is written.
    """
    pending: list[Record] = []

    def flush() -> None:
        _write(store, pending, stored, watcher)
        pending.clear()
        watcher.progress(stored.records)

    try:
        for record in records:
            pending.append(record)
            if len(pending) >= batch:
                flush()
    except DataError:
        flush()
        raise
    flush()


def _write(store: GraphStore, chunk: list[Record], stored: ImportCounts, watcher: Watcher) -> None:
    """Write one batch: items first, since images name them, and images before the outfits read from them."""
    items = [record for record in chunk if isinstance(record, Item)]
    images = [record for record in chunk if isinstance(record, ImageRecord)]
    outfits = [record for record in chunk if isinstance(record, Outfit)]
    problems = [record for record in chunk if isinstance(record, Problem)]
    kept_items = _upsert(store.upsert_items, items, stored, problems)
    if len(kept_items) < len(items):
        stored.refused_items |= {item.item_id for item in items} - {item.item_id for item in kept_items}
    images = [image for image in images if _is_whole(image, stored.refused_items, problems)]
    kept_images = _upsert(store.upsert_images, images, stored, problems)
    outfits = [outfit for outfit in outfits if _is_whole(outfit, stored.refused_items, problems)]
    kept_outfits = _upsert(store.upsert_outfits, outfits, stored, problems)
    for problem in problems:
        watcher.problem(problem)
    store.quarantine(problems)
    stored.items += len(kept_items)
    stored.own_slots |= {item.category for item in kept_items if item.slot not in SLOTS}
    stored.outfits += len(kept_outfits)
    stored.problems += problems
    for image in kept_images:
        stored.add_image(image)


def _is_whole(record: ImageRecord | Outfit, refused: set[str], problems: list[Problem]) -> bool:
    """Whether no item of a record was refused: what the store holds under that id is another source's."""
    if not refused:
        return True
    named = (region.item_id for region in record.regions) if isinstance(record, ImageRecord) else record.item_ids
    missing = sorted({item_id for item_id in named if item_id in refused})
    if missing:
        problems.append(_refused(record, f"its item {', '.join(missing)} was set aside"))
    return not missing


def _upsert(
    write: Callable[[Iterable[R]], WriteCounts], records: list[R], stored: ImportCounts, problems: list[Problem]
) -> list[R]:
    """Write records; where the store refuses one, the others are written all the same. Returns those that are kept."""
    if not records:
        return []
    try:
        stored.add_write(write(records))
        return records
    except (InvalidRecordError, UnknownNodeError):
        pass
    kept = []
    for record in records:
        try:
            stored.add_write(write([record]))
            kept.append(record)
        except (InvalidRecordError, UnknownNodeError) as error:
            problems.append(_refused(record, str(error)))
    return kept


def _refused(record: ImageRecord | Item | Outfit, reason: str) -> Problem:
    match record:
        case ImageRecord():
            name, file = record.image_id, record.photo
        case Item():
            name, file = record.item_id, record.photo
        case Outfit():
            name, file = record.outfit_id, None
    return Problem(file=file or f"{record.source}:{name}", field="record", reason=reason, record_id=name)
