"""How far popularity is discounted where whole outfits are scored."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys.pipeline.training import _outfit_discount

CATEGORIES, EACH = 3, 40
DEGREE = np.tile(np.geomspace(64, 1, EACH).astype(np.float32), CATEGORIES)


def scorer(said: NDArray[np.float32]) -> Any:
    """One that says that an item is as good as it is popular, less its popularity to some power."""

    def score(outfits: Sequence[NDArray[np.int64]], discount: float) -> NDArray[np.float32]:
        return np.array([float((said - discount * np.log(DEGREE))[o].mean()) for o in outfits], np.float32)

    return SimpleNamespace(
        codes=SimpleNamespace(category=np.repeat(np.arange(CATEGORIES), EACH)),
        evidence=SimpleNamespace(degree=SimpleNamespace(numpy=lambda: DEGREE)),
        discount=0.5,
        score_outfits=score,
    )


def outfits(places: Sequence[int], n: int = 60) -> list[NDArray[np.int64]]:
    """Outfits of one item a category, each at one of these places of its category, the most popular at 0."""
    rng = np.random.default_rng(0)
    return [np.array([c * EACH + rng.choice(places) for c in range(CATEGORIES)]) for _ in range(n)]


def test_popular_outfits_are_told_by_popularity_and_particular_ones_without() -> None:
    everything = np.ones(len(DEGREE), bool)
    liked = np.log(DEGREE)
    assert _outfit_discount(scorer(liked), outfits(range(3)), everything, 0) == 0
    taste = np.zeros(len(DEGREE), np.float32)
    taste[[c * EACH + k for c in range(CATEGORIES) for k in range(10, 14)]] = 0.3
    assert _outfit_discount(scorer(taste + liked), outfits(range(10, 14)), everything, 0) >= 0.5


def test_items_that_hardly_any_other_outfit_holds_have_no_say() -> None:
    known = np.tile(np.arange(EACH) < 20, CATEGORIES)
    liked = np.log(DEGREE)
    mixed = [np.unique(np.concatenate([one, rare])) for one, rare in zip(outfits(range(3)), outfits([39]), strict=True)]
    assert _outfit_discount(scorer(liked), mixed, known, 0) <= 0.25
    assert _outfit_discount(scorer(liked), mixed, np.ones(len(DEGREE), bool), 0) >= 0.75


def test_too_few_outfits_leave_the_discount_of_items() -> None:
    assert _outfit_discount(scorer(np.log(DEGREE)), outfits(range(3), 9), np.ones(len(DEGREE), bool), 0) == 0.5
