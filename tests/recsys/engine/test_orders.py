"""Orders in which a context comes together, against games whose values are known."""

from __future__ import annotations

from itertools import combinations
from math import factorial, sqrt

import numpy as np
import pytest

from recsys.engine.orders import EXACT, PAIRS, Joining, joinings

Worth = dict[tuple[int, ...], float]


def values(size: int, worth: Worth) -> list[float]:
    out = [0.0] * size
    for joining in joinings(size):
        out[joining.joins] += joining.weight * (worth[joining.both] - worth[joining.there])
    return out


def test_the_gloves_game_by_hand() -> None:
    """One left glove (0), two right ones: a pair is worth 1. The left one adds it in four of six orders."""
    pair = {(0, 1), (0, 2), (0, 1, 2)}
    worth = {part: float(part in pair) for part in [(), (0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)]}
    assert values(3, worth) == pytest.approx([4 / 6, 1 / 6, 1 / 6])


@pytest.mark.parametrize("size", [1, 2, EXACT, EXACT + 1, 12])
def test_weights_of_each_item_sum_to_one(size: int) -> None:
    total = [0.0] * size
    for joining in joinings(size):
        assert joining.joins not in joining.there and list(joining.both) == sorted(set(joining.both))
        total[joining.joins] += joining.weight
    assert total == pytest.approx([1.0] * size)


@pytest.mark.parametrize("size", [4, 9])
def test_values_add_up_to_the_worth_of_all(size: int) -> None:
    parts = {joining.both for joining in joinings(size)} | {joining.there for joining in joinings(size)}
    worth = {part: sum(part) ** 1.5 - 2 * len(part) for part in parts}
    assert sum(values(size, worth)) == pytest.approx(worth[tuple(range(size))])


def test_nothing_has_no_orders() -> None:
    assert list(joinings(0)) == []


def every_part(size: int) -> list[tuple[int, ...]]:
    return [part for count in range(size + 1) for part in combinations(range(size), count)]


def shapley(size: int, worth: Worth) -> list[float]:
    """By its definition, over all parts."""
    out = [0.0] * size
    for part in every_part(size):
        weight = factorial(len(part)) * factorial(size - len(part) - 1) / factorial(size) if len(part) < size else 0
        for joins in set(range(size)) - set(part):
            out[joins] += weight * (worth[tuple(sorted((*part, joins)))] - worth[part])
    return out


def followed_round(size: int, worth: Worth) -> list[float]:
    """An estimate to be better than: index order from three places, forwards and backwards."""
    out = [0.0] * size
    for start in range(3):
        forwards = np.roll(np.arange(size), -(start * size // 3)).tolist()
        for order in (forwards, forwards[::-1]):
            for place, joins in enumerate(order):
                there = tuple(sorted(order[:place]))
                out[joins] += (worth[tuple(sorted((*there, joins)))] - worth[there]) / 6
    return out


def random_game(size: int, random: np.random.Generator) -> Worth:
    """As the model's evidence: what each item says, by the root of how many there are, and three times any of three."""
    says = random.normal(size=size)
    groups = [(set(random.choice(size, 3, replace=False).tolist()), random.random()) for _ in range(3)]
    return {
        part: sum(says[list(part)]) / sqrt(max(len(part), 1)) + sum(much for any_of, much in groups if any_of & {*part})
        for part in every_part(size)
    }


@pytest.mark.parametrize("size", [EXACT + 1, EXACT + 2])
def test_three_that_say_the_same_share_it(size: int) -> None:
    """Worth 1 where any of the three is there: a third each, wherever they stand. Mean error .04, worst .15."""
    errors = []
    for three in combinations(range(size), 3):
        found = values(size, {part: float(bool({*three} & {*part})) for part in every_part(size)})
        assert sum(found) == pytest.approx(1) and sum(found[k] for k in three) == pytest.approx(1)
        errors.append([abs(found[k] - 1 / 3) for k in three])
    assert np.mean(errors, axis=1).max() < 0.15 and np.mean(errors) < 0.05
    neighbours = values(size, {part: float(bool({0, 1, 2} & {*part})) for part in every_part(size)})
    assert neighbours[:3] == pytest.approx([1 / 3] * 3, abs=0.15)


@pytest.mark.parametrize("size", [EXACT + 1, EXACT + 2])
def test_the_estimate_is_near_the_values_of_random_games(size: int) -> None:
    random = np.random.default_rng(1)
    estimated, round_about, meant = [], [], []
    for _ in range(20):
        worth = random_game(size, random)
        truth = np.array(shapley(size, worth))
        meant.append(np.abs(truth).mean())
        estimated.append(np.abs(values(size, worth) - truth).mean())
        round_about.append(np.abs(followed_round(size, worth) - truth).mean())
    assert np.mean(estimated) < 0.6 * np.mean(round_about)
    assert np.mean(estimated) < 0.1 * np.mean(meant)


def test_large_contexts_are_followed_in_the_same_orders_each_time() -> None:
    again: list[Joining] = list(joinings(9))
    assert again == list(joinings(9)) and len(again) == 2 * PAIRS * 9
