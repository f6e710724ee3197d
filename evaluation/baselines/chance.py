"""Rank by nothing at all: what every other ranker is to be held against."""

from __future__ import annotations

from collections.abc import Sequence
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from evaluation.scorer import Ids, Scores


class Random:
    """A repeatable number in 0..1 from the seed, the context as a set and the candidate."""

    name = "random"

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed

    def score(self, context: Ids, candidates: Ids) -> Scores:
        """Uniform numbers, [len(candidates)]."""
        return _uniform(_keys(candidates), np.uint64(self._key(context)))

    def score_outfits(self, outfits: Sequence[Ids]) -> Scores:
        """Uniform numbers, [len(outfits)]."""
        return _uniform(np.array([self._key(o) for o in outfits], np.uint64), np.uint64(0))

    def _key(self, items: Ids) -> int:
        return crc32("\0".join(sorted(items)).encode(), self._seed & 0xFFFFFFFF)


def _keys(items: Ids) -> NDArray[np.uint64]:
    return np.fromiter((crc32(i.encode()) for i in items), np.uint64, len(items))


def _uniform(keys: NDArray[np.uint64], salt: np.uint64) -> Scores:
    """Mix 64-bit keys (the finaliser of SplitMix64, Steele, Lea and Flood 2014) and scale them to 0..1."""
    mixed = keys + (salt << np.uint64(32))
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return np.asarray(mixed / 2.0**64, np.float64)
