"""Slots of categories and canonical spellings."""

from __future__ import annotations

import pytest

from data.taxonomy import SLOTS, canonical, slot_of, vocabulary


@pytest.mark.parametrize(
    ("category", "slot"),
    [
        ("T-Shirts", "top"),
        ("shirt dress", "dress"),
        ("Dress Shoes", "shoes"),
        ("Dresses and jumpsuits", "dress"),
        ("Bags & Accessories", "bag"),
        ("Wool Coats", "outer"),
        ("watches", "accessory"),
        ("blouses", "top"),
        ("Trenchcoats", "outer"),
        ("가디건", "outer"),
        ("조거팬츠", "bottom"),
        ("점프수트", "dress"),
        ("  Garden  Chairs ", "garden chairs"),
    ],
)
def test_slots(category: str, slot: str) -> None:
    assert slot_of(category) == slot


def test_every_category_of_the_vocabulary_has_a_slot() -> None:
    assert {slot_of(category) for category in vocabulary("category")} <= set(SLOTS)


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("material", "울\\캐시미어", "울/캐시미어"),
        ("material", "헤어니트", "헤어 니트"),
        ("style", "뉴트로", "레트로"),
        ("style", "툼보이", "톰보이"),
        ("style", "키치·키덜트", "키치"),
        ("substyle", "키치-키덜트", "키치"),
        ("print", "하운즈\u00a0투스", "하운즈 투스"),
        ("print", "하운즈투스", "하운즈 투스"),
        ("neckline", "원 숄더", "원숄더"),
        ("detail", "니트꽈배기", "니트꽈베기"),
        ("category", "레깅스", "래깅스"),
        ("category", "\u1110\u1161\u11b8", "탑"),
        ("sub_colour", " 블랙 ", "블랙"),
    ],
)
def test_variants(field: str, value: str, expected: str) -> None:
    assert canonical(field, value) == (expected, True)
    assert canonical(field, expected) == (expected, True)


def test_unknown_values_are_kept_and_fields_without_vocabulary_know_all() -> None:
    assert canonical("material", "달빛섬유") == ("달빛섬유", False)
    assert canonical("brand", "  Any   Brand ") == ("Any Brand", True)
    assert vocabulary("brand") == ()
