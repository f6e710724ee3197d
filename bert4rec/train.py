"""Training: cross-fitted evidence, early stopping on held-out outfits, checkpoints that resume to the same weights."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bert4rec.checkpoint import Progress, fingerprint, load_progress, packed, save_progress, unpacked
from bert4rec.config import Bert4RecConfig
from bert4rec.counting import fit_conditional_logit
from bert4rec.dataset import MaskedBatch, NegativeSampler, OutfitBatches
from bert4rec.evidence import PairEvidence
from bert4rec.model import Bert4Rec, ItemSizes, ItemTensors, masked_item_loss, not_offered
from bert4rec.pair_batch import AskedPairs, pair_batch
from bert4rec.tables import Tables, TrainingSet, count_tables
from bert4rec.validation import HeldOut
from bert4rec.workers import Workers

COUNTED_BATCHES = 80
"""Batches that the linear reading of the evidence is fitted on."""


@dataclass(frozen=True, slots=True)
class FitResult:
    """The best weights, how popularity is to be discounted, how new items are read, what was counted over the training
    outfits, the items [N] that these say enough of to be asked about, whether the catalogue holds all items whatever
    they were worn (and not only those worn several times), and the course of the run."""

    model: Bert4Rec
    popularity_discount: float
    new_item_weights: Tensor | None
    evidence: PairEvidence
    known: NDArray[np.bool_]
    uncut: bool
    history: list[dict[str, float]]


def fit(
    data: TrainingSet,
    config: Bert4RecConfig,
    *,
    progress: Callable[[dict[str, float]], None] | None = None,
    checkpoint: Path | None = None,
    resume: bool = False,
    workers: Workers | None = None,
) -> FitResult:
    """Train on one set of outfits.

    Parameters
    ----------
    progress
        Called after each pass with epoch, epochs, loss, and loss, accuracy and gain on the held-out outfits.
    checkpoint
        Folder for the run's state, written after each pass; with ``resume`` a run goes on from it and ends with the
        weights that an uninterrupted one has.
    workers
        Processes that call this with the same data and config and end with the same result: each takes its share of
        the examples of every step. Only the main one is to be given a checkpoint; by default there is no other.

    Raises
    ------
    ValueError
        There is no training outfit of two items.
    CheckpointError
        ``resume`` was asked for and the checkpoint is broken or of another run.
    """
    if not any(len(o) > 1 for o in data.train):
        raise ValueError("no training outfit has two items: nothing says what goes together")
    workers = workers or Workers()
    tables = count_tables(data, config)
    sampler = NegativeSampler(data.codes.category, tables.whole.degree.numpy())
    masking = config if tables.new_item_weights is None else replace(config, cold_outfits=0.0)
    batches = OutfitBatches(data.train, data.fold, data.codes.category, sampler, tables.unseen, masking)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        model = Bert4Rec(ItemSizes.of(data.codes, data.items), config, tables.whole.n_fields)
        run = TrainingRun(data, config, tables, batches, model, workers)
        if workers.main:
            run.fit_counted()
        epochs = run.epochs
        if not run.valid and model.counted is not None:
            epochs = 1  # whatever the network learns, it has no say
        known = (data.codes.category, data.codes.values, data.items.dense.numpy(), data.items.graph.numpy())
        told = () if data.labels is None else (data.labels.indptr, data.labels.indices, data.labels.data)
        name = fingerprint(config.to_dict(), data.fold, *known, *told, *data.train, *data.valid)
        state = load_progress(checkpoint, model, run.optimizer, name) if checkpoint and resume else None
        state = run.begin(state or Progress.start(model))
        while state.epoch < epochs and state.epoch - state.best_epoch < config.patience:
            loss = run.epoch(state.epoch)
            state = state.after(model, {"loss": loss, **run.valid.measure(model, run.trained)}, epochs)
            if checkpoint:
                save_progress(checkpoint, model, run.optimizer, state, name)
            if progress:
                progress(state.history[-1])
        model.load_state_dict(state.best)
        model.eval()
        discount = (
            run.valid.choose_discount(model) if config.popularity_discount is None else config.popularity_discount
        )
        return FitResult(
            model, discount, tables.new_item_weights, tables.whole, ~tables.unseen[-1], tables.least == 1, state.history
        )


class _Objective(nn.Module):
    """The loss of a batch, as a module: what is trained in several processes has to be called as one."""

    def __init__(self, model: Bert4Rec, items: ItemTensors, log_q: Tensor, gain: Tensor) -> None:
        super().__init__()
        self.model, self.data, self.log_q, self.gain = model, items, log_q, gain

    def forward(self, batch: MaskedBatch, evidence: PairEvidence) -> Tensor:
        logits = self.model.parts(self.data, batch, evidence).logits(self.gain)
        return masked_item_loss(logits, batch, self.log_q, self.model.config.label_smoothing)


class TrainingRun:
    """One run's optimizer, schedule and held-out questions."""

    def __init__(
        self,
        data: TrainingSet,
        config: Bert4RecConfig,
        tables: Tables,
        batches: OutfitBatches,
        model: Bert4Rec,
        workers: Workers,
    ) -> None:
        self.data, self.config, self.tables, self.batches = data, config, tables, batches
        self.model, self.workers = model, workers
        self.epochs = int(np.clip(np.ceil(config.steps / max(len(batches), 1)), 5, config.epochs))
        reads_new = tables.new_item_weights is None
        self.trained = torch.tensor([1.0, float(reads_new)])
        model.reads_new.fill_(reads_new)
        model.gain.copy_(self.trained)
        self.log_q = torch.from_numpy(batches.sampler.log_q)
        decay = [p for p in model.parameters() if p.dim() > 1]
        rest = [p for p in model.parameters() if p.dim() <= 1]
        self.optimizer = torch.optim.AdamW(
            [{"params": decay, "weight_decay": config.weight_decay}, {"params": rest, "weight_decay": 0.0}],
            lr=config.lr,
        )
        self.valid = HeldOut(data, config, tables, batches.sampler, workers)
        self.steps = self.epochs * len(batches)
        self.objective = workers.prepare(_Objective(model, data.items, self.log_q, self.trained))

    def begin(self, state: Progress) -> Progress:
        """The state that the main process begins with, here and in model and optimizer of every process."""
        if self.workers.count == 1:
            return state
        return unpacked(*self.workers.hand_out(*packed(self.model, self.optimizer, state)), self.model, self.optimizer)

    def fit_counted(self) -> None:
        """Fit the linear reading of the evidence, which the network then starts from."""
        counted = self.model.counted
        if counted is None:
            return
        rng = np.random.default_rng([self.config.seed, 4])

        def choices() -> Iterator[tuple[Tensor, Tensor, Tensor]]:
            drawn = (b for _ in itertools.count() for b in self.batches.epoch(rng))
            for batch in itertools.islice(drawn, COUNTED_BATCHES):
                evidence, of_new = self.tables.at(batch.fold), bool(self.model.reads_new)
                asked = AskedPairs.of(batch, evidence)
                pairs = pair_batch(asked, batch, evidence, self.data.items.dense, of_new=of_new)
                yield counted.summary(pairs), not_offered(batch), self.log_q[batch.candidates]

        counted.weight.copy_(fit_conditional_logit(choices(), ridge=self.config.ridge))

    def epoch(self, epoch: int) -> float:
        """One pass; mean loss. Its randomness depends on seed and epoch alone, so a resumed run repeats it.

        Every process draws the whole of each batch and learns from its share of the rows. Gradients are the mean over
        processes of what their targets' share of all makes of each, that is the gradient of the whole batch; only
        dropout differs from that of one process.
        """
        rng = np.random.default_rng([self.config.seed, 2, epoch])
        torch.manual_seed(int(rng.integers(2**62)) + self.workers.index)
        self.model.train()
        total, count = 0.0, 0
        for k, batch in enumerate(self.batches.epoch(rng)):
            step = epoch * len(self.batches) + k
            for group in self.optimizer.param_groups:
                group["lr"] = self.config.lr * _schedule(step, self.steps)
            part, targets = self._own(batch)
            loss = self.objective(part, self.tables.at(batch.fold))
            self.optimizer.zero_grad()
            (loss * (self.workers.count * targets / len(batch.rows))).backward()
            nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            self.optimizer.step()
            total, count = total + float(loss.detach()) * targets, count + len(batch.rows)
        return float(self.workers.total(torch.tensor([total], dtype=torch.float64))) / max(count, 1)

    def _own(self, batch: MaskedBatch) -> tuple[MaskedBatch, int]:
        """This process's rows and how many targets of them count: where there are fewer rows than processes, one is
        read along, for every process has to take part in every step."""
        if self.workers.count == 1:
            return batch, len(batch.rows)
        rows = self.workers.share(len(batch.tokens))
        if rows.start == rows.stop:
            return batch.part(slice(0, 1)), 0
        part = batch.part(rows)
        return part, len(part.rows)


def _schedule(step: int, steps: int) -> float:
    """Linear warm-up over the first twentieth, then a cosine down to a twentieth."""
    warm = max(1, steps // 20)
    if step < warm:
        return (step + 1) / warm
    return 0.05 + 0.475 * (1 + float(np.cos(np.pi * (step - warm) / max(1, steps - warm))))
