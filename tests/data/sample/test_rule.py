"""The rule, the outfits drawn from it, the questions and the oracle."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
import numpy as np
import pytest

from data.sample import SampleError, SampleTruth, oracle_compatibility, oracle_scores, questions
from data.sample.catalogue import SampleItem, make_catalogue
from data.sample.drawing.prints import PRINTS
from data.sample.outfits import OutfitSampler, TrueOutfit, draw_held_out, draw_worn
from data.sample.palette import PALETTE, colour_distance, harmony
from data.sample.prior import style_rows
from data.sample.questions import NAMES, QuestionMaker
from data.sample.rule import Rule, RuleWeights, pair_utilities


def _item(name: str, **changes: Any) -> SampleItem:
    base = SampleItem(
        item_id=name,
        slot="top",
        part="상의",
        category="셔츠",
        attributes={"colour": ("레드",), "print": ("무지",)},
        style="모던",
        base_style="모던",
        formality=0.5,
        popularity=0.0,
        rgb=(200, 40, 40),
        accent=(240, 240, 240),
        print_size=0,
        print_turn=0,
        buttons=3,
        pocket=0,
        texture_seed=1,
    )
    return msgspec.structs.replace(base, **changes)


def test_pair_utility_by_hand() -> None:
    weights = RuleWeights(style=2.0, family=0.5, colour=3.0, print_clash=7.0, formality=10.0, strength=2.0)
    a = _item("a")
    same = _item("b")
    family = _item("c", style="다른", formality=0.7)
    stranger = _item("d", style="x", base_style="y", attributes={"colour": ("그린",), "print": ("도트",)})
    checked = _item("e", attributes={"colour": ("블랙",), "print": ("체크",)})
    row = pair_utilities([a], [same, family, stranger, checked], weights)[0]
    assert row[0] == pytest.approx(2 * (2.0 + 3.0))
    assert row[1] == pytest.approx(2 * (1.0 + 3.0 - 2.0))
    assert row[2] == pytest.approx(2 * (0.0 - 3.0 * (1 if harmony("레드", "그린") < 0 else -0.4)))
    assert row[3] == pytest.approx(2 * (2.0 + 1.5))
    assert pair_utilities([stranger], [checked], weights)[0, 0] == pytest.approx(2 * (1.5 - 7.0))


def test_utility_and_conditional_agree() -> None:
    items = [_item("t1"), _item("t2", popularity=1.0), _item("o", slot="outer", popularity=0.3)]
    rule = Rule(items, RuleWeights())
    ids, logs = rule.log_probabilities(["o"], "top")
    assert ids == ["t1", "t2"]
    assert np.exp(logs).sum() == pytest.approx(1)
    assert logs[1] - logs[0] == pytest.approx(rule.utility(["o", "t2"]) - rule.utility(["o", "t1"]))


def test_outfits_are_drawn_with_the_rules_own_frequencies() -> None:
    tops = [_item(f"t{k}", popularity=0.4 * k) for k in range(3)]
    bottoms = [_item("b0", slot="bottom", popularity=0.5), _item("b1", slot="bottom", style="x", base_style="y")]
    outers = [_item("o0", slot="outer"), _item("o1", slot="outer", style="x", base_style="y", formality=0.9)]
    dresses = [_item("d0", slot="dress")]
    rule = Rule([*tops, *bottoms, *outers, *dresses], RuleWeights())
    sampler = OutfitSampler(rule)
    rng = np.random.default_rng(0)
    drawn = Counter(sampler.draw(rng) for _ in range(6000))
    triples = {outfit: n for outfit, n in drawn.items() if len(outfit) == 3}
    total = sum(triples.values())
    assert total == pytest.approx(3600, abs=160)
    weights = {outfit: np.exp(rule.utility(outfit)) for outfit in triples}
    for outfit, n in triples.items():
        assert n / total == pytest.approx(weights[outfit] / sum(weights.values()), abs=0.03)


def test_catalogue_has_every_slot_and_no_two_alike() -> None:
    items = make_catalogue(200, style_rows(8), np.random.default_rng(1))
    assert len(items) == len({i.item_id for i in items}) == 200
    assert set(Counter(i.slot for i in items)) == {"outer", "top", "bottom", "dress"}
    assert min(Counter(i.category for i in items).values()) >= 5
    for k, a in enumerate(items):
        for b in items[k + 1 :]:
            if a.category == b.category and a.attributes == b.attributes:
                assert colour_distance(a.rgb, b.rgb) >= 18


def test_every_print_of_the_style_table_can_be_drawn() -> None:
    assert {p for row in style_rows(20) for p in row.prints} <= PRINTS


def test_shades_stay_near_the_colour_they_are_named_for() -> None:
    items = make_catalogue(400, style_rows(16), np.random.default_rng(2))
    nearest = [sorted(PALETTE, key=lambda c: colour_distance(PALETTE[c], i.rgb))[:3] for i in items]
    assert len({i.colour for i in items}) > 12
    assert np.mean([i.colour == near[0] for i, near in zip(items, nearest, strict=True)]) > 0.75
    assert np.mean([i.colour in near for i, near in zip(items, nearest, strict=True)]) > 0.95


@pytest.fixture(scope="module")
def answered() -> dict[str, dict[str, float]]:
    """Share of fill-in-the-blank questions answered by scorer and file, at the size of the default sample."""
    rng = np.random.default_rng(4)
    items = make_catalogue(200, style_rows(8), rng)
    rule = Rule(items, RuleWeights())
    sampler = OutfitSampler(rule)
    worn = [outfit for outfit, _ in draw_worn(sampler, 600, rng)]
    shown = {i for outfit in worn for i in outfit}
    held = draw_held_out(sampler, worn, shown, 450, rng)
    assert len(held) == 450
    assert not set(held) & set(worn)
    train = [TrueOutfit(outfit_id=f"w{k}", split="train", item_ids=o) for k, o in enumerate(worn)]
    test = [TrueOutfit(outfit_id=f"h{k}", split="test", item_ids=o) for k, o in enumerate(held)]
    rows = QuestionMaker(rule.items, [*train, *test], shown, rng).make(test)
    degree = Counter(i for outfit in worn for i in outfit)

    def oracle(row: dict[str, Any]) -> list[float]:
        logs = dict(zip(*rule.log_probabilities(row["context"], rule.items[row["candidates"][0]].slot), strict=True))
        return [logs[c] for c in row["candidates"]]

    scorers = {
        "oracle": oracle,
        "popularity": lambda row: [degree[c] for c in row["candidates"]],
        "random": lambda row: rng.random(4).tolist(),
    }
    return {
        name: {
            file: float(np.mean([int(np.argmax(score(row))) == row["answer"] for row in rows[file]]))
            for file in ("fitb", "fitb_hard")
        }
        for name, score in scorers.items()
    }


def test_oracle_beats_popularity_beats_chance(answered: dict[str, dict[str, float]]) -> None:
    assert 0.80 <= answered["oracle"]["fitb"] <= 0.92
    assert 0.35 <= answered["popularity"]["fitb"] <= 0.50
    assert 0.20 <= answered["random"]["fitb"] <= 0.30
    assert answered["oracle"]["fitb_hard"] > 0.78
    assert answered["popularity"]["fitb_hard"] < 0.40


def test_questions_have_the_published_shape(sample: SampleTruth) -> None:
    rows = questions(sample.root, "test", "fitb")
    assert len(rows) > 20
    worn = {o.item_ids for o in sample.outfits.values() if o.split == "train"}
    for row in rows:
        outfit = sample.outfits[row["outfit"]]
        assert outfit.split == "test"
        assert outfit.item_ids not in worn
        target = row["candidates"][row["answer"]]
        assert sorted([*row["context"], target]) == list(outfit.item_ids)
        assert len(set(row["candidates"])) == 4
        assert {sample.items[c].category for c in row["candidates"]} == {sample.items[target].category}
        for wrong in set(row["candidates"]) - {target}:
            assert not any({*row["context"], wrong} <= set(o.item_ids) for o in sample.outfits.values())
    for row in questions(sample.root, "test", "cir"):
        assert row["target"] in row["pool"]
        assert {sample.items[i].slot for i in row["pool"]} == {sample.items[row["target"]].slot}
    labels = [row["label"] for row in questions(sample.root, "valid", "compat")]
    assert sum(labels) * 2 == len(labels) > 0


def test_question_files_name_regions_of_photos(sample: SampleTruth) -> None:
    for split in ("valid", "test"):
        for name in NAMES:
            for line in (sample.root / "questions" / split / f"{name}.jsonl").read_bytes().splitlines():
                row = msgspec.json.decode(line)
                for key in ("context", "candidates", "items", "pool"):
                    assert all(i in sample.regions for i in row.get(key, []))


def test_stored_oracle_answers_are_the_oracles(sample: SampleTruth) -> None:
    rows = questions(sample.root, "test", "fitb")
    scores = oracle_scores(sample, [r["context"] for r in rows], [r["candidates"] for r in rows])
    stored = (sample.root / "truth" / "oracle" / "test" / "fitb.jsonl").read_bytes().splitlines()
    assert len(stored) == len(rows)
    for line, score in zip(stored, scores, strict=True):
        np.testing.assert_allclose(msgspec.json.decode(line)["scores"], score, atol=1e-5)


def test_oracle_refuses_context_items_and_prefers_real_outfits(sample: SampleTruth) -> None:
    outfit = next(o for o in sample.outfits.values() if len(o.item_ids) == 3)
    inside = oracle_scores(sample, [outfit.item_ids[:2]], [[outfit.item_ids[0], outfit.item_ids[2]]])[0]
    assert inside[0] == -np.inf
    assert np.isfinite(inside[1])
    rows = questions(sample.root, "test", "compat")
    scores = oracle_compatibility(sample, [r["items"] for r in rows])
    wins = [scores[k] > scores[k + 1] for k in range(0, len(rows), 2)]
    assert np.mean(wins) > 0.75


def test_unknown_question_files_are_named(sample: SampleTruth) -> None:
    with pytest.raises(SampleError, match="name 'fitbb' given"):
        questions(sample.root, "test", "fitbb")
    with pytest.raises(SampleError, match="train"):
        questions(sample.root, "train", "fitb")
