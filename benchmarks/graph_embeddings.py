"""What graph embeddings are worth by themselves: links of held-out photos, new items, items that are alike.

    python -m benchmarks.graph_embeddings WORKSPACE [--seeds 0 1 2] [--sample DIR]

WORKSPACE has been imported into. 15 % of the photos, by shoot, and then 10 % of the items with all their links are
taken out of the graph; everything is trained once a seed on what is left. Hits@10 within the item's category with 95 %
intervals by bootstrap over shoots (new items: over items), and the paired difference of GraphSAGE to the best other
scorer; then all simple evidence mixed, alone and with a trained model, by weights fitted inside the training photos.
Alike are items that share a partner in held-out photos; with ``--sample``, the folder that ``recsys sample`` wrote,
those of one latent style, and all is ranked within slots, since a category holds some ten items there. Trained scorers
are the mean over seeds.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import link_questions as lq
from benchmarks import similar_items
from benchmarks.light_gcn import LightGcn, LightGcnSettings
from benchmarks.link_mixtures import Mixture, evidence
from benchmarks.link_scorers import Matrix, Sage, attributes, content, counting, popularity, standardised, worn_together
from benchmarks.machine import describe
from evaluation import bootstrap as bs
from graphsage import GraphSageConfig, NodeFeatures
from graphsage.model import effective_rank
from recsys.bootstrap import open_encoders
from recsys.pipeline.embedding import item_vectors
from recsys.pipeline.features import fit_features, node_features
from recsys.pipeline.jobs import read_inputs
from recsys.pipeline.training import TrainingInputs
from recsys.settings import load_settings
from recsys.workspace import Workspace
from vision.embeddings import EmbeddingStore

SHARES = (0.15, 0.10)
"""Of photos and of items held out."""

OURS, LIGHT = "GraphSAGE", "LightGCN"
MIXED = "counts, attributes, looks"


@dataclass(frozen=True, slots=True)
class Opened:
    """A workspace's corpus and graph, the cut, and features of nodes made without the held-out photos' crops.

    ``group`` [J]: within which items are ranked.
    """

    inputs: TrainingInputs
    cut: lq.Cut
    nodes: NodeFeatures
    group: NDArray[np.int32]

    def inside(self) -> Opened:
        """The same with a further cut inside the training photos, to fit weights on."""
        group = self.inputs.corpus.image_group
        return replace(self, cut=lq.hold_out(self.cut.known, group, SHARES, np.random.default_rng(2)))


def open_workspace(folder: Path, *, within_slots: bool = False) -> Opened:
    """Read a workspace and cut it; ranks are within categories, or within slots."""
    workspace = Workspace.open(folder)
    settings = load_settings(workspace=workspace.root)
    encoders = open_encoders(settings)
    inputs = read_inputs(
        workspace, settings, encoders, lambda *_: None, lambda _: None, lambda p: print(p, file=sys.stderr)
    )
    corpus = inputs.corpus
    cut = lq.hold_out(inputs.graph, corpus.image_group, SHARES, np.random.default_rng(0))
    kept = [image for image, held in zip(corpus.images, cut.held_photo, strict=True) if not held]
    store = EmbeddingStore(workspace.embeddings)
    looks = {e.name: item_vectors(e, store, corpus.catalogue.items, kept) for e in encoders}
    features = fit_features(corpus.catalogue.items, looks, 0)
    nodes, _ = node_features(features, inputs.photo_vectors, [image.styles for image in corpus.images])
    slots = np.unique([item.slot for item in corpus.catalogue.items], return_inverse=True)[1].astype(np.int32)
    return Opened(inputs, cut, nodes, slots if within_slots else nodes.item_group)


@dataclass(frozen=True, slots=True)
class Trained:
    """Both trained models of every seed."""

    light: Sequence[LightGcn]
    sage: Sequence[Sage]

    @classmethod
    def of(cls, opened: Opened, seeds: Sequence[int]) -> Trained:
        """Train; tells seconds of processor time."""
        light, sage = [], []
        for seed in seeds:
            start = time.process_time()
            light.append(LightGcn(opened.cut.known, opened.nodes.item_group, LightGcnSettings(seed=seed)).fit())
            between = time.process_time()
            sage.append(Sage.train(opened.cut, opened.nodes, GraphSageConfig(seed=seed)))
            took = f"LightGCN {between - start:.0f} s, GraphSAGE {time.process_time() - between:.0f} s"
            print(f"seed {seed}: {took} of processor time", flush=True)
        return cls(light, sage)


Scorer = Callable[[lq.Asked], Matrix]
Scorers = dict[str, list[Scorer]]


def scorers(opened: Opened, trained: Trained) -> Scorers:
    """All scorers by name; trained ones have an entry a seed."""
    cut, nodes = opened.cut, opened.nodes
    return {
        "popularity": [lambda asked: popularity(cut, asked)],
        "counting": [lambda asked: counting(cut, asked)],
        "counting, 1st + 2nd": [lambda asked: counting(cut, asked, second=0.3)],
        "attribute PMI": [lambda asked: attributes(cut, opened.inputs.corpus.catalogue, asked)],
        LIGHT: [model.scores for model in trained.light],
        "raw content": [lambda asked: content(nodes, asked)],
        OURS: [model.scores for model in trained.sage],
    }


def table(
    title: str, values: dict[str, list[NDArray[np.float64]]], cluster: NDArray[np.int64], ours: Sequence[str] = (OURS,)
) -> None:
    """Print each scorer's mean with interval and seeds, and the paired difference of each of ours to the best other."""
    clusters = np.unique(cluster, return_inverse=True)[1]
    n_clusters = int(clusters.max()) + 1
    print(f"\n{title}: {len(cluster)} questions in {n_clusters} clusters")
    statistics = {name: bs.mean_statistic(np.mean(found, axis=0), clusters) for name, found in values.items()}
    for name, statistic in statistics.items():
        each = f"  ({', '.join(f'{v.mean():.3f}' for v in values[name])})" if len(values[name]) > 1 else ""
        print(f"  {name:22} {_shown(statistic, n_clusters)}{each}")
    best = max((name for name in values if name not in ours), key=lambda name: np.mean(values[name]))
    for name in ours:
        gap = _shown(bs.difference(statistics[name], statistics[best]), n_clusters, sign="+")
        print(f"  {name} - {best}: {gap}", flush=True)


def _shown(statistic: bs.Statistic, clusters: int, sign: str = "") -> str:
    found = bs.interval(statistic, clusters, np.random.default_rng(0))
    return f"{found.value:{sign}.3f} ({found.low:{sign}.3f} to {found.high:{sign}.3f})"


CUTS: dict[str, Callable[[lq.Cut], lq.Asked]] = {
    "known items of held-out photos": lq.known_items,
    "new items, among all": lambda cut: lq.new_items(cut, among_new=False),
    "new items, among new ones": lambda cut: lq.new_items(cut, among_new=True),
}

FITTED = (lq.known_items, CUTS["new items, among all"])
"""What the weights of mixed evidence are fitted to."""


def link_tables(opened: Opened, models: Scorers) -> None:
    """Hits@10 of every cut that the workspace allows."""
    cuts = dict(CUTS)
    if opened.nodes.image_known.any():
        cuts["known items of held-out photos, by the photo's looks alone"] = lq.photos_alone
    for title, ask in cuts.items():
        asked = ask(opened.cut)
        values = {name: [lq.hits(asked, score(asked), opened.group) for score in each] for name, each in models.items()}
        table(f"{title}, hits@10", values, _clusters(opened, asked))


def mixed_tables(opened: Opened, trained: Trained, seeds: Sequence[int]) -> None:
    """What a trained model adds to counts, attributes and looks."""
    inner = opened.inside()
    retrained = Trained.of(inner, seeds)
    before, after = [ask(inner.cut) for ask in FITTED], {title: ask(opened.cut) for title, ask in CUTS.items()}
    simple_before = [_simple(inner, asked) for asked in before]
    simple_after = {title: _simple(opened, asked) for title, asked in after.items()}
    values: dict[str, dict[str, list[NDArray[np.float64]]]] = {title: {} for title in CUTS}
    for name, models in _mixed_models(retrained, trained).items():
        for first, second in models:
            told = [[*s, *(model(a) for model in first)] for a, s in zip(before, simple_before, strict=True)]
            kinds = [(a, evidence(inner.cut, a, t)) for a, t in zip(before, told, strict=True)]
            mixture = Mixture.fit(kinds, opened.group)
            for title, asked in after.items():
                parts = evidence(opened.cut, asked, [*simple_after[title], *(model(asked) for model in second)])
                found = lq.hits(asked, mixture.score(parts), opened.group)
                values[title].setdefault(name, []).append(found)
    for title, asked in after.items():
        ours = [name for name in values[title] if name != MIXED]
        table(f"{title}, evidence mixed, hits@10", values[title], _clusters(opened, asked), ours)


def _clusters(opened: Opened, asked: lq.Asked) -> NDArray[np.int64]:
    """[Q]: what is resampled: photos that belong together or, where few new items are asked for often, items."""
    of_new = bool(opened.cut.new_item[asked.target].all())
    return asked.target.astype(np.int64) if of_new else opened.cut.cluster[asked.photo]


def _mixed_models(retrained: Trained, trained: Trained) -> dict[str, list[tuple[list[Scorer], list[Scorer]]]]:
    """What is mixed in, by name: models of the cut that weights are fitted on and of the one asked, an entry a seed."""
    light = zip(retrained.light, trained.light, strict=True)
    sage = zip(retrained.sage, trained.sage, strict=True)
    return {
        MIXED: [([], [])],
        f"{MIXED} + {LIGHT}": [([a.known_scores], [b.known_scores]) for a, b in light],
        f"{MIXED} + {OURS}": [([a.scores], [b.scores]) for a, b in sage],
    }


def _simple(opened: Opened, asked: lq.Asked) -> list[Matrix]:
    return [attributes(opened.cut, opened.inputs.corpus.catalogue, asked), content(opened.nodes, asked)]


def alike_tables(opened: Opened, trained: Trained, sample: Path | None) -> None:
    """Recall and nDCG of items that are alike though no photo links them."""
    cut, corpus, group = opened.cut, opened.inputs.corpus, opened.group
    if sample is None:
        what, alike = "a partner in common in held-out photos", similar_items.same_company(cut, group)
    else:
        what = "one latent style"
        alike = similar_items.same_style(cut, group, similar_items.latent_styles(sample, corpus))
    degree = np.diff(cut.known.item_indptr).astype(np.float32)
    partners = np.asarray(worn_together(cut).todense(), np.float32)
    vectors = {
        "raw content": [standardised(opened.nodes)[1]],
        "counting (same partners)": [partners],
        LIGHT: [model.items() for model in trained.light],
        OURS: [model.items for model in trained.sage],
    }
    matrices = {"popularity": [np.broadcast_to(degree, alike.shape)]}
    matrices |= {name: [_cosines(v) for v in each] for name, each in vectors.items()}
    found = {
        name: [similar_items.found_alike(cut, alike, group, scores, np.random.default_rng(0)) for scores in each]
        for name, each in matrices.items()
    }
    for row, metric in enumerate(("recall@10", "nDCG@10")):
        values = {name: [measured[row] for _, measured in each] for name, each in found.items()}
        table(f"alike: {what}, {metric}", values, found[OURS][0][0])


def _cosines(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    rows = _unit(vectors)
    return np.asarray(rows @ rows.T, np.float32)


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9), np.float32)


def rank_table(opened: Opened, trained: Trained) -> None:
    """Effective rank of the vectors of known items and, of GraphSAGE, of new ones."""
    known = np.diff(opened.cut.known.item_indptr) > 0
    looks = standardised(opened.nodes)[1]
    print("\neffective rank of item vectors, known items")
    print(f"  raw content            {effective_rank(looks[known]):.1f} of {looks.shape[1]}")
    for name, sets, which in (
        (LIGHT, [m.items() for m in trained.light], known),
        (OURS, [m.items for m in trained.sage], known),
        (f"{OURS}, new items", [m.items for m in trained.sage], opened.cut.new_item),
    ):
        ranks = [
            effective_rank(v[which] / np.maximum(np.linalg.norm(v[which], axis=1, keepdims=True), 1e-9)) for v in sets
        ]
        print(f"  {name:22} {', '.join(f'{rank:.1f}' for rank in ranks)} of {sets[0].shape[1]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--sample", type=Path, help="the rendered sample that was imported")
    options = parser.parse_args()
    print(describe())
    opened = open_workspace(options.workspace, within_slots=options.sample is not None)
    known = opened.cut.known
    n_known = int((np.diff(known.image_indptr) > 0).sum())
    print(
        f"{n_known} photos with {known.n_edges} links left; {int(opened.cut.held_photo.sum())} photos and "
        f"{int(opened.cut.new_item.sum())} items held out"
    )
    trained = Trained.of(opened, options.seeds)
    link_tables(opened, scorers(opened, trained))
    mixed_tables(opened, trained, options.seeds)
    alike_tables(opened, trained, options.sample)
    rank_table(opened, trained)


if __name__ == "__main__":
    main()
