"""Whether a probability means what it says: reliability by bins, and the expected calibration error."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

BINS = 10


class Bin(Struct, frozen=True):
    """Some outfits of like probability: what was said of them on average, and what share was real."""

    count: int
    predicted: float
    observed: float


def reliability(probabilities: NDArray[np.float64], labels: NDArray[np.int64], bins: int = BINS) -> list[Bin]:
    """Bins of equal numbers, by rising probability [n] with labels 0 or 1 [n]; equal probabilities stay together.

    Raises ValueError where the two differ in length.
    """
    if len(probabilities) != len(labels):
        raise ValueError(f"{len(probabilities)} probabilities, {len(labels)} labels; one of each is needed")
    if not len(labels):
        return []
    order = np.argsort(probabilities, kind="stable")
    cuts = [0]
    for even in np.linspace(0, len(order), min(bins, len(order)) + 1)[1:].round().astype(int).tolist():
        cut = even
        while cut < len(order) and probabilities[order[cut]] == probabilities[order[cut - 1]]:
            cut += 1
        if cut > cuts[-1]:
            cuts.append(cut)
    parts = [order[a:b] for a, b in pairwise(cuts)]
    return [Bin(len(p), float(probabilities[p].mean()), float(labels[p].mean())) for p in parts]


def expected_calibration_error(bins: Sequence[Bin]) -> float:
    """Mean distance of what was said and what was so, bins weighing by their number (Naeini et al. 2015); NaN of none.

    With n outfits a perfect probability has an error too, of some sqrt(bins / n) / 3: compare with that, not with 0.
    """
    total = sum(b.count for b in bins)
    return sum(b.count * abs(b.predicted - b.observed) for b in bins) / total if total else float("nan")
