"""Composition: one item a slot, so that the outfit as a whole is good and not only each item with the query."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

Index = NDArray[np.int64]
Candidates = Callable[[Index, str], Index]
Score = Callable[[Index, Index], NDArray[np.float32]]
WholeScore = Callable[[list[Index]], NDArray[np.float32]]

State = tuple[float, tuple[int, ...]]
"""Sum of scores and the items chosen so far."""

BRANCH, SIBLINGS = 8, 3
REPEATED = 2.0


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
    outfits. A partial outfit is continued by its best BRANCH items, of which at most SIBLINGS stay among the ``beam``
    best, so that one good start does not crowd out all others; more only where ``count`` outfits could not be made
    otherwise. Full outfits are taken by their whole score less REPEATED for every item, relative to their number, that
    an answer before has shown.
    """

    candidates: Candidates
    score: Score
    whole: WholeScore
    beam: int = 16

    def compose(self, context: Index, slots: tuple[str, ...], count: int) -> list[Composed]:
        """Up to ``count`` different outfits, best first; slots without candidates are left out."""
        beams: list[State] = [(0.0, ())]
        filled: list[str] = []
        width = max(self.beam, 2 * count)
        for slot in slots:
            siblings = max(SIBLINGS if filled else BRANCH, ceil(count / len(beams)))
            continued = [child for state in beams for child in self._children(context, state, slot, siblings)]
            if continued:
                filled.append(slot)
                beams = _distinct(sorted(continued, key=_best_first))[:width]
        if not filled:
            return []
        scores = self.whole([_joined(context, chosen) for _, chosen in beams])
        ranked = sorted(zip(scores.tolist(), (chosen for _, chosen in beams), strict=True), key=_best_first)
        return [Composed(chosen, tuple(filled), score) for score, chosen in _varied(ranked, count)]

    def _children(self, context: Index, state: State, slot: str, siblings: int) -> list[State]:
        total, chosen = state
        partial = _joined(context, chosen)
        items = self.candidates(partial, slot)
        if not len(items):
            return []
        scores = self.score(partial, items)
        best = np.argsort(-scores, kind="stable")[:siblings]
        return [(total + float(scores[k]), (*chosen, int(items[k]))) for k in best]


def _joined(context: Index, chosen: tuple[int, ...]) -> Index:
    return np.append(context, np.array(chosen, np.int64))


def _best_first(state: State) -> tuple[float, tuple[int, ...]]:
    return -state[0], state[1]


def _distinct(states: list[State]) -> list[State]:
    """The first of those that chose the same items, in whatever order."""
    first: dict[frozenset[int], State] = {}
    for state in states:
        first.setdefault(frozenset(state[1]), state)
    return list(first.values())


def _varied(ranked: list[State], count: int) -> list[State]:
    """The best outfits, none twice; an item that was shown makes an outfit less welcome."""
    left, chosen = list(ranked), list[State]()
    shown: Counter[int] = Counter()
    while left and len(chosen) < count:
        best = max(left, key=lambda s: s[0] - REPEATED * sum(shown[i] for i in s[1]) / len(s[1]))
        left.remove(best)
        chosen.append(best)
        shown.update(best[1])
    return chosen
