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

from bert4rec.checkpoint import Progress, fingerprint, load_progress, save_progress
from bert4rec.choosing import choose_gain
from bert4rec.config import Bert4RecConfig
from bert4rec.counting import fit_conditional_logit
from bert4rec.dataset import MaskedBatch, NegativeSampler, OutfitBatches, unseen_without
from bert4rec.evidence import ItemCodes, PairEvidence
from bert4rec.model import Bert4Rec, ItemSizes, ItemTensors, masked_item_loss, not_offered, pair_batch
from bert4rec.new_item_score import NewItemScore, fit_new_item_weights
from bert4rec.new_items import NewItemEvidence

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
) -> FitResult:
    """Train on one set of outfits.

    Parameters
    ----------
    progress
        Called after each pass with epoch, epochs, loss, and loss, accuracy and gain on the held-out outfits.
    checkpoint
        Folder for the run's state, written after each pass; with ``resume`` a run goes on from it and ends with the
        weights that an uninterrupted one has.

    Raises
    ------
    ValueError
        There is no training outfit of two items.
    CheckpointError
        ``resume`` was asked for and the checkpoint is broken or of another run.
    """
    if not any(len(o) > 1 for o in data.train):
        raise ValueError("no training outfit has two items: nothing says what goes together")
    tables = _count(data, config)
    sampler = NegativeSampler(data.codes.category, tables.whole.degree.numpy())
    masking = config if tables.new_item_weights is None else replace(config, cold_outfits=0.0)
    batches = OutfitBatches(data.train, data.fold, data.codes.category, sampler, tables.unseen, masking)
    epochs = int(np.clip(np.ceil(config.steps / max(len(batches), 1)), 5, config.epochs))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        model = Bert4Rec(ItemSizes.of(data.codes, data.items), config, tables.whole.n_fields)
        run = _Run(data, config, tables, sampler, model, epochs * len(batches))
        run.fit_counted(batches)
        if not run.valid and model.counted is not None:
            epochs = 1  # whatever the network learns, it has no say
        known = (data.codes.category, data.codes.values, data.items.dense.numpy(), data.items.graph.numpy())
        told = () if data.labels is None else (data.labels.indptr, data.labels.indices, data.labels.data)
        name = fingerprint(config.to_dict(), data.fold, *known, *told, *data.train, *data.valid)
        state = load_progress(checkpoint, model, run.optimizer, name) if checkpoint and resume else None
        state = state or Progress.start(model)
        while state.epoch < epochs and state.epoch - state.best_epoch < config.patience:
            loss = run.epoch(batches, state.epoch)
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
        return PairEvidence.count(outfits, data.codes, shrink=config.shrink, keep=config.keep, labels=labels)

    folds = [count(data.fold != k) if config.evidence else None for k in range(config.folds)]
    weights = None
    if config.evidence:
        about = data.items.appearance(data.codes)
        weights = fit_new_item_weights(data.train, about, shrink=config.shrink, seed=config.seed)
    whole = count_evidence(list(data.train), data.codes, data.items, config, weights, data.labels)
    unseen = unseen_without(data.train, data.fold, config.folds, data.codes.n_items)
    return _Tables([f if f is not None else whole for f in folds], whole, unseen, weights)


class _Run:
    """One run's optimizer, schedule and validation."""

    def __init__(
        self,
        data: TrainingSet,
        config: Bert4RecConfig,
        tables: _Tables,
        sampler: NegativeSampler,
        model: Bert4Rec,
        steps: int,
    ) -> None:
        self.data, self.config, self.tables, self.model, self.steps = data, config, tables, model, steps
        reads_new = tables.new_item_weights is None
        self.trained = torch.tensor([1.0, float(reads_new)])
        model.reads_new.fill_(reads_new)
        model.gain.copy_(self.trained)
        self.log_q = torch.from_numpy(sampler.log_q)
        decay = [p for p in model.parameters() if p.dim() > 1]
        rest = [p for p in model.parameters() if p.dim() <= 1]
        self.optimizer = torch.optim.AdamW(
            [{"params": decay, "weight_decay": config.weight_decay}, {"params": rest, "weight_decay": 0.0}],
            lr=config.lr,
        )
        self.valid, self.valid_outfit = self._validation(sampler)

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

    def fit_counted(self, batches: OutfitBatches) -> None:
        """Fit the linear reading of the evidence, which the network then starts from."""
        counted = self.model.counted
        if counted is None:
            return
        rng = np.random.default_rng([self.config.seed, 4])

        def choices() -> Iterator[tuple[Tensor, Tensor, Tensor]]:
            drawn = (b for _ in itertools.count() for b in batches.epoch(rng))
            for batch in itertools.islice(drawn, COUNTED_BATCHES):
                of_new = bool(self.model.reads_new)
                pairs = pair_batch(self.data.items, batch, self.tables.at(batch.fold), of_new=of_new)
                yield counted.summary(pairs), not_offered(batch), self.log_q[batch.candidates]

        counted.weight.copy_(fit_conditional_logit(choices(), ridge=self.config.ridge))

    def epoch(self, batches: OutfitBatches, epoch: int) -> float:
        """One pass; mean loss. Its randomness depends on seed and epoch alone, so a resumed run repeats it."""
        rng = np.random.default_rng([self.config.seed, 2, epoch])
        torch.manual_seed(int(rng.integers(2**62)))
        self.model.train()
        total, count = 0.0, 0
        for k, batch in enumerate(batches.epoch(rng)):
            step = epoch * len(batches) + k
            for group in self.optimizer.param_groups:
                group["lr"] = self.config.lr * _schedule(step, self.steps)
            logits = self.model.parts(self.data.items, batch, self.tables.at(batch.fold)).logits(self.trained)
            loss = masked_item_loss(logits, batch, self.log_q, self.config.label_smoothing)
            self.optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            self.optimizer.step()
            total, count = total + float(loss.detach()) * len(logits), count + len(logits)
        return total / max(count, 1)

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
            parts = [self.model.parts(self.data.items, b, self.tables.at(b.fold)) for b in batches]
            losses: dict[float, Tensor] = {}
            right: dict[float, float] = {}
            for gain in GAINS if self.model.counted is not None else (1.0,):
                self.model.gain[place] = gain
                losses[gain], right[gain] = self._rate([p.logits(self.model.gain) for p in parts], batches)
            chosen = choose_gain(losses, self.valid_outfit)
            self.model.gain[place] = chosen
            loss = float(losses[chosen].mean())
            out |= {f"{name}_loss": loss, f"{name}_accuracy": right[chosen], f"{name}_gain": chosen}
        out["valid_loss"] = float(np.mean([out[f"{name}_loss"] for name in asked]))
        return out

    def _rate(self, logits: list[Tensor], batches: list[MaskedBatch]) -> tuple[Tensor, float]:
        """Loss of each question [T], and share of questions whose answer is first, by chance among equals."""
        pairs = list(zip(logits, batches, strict=True))
        losses = torch.cat([masked_item_loss(x, b, self.log_q, reduction="none") for x, b in pairs])
        first = [(x := logit.masked_fill(not_offered(b), -1e9)) == x.amax(1, keepdim=True) for logit, b in pairs]
        return losses, float(torch.cat([f[:, 0] / f.sum(1) for f in first]).mean())

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
