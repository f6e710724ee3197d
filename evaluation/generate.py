"""Questions for data sets that bring none."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from data.known_outfits import KnownOutfits
from evaluation.question_types import Cir, Compat, Fitb, Questions


class QuestionConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """How questions are made.

    ``negatives`` wrong candidates a FITB question; at most ``blanks`` questions an outfit; CIR pools of
    ``smallest_pool`` to ``largest_pool`` items (recall@50 in a smaller pool says nothing; a larger one is sampled).
    """

    negatives: int = 3
    blanks: int = 3
    smallest_pool: int = 60
    largest_pool: int = 3000


class _Family:
    """Items of one category, drawn uniformly or in proportion to use."""

    def __init__(self, items: Sequence[str], used: Mapping[str, int]) -> None:
        self.items = tuple(sorted(items))
        weight = np.array([used.get(i, 0) for i in self.items], np.float64)
        self.by_use = weight / weight.sum() if weight.sum() else None

    def draw(self, size: int, rng: np.random.Generator, barred: Set[str], by_use: bool) -> list[str] | None:
        """``size`` distinct items that are not barred; None where 20 rounds do not find them."""
        found: list[str] = []
        for _ in range(20 if len(self.items) > size else 0):
            for k in rng.choice(len(self.items), size=4 * size, p=self.by_use if by_use else None):
                item = self.items[k]
                if item not in found and item not in barred:
                    found.append(item)
                if len(found) == size:
                    return found
        return None


class _Maker:
    def __init__(
        self, universe: Iterable[str], category_of: Mapping[str, str], known: Mapping[str, Sequence[str]], seed: int
    ) -> None:
        used = Counter(i for items in known.values() for i in set(items))
        members: dict[str, list[str]] = defaultdict(list)
        for item in set(universe):
            members[category_of[item]].append(item)
        self.families = {c: _Family(items, used) for c, items in sorted(members.items())}
        self.category_of = category_of
        self.known = KnownOutfits(known)
        self.rng = np.random.default_rng(seed)

    def choice(self, outfit: str, context: tuple[str, ...], target: str, negatives: int, by_use: bool) -> list[Fitb]:
        barred = self.known.completions(context) | {target, *context}
        family = self.families[self.category_of[target]]
        wrong = family.draw(negatives, self.rng, barred, by_use)
        if wrong is None:
            return []
        answer = int(self.rng.integers(negatives + 1))
        return [Fitb(outfit, context, (*wrong[:answer], target, *wrong[answer:]), answer)]

    def retrieval(self, outfit: str, context: tuple[str, ...], target: str, config: QuestionConfig) -> list[Cir]:
        barred = self.known.completions(context) | set(context)
        pool = [i for i in self.families[self.category_of[target]].items if i not in barred or i == target]
        if len(pool) > config.largest_pool:
            others: NDArray[np.int64] = self.rng.permutation(len(pool))[: config.largest_pool]
            pool = [target, *[pool[k] for k in others if pool[k] != target][: config.largest_pool - 1]]
        return [Cir(outfit, context, target, tuple(sorted(pool)))] if len(pool) >= config.smallest_pool else []

    def judgement(self, outfit: str, items: tuple[str, ...], by_use: bool) -> list[Compat]:
        wrong: list[str] = []
        for item in items:
            taken = {*items, *wrong}
            wrong += self.families[self.category_of[item]].draw(1, self.rng, taken, by_use) or []
        if len(wrong) < len(items) or self.known.holders(wrong):
            return []
        return [Compat(outfit, items, 1), Compat(outfit, tuple(wrong), 0)]


def make_questions(
    outfits: Mapping[str, Sequence[str]],
    universe: Iterable[str],
    category_of: Mapping[str, str],
    *,
    seed: int,
    known: Mapping[str, Sequence[str]] | None = None,
    config: QuestionConfig | None = None,
) -> Questions:
    """Ask about held-out outfits; wrong answers are of the right one's category.

    Parameters
    ----------
    outfits
        The outfits to ask about, by id; those with fewer than two items of the universe give no question.
    universe
        Items that may be asked for and drawn as wrong answers.
    category_of
        Category of every item of the universe.
    known
        All outfits that are known, those of training too (``outfits`` where not given): an item that stands in one of
        them with the whole context is never a wrong answer, and their counts are the popularity that hard ones follow.

    Raises
    ------
    ValueError
        An item of the universe has no category.
    """
    universe = set(universe)
    bare = sorted(universe - category_of.keys())
    if bare:
        raise ValueError(f"{len(bare)} items of the universe have no category, the first is {bare[0]!r}")
    config = config or QuestionConfig()
    maker = _Maker(universe, category_of, {**(known or {}), **outfits}, seed)
    fitb: dict[bool, list[Fitb]] = {False: [], True: []}
    compat: dict[bool, list[Compat]] = {False: [], True: []}
    cir: list[Cir] = []
    for outfit, members in outfits.items():
        items = tuple(dict.fromkeys(i for i in members if i in universe))
        if len(items) < 2:
            continue
        for blank in maker.rng.permutation(len(items))[: config.blanks]:
            context, target = (*items[:blank], *items[blank + 1 :]), items[blank]
            for by_use in (False, True):
                fitb[by_use] += maker.choice(outfit, context, target, config.negatives, by_use)
            cir += maker.retrieval(outfit, context, target, config)
        for by_use in (False, True):
            compat[by_use] += maker.judgement(outfit, items, by_use)
    return Questions(tuple(fitb[False]), tuple(fitb[True]), tuple(compat[False]), tuple(compat[True]), tuple(cir))
