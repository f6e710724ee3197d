"""A small set of garments with known identity: items photographed in several shoots, noisy attributes and looks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from data.identity import RegionFact

SLOTS = ("top", "bottom")
VALUES = {
    "colour": [f"colour{n}" for n in range(12)],
    "material": [f"material{n}" for n in range(6)],
    "print": [f"print{n}" for n in range(6)],
    "length": [f"length{n}" for n in range(4)],
    "sleeve": [f"sleeve{n}" for n in range(4)],
}


@dataclass(frozen=True)
class Wardrobe:
    """Facts, their looks ``[R, 24]`` and what item each truly shows."""

    facts: list[RegionFact]
    looks: NDArray[np.float32]
    truth: dict[str, str]

    def shuffled(self, seed: int) -> Wardrobe:
        order = np.random.default_rng(seed).permutation(len(self.facts))
        return Wardrobe([self.facts[place] for place in order], self.looks[order], self.truth)


def make_wardrobe(
    *, items: int = 40, photos: int = 220, missing: float = 0.08, wrong: float = 0.03, noise: float = 0.6, seed: int = 0
) -> Wardrobe:
    rng = np.random.default_rng(seed)
    traits = [{name: str(rng.choice(values)) for name, values in VALUES.items()} for _ in range(items)]
    categories = [f"{SLOTS[item % 2]}-category{rng.integers(4)}" for item in range(items)]
    centres = rng.standard_normal((items, 24))
    facts, looks, truth = [], [], {}
    shoot, outfit = 0, (0, 1)
    for photo in range(photos):
        if rng.random() < 0.4:
            shoot += 1
            outfit = (2 * int(rng.integers(items // 2)), 2 * int(rng.integers(items // 2)) + 1)
        for slot, item in zip(SLOTS, outfit, strict=True):
            stated = {}
            for name, value in traits[item].items():
                if rng.random() >= missing:
                    stated[name] = (value if rng.random() >= wrong else str(rng.choice(VALUES[name])),)
            region_id = f"{photo:04d}/{slot}#0"
            facts.append(
                RegionFact(
                    region_id=region_id,
                    image_id=f"{photo:04d}",
                    slot=slot,
                    source="made",
                    shoot=f"shoot{shoot}",
                    category=None if rng.random() < missing else categories[item],
                    attributes=stated,
                )
            )
            looks.append(centres[item] + noise * rng.standard_normal(24))
            truth[region_id] = str(item)
    return Wardrobe(facts, np.asarray(looks, dtype=np.float32), truth)


@pytest.fixture(scope="session")
def wardrobe() -> Wardrobe:
    return make_wardrobe()
