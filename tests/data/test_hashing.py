"""Perceptual hashes: what they survive, and that the search misses no near pair."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from data.hashing import near_pairs, photo_hash, thumbnail_difference


def scene(seed: int) -> Image.Image:
    generator = np.random.default_rng(seed)
    picture = Image.new("RGB", (300, 420), tuple(int(c) for c in generator.integers(120, 250, 3)))
    pen = ImageDraw.Draw(picture)
    for _ in range(12):
        x, y, w, h = generator.integers(0, 260, 4)
        colour = tuple(int(c) for c in generator.integers(0, 255, 3))
        pen.rectangle((int(x), int(y), int(x + w), int(y + h)), fill=colour)
    return picture


def test_a_resized_recompressed_copy_stays_near_and_another_photo_does_not() -> None:
    buffer = io.BytesIO()
    scene(1).resize((450, 630)).save(buffer, "JPEG", quality=60)
    copy = photo_hash(Image.open(buffer))
    assert max(photo_hash(scene(1)).distances(copy)) <= 4
    assert min(photo_hash(scene(1)).distances(photo_hash(scene(2)))) > 10


def test_one_outline_in_other_colours_differs_in_the_thumbnail() -> None:
    def figure(colour: tuple[int, int, int]) -> np.ndarray:
        picture = Image.new("RGB", (300, 420), (240, 240, 240))
        ImageDraw.Draw(picture).rectangle((100, 80, 200, 350), fill=colour)
        return np.frombuffer(photo_hash(picture).thumbnail, dtype=np.uint8)[None]

    navy, olive = figure((40, 40, 90)), figure((90, 95, 30))
    assert thumbnail_difference(navy, navy).tolist() == [0.0]
    assert thumbnail_difference(navy, olive)[0] > 24.0


def test_brightness_alone_changes_little() -> None:
    brighter = scene(3).point(lambda value: value * 0.9)
    assert max(photo_hash(scene(3)).distances(photo_hash(brighter))) <= 4


@pytest.mark.parametrize("radius", [0, 3, 6, 9])
def test_the_search_finds_exactly_the_near_pairs_of_brute_force(radius: int) -> None:
    generator = np.random.default_rng(radius)
    centres = generator.integers(0, 2**63, 60, dtype=np.uint64)
    noise = np.array([[np.uint64(1) << np.uint64(b) for b in generator.integers(0, 64, 5)] for _ in range(240)])
    codes = np.concatenate([centres, np.repeat(centres, 4) ^ np.bitwise_xor.reduce(noise, axis=1)])
    codes = np.unique(codes)
    generator.shuffle(codes)
    left, right = np.triu_indices(len(codes), 1)
    near = np.bitwise_count(codes[left] ^ codes[right]) <= radius
    assert near_pairs(codes, radius).tolist() == np.stack([left[near], right[near]], axis=1).tolist()


def test_equal_codes_are_connected_through_the_first_of_them() -> None:
    codes = np.array([7, 9_000, 7, 7], dtype=np.uint64)
    assert near_pairs(codes, 0).tolist() == [[0, 2], [0, 3]]


def test_a_radius_that_cannot_be_searched_is_refused() -> None:
    with pytest.raises(ValueError, match="12 given"):
        near_pairs(np.zeros(2, dtype=np.uint64), 12)
