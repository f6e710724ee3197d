"""Average precision, against values worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from vision.detector.garments import Garment, without_doubles
from vision.detector.precision import measure

CLASSES = ("top", "bottom", "hat")


def garment(category: str, score: float, x: int, width: int = 40) -> Garment:
    """A square from column ``x`` in a photo of 100 x 100."""
    mask = np.zeros((100, 100), bool)
    mask[10:50, x : x + width] = True
    return Garment(category, score, (float(x), 10.0, float(x + width), 50.0), mask)


def test_all_found_is_one_and_nothing_found_is_nought() -> None:
    truth = [[garment("top", 1, 5), garment("hat", 1, 50)]]
    report = measure(truth, truth, CLASSES)
    assert report.mask["top"].ap == pytest.approx(1) and report.box["top"].ap == pytest.approx(1)
    assert math.isnan(report.mask["bottom"].ap50)
    assert report.mask["mean"].ap50 == pytest.approx(1)
    none = measure(truth, [[]], CLASSES)
    assert none.mask["top"].ap50 == 0 and none.mask["top"].recall == 0


def test_average_precision_by_hand() -> None:
    """Two tops; surest is right, then a wrong one, then right: precision 1 up to recall .5, then 2/3.

    COCO reads it at the 101 recalls 0, .01, .. 1: 51 of them at 1, 50 at 2/3. A hat is not in the mean.
    """
    truth = [[garment("top", 1, 5), garment("top", 1, 55), garment("hat", 1, 5)]]
    found = [[garment("top", 0.9, 5), garment("top", 0.8, 30), garment("top", 0.7, 55)]]
    report = measure(truth, found, CLASSES)
    by_hand = (51 + 50 * 2 / 3) / 101
    assert report.mask["top"].ap50 == pytest.approx(by_hand, abs=1e-6)
    assert report.box["top"].ap50 == pytest.approx(by_hand, abs=1e-6)
    assert report.mask["mean"].ap50 == pytest.approx(by_hand, abs=1e-6)
    assert report.mask["hat"].ap50 == 0


def test_a_loose_outline_counts_at_half_but_not_at_three_quarters() -> None:
    truth, found = [[garment("top", 1, 5)]], [[garment("top", 0.9, 5, width=60)]]  # 40 of 60 columns: .67
    report = measure(truth, found, CLASSES)
    assert report.mask["top"].ap50 == pytest.approx(1)
    assert report.mask["top"].ap75 == 0
    assert report.mask["top"].ap == pytest.approx(0.4)  # right at .50, .55, .60, .65 of ten
    assert math.isnan(report.mask["top"].small) and report.mask["top"].medium == pytest.approx(0.4)


def test_one_garment_by_two_names_is_the_surer_one() -> None:
    coat, blouse, bag = garment("top", 0.6, 5), garment("bottom", 0.8, 7), garment("hat", 0.5, 60, 20)
    assert [g.category for g in without_doubles([coat, blouse, bag])] == ["bottom", "hat"]
