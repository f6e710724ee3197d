"""Batches: targets hidden, no false negatives, negatives from the right groups and as often as the correction says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from graphsage import GraphSageConfig
from graphsage.batches import Batch, EdgeBatches
from graphsage.edges import edge_list


@pytest.fixture(scope="module")
def batches(planted: Any, quick: GraphSageConfig) -> EdgeBatches:
    return EdgeBatches(planted.graph, planted.features.item_group, quick)


@pytest.fixture(scope="module")
def batch(batches: EdgeBatches) -> Batch:
    return next(batches.epoch(1))


def pairs_of(batch: Batch) -> tuple[np.ndarray, np.ndarray]:
    images = batch.image_hops[0].nodes
    return images, batch.item_hops[0].nodes


def test_an_epoch_visits_each_edge_once(planted: Any, batches: EdgeBatches) -> None:
    visited = [
        (int(image), int(item))
        for batch in batches.epoch(3)
        for image, item in zip(*(nodes[: len(batch.allowed)] for nodes in pairs_of(batch)), strict=True)
    ]
    assert sorted(visited) == sorted(tuple(edge) for edge in edge_list(planted.graph).tolist())


def test_the_target_is_not_among_the_neighbours(batch: Batch) -> None:
    images, items = pairs_of(batch)
    for row in range(len(images)):
        heard = batch.image_hops[1].nodes[[place for place in batch.image_hops[0].neighbours[row] if place >= 0]]
        assert items[row] not in heard
        heard = batch.item_hops[1].nodes[[place for place in batch.item_hops[0].neighbours[row] if place >= 0]]
        assert images[row] not in heard


def test_every_seed_has_lost_one_edge(planted: Any, batch: Batch) -> None:
    degree = np.diff(planted.graph.item_indptr)[batch.item_hops[0].nodes]
    told = batch.item_hops[0].degree
    assert ((told == degree - 1) | (told == 0)).all()
    assert (told == degree - 1).mean() > 0.8  # the rest are isolated on purpose


def test_no_item_of_an_image_is_its_negative(planted: Any, batch: Batch) -> None:
    images, items = pairs_of(batch)
    edges = {tuple(edge) for edge in edge_list(planted.graph).tolist()}
    expected = [[(int(image), int(item)) not in edges for item in items] for image in images]
    np.testing.assert_array_equal(batch.allowed, expected)
    assert not batch.allowed.diagonal().any()


def test_same_group_mask(planted: Any, batch: Batch) -> None:
    _, items = pairs_of(batch)
    group = planted.features.item_group[items]
    np.testing.assert_array_equal(
        batch.same_group, [[group[row] == code for code in group] for row in range(len(batch.same_group))]
    )


def test_expected_counts_match_what_is_drawn(planted: Any, batches: EdgeBatches) -> None:
    counts, expected, n_batches = np.zeros(120), np.zeros(120), 0
    for epoch in range(40):
        for batch in batches.epoch(epoch):
            items = batch.item_hops[0].nodes
            counts += np.bincount(items, minlength=120)
            expected[items] = np.exp(batch.log_count)
            n_batches += 1
    seen = counts > 0
    assert seen.sum() == (np.diff(planted.graph.item_indptr) > 0).sum()
    np.testing.assert_allclose(counts[seen] / n_batches, expected[seen], rtol=0.3)
    np.testing.assert_allclose(counts.sum() / n_batches, expected.sum(), rtol=0.1)
