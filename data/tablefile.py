"""Rows of a CSV or Parquet file as text cells, a few at a time; encoding and separator are found out."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator, Sequence
from itertools import islice
from math import isfinite
from pathlib import Path
from typing import Any, NamedTuple

from data.errors import SourceError

Cell = str | tuple[str, ...]
"""Text of a cell; several texts where a Parquet column holds lists. Empty where there is no value."""

_SEPARATORS = ",;\t"
_ENCODINGS = ("utf-8", "cp949")
_CHUNK = 1 << 20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class Row(NamedTuple):
    """A row by its number as a spreadsheet shows it: the header of a CSV is row 1; a Parquet file begins with row 1."""

    number: int
    cells: Sequence[Cell]


class TableFile:
    """A table on disk: its columns, and its rows as often as asked for.

    Raises
    ------
    SourceError
        The file does not exist, is empty, names a column twice, or is in an encoding that is neither UTF-8 nor cp949.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if path.is_dir():
            raise SourceError(f"{path}: this is a folder; name the CSV or Parquet table in it")
        if not path.is_file():
            raise SourceError(f"{path}: there is no such file; a CSV or Parquet table is expected")
        self._is_parquet = _starts_with(path, b"PAR1")
        if self._is_parquet:
            self.columns = _parquet_columns(path)
        else:
            self._encoding = _encoding(path)
            self._separator = _separator(path, self._encoding)
            self.columns = self._header()
        twice = sorted({name for name in self.columns if self.columns.count(name) > 1})
        if twice:
            raise SourceError(f"{path}: column {', '.join(twice)} is there more than once; names must differ")

    def rows(self) -> Iterator[Row]:
        """All rows that hold anything, top to bottom; a CSV row may be shorter or longer than the header."""
        yield from _parquet_rows(self.path) if self._is_parquet else self._csv_rows()

    def _header(self) -> list[str]:
        with self.path.open(encoding=self._encoding, newline="") as file:
            first = next(csv.reader(file, delimiter=self._separator), [])
        names = [name.strip() for name in first]
        if not any(names):
            raise SourceError(f"{self.path}: the file has no header; its first row must name the columns")
        return names

    def _csv_rows(self) -> Iterator[Row]:
        with self.path.open(encoding=self._encoding, newline="") as file:
            reader = csv.reader(file, delimiter=self._separator)
            number = 1
            try:
                for number, cells in enumerate(islice(reader, 1, None), start=2):
                    stripped = [cell.strip() for cell in cells]
                    if any(stripped):
                        yield Row(number, stripped)
            except csv.Error as error:
                raise SourceError(f"{self.path}: the CSV breaks off after row {number}: {error}") from error


def _starts_with(path: Path, magic: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(magic)) == magic


def _encoding(path: Path) -> str:
    """The encoding that a byte order mark names, else the first that fits the whole file."""
    with path.open("rb") as file:
        beginning = file.read(4)
    for mark, encoding in _MARKS:
        if beginning.startswith(mark):
            return encoding
    failures: list[str] = []
    for encoding in _ENCODINGS:
        failure = _misfit(path, encoding)
        if failure is None:
            return encoding
        failures.append(f"{encoding} ends at {failure}")
    raise SourceError(f"{path}: the text is neither UTF-8 nor cp949 ({'; '.join(failures)}); save it as UTF-8")


def _misfit(path: Path, encoding: str) -> str | None:
    decoder = codecs.getincrementaldecoder(encoding)()
    done = 0
    with path.open("rb") as file:
        while True:
            chunk = file.read(_CHUNK)
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                return f"byte {done + error.start}"
            if not chunk:
                return None
            done += len(chunk)


def _separator(path: Path, encoding: str) -> str:
    with path.open(encoding=encoding, newline="") as file:
        header = file.readline()
    outside = "".join(header.split('"')[::2])
    return max(_SEPARATORS, key=outside.count)


def _parquet_columns(path: Path) -> list[str]:
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    try:
        with ParquetFile(path) as file:
            return [str(name) for name in file.schema_arrow.names]
    except (ArrowException, OSError) as error:
        raise SourceError(f"{path}: the Parquet file cannot be read: {error}") from error


def _parquet_rows(path: Path) -> Iterator[Row]:
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    number = 0
    try:
        with ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=10_000):
                columns = [column.to_pylist() for column in batch.columns]
                for values in zip(*columns, strict=True):
                    number += 1
                    yield Row(number, [_cell(value) for value in values])
    except (ArrowException, OSError) as error:
        raise SourceError(f"{path}: the Parquet file breaks off after row {number}: {error}") from error


def _cell(value: Any) -> Cell:
    if isinstance(value, list | tuple):
        return tuple(text for text in map(_text, value) if text)
    return _text(value)


def _text(value: Any) -> str:
    """A value as a CSV would say it; a whole number in a column of floats (a column with gaps) loses its ``.0``."""
    if value is None:
        return ""
    if isinstance(value, float):
        if not isfinite(value):
            return ""
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, bool):
        return str(value).lower()
    return str(value).strip()
