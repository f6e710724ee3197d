"""Composition against a scorer whose best outfits are known."""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

from recsys.engine.composition import Composer

SLOTS = {"a": np.arange(0, 10), "b": np.arange(10, 20), "c": np.zeros(0, np.int64)}
Index = NDArray[np.int64]


def affinity() -> NDArray[np.float64]:
    table = np.random.default_rng(0).normal(size=(21, 21))
    return (table + table.T) / 2


TABLE = affinity()


def whole(outfits: list[Index]) -> NDArray[np.float32]:
    return np.array([TABLE[np.ix_(o, o)].sum() - np.trace(TABLE[np.ix_(o, o)]) for o in outfits], np.float32)


def score(context: Index, candidates: Index) -> NDArray[np.float32]:
    return TABLE[np.ix_(context, candidates)].sum(0).astype(np.float32)


def composer(beam: int = 64) -> Composer:
    return Composer(lambda partial, slot: np.setdiff1d(SLOTS[slot], partial), score, whole, beam)


def test_a_wide_beam_finds_nearly_the_best_outfit() -> None:
    context = np.array([20])
    found = composer().compose(context, ("a", "b"), 1)[0]
    every = [float(whole([np.array([20, a, b])])[0]) for a, b in product(SLOTS["a"], SLOTS["b"])]
    assert found.score >= sorted(every)[-3]
    assert found.slots == ("a", "b")


def test_answers_differ_and_an_empty_slot_is_left_out() -> None:
    found = composer().compose(np.array([20]), ("a", "c", "b"), 5)
    assert len({f.chosen for f in found}) == 5
    assert all(f.slots == ("a", "b") for f in found)


def test_answers_do_not_all_share_one_item() -> None:
    found = composer().compose(np.array([20]), ("a", "b"), 4)
    firsts = [f.chosen[0] for f in found]
    assert len(set(firsts)) >= 3


def test_a_slot_asked_for_twice_does_not_give_one_outfit_twice() -> None:
    found = composer().compose(np.array([20]), ("a", "a"), 6)
    assert len({frozenset(f.chosen) for f in found}) == 6


def test_nothing_to_fill_gives_nothing() -> None:
    assert composer().compose(np.array([20]), ("c",), 3) == []


def test_fewer_outfits_than_asked_when_there_are_no_more() -> None:
    tiny = Composer(lambda partial, slot: np.array([1, 2]), score, whole)
    assert len(tiny.compose(np.array([20]), ("a",), 9)) == 2
