"""The central directory of a zip archive, read as a stream.

`zipfile` keeps an object of some 600 bytes for each member; the largest annotation archive has a million of them. Here
a member exists only while it is looked at. Zip64 and archives with bytes before the first member are understood.

Reference: PKWARE, APPNOTE.TXT 6.3.10, sections 4.3.12 (headers), 4.3.14-16 (ends), 4.5.3 (Zip64).
"""

from __future__ import annotations

import re
import stat
import struct
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from data.errors import SourceError
from data.joinedfile import JoinedFile

_END = struct.Struct("<4s4H2LH")
_END64_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_HEADER = struct.Struct("<4s4B4HL2L5H2L")
_UNKNOWN = 0xFFFFFFFF
_CHUNK = 1 << 20
_UNIX = 3
_SUSPECT = re.compile(r"\.\.|\\|^/|^.:")
_HANGUL = re.compile("[\u1100-\u11ff\uac00-\ud7a3]")
_NAMED_IN_UTF8 = 0x800


class ArchiveError(SourceError):
    """An archive as a whole cannot be read: not a zip, cut off, or its directory is damaged."""


class Member(NamedTuple):
    """One entry of the directory: ``position`` is its own place, ``start`` that of the member's local header."""

    name: str
    position: int
    start: int
    method: int
    encrypted: bool
    checksum: int
    packed_size: int
    size: int
    is_link: bool

    @property
    def refusal(self) -> str | None:
        """Why the member must not be read by its name, or None where it may be."""
        if not self.is_link and not _SUSPECT.search(self.name):
            return None
        plain = self.name.replace("\\", "/")
        if self.is_link:
            return "a symbolic link in an archive is not followed; put the file itself there"
        if plain.startswith("/") or plain[1:2] == ":":
            return "an absolute name in an archive is refused; names must be relative"
        if ".." in plain.split("/"):
            return "a name with '..' in an archive is refused; names must stay inside it"
        return None


class ZipDirectory:
    """Where the central directory lies and what its entries say.

    Raises
    ------
    ArchiveError
        There is no end record: not a zip, or cut off.
    """

    def __init__(self, file: JoinedFile, name: str) -> None:
        self._file = file
        self._name = name
        tail_at = max(0, file.size - 65557)
        tail = file.read_at(tail_at, 65557)
        at = tail.rfind(b"PK\x05\x06")
        if at < 0 or len(tail) - at < _END.size:
            raise ArchiveError(f"{name}: not a zip archive, or cut off before its directory ({file.size:,} bytes)")
        self.count: int
        _, _, _, _, self.count, size, offset, _ = _END.unpack_from(tail, at)
        end = tail_at + at
        wide = self._zip64(end)
        if wide is not None:
            end, self.count, size, offset = wide
        self._end = end
        self._start = end - size
        self._shift = self._start - offset
        if self._start < 0 or self._shift < 0:
            raise ArchiveError(f"{name}: the directory of the archive is damaged; is a part of it missing?")

    def members(self) -> Iterator[Member]:
        """Every entry in the archive's own order.

        Raises
        ------
        ArchiveError
            The directory breaks off; the members before that place have been given.
        """
        position = self._start
        buffer, base = b"", position
        while position < self._end:
            at = position - base
            if len(buffer) - at < 3 * 0xFFFF + _HEADER.size and base + len(buffer) < self._end:
                base, at = position, 0
                buffer = self._file.read_at(position, min(_CHUNK, self._end - position))
            member, position = self._parse(buffer, at, position)
            yield member

    def at(self, position: int) -> Member:
        """The entry at a place that `members` gave."""
        return self._parse(self._file.read_at(position, 3 * 0xFFFF + _HEADER.size), 0, position)[0]

    def _zip64(self, end: int) -> tuple[int, int, int, int] | None:
        """``(end of the directory, members, size, offset)`` from the Zip64 records, where there are any."""
        raw = self._file.read_at(end - _END64_LOCATOR.size, _END64_LOCATOR.size) if end >= _END64_LOCATOR.size else b""
        if raw[:4] != b"PK\x06\x07":
            return None
        record_at = end - _END64_LOCATOR.size - _END64.size
        record = self._file.read_at(record_at, _END64.size) if record_at >= 0 else b""
        if record[:4] != b"PK\x06\x06":
            raise ArchiveError(f"{self._name}: the Zip64 end record is damaged")
        *_, count, size, offset = _END64.unpack(record)
        return record_at, count, size, offset

    def _parse(self, buffer: bytes, at: int, position: int) -> tuple[Member, int]:
        if len(buffer) - at < _HEADER.size or buffer[at : at + 4] != b"PK\x01\x02":
            raise ArchiveError(f"{self._name}: the directory of the archive is damaged at byte {position:,}")
        fields = _HEADER.unpack_from(buffer, at)
        system, flags, method, checksum, packed, size = fields[2], fields[5], fields[6], *fields[9:12]
        name_size, extra_size, comment_size, attributes, start = *fields[12:15], fields[17], fields[18]
        at += _HEADER.size
        raw_name = buffer[at : at + name_size]
        if _UNKNOWN in (packed, size, start):
            extra = buffer[at + name_size : at + name_size + extra_size]
            size, packed, start = _wide(extra, size, packed, start)
        member = Member(
            name=_decode_path(raw_name, bool(flags & _NAMED_IN_UTF8)),
            position=position,
            start=start + self._shift,
            method=method,
            encrypted=bool(flags & 1),
            checksum=checksum,
            packed_size=packed,
            size=size,
            is_link=system == _UNIX and stat.S_ISLNK(attributes >> 16),
        )
        return member, position + _HEADER.size + name_size + extra_size + comment_size


def _decode_path(raw: bytes, utf8: bool) -> str:
    """`decode_name` by folder, of which there are few, where the last part is plain ASCII, as it mostly is."""
    folder, stroke, last = raw.rpartition(b"/")
    if not last.isascii():
        return decode_name(raw, utf8=utf8)
    return _decode_folder(folder + stroke, utf8) + last.decode("ascii")


@lru_cache(maxsize=1024)
def _decode_folder(raw: bytes, utf8: bool) -> str:
    return decode_name(raw, utf8=utf8)


def decode_name(raw: bytes, *, utf8: bool) -> str:
    """A member's name as its writer meant it.

    Korean tools write cp949 and say nothing, so an archive read by the book shows cp437. Some write UTF-8 and do not
    say so either: taken where the bytes are UTF-8 and spell Hangul. Tools that unpacked and packed again without
    noticing leave the cp437 letters in UTF-8: taken back to cp949 where that spells Hangul.
    """
    if raw.isascii():
        return raw.decode("ascii")
    name = _decoded(raw, "utf-8")
    if name is not None:
        if _HANGUL.search(name):
            return name
        packed_again = _decoded(name.encode("cp437", "replace"), "cp949")
        if packed_again is not None and "?" not in packed_again and _HANGUL.search(packed_again):
            return packed_again
        if utf8:
            return name
    return _decoded(raw, "cp949") or raw.decode("cp437")


def _decoded(raw: bytes, encoding: str) -> str | None:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return None


def _wide(extra: bytes, *narrow: int) -> tuple[int, int, int]:
    """Size, packed size and start, those that do not fit 32 bits taken from the Zip64 field of ``extra``."""
    wide: list[int] = []
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        if kind == 1:
            length = min(length, len(extra) - at - 4) // 8 * 8
            wide = [value for (value,) in struct.iter_unpack("<Q", extra[at + 4 : at + 4 + length])]
            break
        at += 4 + length
    size, packed, start = (wide.pop(0) if value == _UNKNOWN and wide else value for value in narrow)
    return size, packed, start
