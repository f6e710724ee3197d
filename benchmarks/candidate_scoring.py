"""How long 1,000 candidates for one outfit take to score, in one process on one core.

    python -m benchmarks.candidate_scoring [--items 20000] [--outfits 3000] [--candidates 1000] [--new 0.25]

A made-up catalogue of that many items of five categories, with twelve attribute fields and two looks of 64 numbers,
is trained on for a moment (weights do not change the time). Contexts of one to six items are then completed from one
category: known items alone, new ones alone, and both as they come. Target: 5 ms at the median, and the
scores that the candidates get one by one.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import torch

from benchmarks.machine import describe
from bert4rec.config import Bert4RecConfig
from bert4rec.dataset import assign_folds
from bert4rec.item_codes import ItemCodes
from bert4rec.model import ItemTensors
from bert4rec.scorer import OutfitScorer
from bert4rec.tables import TrainingSet, count_evidence
from bert4rec.train import fit

CATEGORIES, FIELDS, VALUES, LOOKS, GRAPH = 5, 12, 20, 64, 32
TARGET = 0.005


def scorer_of(n_items: int, n_outfits: int, share_new: float, rng: np.random.Generator) -> OutfitScorer:
    """A scorer over made-up items, a share of each category in no outfit."""
    category = np.arange(n_items) % CATEGORIES
    values = np.where(rng.random((n_items, FIELDS)) < 0.1, -1, rng.integers(VALUES, size=(n_items, FIELDS)))
    values = np.where(values < 0, -1, values + VALUES * np.arange(FIELDS))
    codes = ItemCodes(category, values, CATEGORIES, FIELDS * VALUES)
    worn = np.flatnonzero(rng.random(n_items) >= share_new)
    pools = [worn[category[worn] == k] for k in range(CATEGORIES)]
    popular = [1 / np.arange(1, len(pool) + 1) ** 0.7 for pool in pools]
    popular = [p / p.sum() for p in popular]
    outfits = [
        np.sort([rng.choice(pools[k], p=popular[k]) for k in rng.permutation(CATEGORIES)[: rng.integers(2, 6)]])
        for _ in range(n_outfits)
    ]
    config = Bert4RecConfig(steps=10, epochs=1)
    held_out = n_outfits // 10
    items = ItemTensors(
        category=torch.from_numpy(category),
        values=torch.from_numpy(np.where(values < 0, codes.n_values, values)),
        dense=torch.from_numpy(rng.standard_normal((n_items, 2 * LOOKS), dtype=np.float32)),
        seen=torch.from_numpy(np.isin(np.arange(n_items), np.concatenate(outfits))),
        graph=torch.from_numpy(rng.standard_normal((config.folds + 1, n_items, GRAPH), dtype=np.float32)),
        graph_cold=torch.from_numpy(rng.standard_normal((n_items, GRAPH), dtype=np.float32)),
        views=torch.tensor([LOOKS, LOOKS]),
    )
    train = outfits[held_out:]
    folds = assign_folds(len(train), config.folds, rng)
    result = fit(TrainingSet(train, folds, outfits[:held_out], codes, items), config)
    result.model.gain[0] = 1.0  # all parts are computed, whatever validation thinks of them
    evidence = count_evidence(outfits, codes, items, config, result.new_item_weights)
    return OutfitScorer(result.model, items, evidence, codes, result.popularity_discount)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--outfits", type=int, default=3_000)
    parser.add_argument("--candidates", type=int, default=1_000)
    parser.add_argument("--new", type=float, default=0.25, help="share of the items that no outfit holds")
    options = parser.parse_args()
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    scorer = scorer_of(options.items, options.outfits, options.new, rng)
    print(describe())
    new = scorer.evidence.new.numpy()
    category = scorer.codes.category
    for name, offered in (("known", ~new), ("new", new), ("mixed", np.ones_like(new))):
        took, apart = [], 0.0
        for trial in range(120):
            kind = int(rng.integers(CATEGORIES))
            context = rng.choice(np.flatnonzero(~new & (category != kind)), rng.integers(1, 7), replace=False)
            pool = np.flatnonzero(offered & (category == kind))
            candidates = rng.choice(pool, min(options.candidates, len(pool)), replace=False)
            start = time.perf_counter()
            scores = scorer.score(context, candidates)
            took.append(time.perf_counter() - start)
            if trial % 30 == 0:
                alone = np.array([scorer.score(context, candidates[k : k + 1])[0] for k in range(50)])
                apart = max(apart, float(np.abs(alone - scores[:50]).max()))
        p50, p95 = np.quantile(took[20:], [0.5, 0.95]) * 1e3
        print(
            f"{len(candidates):,} {name:5} candidates: p50 {p50:.2f} ms, p95 {p95:.2f} ms (target {TARGET * 1e3:.0f});"
            f" one by one at most {apart:.1e} apart"
        )


if __name__ == "__main__":
    main()
