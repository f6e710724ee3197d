"""Training the sequence model: early stopping on validation items, checkpoints that resume to the same weights."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bert4rec.checkpoint import Progress, fingerprint, load_progress, save_progress
from bert4rec.row_adam import RowAdam
from bert4rec.sequence_config import SequenceConfig
from bert4rec.sequence_losses import Negatives, SharedNegatives, full_softmax, gbce, sampled_softmax
from bert4rec.sequence_model import SequenceModel
from bert4rec.sequences import LeaveOneOut, SequenceBatch, SequenceBatches, Sequences, questions
from evaluation.full_ranking import ScoreRows, full_places
from evaluation.metrics import Places, ndcg, recall

Ints = NDArray[np.int64]
CUT = 10
"""Where recall and NDCG of the validation items are cut."""


@dataclass(frozen=True, slots=True)
class SequenceFit:
    """The model with its best weights, and the course of the run."""

    model: SequenceModel
    history: list[dict[str, float]]


def fit_sequences(
    data: LeaveOneOut,
    config: SequenceConfig,
    *,
    progress: Callable[[dict[str, float]], None] | None = None,
    checkpoint: Path | None = None,
    resume: bool = False,
) -> SequenceFit:
    """Train on ``data.train``; ``data.valid`` chooses the epoch, ``data.test`` is not looked at.

    Parameters
    ----------
    progress
        Called after each epoch with epoch, epochs, loss, recall and ndcg at 10 of the validation items, and valid_loss,
        which is 1 - ndcg.
    checkpoint
        Folder for the run's state, written after each epoch; with ``resume`` a run goes on from it and ends with the
        weights that an uninterrupted one has.

    Raises
    ------
    ValueError
        There is no training sequence of two items.
    CheckpointError
        ``resume`` was asked for and the checkpoint is broken or of another run.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        model = SequenceModel(data.train.n_items, config)
        run = _Run(data, config, model)
        name = fingerprint(config.to_dict(), data.train.items, data.train.starts, data.valid)
        state = load_progress(checkpoint, model, run.optimizer, name) if checkpoint and resume else None
        state = state or Progress.start(model)
        while state.epoch < config.epochs and state.epoch - state.best_epoch < config.patience:
            loss = run.epoch(state.epoch)
            state = state.after(model, {"loss": loss, **run.validate()}, config.epochs)
            if checkpoint:
                save_progress(checkpoint, model, run.optimizer, state, name)
            if progress:
                progress(state.history[-1])
    model.load_state_dict(state.best)
    model.eval()
    return SequenceFit(model, state.history)


def places_of(model: SequenceModel, read: Sequences, users: Ints, targets: Ints) -> Places:
    """Where ``targets`` [Q] stand in the full ranking after the sequences of ``users`` [Q], whose items are out."""
    order = np.argsort(read.lengths[users], kind="stable")  # sequences of like length together: no padding
    asked = users[order]
    at = full_places(next_item_scores(model, read, asked), targets[order], [read[u] for u in asked])
    back = np.argsort(order)
    return Places(at.above[back], at.tied[back])


def next_item_scores(model: SequenceModel, read: Sequences, users: Ints) -> ScoreRows:
    """Scores of all items [B, N] as what comes next in the sequences of ``users[q]``."""

    @torch.inference_mode()
    def score(asked: Ints) -> NDArray[np.float32]:
        model.eval()
        wanted = model(questions(read, users[asked], model.config))
        return np.asarray((wanted @ model.items.weight.T).numpy(), np.float32)

    return score


class _Run:
    """One training run: its batches, its optimizer, and the questions that validate it."""

    def __init__(self, data: LeaveOneOut, config: SequenceConfig, model: SequenceModel) -> None:
        self.data, self.config, self.model = data, config, model
        self.batches = SequenceBatches(data.train, config)
        self.negatives = SharedNegatives(data.train.popularity(), config.negatives, config.popular)
        table = model.items.weight
        rest = [p for p in model.parameters() if p is not table]
        groups = [
            {"params": [table], "lr": config.table_lr, "weight_decay": config.weight_decay},
            {"params": rest, "lr": config.lr, "weight_decay": 0.0},
        ]
        self.rates = (config.table_lr, config.lr)
        self.optimizer: torch.optim.Optimizer
        if config.loss == "softmax":  # every row has a gradient
            self.optimizer = torch.optim.AdamW(groups, lr=config.lr, betas=(0.9, 0.98), fused=True)
        else:
            self.optimizer = RowAdam(groups, config.lr)
        rng = np.random.default_rng([config.seed, 1])
        sample = rng.permutation(len(data.users))[: config.valid_users]
        self.asked = np.sort(sample)

    def epoch(self, epoch: int) -> float:
        """One pass; mean loss. Its randomness depends on seed and epoch alone, so a resumed run repeats it."""
        rng = np.random.default_rng([self.config.seed, 2, epoch])
        torch.manual_seed(int(rng.integers(2**62)))
        self.model.train()
        steps, total, count = len(self.batches), 0.0, 0
        for k, batch in enumerate(self.batches.epoch(rng)):
            self._set_rate((epoch * steps + k) / (self.config.epochs * steps))
            loss = self._learn(batch, rng)
            total, count = total + loss * len(batch.targets), count + len(batch.targets)
        return total / max(count, 1)

    def _set_rate(self, done: float) -> None:
        """Linear warm-up over the first hundredth of the run, then a cosine down to a twentieth."""
        scale = min(1.0, 0.02 + 100 * done)
        if self.config.decay:
            scale *= 0.05 + 0.475 * (1 + math.cos(math.pi * done))
        for group, rate in zip(self.optimizer.param_groups, self.rates, strict=True):
            group["lr"] = scale * rate

    def _learn(self, batch: SequenceBatch, rng: np.random.Generator) -> float:
        """One update; the loss before it."""
        weight, negatives = self.model.items.weight, None
        rows, table = None, weight
        if self.config.loss != "softmax":  # only the rows that are read
            negatives = self.negatives.draw(rng)
            rows = torch.unique(torch.cat([batch.tokens.flatten(), batch.targets, negatives.items]))
            batch, negatives = batch.within(rows), negatives.within(rows)
            table = weight.detach()[rows].requires_grad_()
        loss = self._loss(self.model(batch, table), table, batch.targets, negatives)
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_([table, *(p for p in self.model.parameters() if p is not weight)], 1.0)
        if rows is not None and table.grad is not None:
            weight.grad = torch.sparse_coo_tensor(
                rows[None], table.grad, weight.shape, is_coalesced=True, check_invariants=False
            )
        self.optimizer.step()
        return float(loss.detach())

    def _loss(self, wanted: Tensor, table: Tensor, targets: Tensor, negatives: Negatives | None) -> Tensor:
        dtype = getattr(torch, self.config.precision)
        if negatives is None:
            return full_softmax(wanted, table, targets, dtype)
        if self.config.loss == "sampled":
            return sampled_softmax(wanted, table, targets, negatives, dtype)
        return gbce(wanted, table, targets, negatives, self.config.calibration)

    def validate(self) -> dict[str, float]:
        """Recall and NDCG of the validation items of the users asked."""
        if len(self.asked) == 0:
            return {"valid_loss": float("nan")}
        at = places_of(self.model, self.data.train, self.data.users[self.asked], self.data.valid[self.asked])
        gain = float(ndcg(at, CUT).mean())
        return {"recall": float(recall(at, CUT).mean()), "ndcg": gain, "valid_loss": 1 - gain}
