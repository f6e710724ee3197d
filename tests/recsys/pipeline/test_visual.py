"""Encoder vectors in one small space."""

from __future__ import annotations

import numpy as np

from recsys.pipeline.visual import COMPONENTS, VisualSpace, unit


def vectors(n: int = 300) -> np.ndarray:
    """Two clusters that ten columns show, noise in the others, one column that never changes."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(n, 70)).astype(np.float32)
    rows[:, 2:12] += np.where(np.arange(n) % 2, 20, -20)[:, None]
    rows[:, 1] = 3
    return rows


def space(known: np.ndarray | None = None) -> tuple[VisualSpace, dict]:
    rows = vectors()
    given = {"eye": (rows, np.ones(len(rows), bool) if known is None else known)}
    return VisualSpace.fit(given, {"eye": {"front": slice(0, 20), "back": slice(20, 70)}}, seed=0), given


def test_views_stand_side_by_side_with_unit_variance() -> None:
    found, given = space()
    dense, known, words = found.encode(given, 300)
    assert dense.shape == (300, found.dim)
    assert found.dim == 19 + COMPONENTS
    assert np.isclose(np.square(dense[:, :19]).mean(), 1, atol=1e-3)
    assert known.all()
    assert set(words) == {"look:front", "look:back"}


def test_visual_words_tell_clusters_apart() -> None:
    found, given = space()
    _, _, words = found.encode(given, 300)
    even, odd = set(words["look:front"][::2]), set(words["look:front"][1::2])
    assert not even & odd


def test_unknown_rows_are_zero_and_wordless() -> None:
    half = np.arange(300) < 150
    found, given = space(half)
    dense, known, words = found.encode(given, 300)
    assert (dense[150:] == 0).all()
    assert (dense[:150] != 0).any(1).all()
    assert np.array_equal(known, half)
    assert set(words["look:front"][150:]) == {""}


def test_a_space_survives_its_file() -> None:
    found, given = space()
    again = VisualSpace.from_arrays(found.description(), found.arrays())
    assert np.array_equal(found.encode(given, 300)[0], again.encode(given, 300)[0])
    assert found.encode(given, 300)[2] == again.encode(given, 300)[2]


def test_no_pictures_no_space() -> None:
    empty = VisualSpace.fit({"eye": (vectors(), np.zeros(300, bool))}, {}, seed=0)
    dense, known, words = empty.encode({"eye": (vectors(), np.zeros(300, bool))}, 300)
    assert dense.shape == (300, 0)
    assert not known.any()
    assert words == {}


def test_unit_rows() -> None:
    assert np.allclose(unit(np.array([[3, 4], [0, 0]], np.float32)), [[0.6, 0.8], [0, 0]])
