"""Pairwise precision and recall, worked by hand."""

from __future__ import annotations

import pytest

from data.identity import pairwise_f1


@pytest.mark.parametrize(
    ("found", "truth", "precision", "recall"),
    [
        ("xxyy", "1122", 1.0, 1.0),
        ("xxxx", "1122", 2 / 6, 1.0),
        ("wxyz", "1122", 1.0, 0.0),
        ("xxxy", "1122", 1 / 3, 1 / 2),
        ("wxyz", "1234", 1.0, 1.0),
    ],
)
def test_worked_values(found: str, truth: str, precision: float, recall: float) -> None:
    score = pairwise_f1(dict(enumerate_ids(found)), dict(enumerate_ids(truth)))
    assert (score.precision, score.recall) == pytest.approx((precision, recall))


def enumerate_ids(labels: str) -> list[tuple[str, str]]:
    return [(f"r{place}", label) for place, label in enumerate(labels)]


def test_f1_is_the_harmonic_mean_and_zero_where_nothing_is_right() -> None:
    half = pairwise_f1({"a": "x", "b": "x", "c": "x", "d": "y"}, {"a": "1", "b": "1", "c": "2", "d": "2"})
    assert half.f1 == pytest.approx(2 * (1 / 3) * (1 / 2) / (1 / 3 + 1 / 2))
    assert pairwise_f1({"a": "x", "b": "x", "c": "y", "d": "y"}, {"a": "1", "b": "2", "c": "1", "d": "2"}).f1 == 0.0


def test_regions_that_one_side_does_not_know_are_left_out() -> None:
    assert pairwise_f1({"a": "x", "b": "x", "z": "x"}, {"a": "1", "b": "1", "q": "1"}).f1 == 1.0
