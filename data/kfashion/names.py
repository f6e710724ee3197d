"""A million file names in little memory, and the ids that were met in them."""

from __future__ import annotations

from array import array


class NameStore:
    """References by position: names lie end to end in one buffer, folders and archives are kept once."""

    def __init__(self) -> None:
        self._prefixes: list[str] = []
        self._prefix_of: array[int] = array("I")
        self._names = bytearray()
        self._starts: array[int] = array("Q", [0])

    def __len__(self) -> int:
        return len(self._prefix_of)

    def add(self, prefix: str, name: str) -> int:
        """Keep the reference ``prefix + name``; its position counts from 0."""
        if not self._prefixes or self._prefixes[-1] != prefix:
            self._prefixes.append(prefix)
        self._prefix_of.append(len(self._prefixes) - 1)
        self._names += name.encode("utf-8", "surrogateescape")
        self._starts.append(len(self._names))
        return len(self._prefix_of) - 1

    def ref(self, position: int) -> str:
        """The reference at a position."""
        name = self._names[self._starts[position] : self._starts[position + 1]]
        return self._prefixes[self._prefix_of[position]] + name.decode("utf-8", "surrogateescape")


class FirstSeen:
    """Where each number was met first: an open-addressed table of 64-bit numbers, some 50 bytes a number with its name.

    A dictionary would take three times that, and there are 1.2 million.
    """

    def __init__(self) -> None:
        self._names = NameStore()
        self._mask = (1 << 12) - 1
        self._keys: array[int] = array("q", bytes(8 << 12))
        self._places: array[int] = array("I", bytes(4 << 12))

    def __len__(self) -> int:
        return len(self._names)

    def add(self, number: int, prefix: str, name: str) -> str | None:
        """Take in a number; the reference it was met at before, or None where it is new."""
        key = hash(number)
        slot = self._slot(key)
        if self._places[slot]:
            return self._names.ref(self._places[slot] - 1)
        self._keys[slot] = key
        self._places[slot] = self._names.add(prefix, name) + 1
        if 2 * len(self._names) > self._mask:
            self._grow()
        return None

    def _slot(self, key: int) -> int:
        """The slot that holds a key, or the free one it belongs in; neighbours are tried in turn."""
        slot = (key * 0x9E3779B97F4A7C15 >> 20) & self._mask
        while self._places[slot] and self._keys[slot] != key:
            slot = (slot + 1) & self._mask
        return slot

    def _grow(self) -> None:
        keys, places = self._keys, self._places
        self._mask = 2 * self._mask + 1
        self._keys = array("q", bytes(8 * (self._mask + 1)))
        self._places = array("I", bytes(4 * (self._mask + 1)))
        for key, place in zip(keys, places, strict=True):
            if place:
                slot = self._slot(key)
                self._keys[slot], self._places[slot] = key, place
