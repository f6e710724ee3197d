"""Where a catalogue was cut to items that recur."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from bert4rec.config import Bert4RecConfig
from bert4rec.dataset import NegativeSampler, unseen_without
from bert4rec.recurrence import least_worn
from bert4rec.tables import count_tables
from bert4rec.train import fit
from bert4rec.validation import HeldOut
from bert4rec.workers import Workers


def worn(shape: float, mean: float, n: int = 20_000) -> NDArray[np.int64]:
    rng = np.random.default_rng(0)
    return rng.poisson(rng.gamma(shape, mean / shape, n)).astype(np.int64)


@pytest.mark.parametrize("shape", [0.1, 0.5, 2.0, 50.0])
@pytest.mark.parametrize("mean", [0.3, 2.0, 12.0])
def test_a_catalogue_of_which_nothing_was_left_out_is_not_cut(shape: float, mean: float) -> None:
    assert least_worn(worn(shape, mean)) == 1


@pytest.mark.parametrize("least", [2, 3, 5])
def test_a_cut_is_found_even_where_some_items_below_it_are_left(least: int) -> None:
    degree = worn(0.5, 6.0)
    rng = np.random.default_rng(1)
    kept = degree[(degree >= least) | (rng.random(len(degree)) < 0.1)]
    assert least_worn(kept) == least


@pytest.mark.parametrize(("n", "bump"), [(20_000, 600), (1_500, 100)])
def test_a_bump_over_well_filled_lower_counts_is_no_cut(n: int, bump: int) -> None:
    degree = np.concatenate([worn(0.5, 3.0, n), np.full(bump, 3)])
    assert least_worn(degree) == 1


def test_a_catalogue_whose_items_are_all_worn_as_often_is_learned_from_all_the_same() -> None:
    assert least_worn(np.full(500, 3, np.int64)) == 1


def test_a_catalogue_without_outfits_is_not_cut() -> None:
    assert least_worn(np.zeros(5, np.int64)) == 1


def test_items_left_with_fewer_outfits_than_a_cut_catalogue_has_pass_for_new() -> None:
    outfits = [np.array(o) for o in ([0, 2], [0, 2], [0, 1], [1, 2])]
    fold = np.array([0, 1, 1, 0])
    unseen = unseen_without(outfits, fold, 2, 4, least=2)
    assert unseen.astype(int).tolist() == [[0, 1, 1, 1], [1, 1, 0, 1], [0, 0, 0, 1]]
    assert [a.tolist() for a in unseen_without(outfits, fold, 2, 4)[:2]] == [[False, False, False, True]] * 2


def popular(world: Any, n: int, share_new: float, rng: np.random.Generator) -> list[NDArray[np.int64]]:
    """Outfits by popularity alone, one item a category, of the odd items only; but a share of places is even."""
    found = []
    for _ in range(n):
        chosen = []
        for category in range(world.codes.n_categories):
            known, new = (np.flatnonzero(world.codes.category == category)[side::2] for side in (1, 0))
            weight = 0.5 ** np.arange(len(known))
            one = rng.choice(new) if rng.random() < share_new else rng.choice(known, p=weight / weight.sum())
            chosen.append(one)
        found.append(np.sort(np.array(chosen)))
    return found


def test_only_answers_of_other_outfits_say_how_far_popularity_is_discounted(world: Any, config: Bert4RecConfig) -> None:
    rng = np.random.default_rng(3)
    train, valid = popular(world, 80, 0.0, rng), popular(world, 60, 0.5, rng)
    data = world.data(train, valid, config.folds)
    tables = count_tables(data, config)
    sampler = NegativeSampler(world.codes.category, tables.whole.degree.numpy())
    held_out = HeldOut(data, config, tables, sampler, Workers())
    known = np.isin(np.concatenate(valid), np.concatenate(train))
    assert sum(len(b.rows) for b in held_out.known) == known.sum()
    assert sum(len(b.rows) for b in held_out.new) == len(known)
    assert fit(data, config).popularity_discount == 0


def test_where_all_held_out_items_are_new_nothing_speaks_for_the_network(world: Any, config: Bert4RecConfig) -> None:
    rng = np.random.default_rng(3)
    data = world.data(popular(world, 80, 0.0, rng), popular(world, 30, 1.0, rng), config.folds)
    result = fit(data, config)
    assert float(result.model.gain[0]) == 0
    assert np.isfinite(result.history[-1]["valid_loss"])
