"""Orders in which a context comes together, against games whose values are known."""

from __future__ import annotations

import pytest

from recsys.engine.orders import EXACT, joinings


def values(size: int, worth: dict[tuple[int, ...], float]) -> list[float]:
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
