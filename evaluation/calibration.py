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
    parts = _parts(probabilities, bins)
    return [Bin(len(p), float(probabilities[p].mean()), float(labels[p].mean())) for p in parts]


def _parts(probabilities: NDArray[np.float64], bins: int) -> list[NDArray[np.int64]]:
    """Positions in each bin."""
    if not len(probabilities):
        return []
    order = np.argsort(probabilities, kind="stable")
    cuts = [0]
    for even in np.linspace(0, len(order), min(bins, len(order)) + 1)[1:].round().astype(int).tolist():
        cut = even
        while cut < len(order) and probabilities[order[cut]] == probabilities[order[cut - 1]]:
            cut += 1
        if cut > cuts[-1]:
            cuts.append(cut)
    return [order[a:b] for a, b in pairwise(cuts)]


def expected_calibration_error(bins: Sequence[Bin]) -> float:
    """Mean distance of what was said and what was so, bins weighing by their number (Naeini et al. 2015); NaN of none.

    With n outfits a perfect probability has an error too, of some sqrt(bins / n) / 3: compare with that, not with 0.
    """
    total = sum(b.count for b in bins)
    return sum(b.count * abs(b.predicted - b.observed) for b in bins) / total if total else float("nan")


def error_by_chance(
    probabilities: NDArray[np.float64],
    clusters: NDArray[np.int64],
    rng: np.random.Generator,
    *,
    draws: int = 1000,
    level: float = 0.95,
) -> tuple[float, float]:
    """Between which errors those of perfect probabilities lie, of outfits as many and as likely as these.

    What one outfit's cuts are is one thing: those of a cluster, numbered from 0 [n], are real or not together. An error
    within these bounds shows nothing wrong; it has no interval of its own, for chance only ever adds to it.
    """
    parts = _parts(probabilities, BINS)
    size = int(clusters.max(initial=-1)) + 1
    found = np.zeros(draws)
    for n in range(draws):
        real = rng.random(size)[clusters] < probabilities
        found[n] = sum(abs(float((probabilities - real)[part].sum())) for part in parts) / max(len(probabilities), 1)
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
