"""Members of zip archives by reference ``archive.zip::member``, read in place: nothing is ever extracted."""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.errors import DataError
from data.joinedfile import JoinedFile
from data.zipdirectory import ArchiveError, Member, ZipDirectory

SEPARATOR = "::"
MAX_MEMBER_BYTES = 512 * 1024 * 1024
"""A member that claims to be larger once unpacked is refused: no annotation and no photo is."""

_HARMLESS_BYTES = MAX_MEMBER_BYTES // 1032  # deflate grows 1,032 times at most: these cannot pass the limit
_STORED, _DEFLATED = 0, 8
_LOCAL_HEADER = 30
_LOCAL_SLACK = 128  # name and extra fields of a local header, read along with it where they are no longer
_PART = re.compile(r"\.part(\d+)$", re.IGNORECASE)


class MemberError(DataError):
    """One member of an archive cannot be read; the others may be well."""


class Archive:
    """A zip archive, or one split into ``name.zip.part0``, ``name.zip.part1``, ... (any numbering that ascends).

    Parameters
    ----------
    path
        The archive. Where there is no such file but parts of that name, the parts in a row.

    Raises
    ------
    ArchiveError
        There is no such archive, it cannot be opened, or it has no directory.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = JoinedFile(archive_files(path))
        except OSError as error:
            raise ArchiveError(f"{path}: the archive cannot be opened: {error.strerror}") from error
        self._directory = ZipDirectory(self._file, str(path))
        self._index: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None

    def __len__(self) -> int:
        return self._directory.count

    def members(self) -> Iterator[Member]:
        """Every file in the archive, in its own order, without folders; raises ArchiveError where it is damaged."""
        return (member for member in self._directory.members() if not member.name.endswith("/"))

    def find(self, name: str) -> Member | None:
        """The member of this name; the first search reads the whole directory, later ones a few bytes."""
        if self._index is None:
            self._index = self._build_index()
        hashes, positions = self._index
        wanted = hash(name)
        at = int(np.searchsorted(hashes, wanted))
        while at < len(hashes) and hashes[at] == wanted:
            member = self._directory.at(int(positions[at]))
            if member.name == name:
                return member
            at += 1
        return None

    def read(self, member: Member, *, limit: int | None = None) -> bytes:
        """Unpack a member, or its first ``limit`` bytes (then its checksum is not verified).

        Raises
        ------
        MemberError
            The name is unsafe, or the member is encrypted, damaged, too large or packed by another method than deflate.
        """
        reason = member.refusal or _unreadable(member)
        if reason is not None:
            raise MemberError(f"{self.path}{SEPARATOR}{member.name}: {reason}")
        size = member.packed_size if limit is None else min(member.packed_size, limit)
        block = self._file.read_at(member.start, _LOCAL_HEADER + _LOCAL_SLACK + size)
        if block[:4] != b"PK\x03\x04":
            raise self._damaged(member, "there is no member at its place")
        start = _LOCAL_HEADER + int.from_bytes(block[26:28], "little") + int.from_bytes(block[28:30], "little")
        if start + size > len(block):  # name and extra fields are longer than is usual
            block = self._file.read_at(member.start, start + size)
        packed = block[start : start + size]
        content = packed if member.method == _STORED else self._inflate(member, packed, limit)
        if limit is None and (len(content) != member.size or zlib.crc32(content) != member.checksum):
            raise self._damaged(member, "its checksum is wrong")
        return content

    def _inflate(self, member: Member, packed: bytes, limit: int | None) -> bytes:
        try:
            if limit is None and member.packed_size <= _HARMLESS_BYTES:
                return zlib.decompress(packed, -zlib.MAX_WBITS, member.size)
            return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, limit or member.size + 1)
        except zlib.error as error:
            raise self._damaged(member, str(error)) from error

    def _damaged(self, member: Member, how: str) -> MemberError:
        return MemberError(f"{self.path}{SEPARATOR}{member.name}: the member is damaged: {how}")

    def _build_index(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Hashes of all names, ascending, and where their entries lie: 16 bytes a member."""
        pairs = ((hash(member.name), member.position) for member in self._directory.members())
        table = np.fromiter(pairs, dtype=np.dtype([("hash", np.int64), ("position", np.int64)]))
        table.sort(order=["hash", "position"])
        return np.ascontiguousarray(table["hash"]), np.ascontiguousarray(table["position"])


def split_reference(ref: str) -> tuple[str, str | None]:
    """Split a reference into file and member; the member is None for a plain path."""
    at = ref.lower().find(".zip" + SEPARATOR)
    return (ref, None) if at < 0 else (ref[: at + 4], ref[at + 4 + len(SEPARATOR) :])


def archive_name(file_name: str) -> str | None:
    """Name of the archive that a file is, or is a part of (``a.zip.part2`` of ``a.zip``); None for other files."""
    whole = _PART.sub("", file_name)
    return whole if whole.lower().endswith(".zip") else None


def archive_files(path: Path) -> list[Path]:
    """The file of an archive, or its parts in the order of their numbers."""
    if path.exists() or not path.parent.is_dir():
        return [path]
    prefix = path.name + "."
    parts = [
        (int(number.group(1)), part)
        for part in path.parent.iterdir()
        if part.name.startswith(prefix) and (number := _PART.search(part.name))
    ]
    return [part for _, part in sorted(parts)] or [path]


def open_archive(path: str) -> Archive:
    """An archive, kept open for the next call; opened anew once the file has changed.

    Raises
    ------
    ArchiveError
        There is no such archive, or it is damaged.
    """
    try:
        stamp = os.stat(path).st_mtime_ns
    except OSError:
        stamp = 0
    return _opened(path, stamp)


@lru_cache(maxsize=64)
def _opened(path: str, stamp: int) -> Archive:
    return Archive(Path(path))


def find_member(archive: str, member: str) -> Member | None:
    """A member by name; raises ArchiveError where the archive cannot be read."""
    return open_archive(archive).find(member)


def read_member(archive: str, member: str, *, limit: int | None = None) -> bytes:
    """Bytes of one member, or the first ``limit`` of them.

    Raises
    ------
    ArchiveError
        The archive cannot be read.
    MemberError
        It has no such member, or the member cannot be read.
    """
    opened = open_archive(archive)
    found = opened.find(member)
    if found is None:
        raise MemberError(f"{archive}{SEPARATOR}{member}: the archive has no such member")
    return opened.read(found, limit=limit)


def _unreadable(member: Member) -> str | None:
    if member.encrypted:
        return "the member is encrypted; unlock the archive first"
    if member.method not in {_STORED, _DEFLATED}:
        return f"the member is packed by method {member.method}; only stored and deflated members can be read"
    if member.size > MAX_MEMBER_BYTES:
        return f"the member unpacks to {member.size:,} bytes, over the limit of {MAX_MEMBER_BYTES:,}"
    return None
