"""The sampler draws real neighbours: all where they are few, evenly where they are many, and never the target."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from graphsage import NeighborSampler
from graphsage.sampler import ABSENT, Hop


@pytest.fixture(scope="module")
def sampler(graph_of: Callable[..., Any]) -> NeighborSampler:
    # image 0: items 0-3; image 1: item 1; image 2: none; image 3: items 1, 2. Item 4: none.
    edges = [(0, 0), (0, 1), (0, 2), (0, 3), (1, 1), (3, 1), (3, 2)]
    return NeighborSampler(graph_of(4, 5, edges), (3, 2))


def drawn(hops: tuple[Hop, ...], depth: int = 0) -> list[list[int]]:
    """Neighbours by node index, ``ABSENT`` left out."""
    return [[int(hops[depth + 1].nodes[place]) for place in row if place >= 0] for row in hops[depth].neighbours]


def test_few_neighbours_come_all_and_once(sampler: NeighborSampler) -> None:
    hops = sampler.sample(np.array([3, 2, 1, 3]), "image", np.random.default_rng(0))
    assert [sorted(row) for row in drawn(hops)] == [[1, 2], [], [1], [1, 2]]
    assert [hop.kind for hop in hops] == ["image", "item", "image"]
    assert sorted(hops[1].nodes) == [1, 2]
    assert hops[0].degree.tolist() == [2, 0, 1, 2]
    assert (hops[0].neighbours[1] == ABSENT).all()
    assert hops[2].neighbours.shape == (len(hops[2].nodes), 0)
    of_two = dict(zip(hops[1].nodes.tolist(), drawn(hops, 1), strict=True))[2]
    assert sorted(of_two) == [0, 3]


def test_many_neighbours_are_drawn_evenly(sampler: NeighborSampler) -> None:
    hops = sampler.sample(np.zeros(4000, np.int64), "image", np.random.default_rng(1))
    counts = np.bincount(np.concatenate(drawn(hops)), minlength=5)
    assert counts[4] == 0 and counts.sum() == 12_000
    np.testing.assert_allclose(counts[:4] / 12_000, 0.25, atol=0.02)  # 5 standard errors


@pytest.mark.parametrize("excluded", [0, 1, 2, 3])
def test_the_excluded_neighbour_is_never_drawn(sampler: NeighborSampler, excluded: int) -> None:
    seeds = np.zeros(200, np.int64)
    hops = sampler.sample(seeds, "image", np.random.default_rng(2), exclude=np.full(200, excluded))
    assert {frozenset(row) for row in drawn(hops)} == {frozenset(range(4)) - {excluded}}
    assert set(hops[0].degree.tolist()) == {3}


def test_excluding_the_only_neighbour_or_none_at_all(sampler: NeighborSampler) -> None:
    hops = sampler.sample(np.array([1, 1, 3, 2]), "image", np.random.default_rng(3), exclude=np.array([1, -1, 0, 4]))
    assert [sorted(row) for row in drawn(hops)] == [[], [1], [1, 2], []]  # item 0 is no neighbour of image 3
    assert hops[0].degree.tolist() == [0, 1, 2, 0]


def test_exclusion_holds_for_its_own_row_alone(sampler: NeighborSampler) -> None:
    hops = sampler.sample(np.array([1, 0]), "item", np.random.default_rng(4), exclude=np.array([3, -1]))
    assert [sorted(row) for row in drawn(hops)] == [[0, 1], [0]]


def test_isolated_seeds_hear_nothing(sampler: NeighborSampler) -> None:
    hops = sampler.sample(np.array([0, 3]), "image", np.random.default_rng(5), isolated=np.array([True, False]))
    assert [sorted(row) for row in drawn(hops)] == [[], [1, 2]]
    assert hops[0].degree.tolist() == [0, 2]


def test_same_generator_same_draw(sampler: NeighborSampler) -> None:
    first, again, other = (
        sampler.sample(np.zeros(50, np.int64), "image", np.random.default_rng(seed)) for seed in (6, 6, 7)
    )
    assert drawn(first) == drawn(again) != drawn(other)
    np.testing.assert_array_equal(first[2].nodes, again[2].nodes)


def test_graphs_without_edges_and_no_seeds(graph_of: Callable[..., Any]) -> None:
    empty = NeighborSampler(graph_of(3, 2, []), (4, 4))
    hops = empty.sample(np.array([0, 2]), "image", np.random.default_rng(0), exclude=np.array([1, -1]))
    assert (hops[0].neighbours == ABSENT).all() and len(hops[1].nodes) == len(hops[2].nodes) == 0
    assert len(empty.sample(np.empty(0, np.int64), "item", np.random.default_rng(0))[0].nodes) == 0
