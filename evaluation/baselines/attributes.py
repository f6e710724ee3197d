"""Rank by which attribute values go together: knows nothing of single items, so it serves new ones too."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.stats import entropy

from data.types import Item
from evaluation.baselines.index import ItemIndex
from evaluation.baselines.pairs import PairScorer, Positions
from evaluation.scorer import Ids, Scores

MOST_VALUES = 6000
"""Values and crossed values kept, those of most items first; the table of their pairs is quadratic in it."""


def informative_attributes(
    items: Sequence[Item], *, largest_share: float = 0.2, least_bits: float = 0.1
) -> tuple[str, ...]:
    """Names of the attributes that tell items of one category apart without naming them one by one.

    Left out are identifiers and file names (more distinct values than ``largest_share`` of the items that have the
    attribute), attributes that category all but settles (``least_bits`` of entropy within categories), and copies: of
    attributes that sort the items alike, such as a code and its name, the first by name stays.
    """
    columns: dict[str, dict[int, tuple[str, ...]]] = defaultdict(dict)
    for row, item in enumerate(items):
        for name, values in item.attributes.items():
            if values:
                columns[name][row] = tuple(values)
    kept: dict[tuple[int, ...], str] = {}
    for name in sorted(columns):
        column = columns[name]
        distinct = len(set(column.values()))
        bits = _bits_within([items[row].category for row in column], list(column.values()))
        if distinct <= max(2.0, largest_share * len(column)) and bits >= least_bits:
            number: dict[tuple[str, ...], int] = {}
            sorting = [-1] * len(items)
            for row, values in column.items():
                sorting[row] = number.setdefault(values, len(number))
            kept.setdefault(tuple(sorting), name)
    return tuple(sorted(kept.values()))


def _bits_within(categories: Sequence[str], values: Sequence[tuple[str, ...]]) -> float:
    """Entropy of values given category, in bits."""
    of: dict[str, Counter[tuple[str, ...]]] = defaultdict(Counter)
    for category, value in zip(categories, values, strict=True):
        of[category][value] += 1
    return sum(c.total() / len(values) * float(entropy(list(c.values()), base=2)) for c in of.values())


class AttributePmi(PairScorer):
    """Pointwise mutual information of attribute values over the pairs of items of training outfits.

    Values count alone and crossed two by two (material with colour). Over ordered pairs of items of one outfit, let
    J[v, w] count those where one has v and the other w, and E[v, w] what their attributes' margins let expect. Two
    items' affinity is the sum of log((J + k) / (E + k)) over their values, less its mean over all items of their
    categories, so that outfits of unlike categories compare. ``k`` shrinks what is rare towards 0 and was chosen on
    validation questions.
    """

    name = "attribute PMI"

    def __init__(self, index: ItemIndex, held: csr_array, table: NDArray[np.float32], category: Positions) -> None:
        """Take ``held`` [items, values] of 0 and 1, ``table`` [values, values], ``category`` [items] from 0."""
        self._index = index
        self._held = held
        self._profile = np.asarray(held @ table, np.float32)  # [items, values]
        self._category = category
        size = int(category.max(initial=-1)) + 1
        share = csr_array(
            (1.0 / np.bincount(category, minlength=size)[category], (category, np.arange(len(category)))),
            shape=(size, len(category)),
        )
        self._usual = np.asarray((share @ held) @ (share @ self._profile).T, np.float64)  # [categories, categories]

    @classmethod
    def fit(cls, outfits: Sequence[Ids], items: Iterable[Item], *, shrinkage: float = 0.3) -> AttributePmi:
        """Count the pairs of values in training outfits; ``items`` describes training items and any that may come."""
        if shrinkage <= 0:
            raise ValueError(f"shrinkage {shrinkage}: a positive number of pairs is wanted")
        described = sorted({i.item_id: i for i in items}.values(), key=lambda i: i.item_id)
        index = ItemIndex(i.item_id for i in described)
        outfit_items = index.incidence(outfits)
        held, kind = _values_held(described, informative_attributes(described), outfit_items)
        number = {c: n for n, c in enumerate(sorted({i.category for i in described}))}
        category = np.array([number[i.category] for i in described], np.int64)
        return cls(index, held, _information(outfit_items, held, kind, shrinkage), category)

    def _pairs(self, left: Positions, right: Positions) -> Scores:
        held = self._held[right]
        total = np.asarray(held.multiply(self._profile[left]).sum(axis=1), np.float64).ravel()
        return np.asarray(total - self._usual[self._category[left], self._category[right]], np.float64)

    def _block(self, left: Positions, right: Positions) -> Scores:
        total = np.asarray(self._held[right] @ self._profile[left].T, np.float64).T
        return np.asarray(total - self._usual[np.ix_(self._category[left], self._category[right])], np.float64)


def _values_held(
    items: Sequence[Item], attributes: Sequence[str], outfit_items: csr_array
) -> tuple[csr_array, Positions]:
    """Which item has which value or crossed value that training shows, [items, values], and the kinds of the values."""
    kinds: list[tuple[str, ...]] = [(a,) for a in attributes] + list(combinations(attributes, 2))
    rows, columns = [], []
    number: dict[tuple[int, tuple[str, ...]], int] = {}
    for row, item in enumerate(items):
        for kind, names in enumerate(kinds):
            for value in product(*(dict.fromkeys(item.attributes.get(name, ())) for name in names)):
                rows.append(row)
                columns.append(number.setdefault((kind, value), len(number)))
    shape = (len(items), len(number))
    held = csr_array((np.ones(len(rows), np.float32), (rows, columns)), shape=shape)
    shown = np.asarray(outfit_items.sum(axis=0), np.float64).ravel() > 0
    support = np.asarray(held[shown].sum(axis=0), np.float64).ravel()
    kept = np.sort(np.argsort(-support, kind="stable")[: min(MOST_VALUES, int((support > 0).sum()))])
    of_kind = np.array([kind for kind, _ in number], np.int64)
    return csr_array(held[:, kept]), of_kind[kept]


def _information(outfit_items: csr_array, held: csr_array, kind: Positions, shrinkage: float) -> NDArray[np.float32]:
    """log((J + k) / (E + k)), [values, values]."""
    in_outfit = outfit_items @ held  # [outfits, values]: items of the outfit that have the value
    times = np.asarray(outfit_items.sum(axis=0), np.float64).ravel()
    itself = held.T @ held.multiply(times[:, None])  # an item is no pair with itself
    joint = np.asarray((in_outfit.T @ in_outfit - itself).toarray(), np.float32)
    kinds = np.unique(kind, return_inverse=True)[1]
    of_kind = np.eye(int(kinds.max(initial=-1)) + 1, dtype=np.float32)[kinds]  # [values, kinds]
    margin = joint @ of_kind  # [values, kinds]: pairs of a value with any value of a kind
    total = of_kind.T @ margin  # [kinds, kinds]
    expected = margin[:, kinds]
    expected = expected * expected.T / np.maximum(total[np.ix_(kinds, kinds)], 1)
    return np.asarray(np.log((joint + shrinkage) / (expected + shrinkage)), np.float32)
