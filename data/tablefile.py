"""Rows of a CSV or Parquet file as text cells, a few at a time; encoding and separator are found out."""

from __future__ import annotations

import codecs
import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
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
    (codecs.BOM_UTF8, "utf-8-sig", "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16", "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16", "utf-16-be"),
)
"""Byte order mark, the encoding that reads past it, and the encoding of what follows."""

_RECORD_LINES = 1_000
"""Lines of one CSV row at most; a quote that nobody closes is not followed any further."""

_RAW = 2_000
_TELLING = 4
"""Separators in the right places, no fewer, that make lines of a quoted cell rows of their own."""

_UNCLOSED = (
    "a quote is opened and not closed; a quote that belongs to the text is written twice, in a cell within quotes"
)


class Row(NamedTuple):
    """A row by its number as a spreadsheet shows it: the header of a CSV is row 1; a Parquet file begins with row 1.

    ``fault`` says, with its line, why a row is none; its one cell is then the line itself.
    """

    number: int
    cells: Sequence[Cell]
    fault: str | None = None


class TableFile:
    """A table on disk: its columns, and its rows as often as asked for.

    Raises
    ------
    SourceError
        The file does not exist, is empty, names a column twice, is in an encoding that is neither UTF-8 nor cp949, or
        is not in the encoding that its byte order mark says.
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
        """All rows that hold anything, top to bottom; a CSV row may be shorter or longer than the header.

        A quoted cell of a CSV may go over several lines. Where it is not closed, closed inside a cell, or made
        up of whole rows, only the line that opens it is set aside (``fault``), and the next line is a row again.
        """
        yield from _parquet_rows(self.path) if self._is_parquet else self._csv_rows()

    def _header(self) -> list[str]:
        with self.path.open(encoding=self._encoding, newline="") as file:
            lines = _Lines(file)
            try:
                first = next(csv.reader(lines.following(), delimiter=self._separator))
            except csv.Error as error:
                reason = _UNCLOSED if len(lines.read) > 1 else error
                raise SourceError(f"{self.path}: line 1: {reason}") from error
        self._header_lines = len(lines.read)
        self._record = _record_pattern(self._separator)
        if self._header_lines > 1 and not self._record.fullmatch("".join(lines.read)):
            raise SourceError(f"{self.path}: line 1: {_UNCLOSED}")
        names = [name.strip() for name in first]
        if not any(names):
            raise SourceError(f"{self.path}: the file has no header; its first row must name the columns")
        return names

    def _csv_rows(self) -> Iterator[Row]:
        number, further = 1, self._header_lines - 1
        with self.path.open(encoding=self._encoding, newline="") as file:
            lines = _Lines(islice(file, self._header_lines, None))
            read = lines.read
            while True:
                try:
                    for cells in csv.reader(lines.following(), delimiter=self._separator):
                        if len(read) > 1:
                            if self._ran_on(cells, read):
                                break
                            further += len(read) - 1
                        read.clear()
                        number += 1
                        stripped = [cell.strip() for cell in cells]
                        if any(stripped):
                            yield Row(number, stripped)
                    else:
                        return
                    reason = _UNCLOSED
                except csv.Error as error:
                    reason = _UNCLOSED if len(read) > 1 else str(error)
                except UnicodeDecodeError as error:
                    raise SourceError(f"{self.path}: the CSV breaks off after row {number}: {error}") from error
                number += 1
                yield Row(number, (read[0].strip()[:_RAW],), f"line {number + further}: {reason}")
                lines.go_back()

    def _ran_on(self, cells: list[str], lines: list[str]) -> bool:
        """Whether a row of several lines is the work of a stray quote."""
        if not self._record.fullmatch("".join(lines)):
            return True
        if len(cells) != len(self.columns):
            return any(map(self._is_like_a_row, lines[1:]))
        full = [line for line in lines if line.strip()]
        return (len(cells) - 1) * len(full) >= _TELLING and all(map(self._is_like_a_row, full))

    def _is_like_a_row(self, line: str) -> bool:
        """Whether a line, its quotes taken literally, has a cell a column; a list in a sentence has spaces between."""
        cells = line.rstrip("\r\n").split(self._separator)
        return len(cells) == len(self.columns) and not any(cell[:1].isspace() for cell in cells[1:])


class _Lines:
    """Lines of a CSV, with those of the row at hand in ``read``, to be cleared after each row."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._again: deque[str] = deque()
        self.read: list[str] = []

    def following(self) -> Iterator[str]:
        """What comes next; an empty line ends the file, so that a quote open on the last line has one to run on to.

        Raises
        ------
        csv.Error
            The row at hand has too many lines.
        """
        read = self.read
        sources: tuple[Iterable[str], ...] = (self._gone_back_over(), self._lines, ("\n",))
        for source in sources:
            for line in source:
                read.append(line)
                if len(read) > _RECORD_LINES:
                    raise csv.Error(f"more than {_RECORD_LINES} lines in one row")
                yield line

    def go_back(self) -> None:
        """To the second line of the row at hand; ``following`` begins there when it is called anew."""
        self._again.extendleft(reversed(self.read[1:]))
        self.read.clear()

    def _gone_back_over(self) -> Iterator[str]:
        while self._again:
            yield self._again.popleft()


def _record_pattern(separator: str) -> re.Pattern[str]:
    """A whole row in which what opens with a quote closes with one, at the end of a cell."""
    quoted = rf'"[^"]*+(?:""[^"]*+)*+"\x20*+(?=[{separator}\r\n]|\Z)'
    cell = rf'(?:{quoted}|[^"{separator}\r\n][^{separator}\r\n]*+|)'
    return re.compile(rf"(?:{cell}{separator})*+{cell}[\r\n]*+")


def _starts_with(path: Path, magic: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(magic)) == magic


def _encoding(path: Path) -> str:
    """The encoding that a byte order mark names, else the first that fits the whole file."""
    with path.open("rb") as file:
        beginning = file.read(4)
    for mark, reading, following in _MARKS:
        if beginning.startswith(mark):
            failure = _misfit(path, following)
            if failure is not None:
                raise SourceError(
                    f"{path}: its byte order mark says {following.upper()}, which ends at {failure}; save it as UTF-8"
                )
            return reading
    failures: list[str] = []
    for encoding in _ENCODINGS:
        failure = _misfit(path, encoding)
        if failure is None:
            return encoding
        failures.append(f"{encoding} ends at {failure}")
    raise SourceError(f"{path}: the text is neither UTF-8 nor cp949 ({'; '.join(failures)}); save it as UTF-8")


def _misfit(path: Path, encoding: str) -> str | None:
    """Where a file stops to be of an encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    done, line = 0, 1
    with path.open("rb") as file:
        while True:
            chunk = file.read(_CHUNK)
            begun = len(decoder.getstate()[0])
            try:
                line += decoder.decode(chunk, final=not chunk).count("\n")
            except UnicodeDecodeError as error:
                line += error.object[: error.start].decode(encoding, "ignore").count("\n")
                return f"byte {done - begun + error.start} (line {line})"
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
