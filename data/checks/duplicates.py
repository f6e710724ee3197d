"""Which photos of a whole set repeat another one."""

from __future__ import annotations

from array import array
from collections.abc import Iterator

import numpy as np

from data.hashing import PhotoHash, near_pairs, thumbnail_difference


class DuplicateIndex:
    """Fingerprints of the photos seen so far, 208 bytes each; answers once all have been added.

    Two photos are duplicates where their difference hashes lie within ``radius`` bits, their frequency hashes within
    twice as many, and no cell of their thumbnails differs by more than ``max_colour`` (0 to 255): the first finds the
    pairs, the others keep like outlines before the same wall apart.
    """

    def __init__(self, radius: int, max_colour: float) -> None:
        self._radius = radius
        self._max_colour = max_colour
        self._difference = array("Q")
        self._frequency = array("Q")
        self._thumbnails = bytearray()

    def __len__(self) -> int:
        return len(self._difference)

    def add(self, fingerprint: PhotoHash) -> int:
        """Keep one photo's fingerprint; returns its position, from 0."""
        self._difference.append(fingerprint.difference)
        self._frequency.append(fingerprint.frequency)
        self._thumbnails += fingerprint.thumbnail
        return len(self._difference) - 1

    def pairs(self) -> Iterator[tuple[int, int, int]]:
        """Positions ``(earlier, later, bits)`` of duplicates, by later photo, nearest first."""
        difference = np.frombuffer(self._difference, dtype=np.uint64)
        frequency = np.frombuffer(self._frequency, dtype=np.uint64)
        near = near_pairs(difference, self._radius)
        first, second = near[:, 0], near[:, 1]
        alike = np.bitwise_count(frequency[first] ^ frequency[second]) <= 2 * self._radius
        first, second = first[alike], second[alike]
        thumbnails = np.frombuffer(bytes(self._thumbnails), dtype=np.uint8).reshape(-1, 192)
        same = thumbnail_difference(thumbnails[first], thumbnails[second]) <= self._max_colour
        first, second = first[same], second[same]
        bits = np.bitwise_count(difference[first] ^ difference[second]).astype(np.int64)
        for place in np.lexsort((first, bits, second)).tolist():
            yield int(first[place]), int(second[place]), int(bits[place])
