"""Counting what a write did."""

from __future__ import annotations

from typing import Literal

from graph.store import WriteCounts

Outcome = Literal["added", "changed", "unchanged"]


class Tally:
    """Counts outcomes as they come."""

    def __init__(self) -> None:
        self._counts: dict[Outcome, int] = {"added": 0, "changed": 0, "unchanged": 0}

    def add(self, outcome: Outcome) -> None:
        self._counts[outcome] += 1

    def counts(self) -> WriteCounts:
        return WriteCounts(**self._counts)
