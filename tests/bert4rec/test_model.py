"""What must hold of the model whatever it has learned, and what it must learn."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from bert4rec.checkpoint import CheckpointError
from bert4rec.config import Bert4RecConfig, ConfigError
from bert4rec.evidence import PairEvidence
from bert4rec.model import Bert4Rec, ItemSizes
from bert4rec.scorer import OutfitScorer
from bert4rec.tables import TrainingSet
from bert4rec.train import fit
from evaluation.metrics import auc


def scorer_of(world: Any, data: TrainingSet, config: Bert4RecConfig, *, trained: bool = True) -> OutfitScorer:
    evidence = PairEvidence.count(list(data.train), world.codes, shrink=config.shrink, keep=config.keep)
    if trained:
        result = fit(data, config)
        return OutfitScorer(result.model, data.items, evidence, world.codes, result.popularity_discount)
    torch.manual_seed(0)
    model = Bert4Rec(ItemSizes.of(world.codes, data.items), config, evidence.n_fields)
    with torch.no_grad():  # no part may be silent
        for weight in (*model.parameters(), *([model.counted.weight] if model.counted is not None else [])):
            weight.normal_(std=0.3)
    return OutfitScorer(model, data.items, evidence, world.codes, 0.0)


@pytest.fixture
def data(world: Any, config: Bert4RecConfig) -> TrainingSet:
    rng = np.random.default_rng(0)
    return world.data(world.outfits(120, rng), world.outfits(20, rng), config.folds)


def accuracy(world: Any, scorer: OutfitScorer, outfits: list[Any], rng: np.random.Generator) -> float:
    """Share of questions whose answer beats three random items of its category."""
    right = []
    for outfit in outfits:
        for k, answer in enumerate(outfit):
            others = np.setdiff1d(np.flatnonzero(world.codes.category == world.codes.category[answer]), outfit)
            candidates = np.concatenate([[answer], rng.choice(others, 3, replace=False)])
            right.append(scorer.score(np.delete(outfit, k), candidates).argmax() == 0)
    return float(np.mean(right))


@pytest.mark.parametrize(("train", "held_out"), [(40, 8), (60, 40), (95, 15), (95, 40)])
def test_few_outfits_are_enough_to_tell_whole_ones_from_random_ones(
    world: Any, config: Bert4RecConfig, train: int, held_out: int
) -> None:
    """With any share of the networks that holds for known items and new ones."""
    rng = np.random.default_rng(2)
    data = world.data(world.outfits(train, rng), world.outfits(held_out, rng), config.folds)
    result = fit(data, config)
    assert result.new_item_weights is None
    real, random = world.outfits(100, rng), world.outfits(100, rng, planted=False)
    for gain in (float(result.model.gain[0]), 0.0, 1.0):
        result.model.gain.fill_(gain)
        scorer = OutfitScorer(result.model, data.items, result.evidence, world.codes, result.popularity_discount)
        scores = scorer.score_outfits([*real, *random]).astype(np.float64)
        assert auc(scores, np.repeat([1, 0], 100)) > 0.6, gain


def test_where_one_network_reads_known_and_new_items_one_share_of_it_holds_for_both(
    world: Any, config: Bert4RecConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A known item is held against items that are read as new: with two shares one would be of another scale."""
    shares = itertools.cycle([0.0, 1.0])
    monkeypatch.setattr("bert4rec.validation.choose_gain", lambda losses, outfit: next(shares))
    rng = np.random.default_rng(2)
    result = fit(world.data(world.outfits(60, rng), world.outfits(20, rng), config.folds), replace(config, epochs=2))
    assert result.model.gain[0] == result.model.gain[1]


def test_planted_structure_is_found_and_planted_noise_is_not(world: Any, config: Bert4RecConfig) -> None:
    """With one colour an outfit, 3 of 4 random rivals have another: the best reachable is about .70."""
    for planted, low, high in ((True, 0.58, 0.85), (False, 0.10, 0.42)):
        rng = np.random.default_rng(1)
        outfits = [world.outfits(n, rng, planted=planted) for n in (160, 30, 40)]
        scorer = scorer_of(world, world.data(outfits[0], outfits[1], config.folds), config)
        assert low < accuracy(world, scorer, outfits[2], rng) < high


def test_order_of_items_means_nothing(world: Any, config: Bert4RecConfig, data: TrainingSet) -> None:
    scorer = scorer_of(world, data, config, trained=False)
    context, candidates = np.array([3, 30, 55]), np.array([1, 4, 9])
    assert np.allclose(scorer.score(context, candidates), scorer.score(context[::-1].copy(), candidates), atol=1e-5)
    assert np.allclose(scorer.score_outfits([context]), scorer.score_outfits([context[[1, 2, 0]]]), atol=1e-5)


@pytest.mark.parametrize("evidence", [True, False])
def test_batch_of_one_equals_batch_and_padding_is_silent(
    world: Any, config: Bert4RecConfig, data: TrainingSet, evidence: bool
) -> None:
    scorer = scorer_of(world, data, replace(config, evidence=evidence), trained=False)
    contexts = [np.array([3]), np.array([30, 55, 8, 41]), np.array([60, 2])]
    candidates = np.array([[1, 4, 9], [10, 12, 14], [5, 6, 7]])
    together = scorer.score_many(contexts, candidates)
    alone = np.stack([scorer.score(c, k) for c, k in zip(contexts, candidates, strict=True)])
    assert np.allclose(np.diff(together), np.diff(alone), atol=1e-5)  # but for a constant of the row


def test_many_candidates_score_as_one_by_one(world: Any, config: Bert4RecConfig, data: TrainingSet) -> None:
    scorer = scorer_of(world, data, config, trained=False)
    context, candidates = np.array([30, 55]), np.arange(12)
    alone = np.concatenate([scorer.score(context, candidates[k : k + 1]) for k in range(12)])
    assert np.ptp(alone) > 0.1
    assert np.allclose(scorer.score(context, candidates), alone, atol=1e-4)
    beside_another = scorer.score_many([context, context[:1]], np.stack([candidates, candidates]))
    assert np.allclose(np.diff(beside_another[0]), np.diff(alone), atol=1e-4)


@pytest.fixture
def half_new(world: Any, config: Bert4RecConfig) -> OutfitScorer:
    """Trained on outfits that hold the even items only, with the network made heard for known and for new ones."""
    rng = np.random.default_rng(2)
    outfits = world.outfits(140, rng)
    data = world.data([o - o % 2 for o in outfits[:120]], [o - o % 2 for o in outfits[120:]], config.folds)
    result = fit(data, replace(config, steps=30, epochs=5))
    result.model.gain.copy_(torch.tensor([1.0, 0.5]))
    return OutfitScorer(result.model, data.items, result.evidence, world.codes, 0.5)


def test_candidates_of_one_kind_score_as_one_by_one(half_new: OutfitScorer) -> None:
    """All known or all new, whichever others are offered beside them."""
    context = np.array([30, 54])
    for new in (False, True):
        candidates = np.arange(int(new), 24, 2)
        assert (half_new.evidence.new[candidates] == new).all()
        scores = half_new.score(context, candidates)
        assert np.ptp(scores) > 0.1
        alone = np.concatenate([half_new.score(context, candidates[k : k + 1]) for k in range(len(candidates))])
        assert np.allclose(scores, alone, atol=1e-4)
        beside_another = half_new.score_many([context[:1], context], np.stack([candidates, candidates]))
        assert np.allclose(np.diff(beside_another[1]), np.diff(alone), atol=1e-4)


def test_known_and_new_candidates_in_one_list_score_as_one_by_one(half_new: OutfitScorer) -> None:
    """Each is held against new items of its category, not against the list: all keep their distances."""
    context, candidates = np.array([30, 54]), np.arange(24)
    plain = half_new.score(context, candidates)
    half_new.model.newness.fill_(-0.7)
    scores = half_new.score(context, candidates)
    alone = np.concatenate([half_new.score(context, candidates[k : k + 1]) for k in range(24)])
    assert np.allclose(scores, alone, atol=1e-4)
    beside = half_new.score_many([context, context[:1]], np.stack([candidates] * 2))[0]
    assert np.allclose(beside - beside[0], alone - alone[0], atol=1e-4)
    assert np.allclose(scores[::2], half_new.score(context, candidates[::2]), atol=1e-4)
    assert np.allclose(scores - plain, np.where(candidates % 2, 0, 0.7), atol=1e-5)


def test_nothing_known_of_the_context_is_no_reason_to_fail(
    world: Any, config: Bert4RecConfig, data: TrainingSet
) -> None:
    scorer = scorer_of(world, data, config, trained=False)
    nothing, candidates = np.zeros(0, np.int64), np.arange(12)
    scores = scorer.score(nothing, candidates)
    assert np.isfinite(scores).all() and np.ptp(scores) > 0.1
    many = scorer.score_many([nothing, nothing], np.stack([candidates, candidates]))
    assert np.allclose(np.diff(many[1]), np.diff(scores), atol=1e-4)


def test_an_outfit_scores_the_mean_of_its_items(world: Any, config: Bert4RecConfig, data: TrainingSet) -> None:
    """In small categories too, where the items to compare with are few."""
    scorer = scorer_of(world, data, config)
    outfits = world.outfits(5, np.random.default_rng(6))
    means = [scorer.item_scores(outfit).mean() for outfit in outfits]
    assert np.allclose(scorer.score_outfits(outfits), means, atol=0.05)


def test_an_item_whose_identity_is_hidden_is_a_new_item(world: Any, config: Bert4RecConfig, data: TrainingSet) -> None:
    """Hiding is exact: a model never sees of a hidden item what it does not see of a new one."""
    scorer = scorer_of(world, data, config, trained=False)
    index, model = torch.tensor([5]), scorer.model.items
    new = replace(data.items, seen=torch.zeros_like(data.items.seen), graph=data.items.graph_cold[None])
    hidden = model(data.items, index, torch.ones(1, dtype=torch.bool), -1)
    assert torch.equal(hidden, model(new, index, torch.zeros(1, dtype=torch.bool), -1))
    assert not torch.equal(hidden, model(data.items, index, torch.zeros(1, dtype=torch.bool), -1))


def test_overfits_a_tiny_set(world: Any, config: Bert4RecConfig) -> None:
    """Twenty outfits without rule that recur in every fold are learned by heart."""
    rng = np.random.default_rng(4)
    outfits = world.outfits(20, rng, planted=False)
    eager = replace(
        config,
        lr=1e-2,
        batch_size=16,
        steps=240,
        epochs=60,
        patience=60,
        dropout=0.0,
        cold_outfits=0.0,
    )
    scorer = scorer_of(world, world.data(8 * outfits, outfits, config.folds), eager)
    assert accuracy(world, scorer, outfits, rng) > 0.9


def test_one_seed_gives_one_result_and_another_seed_another(
    world: Any, config: Bert4RecConfig, data: TrainingSet
) -> None:
    short = replace(config, steps=10, epochs=5)
    first, again, other = fit(data, short), fit(data, short), fit(data, replace(short, seed=1))
    weights = [
        torch.cat([*(w.flatten().float() for w in r.model.state_dict().values()), r.new_item_weights])
        for r in (first, again, other)
    ]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


class Stopped(Exception):
    pass


def test_a_stopped_run_goes_on_to_the_same_weights(
    world: Any, config: Bert4RecConfig, data: TrainingSet, tmp_path: Path
) -> None:
    short = replace(config, steps=10, epochs=5, patience=5)

    def stop(state: dict[str, float]) -> None:
        if state["epoch"] == 2:
            raise Stopped

    with pytest.raises(Stopped):
        fit(data, short, checkpoint=tmp_path, progress=stop)
    resumed = fit(data, short, checkpoint=tmp_path, resume=True)
    whole = fit(data, short)
    for name, value in whole.model.state_dict().items():
        assert torch.equal(resumed.model.state_dict()[name], value), name
    assert torch.equal(resumed.new_item_weights, whole.new_item_weights)
    assert resumed.history == whole.history
    with pytest.raises(CheckpointError, match="of a run with other settings"):
        fit(data, replace(short, lr=0.5), checkpoint=tmp_path, resume=True)


def test_global_randomness_is_left_alone(world: Any, config: Bert4RecConfig, data: TrainingSet) -> None:
    torch.manual_seed(7)
    before = torch.random.get_rng_state()
    fit(data, replace(config, steps=5, epochs=1))
    assert torch.equal(before, torch.random.get_rng_state())


def test_scores_of_whole_outfits_compare_across_sizes(world: Any, config: Bert4RecConfig, data: TrainingSet) -> None:
    """Good outfits of two and of three items score alike, and both above mixed ones."""
    scorer = scorer_of(world, data, config)
    rng = np.random.default_rng(8)
    good, bad = world.outfits(40, rng), world.outfits(40, rng, planted=False)
    means = [scorer.score_outfits([o[:size] for o in side]).mean() for side in (good, bad) for size in (2, 3)]
    assert min(means[:2]) > max(means[2:])
    assert scorer.score_outfits([np.array([4])]).tolist() == [0.0]


def test_a_network_that_is_switched_off_has_no_say(world: Any, config: Bert4RecConfig, data: TrainingSet) -> None:
    context, candidates = np.array([30, 55]), np.arange(12)
    parts = {"transformer": ("items.", "mask", "query.", "layers.", "out."), "pairs": ("evidence.",)}

    def scores(settings: Bert4RecConfig, quiet: tuple[str, ...]) -> Any:
        scorer = scorer_of(world, data, settings, trained=False)
        with torch.no_grad():
            for name, weight in scorer.model.named_parameters():
                if name.startswith(quiet):
                    weight.mul_(0.5)
        return scorer.score(context, candidates)

    for switch, weights in parts.items():
        without = replace(config, **{switch: False})
        assert np.array_equal(scores(without, weights), scores(without, ("nothing",))), switch
        assert not np.allclose(scores(config, weights), scores(config, ("nothing",))), switch


def test_settings_name_what_is_wrong() -> None:
    with pytest.raises(ConfigError, match="nothing is left to train"):
        Bert4RecConfig(transformer=False, pairs=False)
    with pytest.raises(ConfigError, match=r"bert4rec\.layer: no such setting; known: .*layers"):
        Bert4RecConfig.from_dict({"layer": 2})
    with pytest.raises(ConfigError, match=r"hidden = 30: must be a multiple of heads = 4"):
        Bert4RecConfig(hidden=30)
    assert Bert4RecConfig.from_dict(Bert4RecConfig(hidden=32).to_dict()) == Bert4RecConfig(hidden=32)
