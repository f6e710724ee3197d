"""Members of zip archives by reference ``archive.zip::member``; nothing is ever extracted."""

from __future__ import annotations

import zipfile
from pathlib import Path

SEPARATOR = "::"


def split_reference(ref: str) -> tuple[str, str | None]:
    """Split a reference into file and member; the member is None for a plain path."""
    at = ref.lower().find(".zip" + SEPARATOR)
    return (ref, None) if at < 0 else (ref[: at + 4], ref[at + 4 + len(SEPARATOR) :])


def read_member(archive: str, member: str) -> bytes:
    """Bytes of one member; KeyError where there is none."""
    with zipfile.ZipFile(Path(archive)) as opened:
        for info in opened.infolist():
            name = info.filename
            if not info.flag_bits & 0x800:
                name = name.encode("cp437").decode("cp949", "replace")
            if name == member:
                return opened.read(info)
    raise KeyError(member)
