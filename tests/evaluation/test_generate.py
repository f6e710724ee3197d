from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from evaluation.questions import QuestionConfig, Questions, make_questions

CATEGORY = {f"{part}{n:03}": part for part in ("top", "bottom", "shoes") for n in range(150)}


def outfits(seed: int = 0, number: int = 80) -> dict[str, list[str]]:
    """Items of low number are used far more often."""
    rng = np.random.default_rng(seed)
    return {
        f"o{k}": [f"{part}{int(150 * rng.random() ** 3):03}" for part in ("top", "bottom", "shoes")]
        for k in range(number)
    }


@pytest.fixture(scope="module")
def made() -> Questions:
    return make_questions(outfits(), CATEGORY, CATEGORY, seed=1)


def test_questions_are_well_formed(made: Questions) -> None:
    everything = [*made.fitb, *made.fitb_hard, *made.compat, *made.compat_hard, *made.cir]
    assert [q.flaw() for q in everything] == [None] * len(everything)
    assert len(made.fitb) == len(made.cir) == 240
    assert len(made.compat) == 160


def test_wrong_answers_are_of_the_same_category(made: Questions) -> None:
    for q in (*made.fitb, *made.fitb_hard):
        assert {CATEGORY[c] for c in q.candidates} == {CATEGORY[q.candidates[q.answer]]}
    for right, wrong in zip(made.compat[::2], made.compat[1::2], strict=True):
        assert [CATEGORY[i] for i in right.items] == [CATEGORY[i] for i in wrong.items]
        assert not set(right.items) & set(wrong.items)
    assert all({CATEGORY[i] for i in q.pool} == {CATEGORY[q.target]} for q in made.cir)


def test_wrong_answers_complete_no_known_outfit() -> None:
    known = outfits()
    shared = {f"k{n}": ["top000", "bottom000", f"shoes{n:03}"] for n in range(60)}
    ask = {"k0": shared["k0"]}
    made = make_questions(ask, CATEGORY, CATEGORY, seed=0, known={**known, **shared})
    others = {items[2] for items in shared.values()} - {"shoes000"}
    about_shoes = [q for q in (*made.fitb, *made.fitb_hard) if q.context == ("top000", "bottom000")]
    assert about_shoes
    assert not any(others & set(q.candidates) for q in about_shoes)
    pools = [q.pool for q in made.cir if q.target == "shoes000"]
    assert len(pools) == 1
    assert not others & set(pools[0])


def test_hard_wrong_answers_follow_use(made: Questions) -> None:
    used = Counter(i for items in outfits().values() for i in items)

    def mean_use(questions) -> float:
        return float(np.mean([used[c] for q in questions for k, c in enumerate(q.candidates) if k != q.answer]))

    assert mean_use(made.fitb_hard) > 2 * mean_use(made.fitb)


def test_same_seed_same_questions(made: Questions) -> None:
    assert make_questions(outfits(), CATEGORY, CATEGORY, seed=1) == made
    assert make_questions(outfits(), CATEGORY, CATEGORY, seed=2) != made


def test_answers_stand_everywhere(made: Questions) -> None:
    assert set(Counter(q.answer for q in made.fitb)) == {0, 1, 2, 3}


def test_pools_keep_their_bounds() -> None:
    config = QuestionConfig(blanks=1, smallest_pool=60, largest_pool=70)
    made = make_questions(outfits(), CATEGORY, CATEGORY, seed=0, config=config)
    assert {len(q.pool) for q in made.cir} == {70}
    assert all(q.target in q.pool for q in made.cir)
    few = [i for i in CATEGORY if int(i[-3:]) < 50]
    assert make_questions(outfits(), few, CATEGORY, seed=0).cir == ()


def test_item_without_category_is_named() -> None:
    with pytest.raises(ValueError, match="'hat'"):
        make_questions(outfits(), [*CATEGORY, "hat"], CATEGORY, seed=0)


def test_outfits_too_small_or_foreign_are_left_out() -> None:
    assert len(make_questions({"o": ["top000"], "p": ["u", "v"], "q": []}, CATEGORY, CATEGORY, seed=0)) == 0
