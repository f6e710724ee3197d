"""Rank by how often an item was used, whatever it is put with."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean

import numpy as np

from data.types import Item
from evaluation.baselines.attributes import informative_attributes
from evaluation.baselines.index import ItemIndex
from evaluation.scorer import Ids, Scores

SHRINKAGE = 10.0
"""Items that a value's or a category's average is shrunk by."""


class Popularity:
    """Number of training outfits that hold the item, as log(1 + count); an outfit scores the mean over its items.

    An item that none holds is worth what its description says, where ``fit`` was given it: the average of its category
    moved by the shrunk averages of its attribute values; otherwise 0.
    """

    name = "popularity"

    def __init__(self, values: Mapping[str, float]) -> None:
        self._index = ItemIndex(values)
        self._value = np.array([*(values[i] for i in self._index.ids), 0.0])  # last place: unknown items

    @classmethod
    def fit(cls, outfits: Sequence[Ids], items: Iterable[Item] = ()) -> Popularity:
        """Count the items of training outfits; ``items`` describes those and others that may be asked for."""
        counts = Counter(i for outfit in outfits for i in set(outfit))
        values = {item: float(np.log1p(count)) for item, count in counts.items()}
        return cls({**_supposed(values, list(items)), **values})

    def score(self, context: Ids, candidates: Ids) -> Scores:
        """Value of each candidate, [len(candidates)]; the context says nothing here."""
        return self._value[self._index.encode(candidates)]

    def score_outfits(self, outfits: Sequence[Ids]) -> Scores:
        """Mean over items, [len(outfits)]; 0 for an outfit without any."""
        return np.array([self._value[self._index.encode(o)].mean() if len(o) else 0.0 for o in outfits])


def _supposed(values: Mapping[str, float], items: Sequence[Item]) -> dict[str, float]:
    """What items would be worth by their category and attribute values alone."""
    seen = [i for i in items if i.item_id in values]
    if not seen:
        return {}
    overall = fmean(values[i.item_id] for i in seen)
    of_category: dict[str, list[float]] = defaultdict(list)
    for item in seen:
        of_category[item.category].append(values[item.item_id] - overall)
    category = {name: overall + _shrunk(moves) for name, moves in of_category.items()}
    attributes = informative_attributes(items)
    of_value: dict[tuple[str, str], list[float]] = defaultdict(list)
    for item in seen:
        for key in _described(item, attributes):
            of_value[key].append(values[item.item_id] - category[item.category])
    move = {key: _shrunk(moves) for key, moves in of_value.items()}
    return {
        i.item_id: category.get(i.category, overall) + sum(move.get(key, 0.0) for key in _described(i, attributes))
        for i in items
    }


def _shrunk(moves: Sequence[float]) -> float:
    return sum(moves) / (len(moves) + SHRINKAGE)


def _described(item: Item, attributes: Sequence[str]) -> list[tuple[str, str]]:
    return [(name, value) for name in attributes for value in item.attributes.get(name, ())]
