"""Which slots are missing, by hand-counted outfits."""

from __future__ import annotations

import pytest

from recsys.engine.slots import SHRINK, SlotModel

OUTFITS = [("top", "bottom", "shoes")] * 12 + [("dress", "shoes")] * 12 + [("top", "bottom", "outer", "shoes")] * 6


@pytest.fixture
def model() -> SlotModel:
    return SlotModel.fit(OUTFITS)


def test_counts(model: SlotModel) -> None:
    assert model.outfits == 30
    assert model.single == {"bottom": 18, "dress": 12, "outer": 6, "shoes": 30, "top": 18}
    assert model.pair["top"] == {"bottom": 18, "outer": 6, "shoes": 18}


def test_probability_is_the_shrunk_share(model: SlotModel) -> None:
    base = (6 + 0.5) / 31
    assert model.probability("outer", ["top"]) == pytest.approx((6 + SHRINK * base) / (18 + SHRINK))
    assert model.probability("outer", []) == pytest.approx(base)


def test_what_is_never_worn_together_is_not_proposed(model: SlotModel) -> None:
    many = SlotModel.fit([*OUTFITS * 10])
    assert many.probability("dress", ["top"]) == 0
    assert many.missing(["top"]) == ["shoes", "bottom"]
    assert many.missing(["dress"]) == ["shoes"]


def test_a_complete_outfit_may_still_gain_something(model: SlotModel) -> None:
    assert model.missing(["top", "bottom", "shoes"], limit=1) == ["outer"]


def test_nothing_is_missing_where_such_outfits_hold_no_more(model: SlotModel) -> None:
    assert SlotModel.fit([*OUTFITS * 10]).missing(["top", "bottom", "shoes", "outer"]) == []


def test_a_slot_worn_twice_counts_itself() -> None:
    model = SlotModel.fit([("accessory", "accessory"), ("accessory", "top")])
    assert model.pair["accessory"] == {"accessory": 1, "top": 1}


def test_unknown_slots_change_nothing(model: SlotModel) -> None:
    assert model.missing(["spacesuit"]) == model.missing([])


def test_a_dress_stands_for_top_and_bottom_until_an_outfit_shows_them_together() -> None:
    few = [("top", "bottom", "shoes")] * 3 + [("dress", "shoes")]
    assert SlotModel.fit(few).missing(["dress"]) == ["shoes"], "one dress is too few to learn that from"
    layered = SlotModel.fit([*few, *[("dress", "top", "shoes")] * 8])
    assert "top" in layered.missing(["dress"])
    assert "bottom" not in layered.missing(["dress"])


def test_one_slot_that_speaks_against_another_outweighs_many_that_are_worn_with_it() -> None:
    dresses = [("dress", "bag", "shoes", "accessory")] * 50 + [("dress", "bottom", "bag", "shoes", "accessory")] * 3
    model = SlotModel.fit([("top", "bottom", "bag", "shoes", "accessory")] * 50 + dresses)
    assert model.probability("dress", ["bag", "shoes", "accessory"]) > 0.4
    assert model.missing(["bag", "shoes", "accessory", "bottom"]) == ["top"]
    assert model.missing(["bag", "shoes", "accessory", "bottom", "top"]) == []
