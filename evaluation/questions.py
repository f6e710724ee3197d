"""The questions that rankers are measured by, and the files they are kept in.

One JSON object a line: ``fitb.jsonl`` and ``fitb_hard.jsonl`` (fill in the blank), ``compat.jsonl`` and
``compat_hard.jsonl`` (does this outfit go together), ``cir.jsonl`` (complementary item retrieval). *Hard* negatives are
drawn in proportion to how many outfits an item is in, so that popularity alone says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct


class QuestionError(Exception):
    """A question file cannot be used; says which file, line and field, and what would be right."""

    def __init__(self, file: Path, line: int, field: str, reason: str) -> None:
        where = f"{file}:{line}" if line else f"{file}"
        super().__init__(f"{where}: {field}: {reason}")
        self.file = file
        self.line = line
        self.field = field
        self.reason = reason


class Fitb(Struct, frozen=True):
    """Which of ``candidates`` completes ``context``? The right one is at position ``answer``, from 0."""

    outfit: str
    context: tuple[str, ...]
    candidates: tuple[str, ...]
    answer: int

    def flaw(self) -> tuple[str, str] | None:
        """The field that makes this no question and why, or None."""
        if len(self.candidates) < 2:
            return "candidates", f"{len(self.candidates)} given, at least 2 wanted"
        if len(set(self.candidates)) < len(self.candidates):
            return "candidates", "an item stands twice"
        if not 0 <= self.answer < len(self.candidates):
            return "answer", f"{self.answer} is no position in {len(self.candidates)} candidates (0 is the first)"
        return None

    def with_ids(self, ids: dict[str, str]) -> Fitb:
        """The same with the string objects of ``ids``."""
        return Fitb(self.outfit, _shared(self.context, ids), _shared(self.candidates, ids), self.answer)


class Compat(Struct, frozen=True):
    """Do ``items`` go together? ``label`` is 1 where a stylist put them together, 0 where chance did."""

    outfit: str
    items: tuple[str, ...]
    label: int

    def flaw(self) -> tuple[str, str] | None:
        """The field that makes this no question and why, or None."""
        if self.label not in (0, 1):
            return "label", f"{self.label} given, 0 or 1 wanted"
        if not self.items:
            return "items", "an outfit without items"
        return None

    def with_ids(self, ids: dict[str, str]) -> Compat:
        """The same with the string objects of ``ids``."""
        return Compat(self.outfit, _shared(self.items, ids), self.label)


class Cir(Struct, frozen=True):
    """How far up does ``target`` come when ``pool``, all of the target's category, is ranked for ``context``?"""

    outfit: str
    context: tuple[str, ...]
    target: str
    pool: tuple[str, ...]

    def flaw(self) -> tuple[str, str] | None:
        """The field that makes this no question and why, or None."""
        if len(set(self.pool)) < len(self.pool):
            return "pool", "an item stands twice"
        if self.target not in self.pool:
            return "target", f"{self.target!r} is not in the pool"
        return None

    def with_ids(self, ids: dict[str, str]) -> Cir:
        """The same with the string objects of ``ids``."""
        return Cir(self.outfit, _shared(self.context, ids), self.target, _shared(self.pool, ids))


class Questions(Struct, frozen=True):
    """All questions of one split, by task; a task without questions is empty."""

    fitb: tuple[Fitb, ...] = ()
    fitb_hard: tuple[Fitb, ...] = ()
    compat: tuple[Compat, ...] = ()
    compat_hard: tuple[Compat, ...] = ()
    cir: tuple[Cir, ...] = ()

    def __len__(self) -> int:
        return sum(len(getattr(self, task)) for task in TASKS)


TASKS = Questions.__struct_fields__
"""Names of the tasks, which are also the names of their files without ``.jsonl``."""

Question = TypeVar("Question", Fitb, Compat, Cir)


def read_questions(folder: Path) -> Questions:
    """Read the question files of a folder; a file that is absent gives no questions.

    Raises
    ------
    QuestionError
        The folder is none, or a line of a file is no question.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise QuestionError(
            folder, 0, "folder", "no such folder; one that holds fitb.jsonl, compat.jsonl, cir.jsonl is wanted"
        )
    names: dict[str, str] = {}  # one string object an item id: pools repeat ids millions of times
    return Questions(
        fitb=tuple(_read(folder / "fitb.jsonl", Fitb, names)),
        fitb_hard=tuple(_read(folder / "fitb_hard.jsonl", Fitb, names)),
        compat=tuple(_read(folder / "compat.jsonl", Compat, names)),
        compat_hard=tuple(_read(folder / "compat_hard.jsonl", Compat, names)),
        cir=tuple(_read(folder / "cir.jsonl", Cir, names)),
    )


def write_questions(questions: Questions, folder: Path) -> None:
    """Write the questions as files that ``read_questions`` reads; tasks without questions get no file."""
    from evaluation.files import write_lines

    folder.mkdir(parents=True, exist_ok=True)
    for task in TASKS:
        rows = getattr(questions, task)
        if rows:
            write_lines(folder / f"{task}.jsonl", rows)


def _read(file: Path, kind: type[Question], names: dict[str, str]) -> Iterator[Question]:
    if not file.exists():
        return
    decoder = msgspec.json.Decoder(kind)
    with file.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                question: Question = decoder.decode(line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise QuestionError(file, number, *_place(str(error), line)) from error
            flaw = question.flaw()
            if flaw:
                raise QuestionError(file, number, *flaw)
            yield question.with_ids(names)


def _place(message: str, line: bytes) -> tuple[str, str]:
    """Field and reason of a decoder's message."""
    if not line.strip():
        return "line", "empty; every line is one question"
    missing = re.search(r"missing required field `(\w+)`", message)
    if missing:
        return missing[1], "missing"
    at = re.search(r"^(.*) - at `\$\.?([^`]*)`$", message)
    return (at[2] or "line", at[1]) if at else ("line", message)


def _shared(items: tuple[str, ...], ids: dict[str, str]) -> tuple[str, ...]:
    return tuple(ids.setdefault(i, i) for i in items)
