"""Trainings of a small world, to be started once or in several processes: FOLDER, then names of trainings.

Writes what each came to, as process K sees it, to FOLDER/NAME.K.json; checkpoints are in FOLDER/NAME.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bert4rec.config import Bert4RecConfig
from bert4rec.dataset import assign_folds
from bert4rec.item_codes import ItemCodes
from bert4rec.model import ItemTensors
from bert4rec.scorer import OutfitScorer
from bert4rec.sharing import assist, lead
from bert4rec.tables import TrainingSet
from bert4rec.train import FitResult
from bert4rec.workers import Workers

CATEGORIES, COLOURS, COPIES = 3, 4, 6
FOLDS, OUTFITS = 3, 60

PLAIN = Bert4RecConfig(
    hidden=16, layers=1, heads=2, negatives=8, folds=FOLDS, steps=30, batch_size=59, epochs=6, patience=6, dropout=0.0
)
"""Each fold has 60 targets: batches of 59, and of one, which two processes cannot share."""

TRAININGS = {"exact": PLAIN, "noisy": replace(PLAIN, dropout=0.2), "resumed": PLAIN, "killed": PLAIN, "failed": PLAIN}
KILLED_AFTER = 2


def world() -> TrainingSet:
    """Outfits of one item a category, all of one colour."""
    rng = np.random.default_rng(2)
    category, colour = (a.ravel() for a in np.mgrid[:CATEGORIES, :COLOURS, :COPIES][:2])
    n = len(category)
    drawn = [
        np.sort([rng.choice(np.flatnonzero((category == k) & (colour == shade))) for k in range(CATEGORIES)])
        for shade in rng.integers(COLOURS, size=OUTFITS + 20)
    ]
    items = ItemTensors(
        category=torch.from_numpy(category),
        values=torch.from_numpy(colour[:, None]),
        dense=torch.from_numpy(rng.normal(size=(n, 5)).astype(np.float32)),
        seen=torch.from_numpy(np.isin(np.arange(n), np.concatenate(drawn[:OUTFITS]))),
        graph=torch.from_numpy(rng.normal(size=(FOLDS + 1, n, 3)).astype(np.float32)),
        graph_cold=torch.from_numpy(rng.normal(size=(n, 3)).astype(np.float32)),
        views=torch.tensor([3, 2]),
    )
    codes = ItemCodes(category, colour[:, None], CATEGORIES, COLOURS)
    return TrainingSet(drawn[:OUTFITS], assign_folds(OUTFITS, FOLDS, rng), drawn[OUTFITS:], codes, items)


def told(result: FitResult, data: TrainingSet) -> dict[str, Any]:
    """What a training came to: course, scores of held-out outfits, and a digest of the weights."""
    scorer = OutfitScorer(result.model, data.items, result.evidence, data.codes, result.popularity_discount)
    digest = hashlib.sha256()
    for name, weights in sorted(result.model.state_dict().items()):
        digest.update(name.encode() + weights.numpy().tobytes())
    scores = scorer.score_outfits(data.valid).tolist()
    return {"history": result.history, "scores": scores, "weights": digest.hexdigest()}


def train(workers: Workers, name: str, folder: Path) -> FitResult:
    """One training as one of the processes."""
    if not workers.main:
        if name == "failed":
            raise ValueError("no room for the second process")
        return assist(workers)

    def progress(state: dict[str, float]) -> None:
        if name == "killed" and state["epoch"] == KILLED_AFTER:
            os.kill(os.getpid(), signal.SIGKILL)

    resume = name == "resumed"
    return lead(workers, world(), TRAININGS[name], progress=progress, checkpoint=folder / name, resume=resume)


def main() -> None:
    folder, workers = Path(sys.argv[1]), Workers.joined()
    for name in sys.argv[2:]:
        result = train(workers, name, folder)
        (folder / f"{name}.{workers.index}.json").write_text(json.dumps(told(result, world())))
    workers.part()


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
