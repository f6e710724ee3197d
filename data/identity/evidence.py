"""How strongly two garments' attributes and looks speak for their being one item."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.identity.facts import IdentityError, IdentitySettings, RegionFact, shoot_of

FloatArray = NDArray[np.float32]

_CLIP = 3.0
_FEWEST_TO_SCALE = 8
_FEWEST_IN_SLOT = 50
_VISUAL_DIM = 96
_CATEGORY = "category"

WITHIN_SHOOT = 0.5
"""Correlation of what is said of one garment in two photos of one shoot, beyond what is true of it."""


@dataclass(slots=True)
class Profile:
    """Sums over a group of regions: of each value, of each attribute stated ``[A]``, of unit descriptors ``[D]``, and
    how many regions of each shoot are in it."""

    size: int
    shoots: dict[int, int]
    values: dict[int, int]
    stated: FloatArray
    look: FloatArray
    seen: int

    def __add__(self, other: Profile) -> Profile:
        return Profile(
            self.size + other.size,
            _summed(self.shoots, other.shoots, 1),
            _summed(self.values, other.values, 1),
            self.stated + other.stated,
            self.look + other.look,
            self.seen + other.seen,
        )

    def __sub__(self, other: Profile) -> Profile:
        return Profile(
            self.size - other.size,
            _summed(self.shoots, other.shoots, -1),
            _summed(self.values, other.values, -1),
            self.stated - other.stated,
            self.look - other.look,
            self.seen - other.seen,
        )

    @property
    def independence(self) -> float:
        """Share of its regions' statements that count as independent: n photos of one shoot, described in one go, say
        as much as n / (1 + (n - 1) ``WITHIN_SHOOT``) described each by itself (Kish's design effect)."""
        return sum(n / (1 + (n - 1) * WITHIN_SHOOT) for n in self.shoots.values() if n) / max(self.size, 1)


def _summed(a: dict[int, int], b: dict[int, int], sign: int) -> dict[int, int]:
    return {key: a.get(key, 0) + sign * b.get(key, 0) for key in a.keys() | b.keys()}


class Evidence:
    """Log-likelihood ratios between regions, as inner products, so that blocks of pairs are matrix products.

    Attributes follow Fellegi and Sunter, "A theory for record linkage" (JASA 1969): two garments of one item state the
    same value with probability ``m`` (``attribute_agreement`` squared), two others with the value's own frequency
    ``p`` in its slot. Agreement counts ``log(m / p + 1 - m)``, disagreement ``log(1 - m)``, a missing value nothing:
    rare values say most, and one wrong or missing attribute is outvoted. Looks add ``visual_weight`` times the cosine
    above ``visual_neutral``, after each slot's descriptors are brought to zero mean and unit spread.

    The ratio of two regions is bilinear in what is known of each, so that of two groups' sums (`Profile`) is the sum
    over all pairs between them.
    """

    def __init__(self, facts: Sequence[RegionFact], descriptors: FloatArray | None, settings: IdentitySettings) -> None:
        self._settings = settings
        self._disagreement = -float(np.log(1.0 - settings.attribute_agreement**2))
        self.visual, self.has_visual = _unit_descriptors(facts, descriptors, settings.seed)
        self._codes, self._frequency, self._lists = _codes(facts)
        self._weights = _weights(self._frequency, settings.attribute_agreement**2)
        shoots: dict[Hashable, int] = {}
        self._shoot = [shoots.setdefault(shoot_of(fact), len(shoots)) for fact in facts]
        self._attribute = np.zeros(len(self._frequency), dtype=np.int32)
        row, column = np.nonzero(self._codes >= 0)
        self._attribute[self._codes[row, column]] = column

    def _rows(self, places: NDArray[np.int64]) -> tuple[FloatArray, FloatArray]:
        """What speaks for a match ``[N, F]`` and against it ``[N, A + 1]``, as factors of inner products."""
        settings = self._settings
        codes = self._codes[places]  # [N, A]
        stated = codes >= 0
        used = np.unique(codes[stated])
        agree = np.zeros((len(places), len(used)), dtype=np.float32)
        row, _ = np.nonzero(stated)
        column = np.searchsorted(used, codes[stated])
        agree[row, column] = np.sqrt(self._weights[used])[column]
        seen = self.has_visual[places, None].astype(np.float32)
        look = self.visual[places] * np.float32(np.sqrt(settings.visual_weight))
        differ = stated * np.float32(np.sqrt(self._disagreement))
        neutral = seen * np.float32(np.sqrt(settings.visual_weight * settings.visual_neutral))
        return np.concatenate([agree, look], axis=1), np.concatenate([differ, neutral], axis=1, dtype=np.float32)

    def scores(self, places: NDArray[np.int64]) -> FloatArray:
        """Log-likelihood ratios ``[N, N]`` between regions of one slot."""
        for_, against = self._rows(places)
        ratios: FloatArray = for_ @ for_.T - against @ against.T
        return ratios

    def profile(self, place: int) -> Profile:
        """One region, as a group of one."""
        codes = self._codes[place]
        stated = codes >= 0
        return Profile(
            size=1,
            shoots={self._shoot[place]: 1},
            values=dict.fromkeys(codes[stated].tolist(), 1),
            stated=stated.astype(np.float32),
            look=self.visual[place],
            seen=int(self.has_visual[place]),
        )

    def mean_ratio(self, a: Profile, b: Profile) -> float:
        """Mean log-likelihood ratio over all pairs between two groups of one slot."""
        few, many = (a, b) if len(a.values) <= len(b.values) else (b, a)
        shared = [(code, n * many.values[code]) for code, n in few.values.items() if code in many.values]
        agree = sum(self._weights[code] * pairs for code, pairs in shared)
        look = float(a.look @ b.look) - self._settings.visual_neutral * a.seen * b.seen
        total = agree - self._disagreement * float(a.stated @ b.stated) + self._settings.visual_weight * look
        return float(total / (a.size * b.size))

    def consensus_ratios(self, a: Profile, b: Profile) -> list[float]:
        """Log-likelihood ratios that two groups have the same true value of each attribute that both state, not each
        its own.

        Of each attribute one value is true of an item and every region states it with probability m, else any value by
        its frequency; the true value is summed out. Unlike a mean over pairs this grows with the groups: one region
        that says blue among ten that say grey is a slip, seven against thirteen are two items. Photos of one shoot are
        no independent witnesses (`Profile.independence`), and a list that names more than another contradicts nothing.
        """
        of_a, of_b = a.independence, b.independence
        ratios = []
        for attribute in {int(self._attribute[code]) for code in a.values} & {
            int(self._attribute[code]) for code in b.values
        }:
            mine = {code: n * of_a for code, n in a.values.items() if self._attribute[code] == attribute}
            other = {code: n * of_b for code, n in b.values.items() if self._attribute[code] == attribute}
            both = {code: mine.get(code, 0) + other.get(code, 0) for code in mine.keys() | other.keys()}
            if self._overlap(max(mine, key=mine.__getitem__), max(other, key=other.__getitem__)):
                continue
            ratios.append(self._marginal(both) - self._marginal(mine) - self._marginal(other))
        return ratios

    def look_gap(self, a: Profile, b: Profile) -> float:
        """Mean visual cosine between two groups less that within them; 0 where neither has two regions with looks."""
        pairs = [p.seen * (p.seen - 1) for p in (a, b)]
        if not sum(pairs) or not a.seen or not b.seen:
            return 0.0
        within = sum(float(p.look @ p.look) - p.seen for p in (a, b) if p.seen > 1) / sum(pairs)
        return float(a.look @ b.look) / (a.seen * b.seen) - within

    def _overlap(self, a: int, b: int) -> bool:
        """Whether two different lists of values share one."""
        return a != b and not self._lists[a].isdisjoint(self._lists[b])

    def _marginal(self, stated: dict[int, float]) -> float:
        """Log-probability of statements (code to count) about one attribute, less what mere chance gives them.

        Every true value that nobody states explains them alike, by slips alone.
        """
        m, codes = self._settings.attribute_agreement, list(stated)
        size, known = sum(stated.values()), sum(float(self._frequency[code]) for code in codes)
        terms = [size * math.log(1.0 - m) + math.log(max(1.0 - known, 1e-9))]
        for code in codes:
            p, n = float(self._frequency[code]), stated[code]
            terms.append(math.log(p) + n * math.log(m / p + 1.0 - m) + (size - n) * math.log(1.0 - m))
        return float(np.logaddexp.reduce(terms))

    def agreeing(self, left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many attributes (category among them) both regions of each pair state alike, ``[P]``."""
        same = (self._codes[left] == self._codes[right]) & (self._codes[left] >= 0)
        return np.asarray(same.sum(axis=1), dtype=np.int64)

    def cosines(self, left: NDArray[np.int64], right: NDArray[np.int64]) -> FloatArray:
        """Visual cosine of each pair, ``[P]``; NaN where either has no descriptor."""
        cosine = np.einsum("pd,pd->p", self.visual[left], self.visual[right])
        cosine[~(self.has_visual[left] & self.has_visual[right])] = np.nan
        return np.asarray(cosine, dtype=np.float32)


def _weights(frequency: NDArray[np.float64], match: float) -> NDArray[np.float64]:
    """What agreement on each value counts.

    It holds what disagreement would have cost too, because `Evidence` takes that off every stated pair.
    """
    return np.asarray(np.log(match / np.maximum(frequency, 1e-12) + 1.0 - match) - np.log(1.0 - match), np.float64)


def _codes(
    facts: Sequence[RegionFact],
) -> tuple[NDArray[np.int32], NDArray[np.float64], list[frozenset[str]]]:
    """A number for every slot, attribute and list of values ``[R, A]`` (-1 unstated), each one's share of its
    attribute, and the values in it."""
    names = sorted({name for fact in facts for name in fact.attributes} | {_CATEGORY})
    column = {name: place for place, name in enumerate(names)}
    numbers: dict[tuple[str, str, str], int] = {}
    codes = np.full((len(facts), len(names)), -1, dtype=np.int32)
    stating: Counter[tuple[str, str]] = Counter()
    for row, fact in enumerate(facts):
        stated = {name: "\0".join(sorted(values)) for name, values in fact.attributes.items() if values}
        if fact.category is not None:
            stated[_CATEGORY] = fact.category
        for name, value in stated.items():
            codes[row, column[name]] = numbers.setdefault((fact.slot, name, value), len(numbers))
            stating[fact.slot, name] += 1
    counts = np.bincount(codes[codes >= 0], minlength=len(numbers)).astype(np.float64)
    totals = np.array([stating[slot, name] for slot, name, _ in numbers], dtype=np.float64)
    return codes, counts / np.maximum(totals, 1.0), [frozenset(value.split("\0")) for _, _, value in numbers]


def _unit_descriptors(
    facts: Sequence[RegionFact], descriptors: FloatArray | None, seed: int
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Descriptors scaled by slot, of unit length, at most `_VISUAL_DIM` wide; and which regions have one."""
    if descriptors is None:
        return np.zeros((len(facts), 1), dtype=np.float32), np.zeros(len(facts), dtype=np.bool_)
    if descriptors.ndim != 2 or len(descriptors) != len(facts):
        raise IdentityError(f"descriptors: shape {descriptors.shape} given; one row for each of {len(facts)} regions")
    known = np.isfinite(descriptors).all(axis=1) & (np.nan_to_num(descriptors) != 0.0).any(axis=1)
    if known.sum() < _FEWEST_TO_SCALE:  # too few to know what is usual, so their likeness says nothing
        return np.zeros((len(facts), 1), dtype=np.float32), np.zeros(len(facts), dtype=np.bool_)
    scaled = np.zeros(descriptors.shape, dtype=np.float32)
    slots = np.array([fact.slot for fact in facts])
    for slot in np.unique(slots[known]):
        here = known & (slots == slot)
        usual = descriptors[here if here.sum() >= _FEWEST_IN_SLOT else known]
        spread = np.maximum(usual.std(axis=0), 1e-3 * float(usual.std()) + 1e-9)
        scaled[here] = np.clip((descriptors[here] - usual.mean(axis=0)) / spread, -_CLIP, _CLIP)
    return _unit(_narrowed(scaled, known, seed)), known


def _narrowed(scaled: FloatArray, known: NDArray[np.bool_], seed: int) -> FloatArray:
    """Wide descriptors on their principal axes (of a sample of 20,000), which keep nearly all of every cosine."""
    if scaled.shape[1] <= _VISUAL_DIM:
        return scaled
    rows = np.flatnonzero(known)
    sample = np.random.default_rng(seed).permutation(rows)[:20_000]
    _, axes = np.linalg.eigh(scaled[sample].T @ scaled[sample])
    return np.asarray(scaled @ axes[:, -_VISUAL_DIM:], dtype=np.float32)


def _unit(vectors: FloatArray) -> FloatArray:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9), dtype=np.float32)
