"""What the outfit model reads of the graph for a fold heard nothing over that fold's edges."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
import torch

import graphsage
from bert4rec.config import Bert4RecConfig
from data.types import ImageRecord, Item
from graph.tensors import BipartiteGraph, from_edges
from graphsage.model import GraphSage, InputWidths
from recsys.engine.catalogue import Catalogue
from recsys.pipeline.corpus import Corpus
from recsys.pipeline.features import fit_features
from recsys.pipeline.training import TrainingInputs, TrainingPlan, _embed_graph

OUTFITS = [np.array(o) for o in ([0, 1], [0, 2], [0, 3], [1, 3])]
FOLD = np.array([0, 1, -1, 1])
"""Each outfit is in a photo of its own; the third is held out."""

CONFIG = graphsage.GraphSageConfig(hidden=8, dim=4, fanouts=(4, 4), signature_bits=8)


class Trained:
    """Training that ends with the same weights whatever the graph, and remembers which graph it was given."""

    def __init__(self) -> None:
        self.graph: BipartiteGraph | None = None

    def fit(self, graph: BipartiteGraph, nodes: graphsage.NodeFeatures, *_: Any, **__: Any) -> Any:
        self.graph = graph
        model = GraphSage(CONFIG, InputWidths.of(nodes))
        model.initialise(torch.Generator().manual_seed(0))
        model.standardise(nodes)
        return graphsage.TrainedGraphSage(model.eval(), {})


@pytest.fixture
def training(monkeypatch: pytest.MonkeyPatch) -> Trained:
    trained = Trained()
    monkeypatch.setattr(graphsage, "fit", trained.fit)
    return trained


def inputs(left_out: tuple[int, int] | None = None) -> TrainingInputs:
    """Four outfits of four items, without the edge ``left_out`` (photo, item)."""
    items = [Item(item_id=f"i{k}", category="c", slot="top", source="s", attributes={"n": (str(k),)}) for k in range(4)]
    images = tuple(ImageRecord(image_id=f"p{k}", source="s", styles=(f"style{k}",)) for k in range(4))
    every = np.arange(4)
    corpus = Corpus(Catalogue(items), OUTFITS, every, images, every, sp.csr_matrix((4, 0)), ())
    edges = np.array([(p, i) for p, o in enumerate(OUTFITS) for i in o if (p, i) != left_out])
    graph = from_edges([i.image_id for i in images], [i.item_id for i in items], edges[:, 0], edges[:, 1])
    photos = np.random.default_rng(0).normal(size=(4, 4)).astype(np.float32), np.ones(4, bool)
    return TrainingInputs(corpus, graph, {}, {"photo": photos})


def embedded(given: TrainingInputs) -> Any:
    plan = TrainingPlan(CONFIG, Bert4RecConfig(folds=2), 0, Path("nowhere"))
    features = fit_features(given.corpus.catalogue.items, given.item_vectors, 0)
    return _embed_graph(given, features, plan, FOLD, lambda *_: None)


@pytest.mark.parametrize(
    ("left_out", "changed"),
    [((0, 0), [False, True, True, True]), ((1, 0), [True, False, True, True]), ((2, 0), [False, False, False, True])],
    ids=["of fold 0", "of fold 1", "held out"],
)
def test_an_edge_is_heard_in_other_folds_than_its_own(
    training: Trained, left_out: tuple[int, int], changed: list[bool]
) -> None:
    """Item 0 without each of the two folds, without the held-out outfit, and with all; one of its edges is missing."""
    usual, less = embedded(inputs()), embedded(inputs(left_out))
    both = [np.concatenate([e.by_fold, e.whole[None]])[:, 0] for e in (usual, less)]
    assert [not np.array_equal(a, b) for a, b in zip(*both, strict=True)] == changed
    assert np.array_equal(usual.isolated, less.isolated)


def test_without_a_fold_embeddings_are_those_of_the_graph_of_the_others(training: Trained) -> None:
    """And training itself is not shown the held-out outfit."""
    given = inputs()
    made = embedded(given)
    assert training.graph is not None
    assert graphsage.edge_list(training.graph).tolist() == [[0, 0], [0, 1], [1, 0], [1, 2], [3, 1], [3, 3]]
    others = [[1, 0], [1, 2], [3, 1], [3, 3]], [[0, 0], [0, 1]]
    for fold, edges in enumerate(others):
        alone = embedded(replace(given, graph=graphsage.with_edges(given.graph, np.array(edges))))
        assert np.array_equal(made.by_fold[fold], alone.whole)
