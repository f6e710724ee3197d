"""The training loop: seeds, epochs, early stopping, checkpoints."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from graph.tensors import BipartiteGraph
from graphsage.batches import Batch, EdgeBatches
from graphsage.checkpoint import TrainingState, load_checkpoint, run_fingerprint, save_checkpoint
from graphsage.config import GraphSageConfig
from graphsage.edges import edge_list, without_edges
from graphsage.encode import Embeddings, encode_graph
from graphsage.errors import CollapseWarning, TrainingError
from graphsage.features import FeatureRows, NodeFeatures, describes_images, without_photos
from graphsage.link_prediction import LinkRanks, Scores, link_ranks
from graphsage.model import GraphSage, InputWidths, Noise, effective_rank, sampled_softmax, uniformity
from graphsage.trained import TrainedGraphSage

Progress = Callable[[dict[str, Any]], None]
MAX_HELD_OUT = 10_000
RANK_ROWS = 4096


def fit(  # noqa: PLR0913 - the data, the settings, and four choices of how to run
    graph: BipartiteGraph,
    features: NodeFeatures,
    config: GraphSageConfig,
    *,
    seed: int | None = None,
    progress: Progress | None = None,
    checkpoint: Path | None = None,
    resume: bool = False,
    valid_edges: NDArray[np.int64] | None = None,
) -> TrainedGraphSage:
    """Train on the edges of a graph, holding some out to stop in time and to measure.

    Parameters
    ----------
    graph, features
        What to learn from.
    config
        Settings.
    seed
        In place of ``config.seed``. The same seed, data and thread count give the same model on a CPU.
    progress
        Called after each epoch with ``epoch`` (from 1), ``epochs``, ``loss``, ``hits_at_10``, ``mrr`` (mean reciprocal
        rank, by which the best epoch is chosen), ``effective_rank`` and ``seconds``. What it raises ends the run; the
        epoch is in the checkpoint by then.
    checkpoint
        File that is rewritten after each epoch. With ``resume``, a run that finds it there goes on from it and ends
        with the same weights as an uninterrupted one; without ``resume`` it is started anew.
    valid_edges
        ``[n, 2]`` int64 ``(image, item)`` to hold out; they are taken out of the training graph. By default
        ``config.valid_share`` of the edges, at most 10,000, of images and items that keep another edge.

    Raises
    ------
    FeatureError
        Features do not fit the graph.
    TrainingError
        The graph has no edge to train on, ``valid_edges`` name nodes it lacks, or the loss is not a number.
    CheckpointError
        The checkpoint is broken or of another run.
    """
    if seed is not None:
        config = GraphSageConfig.from_dict({**config.to_dict(), "seed": seed})
    features.check(graph)
    held_out = hold_out(graph, config) if valid_edges is None else np.asarray(valid_edges, np.int64).reshape(-1, 2)
    if len(held_out) and not ((held_out >= 0) & (held_out < (graph.n_images, graph.n_items))).all():
        raise TrainingError(f"valid_edges: an index lies outside {graph.n_images} images and {graph.n_items} items")
    training_graph = without_edges(graph, held_out)
    if training_graph.n_edges == 0:
        raise TrainingError(
            f"the graph has {graph.n_edges} edges, of which {len(held_out)} are held out: none to train on"
        )
    with _threads(config.threads):
        run = _Run(training_graph, features, config, held_out)
        return run.train(progress, checkpoint, resume)


def hold_out(graph: BipartiteGraph, config: GraphSageConfig) -> NDArray[np.int64]:
    """Edges ``[n, 2]`` to hold out: a random share, each leaving its image and its item another edge in the graph."""
    edges = edge_list(graph)
    rng = np.random.default_rng([config.seed, 0x5EED])
    wanted = min(round(config.valid_share * len(edges)), MAX_HELD_OUT)
    order = edges[rng.permutation(len(edges))]
    # The first edge of each image and of each item in this order stays; any other may go.
    stays = np.zeros(len(order), dtype=np.bool_)
    stays[np.unique(order[:, 0], return_index=True)[1]] = True
    stays[np.unique(order[:, 1], return_index=True)[1]] = True
    return order[~stays][:wanted]


class _Run:
    """One training run: everything that does not change between epochs."""

    def __init__(
        self, graph: BipartiteGraph, features: NodeFeatures, config: GraphSageConfig, held_out: NDArray[np.int64]
    ) -> None:
        self.graph, self.features, self.config, self.held_out = graph, features, config, held_out
        self.photoless = without_photos(features) if describes_images(features) else None
        self.batches = EdgeBatches(graph, features.item_group, config)
        self.rows = FeatureRows(graph, features, config.signature_bits)
        self.model = GraphSage(config, InputWidths.of(features))
        self.model.initialise(torch.Generator().manual_seed(config.seed))
        self.model.standardise(features)
        self.optimizer = torch.optim.AdamW(
            self.model.parameters(), lr=config.lr, weight_decay=config.weight_decay, foreach=False
        )

    def train(self, progress: Progress | None, checkpoint: Path | None, resume: bool) -> TrainedGraphSage:
        state = TrainingState()
        fingerprint = run_fingerprint(self.config, self.graph, self.features) if checkpoint is not None else ""
        if checkpoint is not None and resume and checkpoint.exists():
            state = load_checkpoint(checkpoint, self.model, self.optimizer, fingerprint)
        while state.epoch < self.config.epochs and state.epoch - state.best_epoch < self.config.patience:
            self._epoch(state)
            if checkpoint is not None:
                save_checkpoint(checkpoint, self.model, self.optimizer, state, fingerprint)
            if progress is not None:
                progress({**state.history[-1], "epochs": self.config.epochs})
        self.model.load_state_dict(state.best_weights)
        return TrainedGraphSage(self.model, self._metrics(state))

    def _epoch(self, state: TrainingState) -> None:
        began = time.perf_counter()
        epoch = state.epoch + 1
        generator = torch.Generator().manual_seed(self.config.seed * 1_000_003 + epoch)
        noise = Noise(
            generator, self.config.dropout, {"image": self.config.image_dropout, "item": self.config.feature_dropout}
        )
        loss = float(np.mean([self._step(batch, noise) for batch in self.batches.epoch(epoch)]))
        embeddings = encode_graph(self.model, self.graph, self.features)
        ranks = self._ranks(embeddings)
        asked = [ranks.mean_reciprocal_rank()]
        if self.photoless is not None:
            asked.append(self._ranks(encode_graph(self.model, self.graph, self.photoless)).mean_reciprocal_rank())
        mrr = float(np.mean(asked))
        state.epoch = epoch
        state.history.append(
            {
                "epoch": epoch,
                "loss": loss,
                "hits_at_10": ranks.hit_rate(),
                "mrr": mrr,
                "effective_rank": self._rank(embeddings),
                "seconds": time.perf_counter() - began,
            }
        )
        score = -loss if np.isnan(mrr) else mrr
        if score > state.best_score:
            state.best_epoch, state.best_score = epoch, score
            state.best_weights = {name: tensor.clone() for name, tensor in self.model.state_dict().items()}

    def _step(self, batch: Batch, noise: Noise) -> float:
        self.optimizer.zero_grad(set_to_none=True)
        loss = self._loss(batch, noise)
        value = float(loss.detach())
        if not np.isfinite(value):
            raise TrainingError(f"the loss is {value}; lower lr (now {self.config.lr}) or check the features")
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0, foreach=False)
        self.optimizer.step()
        return value

    def _loss(self, batch: Batch, noise: Noise) -> Tensor:
        """The mean of the softmax over all candidates and over those of the item's own group, and the spread."""
        image = self.model(batch.image_hops, self.rows, noise)  # [B, dim]
        item = self.model(batch.item_hops, self.rows, noise)  # [M, dim]
        scores = image @ item.T  # [B, M]
        scores = torch.cat([scores.diagonal()[:, None], scores], dim=1)  # [B, 1 + M]
        log_count = torch.from_numpy(batch.log_count)
        everywhere = sampled_softmax(scores, log_count, torch.from_numpy(batch.allowed), self.config.temperature)
        in_group = torch.from_numpy(batch.allowed & batch.same_group)
        within = sampled_softmax(scores, log_count, in_group, self.config.temperature)
        spread = uniformity(image[batch.distinct_images]) + uniformity(item[batch.distinct_items])
        return 0.5 * (everywhere + within) + self.config.uniformity * spread

    def _ranks(self, scores: Scores) -> LinkRanks:
        return link_ranks(self.held_out, scores, self.graph, self.features.item_group)

    def _rank(self, embeddings: Embeddings) -> float:
        rng = np.random.default_rng([self.config.seed, 0x4A9C])
        items = embeddings[1]
        return effective_rank(items[rng.permutation(len(items))[:RANK_ROWS]])

    def _metrics(self, state: TrainingState) -> dict[str, Any]:
        best = state.history[state.best_epoch - 1]
        degree = np.diff(self.graph.item_indptr).astype(np.float32)
        popularity = self._ranks(degree).hit_rate()
        lowest = min(self.config.min_effective_rank, 0.5 * self.config.dim)
        collapsed = best["effective_rank"] < lowest
        if collapsed:
            warnings.warn(
                f"item embeddings use {best['effective_rank']:.1f} directions, fewer than {lowest:g}: "
                "more distinct features, more edges or a higher uniformity weight helps",
                CollapseWarning,
                stacklevel=2,
            )
        return {
            "hits_at_10": None if np.isnan(best["hits_at_10"]) else best["hits_at_10"],
            "popularity_hits_at_10": None if np.isnan(popularity) else popularity,
            "held_out_edges": len(self.held_out),
            "training_edges": self.graph.n_edges,
            "effective_rank": best["effective_rank"],
            "collapsed": collapsed,
            "best_epoch": state.best_epoch,
            "epochs": state.epoch,
            "loss": [entry["loss"] for entry in state.history],
            "hits_curve": [None if np.isnan(entry["hits_at_10"]) else entry["hits_at_10"] for entry in state.history],
            "mrr_curve": [None if np.isnan(entry["mrr"]) else entry["mrr"] for entry in state.history],
        }


@contextmanager
def _threads(count: int | None) -> Iterator[None]:
    """Limit torch's threads inside the block."""
    before = torch.get_num_threads()
    torch.set_num_threads(count or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)
