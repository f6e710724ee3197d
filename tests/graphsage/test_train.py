"""Training: what is there is learned, what is not there is not, and interruptions leave no trace."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from graphsage import CheckpointError, GraphSageConfig, NodeFeatures, TrainedGraphSage, TrainingError, fit, no_tags
from graphsage.edges import edge_list
from graphsage.errors import CollapseWarning
from graphsage.train import hold_out


@pytest.fixture(scope="module")
def trained(planted: Any, quick: GraphSageConfig) -> TrainedGraphSage:
    return fit(planted.graph, planted.features, quick)


def test_planted_styles_are_found(trained: TrainedGraphSage) -> None:
    # 40 items a group, 10 of them of the right style: knowing the style gives about .9-1.0, popularity .25-.4.
    assert trained.metrics["hits_at_10"] > 0.75
    assert trained.metrics["hits_at_10"] > trained.metrics["popularity_hits_at_10"] + 0.3
    assert trained.metrics["effective_rank"] > 4
    assert trained.metrics["collapsed"] is False
    assert trained.metrics["loss"][-1] < trained.metrics["loss"][0]


@pytest.mark.filterwarnings("ignore::graphsage.errors.CollapseWarning")
def test_planted_noise_is_not_found(planter: Callable[..., Any], quick: GraphSageConfig) -> None:
    noise = planter(4, noise=True)
    held_out = hold_out(noise.graph, replace(quick, valid_share=0.4))
    metrics = fit(noise.graph, noise.features, replace(quick, epochs=4), valid_edges=held_out).metrics
    # Ten of about 40 at random is .25; a leak of the edge to predict would show as far more.
    assert metrics["held_out_edges"] == 288
    assert metrics["hits_at_10"] < 0.36


def test_same_seed_same_model_other_seed_another(planted: Any, quick: GraphSageConfig) -> None:
    short = replace(quick, epochs=1)
    first, again = (fit(planted.graph, planted.features, short).encode(planted.graph, planted.features) for _ in "ab")
    other = fit(planted.graph, planted.features, short, seed=8).encode(planted.graph, planted.features)
    np.testing.assert_array_equal(first[1], again[1])
    assert np.abs(first[1] - other[1]).max() > 0.01


def test_global_random_state_is_left_alone(planted: Any, quick: GraphSageConfig) -> None:
    torch.manual_seed(5)
    expected = fit(planted.graph, planted.features, replace(quick, epochs=1)).encode(planted.graph, planted.features)
    torch.manual_seed(6)
    actual = fit(planted.graph, planted.features, replace(quick, epochs=1)).encode(planted.graph, planted.features)
    np.testing.assert_array_equal(expected[0], actual[0])


def test_interrupted_and_resumed_equals_uninterrupted(planted: Any, quick: GraphSageConfig, tmp_path: Path) -> None:
    config = replace(quick, epochs=4)
    whole = fit(planted.graph, planted.features, config)
    path = tmp_path / "run" / "state.safetensors"

    def interrupt(report: dict[str, Any]) -> None:
        if report["epoch"] == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(planted.graph, planted.features, config, progress=interrupt, checkpoint=path)
    epochs: list[int] = []
    resumed = fit(
        planted.graph,
        planted.features,
        config,
        progress=lambda report: epochs.append(report["epoch"]),
        checkpoint=path,
        resume=True,
    )
    assert epochs == [3, 4]
    assert resumed.metrics["loss"] == whole.metrics["loss"]
    for expected, actual in zip(
        whole.encode(planted.graph, planted.features), resumed.encode(planted.graph, planted.features), strict=True
    ):
        np.testing.assert_array_equal(expected, actual)
    assert [entry.name for entry in path.parent.iterdir()] == ["state.safetensors"]


def test_without_resume_the_run_starts_anew(planted: Any, quick: GraphSageConfig, tmp_path: Path) -> None:
    path, epochs = tmp_path / "state.safetensors", []
    for _ in range(2):
        fit(
            planted.graph,
            planted.features,
            replace(quick, epochs=1),
            progress=lambda report: epochs.append(report["epoch"]),
            checkpoint=path,
        )
    assert epochs == [1, 1]


def test_checkpoint_of_another_run_is_refused(planted: Any, quick: GraphSageConfig, tmp_path: Path) -> None:
    path = tmp_path / "state.safetensors"
    fit(planted.graph, planted.features, replace(quick, epochs=1), checkpoint=path)
    with pytest.raises(CheckpointError, match="other settings or data"):
        fit(planted.graph, planted.features, replace(quick, epochs=1, lr=0.02), checkpoint=path, resume=True)
    other = replace(planted.features, item=planted.features.item + 1)
    with pytest.raises(CheckpointError, match="other settings or data"):
        fit(planted.graph, other, replace(quick, epochs=1), checkpoint=path, resume=True)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(CheckpointError, match="cannot be read"):
        fit(planted.graph, planted.features, replace(quick, epochs=1), checkpoint=path, resume=True)


def test_patience_ends_the_run(planter: Callable[..., Any], quick: GraphSageConfig) -> None:
    noise = planter(5, noise=True)
    metrics = fit(noise.graph, noise.features, replace(quick, epochs=40, patience=2)).metrics
    assert metrics["epochs"] == metrics["best_epoch"] + 2 < 40
    assert metrics["mrr_curve"][metrics["best_epoch"] - 1] == max(metrics["mrr_curve"])
    assert metrics["hits_curve"][metrics["best_epoch"] - 1] == metrics["hits_at_10"]


def test_groups_of_fewer_than_ten_items_do_not_end_the_run(planted: Any, quick: GraphSageConfig) -> None:
    """All hits are 1 there from the first epoch on, which says nothing about when to stop."""
    small = replace(planted.features, item_group=np.arange(planted.graph.n_items, dtype=np.int32) // 9)
    metrics = fit(planted.graph, small, replace(quick, patience=2)).metrics
    assert set(metrics["hits_curve"]) == {1.0}
    assert metrics["best_epoch"] > 1
    assert metrics["mrr_curve"][metrics["best_epoch"] - 1] > metrics["mrr_curve"][0]


def test_hold_out_leaves_every_node_an_edge(planted: Any, quick: GraphSageConfig) -> None:
    held_out = hold_out(planted.graph, replace(quick, valid_share=0.2))
    assert len(held_out) == 144
    pairs = {tuple(edge) for edge in edge_list(planted.graph)}
    left = pairs - {tuple(edge) for edge in held_out}
    assert len(left) == len(pairs) - 144
    assert {image for image, _ in left} == {image for image, _ in pairs}
    assert {item for _, item in left} == {item for _, item in pairs}


def test_given_valid_edges_are_not_trained_on(planted: Any, quick: GraphSageConfig) -> None:
    held_out = edge_list(planted.graph)[::7]
    metrics = fit(planted.graph, planted.features, replace(quick, epochs=1), valid_edges=held_out).metrics
    assert metrics["held_out_edges"] == len(held_out)
    assert metrics["training_edges"] == planted.graph.n_edges - len(held_out)


def test_valid_edges_beyond_the_graph_are_refused(planted: Any, quick: GraphSageConfig) -> None:
    with pytest.raises(TrainingError, match="outside 240 images and 120 items"):
        fit(planted.graph, planted.features, quick, valid_edges=np.array([[3, 120]]))


def test_nothing_to_train_on_is_said(graph_of: Callable[..., Any], quick: GraphSageConfig, planted: Any) -> None:
    with pytest.raises(TrainingError, match="0 edges"):
        fit(graph_of(240, 120, []), planted.features, quick)


def test_collapse_is_told(graph_of: Callable[..., Any], quick: GraphSageConfig) -> None:
    # Every node alike: no features, no identity, one image and one item each. Nothing can tell two items apart.
    count = 20
    graph = graph_of(count, count, [(index, index) for index in range(count)])
    features = NodeFeatures(
        image=np.zeros((count, 0), np.float32),
        image_known=np.zeros(count, np.bool_),
        item=np.zeros((count, 0), np.float32),
        item_known=np.zeros(count, np.bool_),
        image_tags=no_tags(count),
        item_tags=no_tags(count),
        item_group=np.zeros(count, np.int32),
    )
    with pytest.warns(CollapseWarning, match="directions"):
        metrics = fit(graph, features, replace(quick, signature_bits=0, epochs=1)).metrics
    assert metrics["collapsed"] is True
    assert metrics["hits_at_10"] is None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CollapseWarning)
        fit(graph, features, replace(quick, epochs=1))
