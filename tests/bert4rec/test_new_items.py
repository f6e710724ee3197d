"""New items borrow from worn ones: hand-worked features, communities, and weights that find a planted rule."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from bert4rec.appearance import Appearance
from bert4rec.communities import communities, questions, without
from bert4rec.config import Bert4RecConfig
from bert4rec.cooccurrence import Counts
from bert4rec.evidence import PairEvidence
from bert4rec.item_codes import ItemCodes
from bert4rec.new_item_score import NewItemScore, fit_new_item_weights
from bert4rec.new_items import PRIOR, NewItemEvidence
from bert4rec.scorer import OutfitScorer
from bert4rec.tables import TrainingSet, count_evidence
from bert4rec.train import fit

KINDS, STYLES, COPIES = 3, 8, 15


def world(rng: np.random.Generator, *, planted: bool) -> tuple[ItemCodes, np.ndarray, list[np.ndarray], np.ndarray]:
    """Items of a style that shows in their looks, outfits of one style (or of any); codes, looks, outfits, styles."""
    category = np.repeat(np.arange(KINDS), STYLES * COPIES)
    style = np.tile(np.repeat(np.arange(STYLES), COPIES), KINDS)
    angle = 2 * np.pi * (style + rng.normal(0, 0.12, len(style))) / STYLES
    looks = np.stack([np.cos(angle), np.sin(angle)], 1).astype(np.float32)
    values = rng.integers(0, 4, (len(style), 1))
    outfits = []
    for _ in range(600):
        # neighbouring styles on the circle meet now and then, so that communities hang together
        styles = (
            (rng.integers(STYLES) + rng.integers(0, 2, KINDS)) % STYLES if planted else rng.integers(0, STYLES, KINDS)
        )
        outfits.append(
            np.array([rng.choice(np.flatnonzero((category == k) & (style == s))) for k, s in enumerate(styles)])
        )
    return ItemCodes(category, values, KINDS, 4), looks, outfits, style


def test_features_of_a_new_item_are_those_of_the_worn_item_it_looks_like() -> None:
    """Tops 0, 1 and bottoms 2, 3 are worn as (0, 2) twice and (1, 3) once; top 4 is new and the twin of 0."""
    codes = ItemCodes(np.array([0, 0, 1, 1, 0]), np.array([[0], [1], [0], [1], [0]]), 2, 2)
    looks = np.array([[1, 0], [-1, 0], [0, 1], [0, -1], [1, 0]], np.float32)
    about = Appearance.of(codes, looks, [2])
    outfits = [np.array([0, 2]), np.array([0, 2]), np.array([1, 3])]
    tables = NewItemEvidence.count(Counts.of(outfits, codes, 5.0), about)
    assert tables.near[0, 4, 0] == 0
    assert tables.weight[0, 4, 0] == pytest.approx(1.0)
    features = tables.pairs(torch.tensor([4]), torch.tensor([[2, 3]]))[0]
    cosine, borrowed, shared = features[:, 0], features[:, 1], features[:, 2]
    assert cosine.tolist() == pytest.approx([0.0, 0.0])  # at right angles, as the average bottom is
    # item 2 itself is no neighbour of its own, so bottoms borrow from each other: 2 from 3 and 3 from 2
    reach = 2.0  # partners of top 0; those of the bottoms' neighbours are 1 and 2; 6 ends of pairs in all
    expected = [np.log((0 + PRIOR) / (reach * 1 / 6 + PRIOR)), np.log((2 + PRIOR) / (reach * 2 / 6 + PRIOR))]
    assert borrowed.tolist() == pytest.approx(expected, rel=1e-3)
    assert shared.tolist() == pytest.approx([0.5, -0.5])  # value 0 is shared by the first; half of the bottoms have it
    assert features.shape[1] == tables.n_features == 2 + 2 + 2  # one view, one field, two forms


def test_tables_come_back_from_their_arrays() -> None:
    codes, looks, outfits, _ = world(np.random.default_rng(0), planted=True)
    about, counts = Appearance.of(codes, looks, [2]), Counts.of(outfits, codes, 5.0)
    tables = NewItemEvidence.count(counts, about)
    turned = replace(counts, pmi=np.asfortranarray(counts.pmi))  # however it lies in memory
    again = NewItemEvidence.from_arrays(tables.arrays(), turned, about)
    context, candidates = torch.tensor([3, 200]), torch.tensor([[130, 131], [1, 2]])
    assert torch.equal(tables.pairs(context, candidates), again.pairs(context, candidates))
    assert torch.equal(tables.alone(candidates), again.alone(candidates))


def test_a_community_is_new_to_what_is_counted_without_it() -> None:
    codes, _, outfits, style = world(np.random.default_rng(1), planted=True)
    found = communities(outfits, codes.n_items)
    assert len(found) == 20
    purity = [np.bincount(style[c], minlength=STYLES).max() / len(c) for c in found]
    assert np.mean(purity) > 2 / STYLES  # a third of eight styles: neighbours on the circle, not a random draw
    rest, parts = without(outfits, found[0], codes.n_items)
    assert not np.isin(np.concatenate(rest), found[0]).any()
    assert np.isin(np.concatenate(parts), found[0]).all()
    asked = questions(parts, codes.category, np.random.default_rng(0))
    assert asked is not None
    assert np.isin(asked.candidates, found[0]).all()
    assert (codes.category[asked.candidates] == codes.category[asked.candidates[:, :1]]).all()
    assert not asked.wrong[:, 0].any()
    assert (asked.wrong[:, 1:] == (asked.candidates[:, 1:] == asked.candidates[:, :1])).all()


def accuracy(planted: bool) -> float:
    """Share of new items (never worn, of known style) found among four by a score fitted on other items' outfits."""
    rng = np.random.default_rng(2)
    codes, looks, outfits, style = world(rng, planted=planted)
    new = np.arange(codes.n_items) % COPIES < 5
    train = [o for o in outfits if not new[o].any()]
    about = Appearance.of(codes, looks, [2])
    weights = fit_new_item_weights(train, about, shrink=5.0, seed=0)
    assert weights is not None
    score = NewItemScore(NewItemEvidence.count(Counts.of(train, codes, 5.0), about), weights)
    right = []
    for _ in range(300):
        want = rng.integers(STYLES)
        pool = [np.flatnonzero(new & (codes.category == 1) & (style == (want + k) % STYLES)) for k in (0, 3, 4, 5)]
        candidates = torch.tensor([[int(rng.choice(p)) for p in pool]])
        context = torch.tensor([int(rng.choice(np.flatnonzero(new & (codes.category == 0) & (style == want))))])
        yes = torch.ones(1, 4, dtype=torch.bool)
        right.append(int(score.score(context, torch.tensor([0]), candidates, yes, yes).argmax()) == 0)
    return float(np.mean(right))


def test_a_rule_that_looks_show_is_found_for_new_items_and_noise_is_not() -> None:
    assert accuracy(planted=True) > 0.8
    assert 0.1 < accuracy(planted=False) < 0.45


def test_what_is_not_new_scores_nothing() -> None:
    codes, looks, outfits, _ = world(np.random.default_rng(3), planted=True)
    about = Appearance.of(codes, looks, [2])
    tables = NewItemEvidence.count(Counts.of(outfits, codes, 5.0), about)
    score = NewItemScore(tables, torch.ones(tables.n_features + tables.n_alone))
    context, owner, candidates = torch.tensor([0, 1]), torch.tensor([0, 0]), torch.tensor([[130, 131]])
    new, alone = torch.tensor([[False, True], [False, False]]), torch.tensor([[False, False]])
    found = score.score(context, owner, candidates, new, alone)
    assert found[0, 0] == 0
    assert found[0, 1] == pytest.approx(float(tables.pairs(context[:1], candidates[:, 1:]).sum()) / 2**0.5, rel=1e-4)


@pytest.mark.parametrize("context", [[0], [0, 250], [130, 0, 250], []])
def test_candidates_that_were_looked_up_score_the_same(context: list[int]) -> None:
    codes, looks, outfits, _ = world(np.random.default_rng(4), planted=True)
    about = Appearance.of(codes, np.concatenate([looks, looks[::-1]], 1), [2, 2])
    tables = NewItemEvidence.count(Counts.of(outfits, codes, 5.0), about)
    score = NewItemScore(tables, torch.rand(tables.n_features + tables.n_alone))
    beside, candidates = torch.tensor(context, dtype=torch.long), torch.arange(120, 240)
    new, alone = torch.ones(len(context), 120, dtype=torch.bool), torch.ones(1, 120, dtype=torch.bool)
    asked = score.score(beside, torch.zeros(len(context), dtype=torch.long), candidates[None], new, alone)[0]
    assert torch.allclose(score.of_new(beside, score.looked_up(candidates)), asked, atol=1e-5)
    assert asked.std() > 0


def test_products_of_queries_and_vectors_are_the_score_without_counts_and_values() -> None:
    codes, looks, outfits, _ = world(np.random.default_rng(6), planted=True)
    about = Appearance.of(codes, np.concatenate([looks, looks[::-1]], 1), [2, 2])
    tables = NewItemEvidence.count(Counts.of(outfits, codes, 5.0), about)
    weight = torch.rand(tables.n_features + tables.n_alone, generator=torch.Generator().manual_seed(0))
    weight[[1, 3, 4, 5]] = 0.0  # borrowed counts of two views, the shared value and its PMI
    score = NewItemScore(tables, weight)
    context, candidates = torch.tensor([0, 250]), torch.arange(120, 240)
    yes = torch.ones(2, 120, dtype=torch.bool)
    whole = score.score(context, torch.tensor([0, 0]), candidates[None], yes, yes[:1])[0]
    assert torch.allclose(score.vectors(candidates) @ score.query(context), whole, atol=1e-4)


def test_too_few_outfits_fit_nothing() -> None:
    codes, looks, outfits, _ = world(np.random.default_rng(4), planted=True)
    assert fit_new_item_weights(outfits[:20], Appearance.of(codes, looks, [2]), shrink=5.0, seed=0) is None


def test_a_model_ranks_new_items_by_what_they_borrow(world: Any, config: Bert4RecConfig) -> None:
    """The whole model: of two new items the one of the outfit's colour wins, and the network has no say in it."""
    rng = np.random.default_rng(1)
    outfits = world.outfits(300, rng)
    new = np.arange(world.codes.n_items) % 6 == 5  # one copy of every category and colour
    train = [o for o in outfits if not new[o].any()]
    data: TrainingSet = world.data(train[:-20], train[-20:], config.folds)
    result = fit(data, replace(config, steps=20, epochs=5))
    assert result.new_item_weights is not None
    assert result.model.gain[1] == 0
    evidence = count_evidence(train, world.codes, data.items, config, result.new_item_weights)
    scorer = OutfitScorer(result.model, data.items, evidence, world.codes, result.popularity_discount)
    right = []
    for outfit in train[:60]:
        candidates = np.flatnonzero(new & (world.codes.category == 2))
        right.append(world.colour[candidates[scorer.score(outfit[:2], candidates).argmax()]] == world.colour[outfit[0]])
    assert np.mean(right) > 0.6


def test_a_catalogue_without_photos_has_attributes_to_go_by() -> None:
    codes, looks, outfits, _ = world(np.random.default_rng(5), planted=True)
    about = Appearance.of(codes, looks[:, :0], [])
    weights = fit_new_item_weights(outfits, about, shrink=5.0, seed=0)
    tables = NewItemEvidence.count(Counts.of(outfits, codes, 5.0), about)
    assert weights is not None
    assert len(weights) == tables.n_features + tables.n_alone == 2 + 2 + 1  # one field, two forms, popularity
    assert torch.isfinite(tables.pairs(torch.tensor([0]), torch.tensor([[130, 131]]))).all()


def test_values_are_shared_whatever_their_place() -> None:
    """A field of two columns: (a, b) and (b, a) share it, (a, -) and (c, d) do not."""
    values = np.array([[0, 1], [1, 0], [2, 3], [0, -1]])
    codes = ItemCodes(np.array([0, 1, 1, 0]), values, 2, 4, np.array([0, 0]))
    about = Appearance.of(codes, np.zeros((4, 0), np.float32), [])
    tables = NewItemEvidence.count(Counts.of([np.array([0, 1]), np.array([2, 3])], codes, 5.0), about)
    shared = tables.pairs(torch.tensor([0, 3]), torch.tensor([[1, 2], [1, 2]]))[..., 0]
    # half of the second category has value 0, half value 1: item 0 meets each of both, item 3 only value 0
    assert shared.tolist() == [[0.0, -1.0], [0.5, -0.5]]


def test_an_item_without_a_photo_borrows_from_nobody_and_lends_to_nobody() -> None:
    codes, looks, outfits, _ = world(np.random.default_rng(7), planted=True)
    unseen = np.arange(codes.n_items) % 4 == 0
    looks[unseen] = 0
    about, counts = Appearance.of(codes, looks, [2]), Counts.of(outfits, codes, 5.0)
    tables = NewItemEvidence.count(counts, about)
    weight = tables.weight[0].numpy()
    assert (weight[unseen] == 0).all()
    assert weight[~unseen].sum(1) == pytest.approx(1.0, abs=1e-5)
    assert not unseen[tables.near[0].numpy()[weight > 0]].any()
    blank = int(np.flatnonzero(unseen)[0])
    other = int(np.flatnonzero(codes.category != codes.category[blank])[0])
    assert tables.pairs(torch.tensor([other]), torch.tensor([[blank]]))[0, 0, :2].tolist() == [0.0, 0.0]


def test_a_worn_item_in_the_context_stands_for_itself() -> None:
    """Top 0 is worn with bottom 2 only; new bottom 4 looks like 2, new bottom 5 like 3."""
    codes = ItemCodes(np.array([0, 0, 1, 1, 1, 1]), np.zeros((6, 1), np.int64), 2, 1)
    looks = np.array([[1, 0], [1, 0.1], [0, 1], [0, -1], [0.05, 1], [0.05, -1]], np.float32)
    tables = NewItemEvidence.count(
        Counts.of([np.array([0, 2]), np.array([1, 3])], codes, 5.0), Appearance.of(codes, looks, [2])
    )
    borrowed = tables.pairs(torch.tensor([0]), torch.tensor([[4, 5]]))[0, :, 1]
    assert borrowed[0] > 0 > borrowed[1]


@pytest.mark.parametrize("size", [2, 3])
def test_communities_of_a_graph_in_pieces_are_the_same_every_time(size: int) -> None:
    """Disjoint outfits: the normalised graph has one and the same eigenvalue many times over."""
    outfits = [np.arange(size * k, size * (k + 1)) for k in range(60)]
    first, again = communities(outfits, 60 * size), communities(outfits, 60 * size)
    assert len(first) == 20
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert communities(outfits[:5], 60 * size) == []


def test_without_held_out_outfits_the_network_has_no_say(world: Any, config: Bert4RecConfig) -> None:
    data: TrainingSet = world.data(world.outfits(120, np.random.default_rng(1)), [], config.folds)
    result = fit(data, replace(config, steps=5, epochs=1))
    assert result.model.gain.tolist() == [0.0, 0.0]
    assert not result.model.reads_new


def test_known_and_new_items_of_one_list_are_scored_alike_in_every_form_of_asking(
    world: Any, config: Bert4RecConfig
) -> None:
    rng = np.random.default_rng(1)
    outfits = [o for o in world.outfits(300, rng) if not (o % 6 >= 4).any()]  # two copies of everything are new
    data: TrainingSet = world.data(outfits[:-20], outfits[-20:], config.folds)
    result = fit(data, replace(config, steps=5, epochs=1))
    evidence = count_evidence(outfits, world.codes, data.items, config, result.new_item_weights)
    scorer = OutfitScorer(result.model, data.items, evidence, world.codes, result.popularity_discount)
    scorer.model.newness.fill_(0.8)
    kind = np.flatnonzero(world.codes.category == 1)
    new, known = kind[kind % 6 >= 4], kind[kind % 6 < 4]
    assert np.isin(scorer.reference(1), new).all()
    one, other = outfits[0][:1], outfits[1][:1]
    mixed = scorer.score(one, kind)
    average = np.exp(scorer.score(one, scorer.reference(1))).mean()
    assert average == pytest.approx(1, abs=1e-5), "0 is an average new item"
    assert np.allclose(scorer.score(one, new), mixed[np.isin(kind, new)], atol=1e-5)
    assert np.allclose(scorer.score(one, known), mixed[np.isin(kind, known)], atol=1e-5)
    alone = np.concatenate([scorer.score(one, kind[k : k + 1]) for k in range(len(kind))])
    assert np.allclose(mixed, alone, atol=1e-5), "who else is in the list changes nothing"
    many = scorer.score_many([one, other], np.stack([kind, kind]))
    assert np.ptp(many[0] - mixed) < 1e-4
    assert np.ptp(many[1] - scorer.score(other, kind)) < 1e-4
    for item in (new[0], known[0]):
        pair = np.array([one[0], item])
        assert scorer.item_scores(pair)[1] == pytest.approx(float(scorer.score(one, pair[1:])[0]), abs=1e-4)
        assert scorer.beside(int(item), [one])[0] == pytest.approx(float(scorer.score(one, pair[1:])[0]), abs=1e-4)


def test_where_items_hardly_recur_one_outfit_makes_none_known() -> None:
    codes = ItemCodes(np.zeros(12, np.int64), np.zeros((12, 1), np.int64), 1, 1)
    once = PairEvidence.count([np.array([0, 1]), np.array([2, 3]), np.array([3, 4])], codes, shrink=5.0, keep=8)
    assert once.new.tolist() == [True] * 3 + [False] + [True] * 8
    often = PairEvidence.count(
        3 * [np.array([0, 1])] + [np.array([1, k]) for k in (2, 3, 4)], codes, shrink=5.0, keep=8
    )
    assert often.new.tolist() == [False] * 5 + [True] * 7  # most items are worn once, but half of all places recur
