"""Inference: inductive, deterministic, indifferent to order and to what else is in the batch."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graph.tensors import BipartiteGraph
from graphsage import (
    CheckpointError,
    FeatureError,
    GraphSageConfig,
    NodeFeatures,
    TrainedGraphSage,
    edge_list,
    encode,
    fit,
    no_tags,
    with_edges,
    without_edges,
)


@pytest.fixture(scope="module")
def trained(planted: Any, quick: GraphSageConfig) -> TrainedGraphSage:
    return fit(planted.graph, planted.features, quick)


def grown(planted: Any, extra: Any, edges: list[tuple[int, int]]) -> tuple[BipartiteGraph, NodeFeatures]:
    """The planted graph with new images and items after the old, features of theirs taken from ``extra``."""
    graph, features, more = planted.graph, planted.features, extra.features
    bigger = BipartiteGraph(
        image_ids=[*graph.image_ids, *(f"q{index:05d}" for index in range(extra.graph.n_images))],
        item_ids=[*graph.item_ids, *(f"j{index:05d}" for index in range(extra.graph.n_items))],
        image_indptr=np.zeros(graph.n_images + extra.graph.n_images + 1, np.int64),
        image_items=graph.image_items,
        item_indptr=np.zeros(graph.n_items + extra.graph.n_items + 1, np.int64),
        item_images=graph.item_images,
    )
    group = np.concatenate([features.item_group, more.item_group])
    joined = NodeFeatures(
        image=np.concatenate([features.image, more.image]),
        image_known=np.concatenate([features.image_known, np.zeros_like(more.image_known)]),
        item=np.concatenate([features.item, more.item]),
        item_known=np.concatenate([features.item_known, np.ones_like(more.item_known)]),
        image_tags=no_tags(bigger.n_images),
        item_tags=(np.arange(bigger.n_items + 1, dtype=np.int64), group.astype(np.int32), 3),
        item_group=group,
    )
    return with_edges(bigger, np.concatenate([edge_list(graph), np.asarray(edges, np.int64).reshape(-1, 2)])), joined


def test_unseen_nodes_land_near_their_style(trained: TrainedGraphSage, planted: Any, planter: Any) -> None:
    extra = planter(3, n_images=60, n_items=60)  # the same seed draws other nodes; make features of the same styles
    directions = np.stack([planted.features.item[planted.item_style == style].mean(axis=0) for style in range(4)])
    visual = (directions[extra.item_style] + 0.1 * np.random.default_rng(0).normal(size=(60, 6))).astype(np.float32)
    extra = replace(extra, features=replace(extra.features, item=visual))
    first_image, first_item = planted.graph.n_images, planted.graph.n_items
    rng = np.random.default_rng(1)
    edges = [
        (first_image + image, int(item))
        for image in range(60)
        for item in rng.choice(np.flatnonzero(planted.item_style == extra.image_style[image]), 2, replace=False)
    ]
    image, item = trained.encode(*grown(planted, extra, edges))
    for vectors, known_style, new, new_style in (
        (image, planted.image_style, first_image, extra.image_style),  # neighbours, no photo
        (item, planted.item_style, first_item, extra.item_style),  # features, no neighbour
    ):
        centres = np.stack([vectors[:new][known_style == style].mean(axis=0) for style in range(4)])
        nearest = (vectors[new:] @ centres.T).argmax(axis=1)
        assert (nearest == new_style).mean() > 0.85


def test_encode_twice_is_the_same_and_normalised(trained: TrainedGraphSage, planted: Any) -> None:
    first, again = (trained.encode(planted.graph, planted.features) for _ in "ab")
    assert first[0].dtype == first[1].dtype == np.float32
    assert first[0].shape == (240, 16) and first[1].shape == (120, 16)
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, two)
        np.testing.assert_allclose(np.linalg.norm(one, axis=1), 1.0, atol=1e-5)


def test_order_of_neighbours_changes_nothing(trained: TrainedGraphSage, planted: Any) -> None:
    graph = planted.graph
    rng = np.random.default_rng(2)
    image_items, item_images = graph.image_items.copy(), graph.item_images.copy()
    for indptr, targets in ((graph.image_indptr, image_items), (graph.item_indptr, item_images)):
        for start, end in pairwise(indptr):
            rng.shuffle(targets[start:end])
    assert (image_items != graph.image_items).any()
    shuffled = replace(graph, image_items=image_items, item_images=item_images)
    for one, two in zip(
        trained.encode(graph, planted.features), trained.encode(shuffled, planted.features), strict=True
    ):
        np.testing.assert_allclose(one, two, atol=1e-5)


def test_one_row_at_a_time_equals_all_at_once(
    trained: TrainedGraphSage, planted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = trained.encode(planted.graph, planted.features)
    monkeypatch.setattr(encode, "CHUNK_ROWS", 1)
    for one, two in zip(together, trained.encode(planted.graph, planted.features), strict=True):
        np.testing.assert_allclose(one, two, atol=1e-5)


def test_isolated_and_unknown_nodes_are_finite(
    trained: TrainedGraphSage, planted: Any, graph_of: Callable[..., Any]
) -> None:
    nothing = replace(
        planted.features,
        image_known=np.zeros(240, np.bool_),
        item_known=np.zeros(120, np.bool_),
        item=np.full_like(planted.features.item, np.nan),
        item_tags=(np.zeros(121, np.int64), np.empty(0, np.int32), 3),
    )
    image, item = trained.encode(graph_of(240, 120, []), nothing)
    assert np.isfinite(image).all() and np.isfinite(item).all()
    np.testing.assert_allclose(np.linalg.norm(item, axis=1), 1.0, atol=1e-5)
    no_items = replace(
        nothing,
        item=nothing.item[:0],
        item_known=nothing.item_known[:0],
        item_tags=(*no_tags(0)[:2], 3),
        item_group=nothing.item_group[:0],
    )
    image, item = trained.encode(graph_of(240, 0, []), no_items)
    assert image.shape == (240, 16) and item.shape == (0, 16)


def test_taking_a_fold_out_changes_its_nodes_only(trained: TrainedGraphSage, planted: Any) -> None:
    edges = edge_list(planted.graph)
    fold = edges[edges[:, 0] == 17]
    less = without_edges(planted.graph, fold)
    assert less.n_edges == planted.graph.n_edges - len(fold)
    before, after = (trained.encode(graph, planted.features)[0] for graph in (planted.graph, less))
    shares = np.array([bool(set(edges[edges[:, 0] == image, 1]) & set(fold[:, 1])) for image in range(240)])
    assert np.abs(before[shares] - after[shares]).max(axis=1).min() > 1e-6
    np.testing.assert_allclose(before[~shares], after[~shares], atol=1e-6)


def test_saved_and_loaded_is_identical(trained: TrainedGraphSage, planted: Any, tmp_path: Path) -> None:
    trained.save(tmp_path / "model")
    loaded = TrainedGraphSage.load(tmp_path / "model")
    assert loaded.config == trained.config
    assert loaded.metrics == trained.metrics
    assert sorted(entry.name for entry in (tmp_path / "model").iterdir()) == ["config.json", "weights.safetensors"]
    for one, two in zip(
        trained.encode(planted.graph, planted.features), loaded.encode(planted.graph, planted.features), strict=True
    ):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format_version": 99}, "format_version: 99"),
        ({"format": "other"}, "format"),
        ({"widths": {"image_dense": 5, "image_tags": 0, "item_dense": 9, "item_tags": 3}}, "do not fit"),
        ({"metrics": None}, "metrics"),
        ({"widths": {"image": 5}}, "widths"),
    ],
)
def test_what_does_not_fit_is_refused(
    trained: TrainedGraphSage, tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    trained.save(tmp_path)
    described = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**described, **change}))
    with pytest.raises(CheckpointError, match=message):
        TrainedGraphSage.load(tmp_path)


def test_missing_and_broken_files_are_named(trained: TrainedGraphSage, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"config\.json"):
        TrainedGraphSage.load(tmp_path)
    trained.save(tmp_path)
    (tmp_path / "weights.safetensors").write_bytes(b"short")
    with pytest.raises(CheckpointError, match=r"weights\.safetensors"):
        TrainedGraphSage.load(tmp_path)
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(CheckpointError, match="not JSON"):
        TrainedGraphSage.load(tmp_path)


def test_other_widths_are_refused(trained: TrainedGraphSage, planted: Any) -> None:
    narrow = replace(planted.features, item=planted.features.item[:, :4])
    with pytest.raises(FeatureError, match="item_dense=4"):
        trained.encode(planted.graph, narrow)
