"""Photos and items that training never saw: links are found where there is something to find, and only there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from graph.tensors import BipartiteGraph
from graphsage import GraphSageConfig, NodeFeatures, TrainedGraphSage, edge_list, fit, with_edges, with_listeners
from graphsage.link_prediction import link_ranks
from graphsage.model import effective_rank

FIRST_HELD = 200
"""Photos from here on are held out, and so is every tenth item."""


@dataclass(frozen=True)
class Held:
    """A model that saw neither, the graph it saw, and the links of held-out photos to known items."""

    planted: Any
    known: BipartiteGraph
    model: TrainedGraphSage
    asked: NDArray[np.int64]
    new_items: NDArray[np.int64]


def hold(planted: Any, config: GraphSageConfig) -> Held:
    edges = edge_list(planted.graph)
    new_items = np.arange(0, planted.graph.n_items, 10)
    known = with_edges(planted.graph, edges[(edges[:, 0] < FIRST_HELD) & (edges[:, 1] % 10 > 0)])
    degree = np.diff(known.item_indptr)
    asked = edges[(edges[:, 0] >= FIRST_HELD) & (degree[edges[:, 1]] > 0)]
    return Held(planted, known, fit(known, planted.features, config), asked, new_items)


def ask(held: Held) -> tuple[BipartiteGraph, NodeFeatures, NDArray[np.int64]]:
    """A listener for each link, which hears the photo's other items and has no looks; its links by listener."""
    graph, features = held.planted.graph, held.planted.features
    shown = [graph.image_items[graph.image_indptr[i] : graph.image_indptr[i + 1]] for i in held.asked[:, 0]]
    others = [row[row != item] for row, item in zip(shown, held.asked[:, 1], strict=True)]
    indptr = np.concatenate([[0], np.cumsum([len(row) for row in others])])
    n_asked = len(others)
    asking = with_listeners(held.known, [f"q{k:03}" for k in range(n_asked)], indptr, np.concatenate(others))
    tags = features.image_tags
    blank = replace(
        features,
        image=np.concatenate([features.image, np.zeros((n_asked, features.image.shape[1]), np.float32)]),
        image_known=np.concatenate([features.image_known, np.zeros(n_asked, np.bool_)]),
        image_tags=(np.concatenate([tags[0], np.full(n_asked, tags[0][-1])]), *tags[1:]),
    )
    return asking, blank, np.stack([graph.n_images + np.arange(n_asked), held.asked[:, 1]], axis=1)


def hits(held: Held) -> tuple[float, float]:
    """Hits@10 of the model and of popularity."""
    asking, features, links = ask(held)
    popularity = np.diff(held.known.item_indptr).astype(np.float32)
    group = features.item_group
    embeddings = held.model.encode(asking, features)
    ours, popular = (link_ranks(links, scores, asking, group) for scores in (embeddings, popularity))
    return ours.hit_rate(), popular.hit_rate()


@pytest.fixture(scope="module")
def held(planted: Any, quick: GraphSageConfig) -> Held:
    return hold(planted, quick)


def test_planted_links_of_unseen_photos_are_found(held: Held) -> None:
    found, popular = hits(held)
    assert found > popular + 0.25
    assert found > 0.7


@pytest.mark.filterwarnings("ignore::graphsage.errors.CollapseWarning")
def test_planted_noise_of_unseen_photos_is_not_found(planter: Callable[..., Any], quick: GraphSageConfig) -> None:
    # Ten of about 40 at random is .25, of 108 links give or take .09.
    found, _ = hits(hold(planter(11, noise=True), replace(quick, epochs=4)))
    assert found < 0.4


def test_unseen_items_lie_among_their_look_alikes(held: Held) -> None:
    _, items = held.model.encode(held.known, held.planted.features)
    style, known = held.planted.item_style, np.diff(held.known.item_indptr) > 0
    there = held.new_items[held.planted.features.item_known[held.new_items]]
    near = np.argsort(-(items[there] @ items[known].T), axis=1)[:, :5]  # [new, 5]
    alike = style[known][near] == style[there][:, None]
    assert alike.mean() > 0.75  # a quarter by chance


def test_neither_known_nor_unseen_items_collapse(held: Held) -> None:
    _, items = held.model.encode(held.known, held.planted.features)
    assert effective_rank(items) > 4
    assert effective_rank(items[held.new_items]) > 3


def test_listeners_change_no_item_and_do_not_hear_each_other(held: Held) -> None:
    asking, features, links = ask(held)
    photos, items = held.model.encode(asking, features)
    _, before = held.model.encode(held.known, held.planted.features)
    np.testing.assert_array_equal(items, before)
    heard = asking.image_items[asking.image_indptr[links[0, 0]] : asking.image_indptr[links[0, 0] + 1]]
    alone = with_listeners(held.known, ["q"], np.array([0, len(heard)]), heard)
    n_images = held.known.n_images
    tags = features.image_tags
    one = replace(
        features,
        image=features.image[: n_images + 1],
        image_known=features.image_known[: n_images + 1],
        image_tags=(tags[0][: n_images + 2], *tags[1:]),
    )
    np.testing.assert_allclose(held.model.encode(alone, one)[0][-1], photos[n_images], atol=1e-5)
