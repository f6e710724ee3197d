"""Training: graph -> embeddings -> GraphSAGE -> BERT4Rec -> index -> what a release holds."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

import graphsage
from bert4rec.choosing import FEWEST
from bert4rec.config import Bert4RecConfig
from bert4rec.dataset import NegativeSampler, assign_folds
from bert4rec.evidence import PairEvidence
from bert4rec.item_codes import ItemCodes
from bert4rec.leading import lead_over_counting
from bert4rec.model import ItemTensors
from bert4rec.new_item_score import fit_new_item_weights
from bert4rec.newness import fit_newness
from bert4rec.scorer import OutfitScorer
from bert4rec.sharing import lead
from bert4rec.tables import TrainingSet, count_evidence
from bert4rec.validation import DISCOUNTS
from bert4rec.workers import Workers
from evaluation.metrics import auc
from graph.tensors import BipartiteGraph
from recsys.engine.calibration import LARGEST, SMALLEST, Calibration, Judged
from recsys.engine.slots import SlotModel
from recsys.pipeline.contents import ReleaseContents
from recsys.pipeline.corpus import Corpus, Outfits, hold_out, slots_of
from recsys.pipeline.embedding import Rows
from recsys.pipeline.features import ItemFeatures, fit_features, node_features

DRAWN = 2
"""Random outfits of each kind for a held-out one."""

Tell = Callable[[str, dict[str, Any]], None]
"""Called with the stage ("resume", "graphsage", "bert4rec") and what it has come to."""


@dataclass(frozen=True, slots=True)
class TrainingInputs:
    """All that training reads: corpus, its graph (same order of images and items), vectors by encoder."""

    corpus: Corpus
    graph: BipartiteGraph
    item_vectors: dict[str, Rows]
    photo_vectors: dict[str, Rows]


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """How to train: the two models' settings, the seed, where checkpoints go, whether to go on from them, and the
    processes that train the outfit model together."""

    graphsage: graphsage.GraphSageConfig
    bert4rec: Bert4RecConfig
    seed: int
    checkpoints: Path
    resume: bool = False
    workers: Workers = field(default_factory=Workers)


def train(inputs: TrainingInputs, plan: TrainingPlan, tell: Tell) -> ReleaseContents:
    """Train both models on a corpus.

    A tenth of the outfits, by shoot, is held out: it stops both trainings, chooses the popularity discount and
    calibrates the score. The counts, graph embeddings and weights for new items of the release are then taken over
    all outfits.
    """
    if not plan.resume:
        shutil.rmtree(plan.checkpoints, ignore_errors=True)
    plan.checkpoints.mkdir(parents=True, exist_ok=True)
    if plan.resume:
        found = sorted(str(p.relative_to(plan.checkpoints)) for p in plan.checkpoints.rglob("*.safetensors"))
        tell("resume", {"from": ", ".join(found) or "the beginning, there is no checkpoint"})
    corpus = inputs.corpus
    rng = np.random.default_rng([plan.seed, 17])
    valid = hold_out(corpus, plan.bert4rec.valid_share, rng)
    fold = _folds(corpus, valid, plan.bert4rec.folds, rng)
    features = fit_features(corpus.catalogue.items, inputs.item_vectors, plan.seed)
    split = [[o for o, v in zip(corpus.outfits, valid, strict=True) if v == side] for side in (False, True)]
    embedded = _embed_graph(inputs, features, plan, fold, tell)
    items = _tensors(features, split[0], embedded.by_fold, embedded.isolated)
    result = lead(
        plan.workers,
        TrainingSet(split[0], fold[~valid], split[1], features.codes, items, corpus.labels[~valid]),
        plan.bert4rec,
        progress=lambda state: tell("bert4rec", dict(state)),
        checkpoint=plan.checkpoints / "bert4rec",
        resume=plan.resume,
    )
    final = replace(items, graph=torch.from_numpy(embedded.whole[None]))
    held_out = OutfitScorer(result.model, items, result.evidence, features.codes, result.popularity_discount)
    drawn = np.random.default_rng([plan.seed, 31])
    result.model.newness.fill_(fit_newness(held_out, split[1], drawn, representative=result.uncut))
    if plan.bert4rec.popularity_discount is None:
        held_out.outfit_discount = _outfit_discount(held_out, split[1], result.known, plan.seed)
    calibration, quality = _calibrate(held_out, split[1], plan.seed)
    ranking = lead_over_counting(held_out, split[1], np.random.default_rng([plan.seed, 37]))
    return ReleaseContents(
        catalogue=corpus.catalogue,
        features=features,
        styles=embedded.styles,
        graphsage=embedded.model,
        model=result.model,
        items=final,
        evidence=_count_all(corpus, features.codes, items, plan.bert4rec, result.new_item_weights),
        popularity_discount=result.popularity_discount,
        outfit_discount=held_out.outfit_discount,
        slots=SlotModel.fit(slots_of(corpus.catalogue, corpus.outfits)),
        calibration=calibration,
        outfits=corpus.outfits,
        metrics={
            "outfits": len(corpus.outfits),
            "held_out_outfits": int(valid.sum()),
            "items": len(corpus.catalogue),
            "graphsage": embedded.model.metrics,
            "bert4rec": {
                "history": result.history,
                "popularity_discount": result.popularity_discount,
                "outfit_discount": held_out.outfit_discount,
                "gain": dict(zip(("known", "new"), result.model.gain.tolist(), strict=True)),
                "newness": float(result.model.newness),
            },
            "calibration": quality,
            "held_out_ranking": ranking and {**asdict(ranking), "behind": ranking.behind},
        },
    )


def _count_all(
    corpus: Corpus, codes: ItemCodes, items: ItemTensors, config: Bert4RecConfig, weights: Tensor | None
) -> PairEvidence:
    """The tables of a release. Where ``weights`` for new items were fitted, they are fitted anew to all outfits."""
    if weights is not None:
        again = fit_new_item_weights(corpus.outfits, items.appearance(codes), shrink=config.shrink, seed=config.seed)
        weights = weights if again is None else again
    return count_evidence(corpus.outfits, codes, items, config, weights, corpus.labels)


def _folds(corpus: Corpus, valid: NDArray[np.bool_], folds: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Cross-fitting fold of each outfit [O], by group; -1 of those held out."""
    of_group = assign_folds(int(corpus.group.max()) + 1, folds, rng)
    fold = of_group[corpus.group]
    fold[valid] = -1
    return fold


@dataclass(frozen=True, slots=True)
class _GraphEmbeddings:
    """Item embeddings: without each fold (and, last, without the held-out outfits) [K+1, N, D]; of the whole graph;
    and without any neighbour [N, D]."""

    model: graphsage.TrainedGraphSage
    styles: dict[str, int]
    by_fold: NDArray[np.float32]
    whole: NDArray[np.float32]
    isolated: NDArray[np.float32]


def _embed_graph(
    inputs: TrainingInputs,
    features: ItemFeatures,
    plan: TrainingPlan,
    fold: NDArray[np.int64],
    tell: Tell,
) -> _GraphEmbeddings:
    corpus, graph = inputs.corpus, inputs.graph
    nodes, styles = node_features(features, inputs.photo_vectors, [image.styles for image in corpus.images])
    edges = graphsage.edge_list(graph)
    groups = int(corpus.group.max()) + 1
    fold_of_group = np.zeros(groups + 1, np.int64)  # the last stands for images without a group
    fold_of_group[corpus.group] = fold
    fold_of_group[groups] = plan.bert4rec.folds
    edge_fold = fold_of_group[np.where(corpus.image_group < 0, groups, corpus.image_group)][edges[:, 0]]
    training_graph = graphsage.with_edges(graph, edges[edge_fold != -1])
    if not (edge_fold != -1).any():
        training_graph = graph
    model = graphsage.fit(
        training_graph,
        nodes,
        plan.graphsage,
        progress=lambda state: tell("graphsage", dict(state)),
        checkpoint=plan.checkpoints / "graphsage.safetensors",
        resume=plan.resume,
    )
    by_fold = [
        model.encode(graphsage.with_edges(graph, edges[(edge_fold != k) & (edge_fold != -1)]), nodes)[1]
        for k in range(plan.bert4rec.folds)
    ]
    by_fold.append(model.encode(training_graph, nodes)[1])
    return _GraphEmbeddings(
        model=model,
        styles=styles.values,
        by_fold=np.stack(by_fold),
        whole=model.encode(graph, nodes)[1],
        isolated=model.encode(graphsage.with_edges(graph, edges[:0]), nodes)[1],
    )


def _tensors(
    features: ItemFeatures, train: Outfits, graph: NDArray[np.float32], isolated: NDArray[np.float32]
) -> ItemTensors:
    codes = features.codes
    seen = np.zeros(codes.n_items, bool)
    seen[np.concatenate(train)] = True
    return ItemTensors(
        category=torch.from_numpy(codes.category),
        values=torch.from_numpy(np.where(codes.values < 0, codes.n_values, codes.values)),
        dense=torch.from_numpy(features.dense),
        seen=torch.from_numpy(seen),
        graph=torch.from_numpy(graph),
        graph_cold=torch.from_numpy(isolated),
        views=torch.tensor(features.visual.widths, dtype=torch.int64),
    )


def _outfit_discount(scorer: OutfitScorer, valid: Outfits, known: NDArray[np.bool_], seed: int) -> float:
    """The discount under which held-out outfits stand out best from random ones of their categories: the area under the
    curve against uniform items plus that against popular ones. That which ranks items, where too few say otherwise.

    Outfits are cut to ``known`` items [N]: the popularity of others is not what it is where none is held out.
    """
    real = [cut for o in valid if len(cut := o[known[o]]) > 1]
    if len(real) < FEWEST:
        return scorer.discount
    rng = np.random.default_rng([seed, 29])
    items = np.flatnonzero(known)
    sampler = NegativeSampler(scorer.codes.category[items], scorer.evidence.degree.numpy()[items])
    drawn = [items[sampler.draw(scorer.codes.category[o], 2 * DRAWN, rng)] for o in real]  # [L, 2 * DRAWN] each
    halves = (range(DRAWN), range(DRAWN, 2 * DRAWN))  # uniform, popular
    random = [[np.unique(d[:, k]) for d in drawn for k in half] for half in halves]

    def told_apart(discount: float) -> float:
        own = scorer.score_outfits(real, discount)
        against = [scorer.score_outfits(outfits, discount) for outfits in random]
        labels = [np.repeat([1, 0], [len(own), len(s)]) for s in against]
        return sum(auc(np.concatenate([own, s]).astype(np.float64), y) for s, y in zip(against, labels, strict=True))

    return max(DISCOUNTS, key=told_apart)


def _calibrate(scorer: OutfitScorer, valid: Outfits, seed: int) -> tuple[Calibration, dict[str, float]]:
    """Fit the calibration on held-out outfits against outfits of random items of the same categories.

    Random: half of the items are drawn uniformly and half by popularity.
    Each outfit is read cut, at random, to every size; its cuts weigh together as one.
    """
    if len(valid) < 5:
        return Calibration(), {"outfits": len(valid)}
    rng = np.random.default_rng([seed, 23])
    sampler = NegativeSampler(scorer.codes.category, scorer.evidence.degree.numpy())
    drawn = [_drawn(sampler, scorer.codes.category[o], rng) for o in valid]
    real, random = (_judged(scorer, outfits, rng) for outfits in (valid, drawn))
    calibration = Calibration.fit(real, random)
    whole = [scorer.score_outfits(outfits) for outfits in (valid, drawn)]
    labels = np.repeat([1, 0], [len(part) for part in whole])
    quality = {"outfits": len(valid), "auc": auc(np.concatenate(whole).astype(np.float64), labels)}
    return calibration, quality


def _drawn(sampler: NegativeSampler, category: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """An item of each of the categories [L]: uniformly or by popularity, as a coin falls."""
    both = sampler.draw(category, 2, rng)  # [L, 2]
    return np.unique(both[np.arange(len(both)), rng.integers(2, size=len(both))])


def _judged(scorer: OutfitScorer, outfits: Outfits, rng: np.random.Generator) -> Judged:
    """Outfits cut to each size that they have items for."""
    sizes = [range(SMALLEST, min(len(o), LARGEST) + 1) for o in outfits]
    cut = [rng.permutation(o)[:n] for o, to in zip(outfits, sizes, strict=True) for n in to]
    weight = np.repeat([1 / max(len(to), 1) for to in sizes], [len(to) for to in sizes])
    return Judged(scorer.score_outfits(cut), np.array([len(o) for o in cut], np.int64), weight)
