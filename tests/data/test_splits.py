"""Splits keep shoots whole, hold their shares, repeat by seed and ignore the order of the input."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from data.hashing import PhotoHash
from data.splits import PARTS, Groups, group_images, split, split_shares
from data.types import ImageRecord, Region


def photographed(shoots: int, seed: int) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Images in shoots of 1 to 9, each shoot with a main style of very unequal frequency and some side styles."""
    generator = np.random.default_rng(seed)
    styles = ["street", "resort", "modern", "punk"]
    images, groups = {}, {}
    for shoot in range(shoots):
        main = str(generator.choice(styles, p=[0.6, 0.25, 0.1, 0.05]))
        for _ in range(int(generator.integers(1, 10))):
            image_id = f"i{len(images):05d}"
            side = [str(generator.choice(styles))] if generator.random() < 0.3 else []
            images[image_id] = sorted({main, *side})
            groups[image_id] = f"s{shoot}"
    return images, groups


def image(image_id: str, shoot: str | None = None, item: str | None = None) -> ImageRecord:
    regions = (Region(region_id=f"{image_id}/top#0", part="top", slot="top", item_id=item),) if item else ()
    return ImageRecord(image_id=image_id, source="made", shoot=shoot, regions=regions)


def test_no_group_is_in_two_parts_and_shares_hold_for_all_and_for_each_style() -> None:
    images, groups = photographed(800, seed=1)
    parts = split(images, groups, seed=3)
    assert set(parts) == set(images)
    assert all(len({parts[i] for i in images if groups[i] == g}) == 1 for g in list(set(groups.values()))[:100])
    assert split_shares(parts) == pytest.approx({"train": 0.8, "valid": 0.1, "test": 0.1}, abs=0.003)
    for style in ("street", "resort", "modern", "punk"):
        held = Counter(parts[i] for i in images if style in images[i])
        total = sum(held.values())
        assert held["valid"] / total == pytest.approx(0.1, abs=0.015)
        assert held["test"] / total == pytest.approx(0.1, abs=0.015)


def test_a_rare_style_reaches_every_part() -> None:
    images = {f"i{n:03d}": ["rare"] if n < 10 else ["usual"] for n in range(300)}
    parts = split(images, {}, seed=0)
    assert Counter(parts[f"i{n:03d}"] for n in range(10)) == {"train": 8, "valid": 1, "test": 1}


def test_the_seed_decides_and_the_order_does_not() -> None:
    images, groups = photographed(60, seed=2)
    turned = dict(reversed(images.items()))
    assert split(images, groups, seed=5) == split(turned, groups, seed=5)
    assert split(images, groups, seed=5) != split(images, groups, seed=6)


def test_images_without_styles_are_split_by_size_alone() -> None:
    assert Counter(split({str(n): [] for n in range(50)}, {}, seed=0).values()) == {"train": 40, "valid": 5, "test": 5}


def test_one_group_that_holds_everything_goes_to_one_part() -> None:
    assert set(split({"a": ["x"], "b": []}, {"a": "g", "b": "g"}, seed=0).values()) == {"train"}


def test_no_images_no_parts() -> None:
    assert split({}, {}, seed=0) == {}
    assert split_shares({}) == dict.fromkeys(PARTS, 0.0)


def test_shares_that_do_not_sum_to_one_are_refused() -> None:
    with pytest.raises(ValueError, match="sum to 1"):
        split({"a": []}, {}, seed=0, shares={"train": 0.8, "valid": 0.1, "test": 0.2})


def test_groups_follow_shoots_near_duplicates_and_on_request_items() -> None:
    records = [image("a", "s1"), image("b", "s1"), image("c", None, "coat"), image("d", "s2", "coat"), image("e")]
    fingerprints = {"b": PhotoHash(0b1111, 5, b""), "e": PhotoHash(0b0111, 99, b""), "d": PhotoHash(2**40 - 1, 7, b"")}
    assert group_images(records, hashes=fingerprints) == {"a": "a", "b": "a", "c": "c", "d": "d", "e": "a"}
    assert group_images(records, by_item=True) == {"a": "a", "b": "a", "c": "c", "d": "c", "e": "e"}


def test_groups_are_listed_a_fixed_number_of_times(monkeypatch: pytest.MonkeyPatch) -> None:
    calls, whole = [], Groups.as_dict
    monkeypatch.setattr(Groups, "as_dict", lambda self: calls.append(1) or whole(self))
    names = [f"i{n}" for n in range(50)]
    group_images(map(image, names), hashes={name: PhotoHash(n << 40, 0, b"") for n, name in enumerate(names)})
    assert len(calls) <= 2


def test_one_shoot_name_in_two_sources_is_two_shoots() -> None:
    other = ImageRecord(image_id="z", source="elsewhere", shoot="s1")
    assert group_images([image("a", "s1"), other]) == {"a": "a", "z": "z"}
