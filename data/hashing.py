"""Perceptual hashes of photos, and all near pairs among a million of them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from PIL import Image
from scipy.fft import dctn

_CHUNKS = 4
_CHUNK_BITS = 16
_PAIR_BUFFER = 4_000_000


class PhotoHash(Struct, frozen=True):
    """Two 64-bit fingerprints of one photo, and a thumbnail to confirm what they suggest.

    ``difference`` holds the signs of the horizontal brightness steps of a 9 x 8 thumbnail (dHash), ``frequency`` the
    signs of its 63 lowest cosine coefficients about their median (pHash). Two figures of one outline before a plain
    wall can agree in both; their ``thumbnail`` (8 x 8 RGB, 192 bytes) differs where their clothes do.
    """

    difference: int
    frequency: int
    thumbnail: bytes

    def distances(self, other: PhotoHash) -> tuple[int, int]:
        """Differing bits of either fingerprint, each 0 to 64."""
        return (self.difference ^ other.difference).bit_count(), (self.frequency ^ other.frequency).bit_count()


def photo_hash(photo: Image.Image) -> PhotoHash:
    """Fingerprints of a photo that survive resizing, re-encoding and small changes of brightness."""
    grey = photo.convert("L")
    steps = np.asarray(grey.resize((9, 8), Image.Resampling.BOX), dtype=np.int16)
    small = np.asarray(grey.resize((32, 32), Image.Resampling.BOX), dtype=np.float64)
    coefficients = dctn(small, norm="ortho")[:8, :8].ravel()
    coefficients[0] = 0.0  # the mean brightness says nothing about the picture
    thumbnail = photo.convert("RGB").resize((8, 8), Image.Resampling.BOX).tobytes()
    return PhotoHash(_pack(steps[:, 1:] > steps[:, :-1]), _pack(coefficients > np.median(coefficients)), thumbnail)


def thumbnail_difference(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Largest difference of a cell's colour, 0 to 255, after each channel's mean is taken away.

    Parameters
    ----------
    first, second
        ``[P, 192]`` thumbnails of `photo_hash`.

    Returns
    -------
    ``[P]`` float32; a copy that was resized, re-encoded or made a little brighter stays below about 20.
    """
    cells = first.reshape(-1, 64, 3).astype(np.float32) - second.reshape(-1, 64, 3)  # [P, 192] -> [P, cell, channel]
    largest: NDArray[np.float32] = np.abs(cells - cells.mean(axis=1, keepdims=True)).max(axis=(1, 2))
    return largest


def near_pairs(hashes: NDArray[np.uint64], radius: int) -> NDArray[np.int64]:
    """All pairs of 64-bit codes that differ in at most ``radius`` bits.

    Multi-index hashing (Norouzi, Punjani, Fleet 2012): of four 16-bit chunks of two codes ``radius`` bits apart,
    one differs in at most ``radius // 4``. So each chunk's table is probed within that small radius and the candidates
    are verified; no pair is missed. Equal codes are compared once.

    Parameters
    ----------
    hashes
        ``[N]`` uint64.
    radius
        0 to 11 bits.

    Returns
    -------
    ``[P, 2]`` int64 positions, first < second, sorted, each pair once. Among ``n`` equal codes only the ``n - 1`` pairs
    with the first of them are given: enough to connect them, and not quadratic where a blank photo recurs.

    Raises
    ------
    ValueError
        ``radius`` is outside 0..11.
    """
    if not 0 <= radius <= 11:
        raise ValueError(f"radius: {radius} given; 0 to 11 bits can be searched")
    codes, first, inverse = np.unique(np.asarray(hashes, dtype=np.uint64), return_index=True, return_inverse=True)
    everyone = np.arange(len(inverse), dtype=np.int64)
    equal = np.stack([first[inverse], everyone], axis=1)[first[inverse] != everyone]
    found = [first[pairs] for pairs in _near_distinct(codes, radius)]
    pairs = np.sort(np.concatenate([equal, *found]).astype(np.int64), axis=1)
    return np.unique(pairs, axis=0)


def _pack(bits: NDArray[np.bool_]) -> int:
    return int.from_bytes(np.packbits(bits.ravel()).tobytes(), "big")


def _near_distinct(codes: NDArray[np.uint64], radius: int) -> Iterator[NDArray[np.int64]]:
    """Position pairs among distinct codes, buffer by buffer; a pair may come from several chunks."""
    masks = _bit_masks(radius // _CHUNKS)
    for chunk in range(_CHUNKS):
        keys = ((codes >> np.uint64(chunk * _CHUNK_BITS)) & np.uint64(0xFFFF)).astype(np.int64)
        order = np.argsort(keys, kind="stable")
        starts = np.searchsorted(keys[order], np.arange(2**_CHUNK_BITS + 1))
        for mask in masks:
            probe = keys ^ mask
            for left, place in _expand(starts[probe], starts[probe + 1]):
                right = order[place]
                near = (left < right) & (np.bitwise_count(codes[left] ^ codes[right]) <= radius)
                yield np.stack([left[near], right[near]], axis=1)


def _bit_masks(bits: int) -> list[int]:
    """All 16-bit masks with at most ``bits`` set."""
    return [sum(1 << place for place in places) for n in range(bits + 1) for places in combinations(range(16), n)]


def _expand(start: NDArray[np.int64], stop: NDArray[np.int64]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Row ``i`` paired with every position of ``start[i]:stop[i]``, about ``_PAIR_BUFFER`` pairs at a time."""
    counts = stop - start
    ends = np.cumsum(counts)
    row = 0
    while row < len(counts):
        done = int(ends[row - 1]) if row else 0
        last = max(row + 1, int(np.searchsorted(ends, done + _PAIR_BUFFER, side="right")))
        sizes = counts[row:last]
        rows = np.repeat(np.arange(row, last, dtype=np.int64), sizes)
        offsets = np.arange(len(rows), dtype=np.int64) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        yield rows, np.repeat(start[row:last], sizes) + offsets
        row = last
