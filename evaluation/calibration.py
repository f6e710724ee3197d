"""Whether a probability means what it says: reliability by bins, and the expected calibration error."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from evaluation.bootstrap import Scores, Statistic, Weights
from evaluation.metrics import ratio

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


def calibration_error_statistic(
    probabilities: NDArray[np.float64], labels: NDArray[np.int64], clusters: NDArray[np.int64]
) -> Statistic:
    """Expected calibration error over outfits drawn, in the bins of all: what is said of one outfit's cuts is not
    independent, so they come and go together; ``clusters`` [n] numbers their outfits from 0."""
    parts = _parts(probabilities, BINS)
    size = int(clusters.max(initial=-1)) + 1
    off = np.zeros((size, len(parts)))  # by how much a cluster's outfits are real less often than was said, by bin
    for k, part in enumerate(parts):
        off[:, k] = np.bincount(clusters[part], (probabilities - labels)[part], minlength=size)
    count = np.bincount(clusters, minlength=size).astype(np.float64)

    def error(weights: Weights) -> Scores:
        return ratio(np.abs(weights @ off).sum(1), weights @ count)

    return error
