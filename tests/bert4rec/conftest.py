"""A small world of items with a planted rule: what goes together shares a colour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from bert4rec.config import Bert4RecConfig
from bert4rec.dataset import assign_folds
from bert4rec.item_codes import ItemCodes
from bert4rec.model import ItemTensors
from bert4rec.tables import TrainingSet

COLOURS, CATEGORIES, COPIES = 4, 3, 6


@dataclass(frozen=True)
class World:
    codes: ItemCodes
    colour: NDArray[np.int64]

    def outfits(self, n: int, rng: np.random.Generator, *, planted: bool = True) -> list[NDArray[np.int64]]:
        """Outfits of one item a category, all of one colour where ``planted``, of any colours otherwise."""
        found = []
        for _ in range(n):
            colour = rng.integers(COLOURS)
            chosen = []
            for category in range(CATEGORIES):
                fits = self.codes.category == category
                if planted:
                    fits &= self.colour == colour
                chosen.append(rng.choice(np.flatnonzero(fits)))
            found.append(np.sort(np.array(chosen)))
        return found

    def data(self, train: list[NDArray[np.int64]], valid: list[NDArray[np.int64]], folds: int) -> TrainingSet:
        n = self.codes.n_items
        seen = np.zeros(n, bool)
        seen[np.concatenate(train)] = True
        values = np.where(self.codes.values < 0, self.codes.n_values, self.codes.values)
        rng = np.random.default_rng(5)
        items = ItemTensors(
            category=torch.from_numpy(self.codes.category),
            values=torch.from_numpy(values),
            dense=torch.from_numpy(rng.normal(size=(n, 5)).astype(np.float32)),
            seen=torch.from_numpy(seen),
            graph=torch.from_numpy(rng.normal(size=(folds + 1, n, 3)).astype(np.float32)),
            views=torch.tensor([3, 2]),
            graph_cold=torch.from_numpy(rng.normal(size=(n, 3)).astype(np.float32)),
        )
        return TrainingSet(train, assign_folds(len(train), folds, rng), valid, self.codes, items)


@pytest.fixture
def world() -> World:
    """72 items: every category, colour and a second attribute that means nothing."""
    grid = np.array([(c, k, j) for c in range(CATEGORIES) for k in range(COLOURS) for j in range(COPIES)])
    noise = np.random.default_rng(3).integers(0, 3, len(grid))
    values = np.stack([grid[:, 1], COLOURS + noise], 1)
    values[7, 1] = -1
    return World(ItemCodes(grid[:, 0], values, CATEGORIES, COLOURS + 3), grid[:, 1])


@pytest.fixture
def config() -> Bert4RecConfig:
    return Bert4RecConfig(hidden=16, layers=1, heads=2, negatives=12, folds=3, steps=120, batch_size=64, epochs=12)
