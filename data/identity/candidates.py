"""Pairs of regions that may show one item, without comparing everything with everything."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from data.identity.evidence import Evidence, FloatArray
from data.identity.facts import IdentitySettings, RegionFact, shoot_of

_TREES = 2
_COLOUR = "colour"


class Candidates(NamedTuple):
    """Likely pairs, likeliest first: places ``left`` and ``right`` ``[P]``, and log-odds before any comparison."""

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    prior: FloatArray


def find_candidates(facts: Sequence[RegionFact], evidence: Evidence, settings: IdentitySettings) -> Candidates:
    """The likeliest partners of every region among those that share its shoot, category or colour.

    A slot small enough for one block is compared as a whole. A larger one is blocked three ways, so that one wrong or
    missing value costs a region one block of three, and blocks that are still too large are halved along random
    directions, twice over. Work and memory grow with the number of regions times ``max_block``.
    """
    image, shoot, slot = (_numbered(values) for values in _places(facts))
    prior = _Prior(slot, shoot, settings.recurrence)
    floor = float(np.log(settings.min_confidence / (1.0 - settings.min_confidence)))
    found: list[tuple[NDArray[np.int64], NDArray[np.int64], FloatArray]] = []
    for block in _blocks(facts, evidence, settings):
        scores = evidence.scores(block)
        scores += prior.of_pairs(block[:, None], block[None, :])
        scores[image[block][:, None] == image[block][None, :]] = -np.inf
        row, column = _likeliest(scores, settings.neighbours, floor)
        found.append((block[row], block[column], scores[row, column]))
    if not found:
        none = np.zeros(0, dtype=np.int64)
        return Candidates(none, none, np.zeros(0, dtype=np.float32))
    left, right, odds = (np.concatenate(parts) for parts in zip(*found, strict=True))
    left, right = np.minimum(left, right), np.maximum(left, right)
    _, once = np.unique(left * np.int64(len(facts)) + right, return_index=True)
    left, right, odds = left[once], right[once], odds[once]
    keep = (shoot[left] == shoot[right]) | _signature(evidence, settings, left, right)
    order = np.flatnonzero(keep)[np.argsort(-odds[keep], kind="stable")]
    left, right = left[order], right[order]
    return Candidates(left, right, prior.of_pairs(left, right))


class _Prior:
    """Log-odds that two regions show one item before they are compared: the fewer to choose from, the likelier."""

    def __init__(self, slot: NDArray[np.int64], shoot: NDArray[np.int64], recurrence: float) -> None:
        together = slot * np.int64(shoot.max(initial=0) + 1) + shoot
        _, inverse, counts = np.unique(together, return_inverse=True, return_counts=True)
        self._shoot = shoot
        self._within = np.log(recurrence / np.maximum(counts[inverse], recurrence)).astype(np.float32)
        self._across = np.log(recurrence / np.maximum(np.bincount(slot)[slot], recurrence)).astype(np.float32)

    def of_pairs(self, left: NDArray[np.int64], right: NDArray[np.int64]) -> FloatArray:
        """For pairs of regions of one slot; ``left`` and ``right`` broadcast."""
        together = self._shoot[left] == self._shoot[right]
        return np.where(together, self._within[left], self._across[left])


def _signature(
    evidence: Evidence, settings: IdentitySettings, left: NDArray[np.int64], right: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Which pairs may match across shoots: enough attributes agree, and both were seen and look alike."""
    alike = np.nan_to_num(evidence.cosines(left, right), nan=-1.0) >= settings.visual_floor
    return np.asarray(alike & (evidence.agreeing(left, right) >= settings.min_agreeing))


def _places(facts: Sequence[RegionFact]) -> tuple[list[Hashable], list[Hashable], list[Hashable]]:
    """Image, shoot and slot of each region."""
    return [fact.image_id for fact in facts], [shoot_of(fact) for fact in facts], [fact.slot for fact in facts]


def _numbered(values: Sequence[Hashable]) -> NDArray[np.int64]:
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(value, len(numbers)) for value in values], dtype=np.int64)


def _blocks(facts: Sequence[RegionFact], evidence: Evidence, settings: IdentitySettings) -> Iterator[NDArray[np.int64]]:
    """Places of regions to compare with each other: two at least, ``max_block`` at most, one slot each."""
    slots: defaultdict[str, list[int]] = defaultdict(list)
    for place, fact in enumerate(facts):
        slots[fact.slot].append(place)
    rng = np.random.default_rng(settings.seed)
    for slot in sorted(slots):
        if len(slots[slot]) <= settings.max_block:
            blocks = [np.array(slots[slot], dtype=np.int64)]
        else:
            blocks = [np.array(block, dtype=np.int64) for block in _keyed(facts, slots[slot])]
        for block in blocks:
            trees = 1 if len(block) <= settings.max_block else _TREES
            for _ in range(trees):
                yield from _halved(block, evidence.visual, settings.max_block, rng)


def _keyed(facts: Sequence[RegionFact], places: Sequence[int]) -> list[list[int]]:
    """The places that share a shoot, a category or a colour."""
    blocks: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for place in places:
        fact = facts[place]
        if fact.shoot is not None:
            blocks["shoot", fact.source, fact.shoot].append(place)
        if fact.category is not None:
            blocks["category", fact.category].append(place)
        for colour in fact.attributes.get(_COLOUR, ())[:1]:
            blocks["colour", colour].append(place)
    return [blocks[key] for key in sorted(blocks) if len(blocks[key]) > 1]


def _halved(
    block: NDArray[np.int64], visual: FloatArray, largest: int, rng: np.random.Generator
) -> Iterator[NDArray[np.int64]]:
    """The block, cut at the median of random directions until its parts are small enough; like looks stay together."""
    if len(block) < 2:
        return
    if len(block) <= largest:
        yield block
        return
    along = visual[block] @ rng.standard_normal(visual.shape[1], dtype=np.float32)
    order = block[np.argsort(along, kind="stable")]
    yield from _halved(order[: len(order) // 2], visual, largest, rng)
    yield from _halved(order[len(order) // 2 :], visual, largest, rng)


def _likeliest(scores: FloatArray, neighbours: int, floor: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Row and column of the ``neighbours`` highest scores of each row that exceed ``floor``."""
    count = min(neighbours, scores.shape[1])
    columns = np.argpartition(-scores, count - 1, axis=1)[:, :count]  # [N, neighbours]
    rows = np.repeat(np.arange(len(scores), dtype=np.int64), count)
    flat = columns.ravel().astype(np.int64)  # [N, neighbours] -> [N * neighbours]
    high = scores[rows, flat] > floor
    return rows[high], flat[high]
