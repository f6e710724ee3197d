"""Small planted graphs to learn from, and quick settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from graph.tensors import BipartiteGraph
from graphsage import GraphSageConfig, NodeFeatures, no_tags, with_edges


def make_graph(n_images: int, n_items: int, edges: list[tuple[int, int]] | NDArray[np.int64]) -> BipartiteGraph:
    bare = BipartiteGraph(
        image_ids=[f"p{index:05d}" for index in range(n_images)],
        item_ids=[f"i{index:05d}" for index in range(n_items)],
        image_indptr=np.zeros(n_images + 1, np.int64),
        image_items=np.empty(0, np.int32),
        item_indptr=np.zeros(n_items + 1, np.int64),
        item_images=np.empty(0, np.int32),
    )
    return with_edges(bare, np.asarray(edges, dtype=np.int64).reshape(-1, 2))


def one_tag(codes: NDArray[np.integer], n_values: int) -> tuple[NDArray[np.int64], NDArray[np.int32], int]:
    return np.arange(len(codes) + 1, dtype=np.int64), codes.astype(np.int32), n_values


@dataclass(frozen=True)
class Planted:
    """Items of ``n_communities`` styles in three groups; an image wears one item of each group, of its style."""

    graph: BipartiteGraph
    features: NodeFeatures
    image_style: NDArray[np.int64]
    item_style: NDArray[np.int64]


def plant(seed: int, *, noise: bool = False, n_images: int = 240, n_items: int = 120) -> Planted:
    rng = np.random.default_rng(seed)
    item_style = rng.integers(0, 4, n_items)
    group = np.arange(n_items, dtype=np.int32) % 3
    image_style = rng.integers(0, 4, n_images)
    edges = []
    for image in range(n_images):
        for slot in range(3):
            fits = group == slot if noise else (group == slot) & (item_style == image_style[image])
            edges.append((image, int(rng.choice(np.flatnonzero(fits)))))
    directions = rng.normal(size=(4, 6))
    visual = (directions[item_style] + 0.3 * rng.normal(size=(n_items, 6))).astype(np.float32)
    photo = (directions[image_style][:, :5] + 0.3 * rng.normal(size=(n_images, 5))).astype(np.float32)
    features = NodeFeatures(
        image=photo,
        image_known=rng.random(n_images) < 0.8,
        item=visual,
        item_known=rng.random(n_items) < 0.9,
        image_tags=no_tags(n_images),
        item_tags=one_tag(group, 3),
        item_group=group,
    )
    return Planted(make_graph(n_images, n_items, edges), features, image_style, item_style)


@pytest.fixture(scope="session")
def planted() -> Planted:
    return plant(3)


@pytest.fixture(scope="session")
def quick() -> GraphSageConfig:
    return GraphSageConfig(
        hidden=32,
        dim=16,
        epochs=8,
        batch_size=128,
        lr=0.01,
        negatives=64,
        signature_bits=64,
        patience=10,
        seed=7,
        threads=1,
    )


@pytest.fixture(scope="session")
def planter() -> Callable[..., Planted]:
    return plant


@pytest.fixture(scope="session")
def graph_of() -> Callable[..., BipartiteGraph]:
    return make_graph
