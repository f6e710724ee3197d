"""How fast questions to the graph are answered: ``python -m benchmarks.exploring --images 100000``.

On the records of ``benchmarks.graph_store``, in SQLite or, with ``--url``, in the store of that URL, which is filled
where it holds fewer. An outfit asked about is what one image shows, filled up to
five items with what was worn with them, as an outfit that a recommender made is.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.graph_store import Catalogue
from benchmarks.machine import describe, seconds_of
from graph import GraphStore, open_store, sqlite_url
from graph.explore.around import around
from graph.explore.budget import Budget
from graph.explore.changes import changes_since
from graph.explore.communities import communities
from graph.explore.duplicates import near_duplicates
from graph.explore.ego import ego_network
from graph.explore.explaining import connect, explain
from graph.explore.hubs import hubs, orphans
from graph.explore.merges import suspicious_merges
from graph.explore.paths import shortest_paths, strongest_path
from graph.explore.together import worn_together
from graph.explore.trends import trend
from graph.nodes import Node
from graph.parquet import write_parquet

OUTFIT = 5
FULL = Budget(seconds=600)


def main() -> None:
    """Measure and print."""
    sizes = _arguments()
    print(describe())
    print(f"{sizes.images:,} images, {sizes.items:,} items, {sizes.edges:,} edges")
    with (
        tempfile.TemporaryDirectory(dir=sizes.folder) as folder,
        open_store(sizes.url or sqlite_url(Path(folder) / "g.sqlite")) as store,
    ):
        catalogue = Catalogue(sizes)
        if store.counts().items < sizes.items:
            store.bulk_load(catalogue.items(), catalogue.images(0, sizes.images))
        outfits = _outfits(store, sizes)
        _measure_questions(store, outfits)
        if sizes.surveys:
            _measure_surveys(store, Path(folder))


def _outfits(store: GraphStore, sizes: argparse.Namespace) -> list[list[str]]:
    """Outfits of five, none of which holds the hub."""
    random = np.random.default_rng(sizes.seed + 1)
    outfits: list[list[str]] = []
    while len(outfits) < sizes.queries:
        outfit = [f"item-{random.integers(1, sizes.items):07d}"]
        for _ in range(50):
            near = [other.item_id for item_id in outfit for other in store.worn_with(item_id, limit=4)]
            new = sorted(set(near) - {*outfit, "item-0000000"})
            outfit += [str(random.choice(new))] if new else [f"item-{random.integers(1, sizes.items):07d}"]
            if len(set(outfit)) == OUTFIT:
                outfits.append(outfit)
                break
    return outfits


def _measure_questions(store: GraphStore, outfits: Sequence[list[str]]) -> None:
    few = outfits[: max(len(outfits) // 10, 1)]
    _each("worn_with", "0.1 ms", outfits, lambda outfit: store.worn_with(outfit[0]))
    _each("neighbours of 5 items", "-", outfits, lambda o: store.neighbours([Node("item", i) for i in o], limit=20))
    _each("around an item", "-", outfits, lambda outfit: around(store, Node("item", outfit[0])))
    _each("worn together with lift", "-", outfits, lambda outfit: worn_together(store, outfit[0]))
    _each("explain 1 beside 4", "5 ms", outfits, lambda outfit: explain(store, outfit[0], outfit[1:]))
    _each("connect an outfit of 5", "5 ms", outfits, lambda outfit: connect(store, outfit))
    _each("explain each of 5", "-", few, lambda o: [explain(store, i, [x for x in o if x != i]) for i in o])
    _each("shortest ways", "-", few, lambda outfit: shortest_paths(store, outfit[0], outfit[-1], budget=FULL))
    _each("strongest way", "-", few[:20], lambda o: strongest_path(store, o[0], o[-1], budget=FULL))
    _each("ego network, depth 2", "-", few, lambda outfit: ego_network(store, Node("item", outfit[0])))
    with_hub = [["item-0000000", *outfit[1:]] for outfit in few]
    _each("worn_with of the hub", "-", with_hub[:10], lambda outfit: store.worn_with(outfit[0]))
    _each("explain a hub beside 4", "-", with_hub, lambda outfit: explain(store, outfit[0], outfit[1:]))


def _measure_surveys(store: GraphStore, folder: Path) -> None:
    _once("hubs", lambda: hubs(store, budget=FULL))
    _once("orphans", lambda: orphans(store, budget=FULL))
    _once("near duplicates", lambda: near_duplicates(store, budget=FULL))
    _once("suspicious merges", lambda: suspicious_merges(store, budget=FULL))
    _once("communities of styles", lambda: communities(store, period="all", budget=FULL))
    _once("communities of items", lambda: communities(store, "item", period="all", budget=FULL))
    _once("changed since", lambda: changes_since(store, date(2020, 1, 1), budget=FULL))
    _once("trend", lambda: trend(store, [Node("attribute", "colour", "colour 03")], budget=FULL))
    _once("whole graph to Parquet", lambda: write_parquet(store, folder / "parquet"))


def _each(name: str, target: str, outfits: Sequence[list[str]], ask: Callable[[list[str]], Any]) -> None:
    for outfit in outfits[: len(outfits) // 4]:  # warm
        ask(outfit)
    times = [seconds_of(lambda outfit=outfit: ask(outfit)) * 1e3 for outfit in outfits]
    p50, p99 = np.percentile(times, [50, 99])
    print(f"{name:26s} p50 {p50:8.3f} ms, p99 {p99:8.3f} ms over {len(outfits):,} (target {target})", flush=True)


def _once(name: str, ask: Callable[[], Any]) -> None:
    print(f"{name:26s} {seconds_of(ask):8.2f} s", flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=1_200_000)
    parser.add_argument("--items", type=int, default=None, help="default: two thirds of the images")
    parser.add_argument("--edges", type=int, default=None, help="default: 2.17 an image")
    parser.add_argument("--hub", type=int, default=None, help="photos that show item 0; default: a sixth of the images")
    parser.add_argument("--queries", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--surveys", action="store_true", help="measure questions to the whole graph too")
    parser.add_argument("--url", help="a store, such as neo4j://host/database; default: a file of its own")
    parser.add_argument("--folder", type=Path, default=None, help="where the store is written (default: temporary)")
    sizes = parser.parse_args()
    sizes.items = sizes.items or max(sizes.images * 2 // 3, 100)
    sizes.edges = sizes.edges or sizes.images * 13 // 6
    sizes.hub = sizes.images // 6 if sizes.hub is None else sizes.hub
    return sizes


if __name__ == "__main__":
    main()
