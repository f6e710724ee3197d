"""Training: cross-fitted evidence, early stopping on held-out outfits, checkpoints that resume to the same weights."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import scipy.sparse as sp
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bert4rec.checkpoint import Progress, fingerprint, load_progress, packed, save_progress, unpacked
from bert4rec.choosing import choose_gain
from bert4rec.config import Bert4RecConfig
from bert4rec.counting import fit_conditional_logit
from bert4rec.dataset import MaskedBatch, NegativeSampler, OutfitBatches, unseen_without
from bert4rec.evidence import ItemCodes, PairEvidence
from bert4rec.model import Bert4Rec, ItemSizes, ItemTensors, masked_item_loss, not_offered, pair_batch
from bert4rec.new_item_score import NewItemScore, fit_new_item_weights
from bert4rec.new_items import NewItemEvidence
from bert4rec.workers import Workers

Outfits = Sequence[NDArray[np.int64]]

COUNTED_BATCHES = 80
"""Batches that the linear reading of the evidence is fitted on."""

GAINS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Shares of the network's part that validation chooses from."""

DISCOUNTS = (0.0, 0.25, 0.5, 0.75, 1.0)
VALID_NEGATIVES = 30


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """What one run learns from.

    ``train`` and ``valid`` outfits are item indices; ``fold`` [len(train)] says which cross-fitting fold an outfit is
    in. ``items.graph`` [folds + 1, N, Dg] must hold, at k, embeddings that did not see the outfits of fold k.
    ``labels`` [len(train), K] is the number of an outfit's photos with each label.
    """

    train: Outfits
    fold: NDArray[np.int64]
    valid: Outfits
    codes: ItemCodes
    items: ItemTensors
    labels: sp.csr_matrix | None = None


@dataclass(frozen=True, slots=True)
class FitResult:
    """The best weights, how popularity is to be discounted, how new items are read, what was counted over the training
    outfits, and the course of the run."""

    model: Bert4Rec
    popularity_discount: float
    new_item_weights: Tensor | None
    evidence: PairEvidence
    history: list[dict[str, float]]


@dataclass(frozen=True, slots=True)
class _Tables:
    """Evidence without each fold and of all training outfits; which items are new without each fold; how new ones are
    read, None where the outfits are too few to say and the network has to."""

    folds: list[PairEvidence]
    whole: PairEvidence
    unseen: NDArray[np.bool_]
    new_item_weights: Tensor | None

    def at(self, fold: int) -> PairEvidence:
        return self.whole if fold == -1 else self.folds[fold]


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
    tables = _count(data, config)
    sampler = NegativeSampler(data.codes.category, tables.whole.degree.numpy())
    masking = config if tables.new_item_weights is None else replace(config, cold_outfits=0.0)
    batches = OutfitBatches(data.train, data.fold, data.codes.category, sampler, tables.unseen, masking)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        model = Bert4Rec(ItemSizes.of(data.codes, data.items), config, tables.whole.n_fields)
        run = _Run(data, config, tables, batches, model, workers)
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
            state = state.after(model, {"loss": loss, **run.validate()}, epochs)
            if checkpoint:
                save_progress(checkpoint, model, run.optimizer, state, name)
            if progress:
                progress(state.history[-1])
        model.load_state_dict(state.best)
        model.eval()
        discount = run.choose_discount() if config.popularity_discount is None else config.popularity_discount
        return FitResult(model, discount, tables.new_item_weights, tables.whole, state.history)


def count_evidence(
    outfits: Outfits,
    codes: ItemCodes,
    items: ItemTensors,
    config: Bert4RecConfig,
    new_item_weights: Tensor | None,
    labels: sp.csr_matrix | None = None,
) -> PairEvidence:
    """All tables over some outfits, those for new items among them where their weights are given."""
    evidence = PairEvidence.count(outfits, codes, shrink=config.shrink, keep=config.keep, labels=labels)
    if new_item_weights is not None:
        tables = NewItemEvidence.count(evidence.counts, items.appearance(codes))
        evidence.new_items = NewItemScore(tables, new_item_weights)
    return evidence


def _count(data: TrainingSet, config: Bert4RecConfig) -> _Tables:

    def count(chosen: NDArray[np.bool_]) -> PairEvidence:
        outfits = [o for o, c in zip(data.train, chosen, strict=True) if c]
        labels = None if data.labels is None else data.labels[chosen]
        counted = PairEvidence.count(outfits, data.codes, shrink=config.shrink, keep=config.keep, labels=labels)
        return counted.for_training()

    folds = [count(data.fold != k) if config.evidence else None for k in range(config.folds)]
    weights = None
    if config.evidence:
        about = data.items.appearance(data.codes)
        weights = fit_new_item_weights(data.train, about, shrink=config.shrink, seed=config.seed)
    whole = count_evidence(list(data.train), data.codes, data.items, config, weights, data.labels)
    unseen = unseen_without(data.train, data.fold, config.folds, data.codes.n_items)
    return _Tables([f if f is not None else whole for f in folds], whole, unseen, weights)


class _Objective(nn.Module):
    """The loss of a batch, as a module: what is trained in several processes has to be called as one."""

    def __init__(self, model: Bert4Rec, items: ItemTensors, log_q: Tensor, gain: Tensor) -> None:
        super().__init__()
        self.model, self.data, self.log_q, self.gain = model, items, log_q, gain

    def forward(self, batch: MaskedBatch, evidence: PairEvidence) -> Tensor:
        logits = self.model.parts(self.data, batch, evidence).logits(self.gain)
        return masked_item_loss(logits, batch, self.log_q, self.model.config.label_smoothing)


class _Run:
    """One run's optimizer, schedule and validation."""

    def __init__(
        self,
        data: TrainingSet,
        config: Bert4RecConfig,
        tables: _Tables,
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
        self.valid, self.valid_outfit = self._validation(batches.sampler)
        self.steps = self.epochs * len(batches)
        self.objective = workers.prepare(_Objective(model, data.items, self.log_q, self.trained))

    def begin(self, state: Progress) -> Progress:
        """The state that the main process begins with, here and in model and optimizer of every process."""
        if self.workers.count == 1:
            return state
        return unpacked(*self.workers.hand_out(*packed(self.model, self.optimizer, state)), self.model, self.optimizer)

    def _validation(self, sampler: NegativeSampler) -> tuple[list[MaskedBatch], Tensor]:
        """Fixed questions on held-out outfits, one hidden item each, once as they are and once with all items new; and
        which outfit each of the former is about."""
        outfits = [o for o in self.data.valid if len(o) > 1]
        if not outfits:
            return [], torch.zeros(0, dtype=torch.long)
        sizes = np.array([len(o) for o in outfits])
        owner, target = np.repeat(np.arange(len(outfits)), sizes), np.concatenate([np.arange(n) for n in sizes])
        plain = replace(self.config, mask_one=1.0, fresh_items=0.0, cold_outfits=0.0, negatives=VALID_NEGATIVES)
        fold = np.zeros(len(outfits), np.int64)
        source = OutfitBatches(outfits, fold, self.data.codes.category, sampler, self.tables.unseen, plain)
        rng = np.random.default_rng([self.config.seed, 1])
        pieces = [slice(i, i + 256) for i in range(0, len(owner), 256)]
        warm = [source.batch(owner[p], target[p], -1, rng) for p in pieces]
        cold = [
            replace(
                b,
                fresh=torch.ones_like(b.fresh),
                fresh_candidates=torch.ones_like(b.fresh_candidates),
                excluded=torch.zeros_like(b.excluded),
            )
            for b in warm
        ]
        return warm + cold, torch.from_numpy(owner)

    def fit_counted(self) -> None:
        """Fit the linear reading of the evidence, which the network then starts from."""
        counted = self.model.counted
        if counted is None:
            return
        rng = np.random.default_rng([self.config.seed, 4])

        def choices() -> Iterator[tuple[Tensor, Tensor, Tensor]]:
            drawn = (b for _ in itertools.count() for b in self.batches.epoch(rng))
            for batch in itertools.islice(drawn, COUNTED_BATCHES):
                of_new = bool(self.model.reads_new)
                pairs = pair_batch(self.data.items, batch, self.tables.at(batch.fold), of_new=of_new)
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

    @torch.inference_mode()
    def validate(self) -> dict[str, float]:
        """Losses and accuracies (share of questions whose answer is first) on the held-out outfits.

        The share of the network's part (the model's ``gain``) is chosen by :func:`bert4rec.choosing.choose_gain`: with
        0 the model is what counting says, so that training never ends below it. For new items it is 0 where these are
        read by weights of their own, and chosen like that of known ones where outfits were too few to fit such.
        """
        if not self.valid:
            if self.model.counted is not None:
                self.model.gain.zero_()  # nothing shows the network to be better than counting
            return {"valid_loss": float("nan")}
        self.model.eval()
        self.model.gain.copy_(self.trained)
        half = len(self.valid) // 2
        asked = {"warm": (0, self.valid[:half])}
        if self.tables.new_item_weights is None:
            asked["cold"] = (1, self.valid[half:])
        out: dict[str, float] = {}
        for name, (place, batches) in asked.items():
            gains = GAINS if self.model.counted is not None else (1.0,)
            losses, right = self._rate(batches, place, gains)
            chosen = choose_gain(dict(zip(gains, losses, strict=True)), self.valid_outfit)
            self.model.gain[place] = chosen
            at = gains.index(chosen)
            loss, accuracy = float(losses[at].mean()), float(right[at].mean())
            out |= {f"{name}_loss": loss, f"{name}_accuracy": accuracy, f"{name}_gain": chosen}
        out["valid_loss"] = float(np.mean([out[f"{name}_loss"] for name in asked]))
        return out

    def _rate(self, batches: list[MaskedBatch], place: int, gains: tuple[float, ...]) -> tuple[Tensor, Tensor]:
        """Losses, and whether the answer is first (by chance among equals), of each question with each gain, [G, T]
        each; every process asks its share of the batches."""
        own = self.workers.share(len(batches))
        asked = batches[own]
        parts = [self.model.parts(self.data.items, b, self.tables.at(b.fold)) for b in asked]
        first, last = (sum(len(b.rows) for b in batches[:end]) for end in (own.start, own.stop))
        told = torch.zeros(2, len(gains), len(self.valid_outfit))
        for k, gain in enumerate(gains):
            self.model.gain[place] = gain
            logits = [p.logits(self.model.gain) for p in parts]
            told[:, k, first:last] = self._answers(logits, asked)
        losses, right = self.workers.total(told)
        return losses, right

    def _answers(self, logits: list[Tensor], batches: list[MaskedBatch]) -> Tensor:
        """Loss of each question and whether its answer is first [2, T]."""
        told = [torch.zeros(2, 0)]
        for x, batch in zip(logits, batches, strict=True):
            losses = masked_item_loss(x, batch, self.log_q, reduction="none")
            offered = x.masked_fill(not_offered(batch), -1e9)
            first = offered == offered.amax(1, keepdim=True)
            told.append(torch.stack([losses, first[:, 0] / first.sum(1)]))
        return torch.cat(told, 1)

    @torch.inference_mode()
    def choose_discount(self) -> float:
        """The discount under which the answer most often comes first among it and three negatives.

        Counted over all threes of the uniform and of the popularity-drawn negatives of each question: a question says
        more than whether it was won.
        """
        if not self.valid:
            return 0.5
        self.model.eval()
        batches = self.valid[: len(self.valid) // 2]
        logits = [self.model(self.data.items, b, self.tables.at(b.fold)) for b in batches]
        half = 1 + VALID_NEGATIVES // 2

        def won(discount: float) -> float:
            total = 0.0
            for x, b in zip(logits, batches, strict=True):
                score = x - discount * self.log_q[b.candidates]
                beaten = (score[:, :1] > score).float() + 0.5 * (score[:, :1] == score)
                counts = ~not_offered(b)
                for drawn in (slice(1, half), slice(half, None)):
                    total += float(_first_of_four((beaten * counts)[:, drawn].sum(1), counts[:, drawn].sum(1)).sum())
            return total

        return max(DISCOUNTS, key=won)


def _first_of_four(beaten: Tensor, offered: Tensor) -> Tensor:
    """Probability that an answer that beats ``beaten`` of ``offered`` negatives beats three drawn from them."""
    wins = beaten * (beaten - 1) * (beaten - 2)
    return wins.clamp(min=0) / (offered * (offered - 1) * (offered - 2)).clamp(min=1)


def _schedule(step: int, steps: int) -> float:
    """Linear warm-up over the first twentieth, then a cosine down to a twentieth."""
    warm = max(1, steps // 20)
    if step < warm:
        return (step + 1) / warm
    return 0.05 + 0.475 * (1 + float(np.cos(np.pi * (step - warm) / max(1, steps - warm))))
