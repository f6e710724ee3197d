"""Masks as run lengths and back."""

from __future__ import annotations

import numpy as np
import pytest

from vision.errors import VisionError
from vision.masks import decode_mask, encode_mask


def test_a_mask_comes_back_as_it_was() -> None:
    rng = np.random.default_rng(0)
    for shape in ((1, 1), (3, 7), (40, 25)):
        mask = rng.random(shape) < 0.4
        encoded = encode_mask(mask)
        assert encoded["size"] == list(shape) and encoded["counts"].isascii()
        assert (decode_mask(encoded) == mask).all()


def test_run_lengths_of_another_size_are_refused() -> None:
    encoded = encode_mask(np.ones((10, 10), bool))
    with pytest.raises(VisionError, match="more pixels than it has"):
        decode_mask({"size": [5, 5], "counts": encoded["counts"]})
    with pytest.raises(VisionError):
        decode_mask({"size": [5, 5], "counts": ""})
