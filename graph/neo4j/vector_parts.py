"""What a set of vectors is written from: parts, each a vector index of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from graph.store import InvalidRecordError

WIDEST = 4_096
"""Dimensions that a vector index takes."""


class Part(NamedTuple):
    """Vectors [n, D] that are searched together, their rows [n] in the catalogue and their items' ids."""

    rows: NDArray[np.int64]
    items: Sequence[str]
    vectors: NDArray[np.float32]


def require_searchable(parts: Sequence[Part]) -> None:
    """See that an index can hold all vectors of all parts.

    Raises
    ------
    InvalidRecordError
        One has none or more than WIDEST numbers, or length 0, or is not finite; or rows, items and vectors differ in
        number.
    """
    for number, (rows, items, vectors) in enumerate(parts):
        if not len(rows) == len(items) == len(vectors):
            raise InvalidRecordError(f"part {number}: {len(rows)} rows, {len(items)} items, {len(vectors)} vectors")
        if not 1 <= vectors.shape[1] <= WIDEST:
            raise InvalidRecordError(
                f"part {number}: vectors of {vectors.shape[1]} numbers; a vector index takes 1 to {WIDEST}"
            )
        length = np.linalg.norm(vectors, axis=1)
        wrong = np.flatnonzero(~np.isfinite(length) | (length == 0))
        if len(wrong):
            raise InvalidRecordError(
                f"item {items[wrong[0]]!r}: its vector has length {length[wrong[0]]}; it must be above 0 and finite"
            )


def hash_of(parts: Sequence[Part]) -> str:
    """What tells these vectors, of these items in this order, from any others."""
    found = hashlib.sha256()
    for rows, items, vectors in parts:
        found.update(f"{vectors.shape}".encode())
        found.update(np.ascontiguousarray(rows, np.int64).data)
        found.update("\0".join(items).encode("utf-8", "surrogatepass"))
        found.update(np.ascontiguousarray(vectors, np.float32).data)
    return found.hexdigest()
