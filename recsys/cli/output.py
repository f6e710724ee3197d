"""What commands say: tables and lines for people or one JSON document on standard output, notes on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import typer

EVERY_SECONDS = 10.0
"""Time between two lines about a job where standard error is no terminal."""


class Ticker(Protocol):
    """Something that is told how far a job has come."""

    def __call__(self, done: int, total: int | None = None, phase: str | None = None) -> None: ...


class Output:
    """Where a command's words go.

    With ``as_json``, ``document`` prints and ``table`` and ``line`` are silent; without it, the other way round. So a
    command says both and never asks.
    """

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json

    def document(self, value: Any) -> None:
        """Print one JSON document: plain values, dataclasses, records; not-a-number becomes null, a path its text."""
        if self.as_json:
            import msgspec

            typer.echo(msgspec.json.format(msgspec.json.encode(value, enc_hook=str), indent=2).decode())

    def line(self, text: str = "") -> None:
        """Print one line for a person."""
        if not self.as_json:
            typer.echo(text)

    def table(self, title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Print a table for a person; numbers stand to the right."""
        if self.as_json:
            return
        cells = [[_cell(value) for value in row] for row in rows]
        numeric = [bool(cells) and all(_is_number(row[i]) for row in cells) for i in range(len(columns))]
        widths = [max(map(_width, [columns[i], *(row[i] for row in cells)])) for i in range(len(columns))]
        typer.echo(title)
        for row in [list(columns), *cells]:
            parts = [_pad(text, widths[i], right=numeric[i]) for i, text in enumerate(row)]
            typer.echo(("  " + "  ".join(parts)).rstrip())

    def note(self, text: str) -> None:
        """Say something on standard error, in either mode."""
        typer.echo(text, err=True)

    @contextmanager
    def progress(self, what: str) -> Iterator[Ticker]:
        """Show how far a job has come on standard error: a bar that goes at the end, or lines now and then."""
        if not sys.stderr.isatty():
            yield Lines(what, self.note)
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(what, total=None)

            def tick(done: int, total: int | None = None, phase: str | None = None) -> None:
                bar.update(task, completed=done, total=total, description=phase or what)

            yield tick


class Lines:
    """Says how far a job has come in a line each EVERY_SECONDS, so that a log shows that it goes on, and how fast."""

    def __init__(self, what: str, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._what, self._say, self._clock = what, say, clock
        self._began = self._said = clock()

    def __call__(self, done: int, total: int | None = None, phase: str | None = None) -> None:
        now = self._clock()
        if now - self._said >= EVERY_SECONDS:
            self._said = now
            whole = "" if total is None else f" of {total:,}"
            self._say(f"{phase or self._what}: {done:,}{whole} after {now - self._began:,.0f} s")


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3f}"
    return "" if value is None else str(value)


def _is_number(text: str) -> bool:
    return not text or text.replace(".", "", 1).replace("%", "").replace(",", "").lstrip("-").isdigit()


def _width(text: str) -> int:
    from unicodedata import east_asian_width

    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def _pad(text: str, width: int, *, right: bool) -> str:
    gap = " " * (width - _width(text))
    return gap + text if right else text + gap
