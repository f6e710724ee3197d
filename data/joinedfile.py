"""A file, or the parts of a split file, as one run of bytes that any thread or forked process may read at any place."""

from __future__ import annotations

import os
import weakref
from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path


class JoinedFile:
    """Read-only bytes of one or several files in a row.

    Reads name their place (`os.pread`), so there is no shared position to guard.

    Raises
    ------
    OSError
        A part cannot be opened.
    """

    def __init__(self, parts: Sequence[Path]) -> None:
        self._handles: list[int] = []
        weakref.finalize(self, _close, self._handles)
        self._starts: list[int] = []
        self.size = 0
        for part in parts:
            self._handles.append(os.open(part, os.O_RDONLY | getattr(os, "O_BINARY", 0)))
            self._starts.append(self.size)
            self.size += os.fstat(self._handles[-1]).st_size

    def read_at(self, offset: int, length: int) -> bytes:
        """``length`` bytes from ``offset``; fewer where the file ends."""
        pieces: list[bytes] = []
        end = min(offset + length, self.size)
        while offset < end:
            part = bisect_right(self._starts, offset) - 1
            piece = os.pread(self._handles[part], end - offset, offset - self._starts[part])
            if not piece:
                break
            pieces.append(piece)
            offset += len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _close(handles: list[int]) -> None:
    for handle in handles:
        os.close(handle)
