"""How fast the Neo4j store loads, answers and is read out, beside SQLite: ``python -m benchmarks.neo4j_store``.

    python -m benchmarks.neo4j_store live [--images 100000] [--writers 4] [--passes 3] [--plain]
    python -m benchmarks.neo4j_store batches [--images 20000] [--passes 5]
    python -m benchmarks.neo4j_store import [--images 1200000 --items 800000 --edges 2400000]

``live`` writes through the driver into a server that it starts (``scripts/neo4j``), asks it and reads it out, and
then does the same with a file; with more passes, all is deleted and loaded again, by a server that has compiled its
queries by then. ``batches`` writes plain images into a server one batch after the other, as ``recsys import`` does,
and several at once, as ``graph copy`` does, in turn. ``import`` writes the files for ``neo4j-admin database import``,
imports them, starts the server on them and reads the graph out. Records are those of ``benchmarks.graph_store``;
making them is not part of a time.
"""

from __future__ import annotations

import argparse
import os
import resource
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import numpy as np
from msgspec.structs import replace

from benchmarks.graph_store import Catalogue, Paused
from benchmarks.machine import describe, seconds_of
from graph import GraphStore, open_store, sqlite_url
from graph.neo4j import loading
from graph.neo4j.import_files import ImportFiles, command
from graph.store import GraphError
from recsys.settings import ImportSettings

Connected = TypeVar("Connected")

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "neo4j"


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """URL of a server in a folder."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (folder.parent / "server.log").open("ab") as log:
        process = subprocess.Popen([SCRIPT, "run", folder, str(port)], stdout=log, stderr=log, start_new_session=True)
        try:
            yield f"neo4j://127.0.0.1:{port}/neo4j"
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()


def opened(url: str, connect: Callable[[str], Connected]) -> Connected:
    """What ``connect`` opens in a server that may still be starting."""
    deadline = time.monotonic() + 300
    while True:
        try:
            return connect(url)
        except GraphError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def main() -> None:
    sizes = _arguments()
    print(describe())
    print(f"{sizes.images:,} images, {sizes.items:,} items, {sizes.edges:,} edges")
    with tempfile.TemporaryDirectory(dir=sizes.folder) as folder:
        {"live": live, "batches": batches, "import": imported}[sizes.what](Path(folder), sizes)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    print(f"peak memory of the client {peak:,.0f} MiB")


def live(folder: Path, sizes: argparse.Namespace) -> None:
    """Through the driver, beside SQLite."""
    loading.WRITERS = sizes.writers
    with running(folder / "server") as url, opened(url, open_store) as store:
        warm = Catalogue(
            argparse.Namespace(**{**vars(sizes), "images": 3_000, "items": 2_000, "edges": 6_000, "hub": 0})
        )
        store.bulk_load(warm.items(), warm.images(0, 3_000))
        for _ in range(sizes.passes):
            store.delete_source("benchmark")
            _measure_load("Neo4j", store, sizes)
        _questions("Neo4j", store, sizes)
    with open_store(sqlite_url(folder / "graph.sqlite")) as store:
        _measure_load("SQLite", store, sizes)
        _questions("SQLite", store, sizes)


def batches(folder: Path, sizes: argparse.Namespace) -> None:
    """One batch after the other, and several at once."""
    catalogue = Catalogue(sizes)
    images = [replace(image, shoot=None, styles=()) for image in catalogue.images(0, sizes.images)]

    def in_turn(store: GraphStore) -> None:
        for start in range(0, len(images), ImportSettings().batch):
            store.upsert_images(images[start : start + ImportSettings().batch])

    def at_once(store: GraphStore) -> None:
        store.bulk_load((), images)

    ways = [("one after the other", in_turn), ("several at once", at_once)]
    with running(folder / "server") as url, opened(url, open_store) as store:
        store.bulk_load(catalogue.items(), ())
        for _ in range(sizes.passes):
            for name, load in ways:
                store.delete_images(image.image_id for image in images)
                new, again = (len(images) / seconds_of(lambda load=load: load(store)) for _ in range(2))
                print(f"{name}: {new:,.0f} a second, the same again {again:,.0f}", flush=True)
            ways.reverse()


def _measure_load(name: str, store: GraphStore, sizes: argparse.Namespace) -> None:
    catalogue = Catalogue(sizes)
    items, images = list(catalogue.items()), list(catalogue.images(0, sizes.images))
    if sizes.plain:
        images = [replace(image, shoot=None, styles=()) for image in images]
    for what, records, load in (
        ("items", items, lambda: store.bulk_load(items, ())),
        ("images", images, lambda: store.bulk_load((), images)),
        ("the same images again", images, lambda: store.bulk_load((), images)),
    ):
        seconds = seconds_of(load)
        print(f"{name}: {what}: {seconds:.1f} s, {len(records) / seconds:,.0f} a second", flush=True)


def _questions(name: str, store: GraphStore, sizes: argparse.Namespace) -> None:
    random = np.random.default_rng(sizes.seed + 1)
    asked = [f"item-{number:07d}" for number in random.integers(1, sizes.items, sizes.queries)]
    for item_id in asked:  # warm
        store.worn_with(item_id)
    times = [1e3 * seconds_of(lambda item_id=item_id: store.worn_with(item_id)) for item_id in asked]
    p50, p99 = np.percentile(times, [50, 99])
    print(f"{name}: items worn together with one: p50 {p50:.2f} ms, p99 {p99:.2f} ms over {len(asked):,} items")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    seconds = seconds_of(store.export)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    print(f"{name}: export to CSR: {seconds:.1f} s; peak memory of the client {before:,.0f}, then {after:,.0f} MiB")
    print(f"{name}: counts: {seconds_of(store.counts):.2f} s", flush=True)


def imported(folder: Path, sizes: argparse.Namespace) -> None:
    """Through import files."""
    catalogue, paused = Catalogue(sizes), Paused()
    began = time.perf_counter()
    with ImportFiles(folder / "files") as files:
        files.items(paused(catalogue.items()))
        files.images(paused(catalogue.images(0, sizes.images)))
    written = time.perf_counter() - began - paused.wall
    size = sum(file.stat().st_size for file in (folder / "files").iterdir()) / 2**20
    print(f"import files: {written:.1f} s, {size:,.0f} MiB (making the records: {paused.wall:.1f} s)", flush=True)
    admin = [SCRIPT, "admin", folder / "server", *shlex.split(command(folder / "files"))[1:]]
    seconds = seconds_of(lambda: subprocess.run(admin, check=True, stdout=subprocess.DEVNULL, stderr=sys.stderr))
    print(f"database import full: {seconds:.1f} s; together {written + seconds:.1f} s", flush=True)
    began = time.perf_counter()
    with running(folder / "server") as url, opened(url, open_store) as store:
        print(f"server up, constraints and indexes made: {time.perf_counter() - began:.1f} s", flush=True)
        _questions("Neo4j", store, sizes)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("live", "batches", "import"))
    parser.add_argument("--images", type=int)
    parser.add_argument("--items", type=int)
    parser.add_argument("--edges", type=int)
    parser.add_argument("--hub", type=int, default=0, help="photos that show item 0; 0 for none")
    parser.add_argument("--queries", type=int, default=2_000)
    parser.add_argument("--writers", type=int, default=loading.WRITERS, help="connections that load at once")
    parser.add_argument("--plain", action="store_true", help="images of garments alone, without styles and shoots")
    parser.add_argument("--passes", type=int, default=1, help="times that all is loaded, and deleted in between")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, default=None, help="where everything is written (default: temporary)")
    sizes = parser.parse_args()
    sizes.images = sizes.images or {"live": 100_000, "batches": 20_000, "import": 1_200_000}[sizes.what]
    sizes.items = sizes.items or sizes.images * 2 // 3
    sizes.edges = sizes.edges or 2 * sizes.images
    return sizes


if __name__ == "__main__":
    main()
