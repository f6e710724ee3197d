"""The questions that rankers are measured by, the files they are kept in, and how more are made.

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

from evaluation.files import write_lines
from evaluation.generate import QuestionConfig, make_questions
from evaluation.question_types import TASKS, Cir, Compat, Fitb, Questions

__all__ = [
    "TASKS",
    "Cir",
    "Compat",
    "Fitb",
    "QuestionConfig",
    "QuestionError",
    "Questions",
    "make_questions",
    "read_questions",
    "write_questions",
]

Question = TypeVar("Question", Fitb, Compat, Cir)


class QuestionError(Exception):
    """A question file cannot be used; says which file, line and field, and what would be right."""

    def __init__(self, file: Path, line: int, field: str, reason: str) -> None:
        where = f"{file}:{line}" if line else f"{file}"
        super().__init__(f"{where}: {field}: {reason}")
        self.file = file
        self.line = line
        self.field = field
        self.reason = reason


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
