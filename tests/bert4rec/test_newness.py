"""The constant that new items gain: the most likely one given what was worn in held-out outfits."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from bert4rec.newness import fit_newness, passed_over

KNOWN, NEW = 60, 20


def scorer(new: np.ndarray[Any, np.dtype[np.bool_]], lower: float = 3.0, worn: int = 5) -> Any:
    """Of one category; new items score ``lower`` less than known ones, ``worn`` so often, all of which score alike."""

    def score_many(contexts: Sequence[Any], candidates: Any) -> Any:
        return np.where(new[candidates], -lower, 0.0).astype(np.float32)

    return SimpleNamespace(
        codes=SimpleNamespace(category=np.zeros(len(new), np.int64)),
        evidence=SimpleNamespace(new=torch.from_numpy(new), degree=torch.from_numpy(worn * (~new).astype(np.int64))),
        score_many=score_many,
    )


@pytest.fixture
def new() -> Any:
    return np.arange(KNOWN + NEW) >= KNOWN


def pairs(share_new: float, new: Any, n: int = 400) -> list[Any]:
    """Outfits of two: a known item with a known or a new one."""
    rng = np.random.default_rng(1)
    second = np.where(rng.random(n) < share_new, rng.integers(KNOWN, KNOWN + NEW, n), rng.integers(0, KNOWN, n))
    return [np.array([a, b]) for a, b in zip(rng.integers(0, KNOWN, n), second, strict=True) if a != b]


def test_where_new_items_are_worn_as_often_only_the_level_is_made_up_for(new: Any) -> None:
    """Half of the places hold a known item by design, so a quarter of all is new where every second one is."""
    constant = fit_newness(scorer(new), pairs(0.5, new), np.random.default_rng(0))
    assert constant == pytest.approx(3.0, abs=0.2)


def test_what_is_worn_more_often_gains_and_what_is_never_worn_loses(new: Any) -> None:
    often = fit_newness(scorer(new), pairs(1.0, new), np.random.default_rng(0))
    assert often == pytest.approx(3.0 + np.log(3), abs=0.2), "odds of 1 in places, of 1/3 in the catalogue"
    outfits = pairs(0.0, new)
    rest = [np.array([0, item]) for item in np.flatnonzero(new)]  # each new item once, to be worn by someone
    seldom = fit_newness(scorer(new), [*outfits, *rest], np.random.default_rng(0))
    assert 0.0 < seldom < 2.0


def test_of_what_came_after_all_outfits_as_much_counts_as_was_worn_for_the_first_time(new: Any) -> None:
    """All new items were worn, and three or thirty times as many have come since: twice the number are counted."""
    few, many = (np.concatenate([new, np.ones(times * NEW, bool)]) for times in (3, 30))
    twice = 3.0 + np.log((1 / 3) / (2 * NEW / KNOWN))  # the odds in places over those among items
    for later in (few, many):
        constant = fit_newness(scorer(later), pairs(0.5, new, 4000), np.random.default_rng(0))
        assert constant == pytest.approx(twice, abs=0.25)
    never = fit_newness(scorer(new), pairs(0.0, new), np.random.default_rng(0))
    assert never == pytest.approx(3.0, abs=0.01), "nobody wore a new one yet: the level alone"


def test_where_most_items_are_worn_once_those_not_worn_were_passed_over_like_them(new: Any) -> None:
    """Sixty worn once let expect many more that were not worn by chance: those thirty times as many are no arrivals."""
    later = np.concatenate([new, np.ones(30 * NEW, bool)])
    constant = fit_newness(scorer(later, worn=1), pairs(0.5, new, 4000), np.random.default_rng(0))
    assert constant == pytest.approx(3.0 + np.log((1 / 3) / (31 * NEW / KNOWN)), abs=0.25)


def test_how_many_were_passed_over() -> None:
    assert passed_over(np.array([1, 1, 1, 1, 2, 2, 9, 0, 0])) == 2.0
    assert passed_over(np.array([5, 5, 0])) == 0.0
    assert passed_over(np.array([1] * 10)) == 45.0


def test_a_few_outfits_move_it_a_little(new: Any) -> None:
    one = fit_newness(scorer(new), pairs(1.0, new)[:1], np.random.default_rng(0))
    assert 3.0 < one < 4.0, "within a standard deviation"
    assert fit_newness(scorer(new), pairs(0.0, new)[:2], np.random.default_rng(0)) > 2.0


def test_where_all_that_is_new_was_held_out_the_level_alone_counts(new: Any) -> None:
    constant = fit_newness(scorer(new), pairs(1.0, new), np.random.default_rng(0), representative=False)
    assert constant == pytest.approx(3.0, abs=1e-6)


def test_with_nothing_to_go_by_nothing_is_added(new: Any) -> None:
    rng = np.random.default_rng(0)
    assert fit_newness(scorer(new), [], rng) == 0
    assert fit_newness(scorer(np.zeros(80, bool)), pairs(0.5, new), rng) == 0
    assert fit_newness(scorer(np.ones(80, bool)), pairs(0.5, new), rng) == 0
