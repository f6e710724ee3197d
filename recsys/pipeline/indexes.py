"""Where the vectors of releases are searched: in files of the release, or in a server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from recsys.engine.catalogue import Catalogue
from recsys.engine.index import SlotIndex, VectorIndex

FILES = "index"
"""Folder of a release that holds its vectors."""

MANIFEST = "manifest.json"
"""File of a release that names all others by their hashes."""

Published = Callable[[int, int], None]
"""Called with how many vectors are published, and of how many."""


class ReleaseIndexes(Protocol):
    """Opens the indexes of releases, and keeps what is outside their folders in step with them."""

    def open(self, release: Path, catalogue: Catalogue) -> VectorIndex:
        """The index of a release's folder; never writes.

        Raises
        ------
        ReleaseError
            It is not there, not whole, or another release's.
        IndexUnavailableError
            It cannot be reached now.
        """

    def publish(self, release: Path, catalogue: Catalogue, tell: Published) -> bool:
        """Put a release's vectors where they are searched; False where they are there already.

        Raises IndexUnavailableError; what was published stays, and the next call goes on.
        """

    def withdraw(self, name: str, manifest: bytes) -> bool:
        """Take away what was published of the release of this name and manifest, and of no other; whether there was
        any. Raises IndexUnavailableError."""

    def close(self) -> None:
        """Give connections back; what was opened connects again when it is asked."""


class FaissIndexes:
    """Indexes in the folders of the releases themselves."""

    def open(self, release: Path, catalogue: Catalogue) -> VectorIndex:
        return SlotIndex.load(release / FILES, catalogue.slots())

    def publish(self, release: Path, catalogue: Catalogue, tell: Published) -> bool:
        del release, catalogue, tell
        return False

    def withdraw(self, name: str, manifest: bytes) -> bool:
        del name, manifest
        return False

    def close(self) -> None:
        pass
