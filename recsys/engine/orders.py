"""Orders in which a context can come together: what Shapley values are averages over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from math import factorial

import numpy as np

EXACT = 6
"""Items of a context up to which every order is followed."""

STARTS = 3
"""Places from which a larger context is followed round, forwards and backwards."""


@dataclass(frozen=True, slots=True)
class Joining:
    """An item of a context joins those that are ``there``: places in the context, and the share of orders where it
    does."""

    joins: int
    there: tuple[int, ...]
    weight: float

    @property
    def both(self) -> tuple[int, ...]:
        """All that is there afterwards, ascending."""
        return tuple(sorted((*self.there, self.joins)))


def joinings(size: int) -> Iterator[Joining]:
    """Every way in which one of ``size`` items can join others; beyond EXACT items those of 2 STARTS orders.

    The weights of an item's joinings sum to 1. Whatever a set of items is worth, what each adds when it joins, by these
    weights, is its Shapley value (Shapley, *A value for n-person games*, 1953), or an estimate of it; over all items
    that adds up to the worth of the whole set either way.
    """
    if size <= EXACT:
        for joins in range(size):
            others = [k for k in range(size) if k != joins]
            for count in range(size):
                weight = factorial(count) * factorial(size - count - 1) / factorial(size)
                yield from (Joining(joins, there, weight) for there in combinations(others, count))
        return
    for start in range(STARTS):
        forwards = np.roll(np.arange(size), -(start * size // STARTS)).tolist()
        for order in (forwards, forwards[::-1]):
            for place, joins in enumerate(order):
                yield Joining(joins, tuple(sorted(order[:place])), 1 / (2 * STARTS))
