"""What training the outfit model costs as the shop grows: made outfits, a few steps; times and memory by part."""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

from bert4rec.config import Bert4RecConfig
from bert4rec.dataset import NegativeSampler, OutfitBatches, assign_folds, unseen_without
from bert4rec.evidence import PairEvidence
from bert4rec.item_codes import ItemCodes
from bert4rec.model import Bert4Rec, ItemSizes, ItemTensors
from bert4rec.new_item_score import fit_new_item_weights
from bert4rec.tables import Outfits, Tables, TrainingSet, count_evidence
from bert4rec.train import TrainingRun
from bert4rec.workers import Workers

CATEGORIES, VALUES, FIELDS, WIDTH, STYLE = 30, 12, 4, 64, 400


def made(n_outfits: int, n_items: int, folds: int) -> TrainingSet:
    """Outfits of 3 to 6 items out of one style of some 400 items, a few of them far more popular than others."""
    rng = np.random.default_rng(0)
    styles = max(n_items // STYLE, 1)
    style = rng.integers(styles, size=n_outfits)
    drawn = (rng.random((n_outfits, 6)) ** 2 * STYLE).astype(np.int64) * styles + style[:, None]
    sizes = rng.integers(3, 7, size=n_outfits)
    outfits = [np.unique(row[:size] % n_items) for row, size in zip(drawn, sizes, strict=True)]
    category = rng.integers(CATEGORIES, size=n_items)
    values = rng.integers(VALUES, size=(n_items, FIELDS)) + VALUES * np.arange(FIELDS)
    items = ItemTensors(
        category=torch.from_numpy(category),
        values=torch.from_numpy(values),
        dense=torch.from_numpy(rng.normal(size=(n_items, WIDTH)).astype(np.float32)),
        seen=torch.ones(n_items, dtype=torch.bool),
        graph=torch.from_numpy(rng.normal(size=(1, n_items, WIDTH)).astype(np.float32)).expand(folds + 1, -1, -1),
        graph_cold=torch.from_numpy(rng.normal(size=(n_items, WIDTH)).astype(np.float32)),
        views=torch.tensor([WIDTH // 2, WIDTH // 2]),
    )
    codes = ItemCodes(category, values, CATEGORIES, VALUES * FIELDS)
    return TrainingSet(outfits, assign_folds(n_outfits, folds, rng), outfits[:500], codes, items)


def resident() -> float:
    """Memory in use now, in GB."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 1e9


@contextmanager
def timed(what: str) -> Iterator[None]:
    began, before = time.process_time(), resident()
    yield
    print(f"{what}: {time.process_time() - began:.1f} s of processor time, {resident() - before:+.2f} GB", flush=True)


def counted(data: TrainingSet, config: Bert4RecConfig, tables: int) -> tuple[list[PairEvidence], torch.Tensor | None]:
    def chosen(fold: int) -> Outfits:
        return [o for o, k in zip(data.train, data.fold, strict=True) if k != fold]

    with timed(f"evidence of {tables} folds of {config.folds}"):
        found = [
            PairEvidence.count(chosen(k), data.codes, shrink=config.shrink, keep=config.keep).drop_paths()
            for k in range(tables)
        ]
    with timed("weights for new items"):
        about = data.items.appearance(data.codes)
        return found, fit_new_item_weights(data.train, about, shrink=config.shrink, seed=config.seed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--outfits", type=int, default=200_000)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--folds", type=int, default=8)
    parser.add_argument("--tables", type=int, default=1, help="folds that are counted; the others borrow the first")
    parser.add_argument("--keep", type=int, default=256)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--steps", type=int, default=20)
    given = parser.parse_args()
    config = Bert4RecConfig(folds=given.folds, keep=given.keep, batch_size=given.batch_size)
    with timed("made"):
        data = made(given.outfits, given.items, given.folds)
    found, weights = counted(data, config, given.tables)
    folds = [found[k % len(found)] for k in range(config.folds)]
    with timed("evidence of all outfits"):
        whole = count_evidence(list(data.train), data.codes, data.items, config, weights)
    with timed("items new without each fold"):
        unseen = unseen_without(data.train, data.fold, config.folds, data.codes.n_items)
    sampler = NegativeSampler(data.codes.category, whole.degree.numpy())
    batches = OutfitBatches(data.train, data.fold, data.codes.category, sampler, unseen, config)
    model = Bert4Rec(ItemSizes.of(data.codes, data.items), config, whole.n_fields)
    run = TrainingRun(data, config, Tables(folds, whole, unseen, weights), batches, model, Workers())
    with timed("linear reading"):
        run.fit_counted()
    pieces = batches.epoch(np.random.default_rng(0))
    with timed("order of a pass, first batch"):
        next(pieces)
    with timed(f"{given.steps} batches drawn"):
        drawn = [next(pieces) for _ in range(given.steps)]
    model.train()
    began = time.process_time()
    for batch in drawn:
        loss = run.objective(batch, run.tables.at(batch.fold))
        run.optimizer.zero_grad()
        loss.backward()
        run.optimizer.step()
    seconds = (time.process_time() - began) / len(drawn)
    examples = sum(len(b.tokens) for b in drawn) / len(drawn)
    print(f"a step of {examples:.0f} examples: {1000 * seconds:.0f} ms, {examples / seconds:.0f} examples/s")
    print(f"a pass: {len(batches)} steps, {len(batches) * seconds / 60:.0f} minutes on one core")
    print(f"peak: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main()
