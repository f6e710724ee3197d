"""Neighbour sampling: 1,024 seeds, fanout 10 x 10, against a per-node Python sampler and PyG's NeighborLoader.

``python -m benchmarks.graphsage_sampler [--images N --items N --edges N --seeds N --batches N]``
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec

import numpy as np
import torch

from benchmarks.machine import describe
from graph.tensors import BipartiteGraph
from graphsage.edges import OTHER_KIND, NodeKind, with_edges
from graphsage.model import SageLayer, mean_of_neighbours
from graphsage.sampler import NeighborSampler

FANOUTS = (10, 10)
TARGET = 5.0


def synthetic_graph(n_images: int, n_items: int, n_edges: int, seed: int) -> BipartiteGraph:
    """Items drawn by a long-tailed popularity, images uniformly; repeats merged, so slightly fewer edges than asked."""
    rng = np.random.default_rng(seed)
    items = (n_items * rng.random(n_edges) ** 1.6).astype(np.int64)
    images = rng.integers(0, n_images, n_edges)
    bare = BipartiteGraph(
        [str(index) for index in range(n_images)],
        [str(index) for index in range(n_items)],
        np.zeros(n_images + 1, np.int64),
        np.empty(0, np.int32),
        np.zeros(n_items + 1, np.int64),
        np.empty(0, np.int32),
    )
    return with_edges(bare, np.stack([images, items], axis=1))


def sample_per_node(graph: BipartiteGraph, seeds: np.ndarray, kind: NodeKind, rng: np.random.Generator) -> list:
    """What one writes first: a loop over nodes, the same draw for each, each hop's nodes once."""
    csr = {"image": (graph.image_indptr, graph.image_items), "item": (graph.item_indptr, graph.item_images)}
    hops, nodes = [], [int(seed) for seed in seeds]
    for fanout in FANOUTS:
        indptr, targets = csr[kind]
        places: dict[int, int] = {}
        rows = []
        for node in nodes:
            drawn = targets[indptr[node] : indptr[node + 1]]
            if len(drawn) > fanout:
                drawn = drawn[rng.integers(0, len(drawn), fanout)]
            rows.append([places.setdefault(int(neighbour), len(places)) for neighbour in drawn])
        hops.append((nodes, rows))
        nodes, kind = list(places), OTHER_KIND[kind]
    return [*hops, (nodes, [])]


def median_ms(work: Callable[[np.ndarray], object], batches: list[np.ndarray]) -> float:
    work(batches[0])
    times = []
    for seeds in batches:
        began = time.perf_counter()
        work(seeds)
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def pyg_median_ms(graph: BipartiteGraph, batches: list[np.ndarray]) -> float | None:
    """PyG's own sampler on the same seeds, or None where its compiled extension is not installed."""
    if not (find_spec("pyg_lib") or find_spec("torch_sparse")):
        return None
    from torch_geometric.data import HeteroData
    from torch_geometric.loader import NeighborLoader

    data = HeteroData()
    data["image"].num_nodes, data["item"].num_nodes = graph.n_images, graph.n_items
    images = np.repeat(np.arange(graph.n_images), np.diff(graph.image_indptr))
    edges = torch.from_numpy(np.stack([images, graph.image_items.astype(np.int64)]))
    data["image", "shows", "item"].edge_index = edges
    data["item", "shown_by", "image"].edge_index = edges.flip(0)
    loader = NeighborLoader(data, list(FANOUTS), input_nodes="image", batch_size=len(batches[0]))
    return median_ms(lambda seeds: loader.filter_fn(loader.collate_fn(torch.from_numpy(seeds))), batches)


def aggregation_ms(n_rows: int = 10_000, fanout: int = 10, width: int = 128) -> tuple[float, float]:
    """One layer forward and backward on a sampled block: ours (fused gather and mean), and PyG's SAGEConv."""
    from torch_geometric.nn import SAGEConv

    generator = torch.Generator().manual_seed(0)
    states = torch.randn(2 * n_rows, width, generator=generator, requires_grad=True)
    own = torch.randn(n_rows, width, generator=generator)
    places = torch.randint(0, 2 * n_rows, (n_rows, fanout), generator=generator)
    edge_index = torch.stack([places.flatten(), torch.arange(n_rows).repeat_interleave(fanout)])
    ours, theirs = SageLayer(width, width), SAGEConv((width, width), width)
    return (
        median_ms(lambda _: ours(own, mean_of_neighbours(states, places)).sum().backward(), [np.empty(0)] * 7),
        median_ms(lambda _: theirs((states, own), edge_index).sum().backward(), [np.empty(0)] * 7),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=1_200_000)
    parser.add_argument("--items", type=int, default=800_000)
    parser.add_argument("--edges", type=int, default=2_600_000)
    parser.add_argument("--seeds", type=int, default=1024)
    parser.add_argument("--batches", type=int, default=15)
    given = parser.parse_args()
    graph = synthetic_graph(given.images, given.items, given.edges, seed=0)
    print(describe())
    print(
        f"{graph.n_images:,} images, {graph.n_items:,} items, {graph.n_edges:,} edges; {given.seeds} seeds, {FANOUTS}"
    )
    sampler, draw = NeighborSampler(graph, FANOUTS), np.random.default_rng(1)
    slowest = float("inf")
    for kind, n_nodes in (("image", graph.n_images), ("item", graph.n_items)):
        batches = [draw.integers(0, n_nodes, given.seeds) for _ in range(given.batches)]
        ours = median_ms(partial(sampler.sample, kind=kind, rng=draw), batches)
        plain = median_ms(partial(sample_per_node, graph, kind=kind, rng=draw), batches)
        slowest = min(slowest, plain / ours)
        print(f"seeds {kind:5}: ours {ours:.2f} ms, per-node Python {plain:.2f} ms, {plain / ours:.1f} times")
    print(f"target: at least {TARGET:g} times; {'met' if slowest >= TARGET else 'MISSED'} at {slowest:.1f}")
    pyg = pyg_median_ms(graph, [draw.integers(0, graph.n_images, given.seeds) for _ in range(given.batches)])
    if pyg is None:
        print("PyG NeighborLoader: not measured, neither pyg-lib nor torch-sparse is installed")
    else:
        print(f"PyG NeighborLoader (image seeds): {pyg:.2f} ms")
    ours, theirs = aggregation_ms()
    print(f"one layer, forward and backward, 10,000 x 10 x 128: ours {ours:.1f} ms, PyG SAGEConv {theirs:.1f} ms")


if __name__ == "__main__":
    main()
