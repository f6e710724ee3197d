"""How well found identities agree with true ones, pair by pair."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from msgspec import Struct


class PairScore(Struct, frozen=True):
    """Shares, 0 to 1, over unordered pairs of regions: found pairs that are true, true pairs that were found."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 0 where both are 0."""
        both = self.precision + self.recall
        return 2.0 * self.precision * self.recall / both if both else 0.0


def pairwise_f1(found: Mapping[str, str], truth: Mapping[str, str]) -> PairScore:
    """Compare two partitions of the regions by the pairs that each puts together.

    Parameters
    ----------
    found, truth
        Region id to item id. Regions that only one of the two knows are left out. Names need not agree.

    Returns
    -------
    Precision is 1 where no pair was found, recall 1 where there is none to find. Linear in the number of regions.

    Examples
    --------
    >>> pairwise_f1({"a": "x", "b": "x", "c": "x"}, {"a": "1", "b": "1", "c": "2"}).precision
    0.3333333333333333
    """
    shared = [region_id for region_id in found if region_id in truth]
    both = _pairs((found[region_id], truth[region_id]) for region_id in shared)
    proposed = _pairs(found[region_id] for region_id in shared)
    true = _pairs(truth[region_id] for region_id in shared)
    return PairScore(both / proposed if proposed else 1.0, both / true if true else 1.0)


def _pairs(labels: Iterable[object]) -> int:
    return sum(count * (count - 1) // 2 for count in Counter(labels).values())
