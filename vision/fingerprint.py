"""What a vector was computed from, as one number, so that a changed photo or outline is noticed without being read."""

from __future__ import annotations

import os
from hashlib import blake2b

import msgspec

from data.archives import find_member, split_reference
from data.errors import DataError
from data.types import Region

Stamp = tuple[int, int]


def file_stamp(ref: str) -> Stamp | None:
    """Size and time of change (ns) of a file, or size and checksum of an archive member; None where it is not there.

    One question to the file system: no byte of the photo is read.
    """
    file, member = split_reference(ref)
    if member is None:
        try:
            status = os.stat(file)
        except OSError:
            return None
        return status.st_size, status.st_mtime_ns
    try:
        found = find_member(file, member)
    except DataError:
        return None
    return None if found is None else (found.size, found.checksum)


def place_of(*regions: Region) -> bytes:
    """What says where garments lie in their photo: boxes, polygons and masks, a mask's file with its stamp."""
    parts = [(r.box, r.polygon, r.mask, None if r.mask is None else file_stamp(r.mask.path)) for r in regions]
    return msgspec.json.encode(parts)


def fingerprint(photo: str, stamp: Stamp, place: bytes) -> int:
    """64 bits of a photo's reference, its stamp and the place in it; never 0, which stands for an unknown origin."""
    text = msgspec.json.encode((photo, stamp))
    return int.from_bytes(blake2b(text + place, digest_size=8).digest(), "little") or 1
