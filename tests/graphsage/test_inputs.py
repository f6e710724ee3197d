"""Settings, features, edges and the held-out measure: what is refused, and values by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from graphsage import ConfigError, FeatureError, GraphSageConfig, edge_list, with_edges, without_edges
from graphsage.features import FeatureRows, signatures
from graphsage.link_prediction import link_ranks


def test_unknown_settings_are_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"unknown graphsage setting 'hiden'; known settings: hidden, dim"):
        GraphSageConfig.from_dict({"hiden": 3})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("dim", 0),
        ("hidden", 12.5),
        ("epochs", True),
        ("fanouts", []),
        ("fanouts", [10, 0]),
        ("lr", 0.0),
        ("lr", float("nan")),
        ("temperature", "0.1"),
        ("signature_bits", 7),
        ("valid_share", 0.9),
        ("threads", 0),
    ],
)
def test_settings_out_of_range_are_named(key: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=f"graphsage setting {key} = "):
        GraphSageConfig.from_dict({key: value})


def test_settings_survive_a_round_trip() -> None:
    config = GraphSageConfig(fanouts=(7, 5, 3), dim=24, threads=2)
    assert GraphSageConfig.from_dict(config.to_dict()) == config


def test_features_that_do_not_fit_are_named(planted: Any) -> None:
    features = planted.features
    wrong = np.where(np.arange(120)[:, None] == 5, np.nan, features.item).astype(np.float32)
    cases = [
        (replace(features, image=features.image[:-1]), r"image features have shape \(239, 5\)"),
        (replace(features, item_known=np.ones(3, np.bool_)), "item_known"),
        (replace(features, item=wrong, item_known=np.ones(120, np.bool_)), "NaN"),
        (replace(features, item_tags=(*features.item_tags[:2], 2)), r"outside 0\.\.1"),
        (replace(features, item_tags=(features.item_tags[0][:-1], *features.item_tags[1:])), "120 entries"),
        (replace(features, item_group=features.item_group[1:]), "item_group"),
        (replace(features, item_group=features.item_group - 1), "negative"),
    ]
    for changed, message in cases:
        with pytest.raises(FeatureError, match=message):
            changed.check(planted.graph)


def test_signatures_belong_to_the_id_and_are_nearly_orthogonal() -> None:
    rows = signatures(["a", "b", "a", "ö"], 256)
    assert rows.shape == (4, 32)
    np.testing.assert_array_equal(rows[0], rows[2])
    np.testing.assert_array_equal(rows[1:2], signatures(["b"], 256))
    signs = np.unpackbits(signatures([str(index) for index in range(200)], 256), axis=1) * 2.0 - 1.0
    between = (signs @ signs.T / 256)[~np.eye(200, dtype=np.bool_)]
    assert abs(between.mean()) < 0.01 and between.std() == pytest.approx(1 / 16, rel=0.1)
    assert signatures(["a"], 0).shape == (1, 0)


def test_gathered_rows(planted: Any) -> None:
    tags = (np.array([0, 2, 2, 3], np.int64), np.array([4, 1, 0], np.int32), 5)
    graph = with_edges(
        replace(planted.graph, image_ids=["a", "b", "c"], item_ids=["x"], image_indptr=np.zeros(4, np.int64)),
        np.array([[2, 0]]),
    )
    features = replace(
        planted.features,
        image=np.array([[1, 2], [np.nan, 4], [5, 6]], np.float32),
        image_known=np.array([True, False, True]),
        item=planted.features.item[:1],
        item_known=planted.features.item_known[:1],
        image_tags=tags,
        item_tags=(np.zeros(2, np.int64), np.empty(0, np.int32), 0),
        item_group=planted.features.item_group[:1],
    )
    rows = FeatureRows(graph, features, 8).gather("image", np.array([2, 1, 0]), np.array([1, 0, 7]))
    assert rows.dense.tolist() == [[5, 6], [0, 0], [1, 2]]
    assert rows.tag_indices.tolist() == [0, 4, 1] and rows.tag_offsets.tolist() == [0, 1, 1]
    assert rows.degree.tolist() == [1, 0, 7]


def test_edges_in_and_out(graph_of: Callable[..., Any]) -> None:
    graph = graph_of(3, 4, [(2, 1), (0, 3), (0, 1), (0, 3)])
    assert edge_list(graph).tolist() == [[0, 1], [0, 3], [2, 1]]
    assert graph.item_indptr.tolist() == [0, 0, 2, 2, 3] and graph.item_images.tolist() == [0, 2, 0]
    less = without_edges(graph, np.array([[0, 1], [1, 1]]))
    assert edge_list(less).tolist() == [[0, 3], [2, 1]]
    assert edge_list(without_edges(less, edge_list(graph))).tolist() == []


def test_hit_rate_by_hand(graph_of: Callable[..., Any]) -> None:
    graph = graph_of(2, 6, [(0, 4)])
    group = np.array([0, 0, 0, 1, 0, 1], np.int32)
    scores = np.array([0.1, 0.5, 0.5, 9.0, 0.9, 1.0], np.float32)
    # Image 0 holds item 4 already, so that it does not compete: 1 and 2 share ranks 1 and 2, 0 has rank 3.
    assert link_ranks(np.array([[0, 0]]), scores, graph, group).hit_rate(2) == 0.0
    assert link_ranks(np.array([[0, 1]]), scores, graph, group).hit_rate(1) == pytest.approx(0.5)
    assert link_ranks(np.array([[0, 1], [0, 0], [1, 5]]), scores, graph, group).hit_rate(2) == pytest.approx(2 / 3)
    assert link_ranks(np.array([[1, 1]]), scores, graph, group).hit_rate(2) == pytest.approx(0.5)
    pair = (np.eye(2, dtype=np.float32), np.stack([scores, -scores], axis=1))
    assert link_ranks(np.array([[1, 0]]), pair, graph, group).hit_rate(1) == 1.0
    nothing = link_ranks(np.empty((0, 2), np.int64), scores, graph, group)
    assert np.isnan(nothing.hit_rate()) and np.isnan(nothing.mean_reciprocal_rank())


def test_mean_reciprocal_rank_by_hand(graph_of: Callable[..., Any]) -> None:
    graph = graph_of(2, 6, [(0, 4)])
    group = np.array([0, 0, 0, 1, 0, 1], np.int32)
    scores = np.array([0.1, 0.5, 0.5, 9.0, 0.9, 1.0], np.float32)
    # For image 0 items 1 and 2 share ranks 1 and 2; for image 1, which has no item yet, 4 is before both.
    ranks = link_ranks(np.array([[0, 0], [0, 1], [1, 2], [1, 4]]), scores, graph, group)
    assert ranks.above.tolist() == [2, 0, 1, 0] and ranks.tied.tolist() == [1, 2, 2, 1]
    assert ranks.mean_reciprocal_rank() == pytest.approx((1 / 3 + (1 + 1 / 2) / 2 + (1 / 2 + 1 / 3) / 2 + 1) / 4)
