"""The three kinds of question that rankers are measured by."""

from __future__ import annotations

from msgspec import Struct


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


def _shared(items: tuple[str, ...], ids: dict[str, str]) -> tuple[str, ...]:
    return tuple(ids.setdefault(i, i) for i in items)
