"""What moved a score, of a shop whose counts are known."""

from __future__ import annotations

from math import log, sqrt
from typing import Any

import numpy as np
import pytest
import torch

from recsys.engine.attribution import attribute
from recsys.engine.engine import OutfitEngine
from recsys.engine.shares import ItemMove, Share
from recsys.errors import QueryError, UnknownItemError
from tests.recsys.small_shop import ATTRIBUTES, COLOURS, PATHS_COSINE, TOGETHER, engine

MIXED = {0: 0.4, 1: -0.3, 2: 0.7, TOGETHER: -0.2, 4: 1.5, 5: 0.6, PATHS_COSINE: 0.5, 7: 0.3, ATTRIBUTES: 0.8, 22: -0.5}


def shares(found: Any) -> dict[str, Share]:
    return {share.item_id: share for share in found.shares}


def test_outfits_worn_together_move_by_their_count() -> None:
    found = attribute(engine({TOGETHER: 1.0}), "shirt", ["skirt"])
    [share] = found.shares
    assert share.together == pytest.approx(log(3), abs=1e-5), "two outfits"
    assert [share.between, share.path, share.attribute] == pytest.approx([0, 0, 0])
    assert share.usual == pytest.approx(0, abs=1e-5), "read as new, the category's items are worn with nothing"
    assert share.moved == pytest.approx(log(3), abs=1e-5)
    assert (found.alone, found.score) == pytest.approx((0, share.moved), abs=1e-5)
    assert share.rest == pytest.approx(0, abs=1e-5)


def test_shares_of_two_are_the_mean_over_both_orders() -> None:
    """Alone a count weighs 1, beside another item 1/sqrt(2), which halves what each can say."""
    found = shares(attribute(engine({TOGETHER: 1.0}), "shirt", ["skirt", "bag"]))
    assert found["skirt"].together == pytest.approx(log(3) * (1 + 1 / sqrt(2)) / 2, abs=1e-5)
    assert found["bag"].together == pytest.approx(log(2) * (1 + 1 / sqrt(2)) / 2, abs=1e-5)
    thinner = (1 / sqrt(2) - 1) / 2  # what one says weighs less when the other joins
    assert found["skirt"].rest == pytest.approx(log(2) * thinner, abs=1e-5)
    assert found["bag"].rest == pytest.approx(log(3) * thinner, abs=1e-5)


def test_an_item_between_is_named_with_its_part() -> None:
    """Blouse and skirt met nobody but the bag in common; shirt and bag met the skirt."""
    shop = engine({PATHS_COSINE: 1.0})
    [share] = attribute(shop, "blouse", ["skirt"]).shares
    evidence = shop.parts.scorer.evidence
    one, other = shop.catalogue.index_of("blouse"), shop.catalogue.index_of("skirt")
    assert share.between == pytest.approx(3 * evidence.alike(one, other), abs=1e-5) and share.between > 0.1
    assert share.over == (ItemMove("bag", share.between),)
    assert share.together == 0


def test_a_shared_value_moves_by_its_statistic_and_no_other() -> None:
    shop = engine({ATTRIBUTES: 1.0})
    [share] = attribute(shop, "shirt", ["skirt"]).shares
    [red] = shop.parts.value_codes("colour", "red")
    fields = shop.parts.scorer.evidence.n_fields
    pmi = shop.parts.scorer.evidence.counts.pmi
    [move] = share.values
    assert (move.name, move.value) == ("colour", "red"), "all are made here: the model reads nothing of it"
    assert move.moved == pytest.approx(float(pmi[red, red]) / fields, abs=1e-5) and move.moved > 0.01
    rows = shop.parts.scorer.codes.values[shop.catalogue.indices(["shirt", "skirt"])]
    every = sum(float(pmi[a, b]) for a in rows[0] for b in rows[1])
    assert share.attribute == pytest.approx(every / fields, abs=1e-5)
    assert attribute(shop, "shirt", ["jeans"]).shares[0].values == ()


@pytest.mark.parametrize("context", [["skirt"], ["skirt", "bag"], ["skirt", "bag", "jeans", "tee"]])
def test_all_adds_up(context: list[str]) -> None:
    found = attribute(engine(MIXED), "shirt", context)
    assert found.exact and len(found.shares) == len(context)
    assert found.alone + sum(share.moved for share in found.shares) == pytest.approx(found.score, abs=1e-4)
    for share in found.shares:
        told = [share.together, share.between, share.path, share.attribute]
        assert None not in told and [share.style, share.look] == [None, None]
        assert sum(x or 0 for x in told) + share.usual + share.rest == pytest.approx(share.moved, abs=1e-4)
        assert sum(move.moved for move in share.over) == pytest.approx(share.between, abs=1e-4)


def test_the_score_is_that_of_the_scorer() -> None:
    shop = engine(MIXED)
    context = shop.catalogue.indices(["bag", "skirt"])
    found = attribute(shop, "shirt", ["bag", "skirt"])
    whole = shop.parts.scorer.comparable(context, shop.catalogue.indices(["shirt"]))
    assert found.score == pytest.approx(float(whole[0]), abs=1e-5)


def test_silencing_everything_is_as_if_nothing_were_counted_of_the_pair() -> None:
    """The counted reading of a pair is then that of its degrees and the constant alone."""
    shop = engine(MIXED)
    scorer, flags = shop.parts.scorer, int(shop.parts.scorer.pair_inputs)
    item, context = shop.catalogue.index_of("shirt"), shop.catalogue.indices(["skirt"])
    silent = scorer.silenced(item, [context], np.array([0, 0]), [np.array([0]), np.array([flags])])
    plain = scorer.score_many([context], np.array([[item]]))[0]
    features = scorer.evidence.count_features(torch.from_numpy(context), torch.tensor([item]), torch.tensor([flags]))
    assert scorer.model.counted is not None
    weight = scorer.model.counted.weight
    assert silent[0] == pytest.approx(float(plain[0]), abs=1e-5)
    assert silent[1] == pytest.approx(float(features[0] @ weight[:9] + weight[22]), abs=1e-5)
    assert features[0, [0, 2, 3, 4, 6, 7, 8]].tolist() == [0] * 7 and silent[0] > silent[1]


def test_a_model_that_reads_no_counts_says_so() -> None:
    found = attribute(engine({}, evidence=False), "shirt", ["skirt", "bag"])
    for share in found.shares:
        assert [share.together, share.between, share.path, share.attribute] == [None] * 4
        assert (share.values, share.over) == ((), ()) and share.rest == pytest.approx(share.moved - share.usual)
    assert found.alone + sum(share.moved for share in found.shares) == pytest.approx(found.score, abs=1e-4)


def test_a_new_item_is_moved_by_no_count() -> None:
    """Nobody wore the tee; the model has no score of its own for new items here."""
    [share] = attribute(engine(MIXED), "tee", ["skirt"]).shares
    assert [share.together, share.between, share.path] == [0, 0, 0]


def test_empty_repeated_own_and_unknown() -> None:
    shop = engine(MIXED)
    nothing = attribute(shop, "shirt", ["shirt"])
    assert nothing.shares == () and nothing.score == nothing.alone
    assert attribute(shop, "shirt", ["bag", "bag", "shirt"]) == attribute(shop, "shirt", ["bag"])
    for item, context in (("hat", ["bag"]), ("bag", ["hat"])):
        with pytest.raises(UnknownItemError, match="hat"):
            attribute(shop, item, context)


def test_a_large_context_is_followed_in_a_few_orders_and_adds_up() -> None:
    shop: OutfitEngine = engine(MIXED)
    small = attribute(shop, "shirt", [name for name in COLOURS if name != "shirt"])
    assert small.exact
    from recsys.engine import attribution, orders

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(orders, "EXACT", 2)
        patch.setattr(attribution, "EXACT", 2)
        large = attribute(shop, "shirt", [name for name in COLOURS if name != "shirt"])
    assert not large.exact and large.score == pytest.approx(small.score, abs=1e-5)
    assert large.alone + sum(share.moved for share in large.shares) == pytest.approx(large.score, abs=1e-4)
    assert [s.moved for s in large.shares] == pytest.approx([s.moved for s in small.shares], abs=0.5)


def test_a_context_longer_than_the_engine_takes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from recsys.engine import attribution

    monkeypatch.setattr(attribution, "MAX_CONTEXT", 2)
    assert len(attribute(engine(MIXED), "shirt", ["skirt", "bag", "bag", "shirt"]).shares) == 2
    with pytest.raises(QueryError, match="context: 3 items given; at most 2"):
        attribute(engine(MIXED), "shirt", ["skirt", "bag", "tee"])
