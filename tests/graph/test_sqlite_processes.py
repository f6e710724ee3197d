"""Several processes on one SQLite file, and a process killed in the middle of a write."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from data.types import ImageRecord, Item, Region
from graph.sqlite import SqliteGraphStore
from graph.store import WriteCounts

ROOT = Path(__file__).resolve().parents[2]


def item(n: int) -> Item:
    return Item(item_id=f"i{n}", category="코트", slot="outer", source="s", attributes={"n": (str(n % 7),)})


def image(n: int) -> ImageRecord:
    regions = tuple(Region(region_id=f"p{n}/{r}", part="x", slot="top", item_id=f"i{(n + r) % 50}") for r in range(2))
    return ImageRecord(image_id=f"p{n}", source="s", shoot=f"s{n // 3}", regions=regions)


def write(store: SqliteGraphStore, first: int, last: int) -> None:
    """Images in calls of twenty."""
    store.upsert_items(map(item, range(50)))
    for start in range(first, last, 20):
        store.upsert_images(map(image, range(start, start + 20)))


def upsert_until_killed(store: SqliteGraphStore) -> None:
    """A small call, then a large one that stops in the middle."""
    store.upsert_items(map(item, range(50)))
    store.upsert_images(map(image, range(100)))
    store.upsert_images(_stopping(map(image, range(100, 20_000))))


def load_until_killed(store: SqliteGraphStore) -> None:
    """A first load that stops in the middle."""
    store.bulk_load(map(item, range(50)), _stopping(map(image, range(20_000))))


def _stopping(records: Iterable[ImageRecord]) -> Iterator[ImageRecord]:
    for n, record in enumerate(records):
        if n == 15_000:
            sys.stdout.write("in the middle\n")
            sys.stdout.flush()
            time.sleep(60)
        yield record


@pytest.fixture
def start(tmp_path):
    """Starts a program on the store of this test."""
    started = []

    def run(program: Callable[..., None], *arguments: int) -> subprocess.Popen[str]:
        command = [sys.executable, __file__, program.__name__, str(tmp_path / "graph.sqlite"), *map(str, arguments)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment))
        return started[-1]

    yield run
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def test_two_processes_that_create_and_write_one_store_lose_and_double_nothing(start, tmp_path):
    writers = [start(write, 0, 300), start(write, 200, 500)]
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0]
    with SqliteGraphStore(tmp_path / "graph.sqlite") as store:
        counts = store.counts()
        assert (counts.photos, counts.regions, counts.links, counts.items) == (500, 1_000, 1_000, 50)
        assert counts.attributes == 7


@pytest.mark.parametrize(("program", "stored"), [(upsert_until_killed, 100), (load_until_killed, 0)])
def test_a_killed_writer_leaves_whole_calls_and_a_second_run_reaches_the_same_graph(start, tmp_path, program, stored):
    path = tmp_path / "graph.sqlite"
    process = start(program)
    assert process.stdout.readline() == "in the middle\n"
    if stored:  # a reader is not disturbed by the open write
        with SqliteGraphStore(path) as store:
            assert store.counts().photos == stored
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    items, images = [*map(item, range(50))], [*map(image, range(20_000))]
    with SqliteGraphStore(path) as store:
        assert store.counts().photos == stored
        assert store.upsert_items(items).changed == 0
        assert store.upsert_images(images) == WriteCounts(added=20_000 - stored, unchanged=stored)
        killed = store.export()
    with SqliteGraphStore(tmp_path / "whole.sqlite") as store:
        store.bulk_load(items, images)
        whole = store.export()
    assert (killed.image_ids, killed.item_ids) == (whole.image_ids, whole.item_ids)
    assert killed.image_items.tobytes() == whole.image_items.tobytes()
    assert killed.item_images.tobytes() == whole.item_images.tobytes()


def test_a_store_goes_on_in_a_forked_child(tmp_path):
    store = SqliteGraphStore(tmp_path / "graph.sqlite")
    store.upsert_items(map(item, range(3)))
    child = os.fork()
    if child == 0:
        fine = False
        try:
            fine = store.counts().items == 3 and store.upsert_items([item(4)]).added == 1
        finally:
            os._exit(0 if fine else 1)
    deadline = time.monotonic() + 30
    while (ended := os.waitpid(child, os.WNOHANG)) == (0, 0) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert ended == (child, 0)
    assert store.counts().items == 4
    store.close()


if __name__ == "__main__":
    _, name, path, *numbers = sys.argv
    with SqliteGraphStore(path) as opened:
        {program.__name__: program for program in (write, upsert_until_killed, load_until_killed)}[name](
            opened, *map(int, numbers)
        )
