"""A shop small enough to count by hand, and one with planted structure."""

from __future__ import annotations

import numpy as np
import pytest

from data.types import Item


@pytest.fixture
def outfits() -> list[list[str]]:
    """a goes with x twice and with y once, b with y alone; z stands alone with c."""
    return [["a", "x"], ["a", "x", "s"], ["a", "y"], ["b", "y"], ["c", "z"]]


@pytest.fixture
def planted() -> tuple[list[list[str]], list[Item]]:
    """1600 outfits of top, bottom and shoes of one colour each time."""
    rng = np.random.default_rng(3)
    colours = ("red", "green", "blue", "grey")
    items = [
        Item(item_id=f"{part}{n:03}", category=part, slot=part, source="t", attributes={"colour": (colours[n % 4],)})
        for part in ("top", "bottom", "shoes")
        for n in range(120)
    ]
    outfits = []
    for _ in range(1600):
        colour = rng.integers(4)
        outfits.append([f"{part}{4 * rng.integers(30) + colour:03}" for part in ("top", "bottom", "shoes")])
    return outfits, items
