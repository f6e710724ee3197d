"""What can be imported: from an entry of the journal to the reader's records."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from recsys.errors import ImportFailedError
from recsys.pipeline.importing import Record
from recsys.pipeline.journal import ImportEntry

Arguments = dict[str, Any]


def read_source(entry: ImportEntry) -> Iterator[Record]:
    """Start reading what an entry names.

    Raises
    ------
    ImportFailedError
        No reader goes by the entry's kind.
    SourceError
        The source as a whole cannot be read.
    """
    reader = _READERS.get(entry.kind)
    if reader is None:
        raise ImportFailedError(f"import: {entry.kind!r}: no reader goes by this name; known are {', '.join(_READERS)}")
    return reader(entry.arguments)


def _kfashion(arguments: Arguments) -> Iterator[Record]:
    from data.kfashion import read_kfashion

    labels = [Path(path) for path in arguments["paths"]]
    return iter(read_kfashion(labels, [Path(path) for path in arguments["images"]]))


def _table(arguments: Arguments) -> Iterator[Record]:
    from data.table import read_table

    images = arguments["images"]
    return iter(
        read_table(
            Path(arguments["items"]),
            Path(arguments["outfits"]),
            images=None if images is None else Path(images),
            mapping=arguments["columns"],
        )
    )


def _ccp(arguments: Arguments) -> Iterator[Record]:
    from data.ccp import read_ccp

    return iter(read_ccp(Path(arguments["folder"])))


def _photos(arguments: Arguments) -> Iterator[Record]:
    from recsys.pipeline.tagged_photos import read_tagged

    return read_tagged(Path(arguments["file"]), Path(arguments["masks"]), arguments["sure"])


_READERS: dict[str, Callable[[Arguments], Iterator[Record]]] = {
    "kfashion": _kfashion,
    "table": _table,
    "ccp": _ccp,
    "photos": _photos,
}
