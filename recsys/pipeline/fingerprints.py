"""Fingerprints of the photos of a store, computed once a photo and remembered in the workspace."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
from msgspec import Struct

from data.archives import SEPARATOR
from data.atomic import write_whole
from data.errors import PhotoError
from data.hashing import PhotoHash, photo_hash
from data.photos import open_photo
from data.types import ImageRecord
from recsys.pipeline.batches import batched
from recsys.workspace import Workspace

_AT_ONCE = 2048
"""Photos between two looks at how far it is; few enough that their jobs weigh nothing."""

Progress = Callable[[int, int | None, str | None], None]


class _Kept(Struct, frozen=True, array_like=True):
    """A photo's fingerprint, and the file as it was then."""

    size: int
    modified_ns: int
    difference: int
    frequency: int
    thumbnail: bytes


class Fingerprints:
    """What ``photo_hashes.json`` of a workspace holds, by photo reference.

    A photo whose file (for one in a zip: the archive) has another size or time of change is looked at again. The file
    saves time and nothing else: where it is gone or cannot be read, it is made anew.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._file = workspace.root / "photo_hashes.json"
        try:
            self._known = msgspec.json.decode(self._file.read_bytes(), type=dict[str, _Kept])
        except (OSError, msgspec.MsgspecError):
            self._known = {}

    def of(self, images: Iterable[ImageRecord], progress: Progress) -> dict[str, PhotoHash]:
        """Fingerprints by image id; photos that cannot be opened have none. Decoding runs on all cores."""
        found: dict[str, PhotoHash] = {}
        current: dict[str, _Kept] = {}
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for some in batched(_photos(images), _AT_ONCE):
                for (image_id, ref), kept in zip(some, pool.map(self._look, [ref for _, ref in some]), strict=True):
                    if kept is not None:
                        current[ref] = kept
                        found[image_id] = PhotoHash(kept.difference, kept.frequency, kept.thumbnail)
                progress(len(current), None, "comparing photos")
        if current != self._known:
            write_whole(self._file, msgspec.json.encode(current))
            self._known = current
        return found

    def forget(self, refs: Iterable[str]) -> None:
        """Take the fingerprints of photos out of the file."""
        known = self._known.keys() - set(refs)
        if len(known) < len(self._known):
            self._known = {ref: kept for ref, kept in self._known.items() if ref in known}
            write_whole(self._file, msgspec.json.encode(self._known))

    def _look(self, ref: str) -> _Kept | None:
        try:
            stat = Path(ref.partition(SEPARATOR)[0]).stat()
            known = self._known.get(ref)
            if known is not None and (known.size, known.modified_ns) == (stat.st_size, stat.st_mtime_ns):
                return known
            made = photo_hash(open_photo(ref))
        except (PhotoError, OSError):
            return None
        return _Kept(stat.st_size, stat.st_mtime_ns, made.difference, made.frequency, made.thumbnail)


def _photos(images: Iterable[ImageRecord]) -> Iterator[tuple[str, str]]:
    return ((image.image_id, image.photo) for image in images if image.photo is not None)
