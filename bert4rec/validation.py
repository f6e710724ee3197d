"""Held-out outfits: when training stops, what share the network has, how far popularity is discounted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bert4rec.choosing import choose_gain
from bert4rec.config import Bert4RecConfig
from bert4rec.dataset import MaskedBatch, NegativeSampler, OutfitBatches
from bert4rec.model import Bert4Rec, masked_item_loss, not_offered
from bert4rec.tables import Outfits, Tables, TrainingSet
from bert4rec.workers import Workers

GAINS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Shares of the network's part that validation chooses from."""

DISCOUNTS = (0.0, 0.25, 0.5, 0.75, 1.0)
NEGATIVES = 30


class HeldOut:
    """Questions about the held-out outfits of a run, the same every time; falsy where none can be asked."""

    def __init__(
        self, data: TrainingSet, config: Bert4RecConfig, tables: Tables, sampler: NegativeSampler, workers: Workers
    ) -> None:
        self.data, self.config, self.tables, self.workers = data, config, tables, workers
        self.log_q = torch.from_numpy(sampler.log_q)
        outfits = [o for o in data.valid if len(o) > 1]
        sizes = np.array([len(o) for o in outfits], np.int64)
        owner = np.repeat(np.arange(len(outfits)), sizes)
        target = np.arange(len(owner)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        known = ~tables.unseen[-1][np.concatenate([np.zeros(0, np.int64), *outfits])]
        self.known = self._questions(outfits, owner[known], target[known], sampler)
        self.new = [_as_new(b) for b in self._questions(outfits, owner, target, sampler)]
        self.outfit = {"warm": torch.from_numpy(owner[known]), "cold": torch.from_numpy(owner)}

    def __bool__(self) -> bool:
        return bool(self.new)

    def _questions(
        self,
        outfits: Outfits,
        owner: NDArray[np.int64],
        target: NDArray[np.int64],
        sampler: NegativeSampler,
    ) -> list[MaskedBatch]:
        """Fixed questions on held-out outfits with the item at ``target`` [T] of outfit ``owner`` [T] hidden."""
        if not len(owner):
            return []
        plain = replace(self.config, mask_one=1.0, fresh_items=0.0, cold_outfits=0.0, negatives=NEGATIVES)
        fold = np.zeros(len(outfits), np.int64)
        source = OutfitBatches(outfits, fold, self.data.codes.category, sampler, self.tables.unseen, plain)
        rng = np.random.default_rng([self.config.seed, 1])
        pieces = [slice(i, i + 256) for i in range(0, len(owner), 256)]
        return [source.batch(owner[p], target[p], -1, rng) for p in pieces]

    @torch.inference_mode()
    def measure(self, model: Bert4Rec, trained: Tensor) -> dict[str, float]:
        """Losses and accuracies (share of questions whose answer is first) on the held-out outfits.

        ``trained`` [2] is the gain that the network learns with. What counts of its part (the model's ``gain``) is
        chosen by :func:`bert4rec.choosing.choose_gain`: with 0 the model is what counting says, so that training never
        ends below it. It is 0 for new items where these are read by weights of their own. Where outfits were too few to
        fit such, one share holds for both kinds: what stands for a category is read as new, and a known item read
        otherwise could not be held against it.
        """
        if not self:
            if model.counted is not None:
                model.gain.zero_()  # nothing shows the network to be better than counting
            return {"valid_loss": float("nan")}
        model.eval()
        model.gain.copy_(trained)
        one_for_both = self.tables.new_item_weights is None or not self.known
        asked = {"warm": self.known} if self.known else {}
        if one_for_both:
            asked["cold"] = self.new
        gains = GAINS if model.counted is not None else (1.0,)
        place = slice(None) if one_for_both else slice(1)
        rated = {name: self._rate(model, batches, place, gains) for name, batches in asked.items()}
        losses = torch.cat([losses for losses, _ in rated.values()], 1)
        outfit = torch.cat([self.outfit[name] for name in rated])
        chosen = choose_gain(dict(zip(gains, losses, strict=True)), outfit)
        model.gain[place] = chosen
        at = gains.index(chosen)
        out = {"gain": chosen}
        for name, (losses, right) in rated.items():
            out |= {f"{name}_loss": float(losses[at].mean()), f"{name}_accuracy": float(right[at].mean())}
        out["valid_loss"] = float(np.mean([out[f"{name}_loss"] for name in rated]))
        return out

    def _rate(
        self, model: Bert4Rec, batches: list[MaskedBatch], place: slice, gains: tuple[float, ...]
    ) -> tuple[Tensor, Tensor]:
        """Losses, and whether the answer is first (by chance among equals), of each question with each gain, [G, T]
        each; every process asks its share of the batches."""
        own = self.workers.share(len(batches))
        asked = batches[own]
        parts = [model.parts(self.data.items, b, self.tables.at(b.fold)) for b in asked]
        first, last = (sum(len(b.rows) for b in batches[:end]) for end in (own.start, own.stop))
        told = torch.zeros(2, len(gains), sum(len(b.rows) for b in batches))
        for k, gain in enumerate(gains):
            model.gain[place] = gain
            logits = [p.logits(model.gain) for p in parts]
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
    def choose_discount(self, model: Bert4Rec) -> float:
        """The discount under which the answer most often comes first among it and three negatives.

        Counted over all threes of the uniform and of the popularity-drawn negatives of each question: a question says
        more than whether it was won. Only of answers that are in other outfits too: one that is in none looks rare
        beside all others, and would call for the largest discount.
        """
        if not self.known:
            return 0.5
        model.eval()
        batches = self.known
        logits = [model(self.data.items, b, self.tables.at(b.fold)) for b in batches]
        half = 1 + NEGATIVES // 2

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


def _as_new(batch: MaskedBatch) -> MaskedBatch:
    """The same questions with every item passing for new."""
    return replace(
        batch,
        fresh=torch.ones_like(batch.fresh),
        fresh_candidates=torch.ones_like(batch.fresh_candidates),
        excluded=torch.zeros_like(batch.excluded),
    )


def _first_of_four(beaten: Tensor, offered: Tensor) -> Tensor:
    """Probability that an answer that beats ``beaten`` of ``offered`` negatives beats three drawn from them."""
    wins = beaten * (beaten - 1) * (beaten - 2)
    return wins.clamp(min=0) / (offered * (offered - 1) * (offered - 2)).clamp(min=1)
