"""JSON lines that land whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from data.atomic import replacing


def write_lines(file: Path, rows: Iterable[object]) -> None:
    """Write one JSON object a line; the folder is made where it is missing."""
    encoder = msgspec.json.Encoder()
    with replacing(file, sync=True) as temporary, temporary.open("wb") as out:
        for row in rows:
            out.write(encoder.encode(row) + b"\n")
