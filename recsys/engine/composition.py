"""Composition: one item a slot, so that the outfit as a whole is good and not only each item with the query."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Index = NDArray[np.int64]
Candidates = Callable[[Index, str], Index]
Score = Callable[[Index, Index], NDArray[np.float32]]
WholeScore = Callable[[list[Index]], NDArray[np.float32]]

BRANCH = 8


@dataclass(frozen=True, slots=True)
class Composed:
    """Items chosen [slots], in the order of the slots that could be filled, and the whole outfit's score."""

    chosen: tuple[int, ...]
    slots: tuple[str, ...]
    score: float


@dataclass(frozen=True, slots=True)
class Composer:
    """Beam search over slots.

    ``candidates`` gives a slot's items for a partial outfit, ``score`` values them beside it, ``whole`` values full
    outfits. Each of ``beam`` partial outfits is continued by its best BRANCH items a slot; full ones are ranked by
    ``whole``. No two answers are the same.
    """

    candidates: Candidates
    score: Score
    whole: WholeScore
    beam: int = 12

    def compose(self, context: Index, slots: tuple[str, ...], count: int) -> list[Composed]:
        """Up to ``count`` outfits, best first; slots without candidates are left out."""
        beams: list[tuple[float, tuple[int, ...]]] = [(0.0, ())]
        filled: list[str] = []
        width = max(self.beam, 2 * count)
        for slot in slots:
            continued = [
                (total + float(gain), (*chosen, int(item)))
                for total, chosen in beams
                for item, gain in self._best(np.append(context, np.array(chosen, np.int64)), slot)
            ]
            if continued:
                filled.append(slot)
                beams = sorted(continued, key=lambda state: (-state[0], state[1]))[:width]
        if not filled:
            return []
        scores = self.whole([np.append(context, np.array(chosen, np.int64)) for _, chosen in beams])
        ranked = sorted(zip(scores.tolist(), (chosen for _, chosen in beams), strict=True), key=lambda s: (-s[0], s[1]))
        return [Composed(chosen, tuple(filled), score) for score, chosen in _varied(ranked, count)]

    def _best(self, partial: Index, slot: str) -> list[tuple[int, float]]:
        items = self.candidates(partial, slot)
        if not len(items):
            return []
        scores = self.score(partial, items)
        order = np.argsort(-scores, kind="stable")[:BRANCH]
        return list(zip(items[order].tolist(), scores[order].tolist(), strict=True))


def _varied(ranked: list[tuple[float, tuple[int, ...]]], count: int) -> list[tuple[float, tuple[int, ...]]]:
    """The best outfits, none twice; those made only of items already shown wait until the others are used up."""
    chosen: list[tuple[float, tuple[int, ...]]] = []
    later: list[tuple[float, tuple[int, ...]]] = []
    shown: set[int] = set()
    for state in ranked:
        if shown.issuperset(state[1]):
            later.append(state)
        else:
            chosen.append(state)
            shown.update(state[1])
    return (chosen + later)[:count]
