"""Which photo belongs to an annotation: a million names by stem, in some 60 bytes each."""

from __future__ import annotations

import re
import unicodedata
from array import array

import numpy as np
from numpy.typing import NDArray

from data.kfashion.names import NameStore

_FOLDER = re.compile(r"[/\\]|::")


class PhotoIndex:
    """References of photos, found by stem (file name without folder and ending)."""

    def __init__(self) -> None:
        self._names = NameStore()
        self._hashes: array[int] = array("q")
        self._order: NDArray[np.intp] | None = None
        self._sorted: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self._hashes)

    def add(self, prefix: str, name: str) -> None:
        """Take in the photo of reference ``prefix + name``."""
        self._names.add(prefix, name)
        self._hashes.append(hash(stem_of(name)))
        self._sorted = None

    def find(self, ref: str) -> str | None:
        """The photo whose stem an annotation's reference shares.

        Of several, the one whose last folders are the annotation's (the style), then whose first are (the split),
        then the one that was added first.
        """
        if not self._hashes:
            return None
        stem = stem_of(ref)
        found = self._of_stem(stem)
        if len(found) < 2:
            return found[0] if found else None
        folders = _FOLDER.split(ref)[:-1]
        return max(found, key=lambda photo: _nearness(folders, _FOLDER.split(photo)[:-1]))

    def _of_stem(self, stem: str) -> list[str]:
        if self._sorted is None or self._order is None:
            hashes = np.array(self._hashes, dtype=np.int64)
            self._order = np.argsort(hashes, kind="stable")
            self._sorted = hashes[self._order]
        wanted = hash(stem)
        found: list[str] = []
        at = int(self._sorted.searchsorted(wanted))
        while at < len(self._sorted) and self._sorted[at] == wanted:
            ref = self._names.ref(int(self._order[at]))
            if stem_of(ref) == stem:
                found.append(ref)
            at += 1
        return found


def stem_of(ref: str) -> str:
    """File name without folders, archive and ending; Hangul composed, as file systems differ."""
    name = ref[max(ref.rfind("/"), ref.rfind("\\"), ref.rfind(":")) + 1 :]
    stem = name[: name.rfind(".")] if "." in name else name
    return stem if stem.isascii() else unicodedata.normalize("NFC", stem)


def _nearness(one: list[str], other: list[str]) -> tuple[int, int]:
    """Folders shared from the end, then from the beginning."""
    return _shared(one[::-1], other[::-1]), _shared(one, other)


def _shared(one: list[str], other: list[str]) -> int:
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count
