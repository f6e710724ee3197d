"""JSON lines that land whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec


def write_lines(file: Path, rows: Iterable[object]) -> None:
    """Write one JSON object a line to a temporary neighbour, then rename it over ``file``."""
    encoder = msgspec.json.Encoder()
    temporary = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        with temporary.open("wb") as out:
            for row in rows:
                out.write(encoder.encode(row) + b"\n")
            out.flush()
            os.fsync(out.fileno())
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)
