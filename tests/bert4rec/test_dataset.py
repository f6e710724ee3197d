"""Masking and negatives."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from bert4rec.config import Bert4RecConfig
from bert4rec.dataset import NegativeSampler, OutfitBatches, assign_folds, unseen_without


def batches(world: Any, config: Bert4RecConfig, n: int = 40) -> OutfitBatches:
    rng = np.random.default_rng(0)
    outfits = world.outfits(n, rng)
    sampler = NegativeSampler(world.codes.category, np.ones(world.codes.n_items, np.float32))
    fold = assign_folds(n, config.folds, rng)
    unseen = unseen_without(outfits, fold, config.folds, world.codes.n_items)
    return OutfitBatches(outfits, fold, world.codes.category, sampler, unseen, config)


def test_every_item_of_every_outfit_is_a_target_once_a_pass(world: Any, config: Bert4RecConfig) -> None:
    single = replace(config, mask_one=1.0)
    source = batches(world, single)
    seen = [(b.candidates[:, 0]).tolist() for b in source.epoch(np.random.default_rng(1))]
    answers = np.sort(np.concatenate(seen))
    assert np.array_equal(answers, np.sort(np.concatenate(source.outfits)))


def test_batches_keep_to_one_fold_and_agree_with_their_length(world: Any, config: Bert4RecConfig) -> None:
    source = batches(world, replace(config, mask_one=1.0, batch_size=10))
    made = list(source.epoch(np.random.default_rng(1)))
    assert len(made) == len(source)
    fold_of = {tuple(o.tolist()): f for o, f in zip(source.outfits, source.fold, strict=True)}
    for batch in made:
        for row, present in zip(batch.tokens, batch.present, strict=True):
            assert fold_of[tuple(row[present].tolist())] == batch.fold


def test_masking_never_hides_the_last_visible_item(world: Any, config: Bert4RecConfig) -> None:
    source = batches(world, replace(config, mask_one=0.0))
    for batch in source.epoch(np.random.default_rng(2)):
        assert (batch.present & ~batch.masked).any(1).all()
        assert batch.masked.any(1).all()
        assert not (batch.masked & ~batch.present).any()


def test_several_items_are_hidden_at_once_when_asked(world: Any, config: Bert4RecConfig) -> None:
    source = batches(world, replace(config, mask_one=0.0), n=200)
    hidden = np.concatenate([b.masked.sum(1) for b in source.epoch(np.random.default_rng(2))])
    assert set(hidden.tolist()) == {1, 2}


def test_negatives_are_of_the_category_and_as_frequent_as_log_q_says() -> None:
    category = np.array([0, 1, 0, 1, 0])
    degree = np.array([8, 0, 1, 3, 0], np.float32)
    sampler = NegativeSampler(category, degree)
    drawn = sampler.draw(np.zeros(2000, np.int64), 20, np.random.default_rng(0))
    share = np.bincount(drawn.ravel(), minlength=5) / drawn.size
    assert np.allclose(share[[1, 3]], 0)
    assert np.allclose(share[[0, 2, 4]], np.exp(sampler.log_q[[0, 2, 4]]), atol=0.01)
    assert np.isclose(np.exp(sampler.log_q[[0, 2, 4]]).sum(), 1)
    assert np.isclose(np.exp(sampler.log_q[0]), 0.5 / 3 + 0.5 * 8.1 / 9.3)


def test_cold_rows_show_nothing_of_any_item(world: Any, config: Bert4RecConfig) -> None:
    source = batches(world, replace(config, cold_outfits=0.5, fresh_items=0.0), n=100)
    for batch in source.epoch(np.random.default_rng(3)):
        cold = batch.fresh.all(1)
        assert bool((cold | ~batch.fresh.any(1)).all())
        assert bool((batch.fresh_candidates.all(1) | ~cold[batch.rows]).all())


def test_items_without_a_fold() -> None:
    outfits = [np.array([0, 1]), np.array([1, 2]), np.array([2, 3])]
    unseen = unseen_without(outfits, np.array([0, 1, 1]), 2, 5)
    assert unseen.astype(int).tolist() == [[1, 0, 0, 0, 1], [0, 0, 1, 1, 1], [0, 0, 0, 0, 1]]


def test_being_new_for_a_fold_tells_nothing_about_the_answer(world: Any, config: Bert4RecConfig) -> None:
    """A target that its fold's tables do not know is among candidates that all pass for new; others meet none."""
    source = batches(world, replace(config, cold_outfits=0.0, fresh_items=0.0), n=30)
    kinds = set()
    for batch in source.epoch(np.random.default_rng(3)):
        new = source.unseen[batch.fold]
        for answers, fresh, out in zip(
            batch.candidates.numpy(), batch.fresh_candidates, batch.excluded.numpy(), strict=True
        ):
            target_is_new = bool(new[answers[0]])
            kinds.add(target_is_new)
            assert bool(fresh.all()) == target_is_new
            assert np.array_equal(out, new[answers] & ~target_is_new)
    assert kinds == {True, False}
