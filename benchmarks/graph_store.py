"""How fast the SQLite graph store loads, takes updates and answers: ``python -m benchmarks.graph_store``.

What a record carries: an item has id, slot, category and three attributes; an image has id, shoot and one style; each
of its regions (the edges) has region id, place, slot, category, a box, the detector's confidence and the item it shows.
Everything goes through the public interface as ``Item`` and ``ImageRecord``. Making the records is not part of a
time, and is printed beside it.
"""

from __future__ import annotations

import argparse
import os
import resource
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np

from benchmarks.machine import describe, seconds_of
from data.types import Box, ImageRecord, Item, Region
from graph.sqlite import SqliteGraphStore

Record = TypeVar("Record")

SLOTS = ("outer", "top", "bottom", "dress", "shoes", "bag", "accessory")
CATEGORIES = tuple(f"category {number:02d}" for number in range(40))
COLOURS = tuple(f"colour {number:02d}" for number in range(30))
MATERIALS = tuple(f"material {number:02d}" for number in range(60))
PRINTS = tuple(f"print {number:02d}" for number in range(20))
STYLES = tuple(f"style {number:02d}" for number in range(23))
IMAGES_PER_SHOOT = 3


class Catalogue:
    """Records made from a seed, one after the other; ``hub`` photos show item 0."""

    def __init__(self, sizes: argparse.Namespace) -> None:
        self.sizes = sizes
        self._random = np.random.default_rng(sizes.seed)

    def items(self) -> Iterator[Item]:
        for number in range(self.sizes.items):
            yield Item(
                item_id=f"item-{number:07d}",
                category=CATEGORIES[number % len(CATEGORIES)],
                slot=SLOTS[number % len(SLOTS)],
                source="benchmark",
                attributes={
                    "colour": (COLOURS[number * 7 % len(COLOURS)],),
                    "material": (MATERIALS[number * 11 % len(MATERIALS)],),
                    "print": (PRINTS[number * 13 % len(PRINTS)],),
                },
            )

    def images(self, first: int, count: int) -> Iterator[ImageRecord]:
        """Images by number; edges are spread evenly, so that all images together have as many as asked for."""
        sizes = self.sizes
        hub_step = max(sizes.images // sizes.hub, 1) if sizes.hub else 0
        block = 10_000
        for start in range(first, first + count, block):
            numbers = range(start, min(start + block, first + count))
            bounds = [number * sizes.edges // sizes.images for number in (*numbers, numbers.stop)]
            shown = (self._random.random(bounds[-1] - bounds[0]) ** 1.5 * sizes.items).astype(int).tolist()
            corners = self._random.integers(0, 600, (len(shown), 2)).astype(float).tolist()
            confidences = np.round(self._random.uniform(0.5, 0.999, len(shown)), 3).tolist()
            for number, low, high in zip(numbers, bounds, bounds[1:], strict=False):
                edges = [
                    (shown[n - bounds[0]], *corners[n - bounds[0]], confidences[n - bounds[0]])
                    for n in range(low, high)
                ]
                if hub_step and number % hub_step == 0:
                    edges[0] = (0, *edges[0][1:])
                yield _image(number, edges)


def _image(number: int, edges: list[tuple[int, float, float, float]]) -> ImageRecord:
    image_id = f"image-{number:07d}"
    return ImageRecord(
        image_id=image_id,
        source="benchmark",
        shoot=f"shoot-{number // IMAGES_PER_SHOOT:06d}",
        styles=(STYLES[number % len(STYLES)],),
        regions=tuple(
            Region(
                region_id=f"{image_id}/{SLOTS[n]}#0",
                part=SLOTS[n],
                slot=SLOTS[n],
                category=CATEGORIES[item % len(CATEGORIES)],
                box=Box(x, y, x + 200.0, y + 300.0),
                confidence=confidence,
                item_id=f"item-{item:07d}",
            )
            for n, (item, x, y, confidence) in enumerate(edges)
        ),
    )


class Paused:
    """An iterable whose own time is kept apart from its reader's; it makes a few records at a time, as readers do."""

    def __init__(self) -> None:
        self.wall = 0.0
        self.processor = 0.0

    def __call__(self, records: Iterable[Record], block: int = 200) -> Iterator[Record]:
        iterator = iter(records)
        while True:
            wall, processor = time.perf_counter(), time.process_time()
            made = list(islice(iterator, block))
            self.wall += time.perf_counter() - wall
            self.processor += time.process_time() - processor
            if not made:
                return
            yield from made


def main() -> None:
    """Measure and print."""
    sizes = _arguments()
    print(describe())
    print(f"SQLite {sqlite3.sqlite_version}; {sizes.images:,} images, {sizes.items:,} items, {sizes.edges:,} edges")
    with tempfile.TemporaryDirectory(dir=sizes.folder) as folder:
        path = Path(folder) / "graph.sqlite"
        with SqliteGraphStore(path) as store:
            _load(store, Catalogue(sizes))
            print(f"  file {os.path.getsize(path) / 2**20:,.0f} MiB")
        with SqliteGraphStore(path) as store:
            _measure_writes(store, Catalogue(sizes))
            _measure_reads(store, sizes)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    print(f"peak memory of the process {peak:,.0f} MiB")


def _load(store: SqliteGraphStore, catalogue: Catalogue) -> None:
    paused = Paused()
    wall, processor = time.perf_counter(), time.process_time()
    store.bulk_load(paused(catalogue.items()), paused(catalogue.images(0, catalogue.sizes.images)))
    wall = time.perf_counter() - wall - paused.wall
    processor = time.process_time() - processor - paused.processor
    print(f"{'bulk load':28s} {wall:8.3f} s  (target 20 s at full size), {processor:.3f} s of processor time")
    print(f"  making the records, not counted above: {paused.wall:.3f} s")


def _measure_writes(store: SqliteGraphStore, catalogue: Catalogue) -> None:
    sizes = catalogue.sizes
    count = min(10_000, sizes.images)
    new = list(catalogue.images(sizes.images, count))
    _timed(f"upsert {count:,} new images", "1.5 s", lambda: store.upsert_images(new))
    _timed("the same again", "-", lambda: store.upsert_images(new))
    other = list(catalogue.images(sizes.images, count))
    _timed("with other content", "-", lambda: store.upsert_images(other))
    _timed("delete them", "-", lambda: store.delete_images([image.image_id for image in new]))


def _measure_reads(store: SqliteGraphStore, sizes: argparse.Namespace) -> None:
    random = np.random.default_rng(sizes.seed + 1)
    asked = [f"item-{number:07d}" for number in random.integers(1, sizes.items, sizes.queries)]
    for name, target, ask in (
        ("worn_with (2 hops)", "p50 0.1 ms", store.worn_with),
        ("images_of", "-", store.images_of),
        ("item", "-", store.item),
    ):
        for item_id in asked:  # warm
            ask(item_id)
        times = [seconds_of(lambda ask=ask, item_id=item_id: ask(item_id)) * 1e3 for item_id in asked]
        p50, p99 = np.percentile(times, [50, 99])
        print(f"{name:28s} p50 {p50:.3f} ms, p99 {p99:.3f} ms over {len(asked):,} items (target {target})")
    if sizes.hub:
        degree = len(store.images_of("item-0000000", limit=sizes.images))
        for name, ask in (("worn_with", store.worn_with), ("images_of", store.images_of)):
            first, second = (seconds_of(lambda ask=ask: ask("item-0000000")) * 1e3 for _ in range(2))
            print(f"{name} of a hub in {degree:,} images: {first:.1f} ms, again {second:.1f} ms")
    _timed("export to CSR", "-", store.export)
    _timed("counts", "-", store.counts)


def _timed(name: str, target: str, call: Callable[[], object]) -> None:
    processor = time.process_time()
    wall = seconds_of(call)
    print(f"{name:28s} {wall:8.3f} s  (target {target}), {time.process_time() - processor:.3f} s of processor time")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=1_200_000)
    parser.add_argument("--items", type=int, default=800_000)
    parser.add_argument("--edges", type=int, default=2_600_000)
    parser.add_argument("--hub", type=int, default=200_000, help="photos that show item 0; 0 for none")
    parser.add_argument("--queries", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, default=None, help="where the store is written (default: temporary)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
