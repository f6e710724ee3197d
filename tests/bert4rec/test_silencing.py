"""What is silenced of a pair is read as of a pair of which it is not known, and nothing else changes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
import torch

from bert4rec.appearance import Appearance
from bert4rec.attribute_pairs import AttributePairs
from bert4rec.config import Bert4RecConfig
from bert4rec.cooccurrence import Counts
from bert4rec.evidence import PairEvidence
from bert4rec.item_codes import ItemCodes
from bert4rec.model import Bert4Rec, ItemSizes
from bert4rec.new_items import NewItemEvidence
from bert4rec.scorer import OutfitScorer
from bert4rec.silencing import PairInput, heard, shared_value, silenced_value


def test_a_silence_holds_flags_and_a_value() -> None:
    silent = torch.tensor([0, int(PairInput.LOOKS | PairInput.FAR), shared_value(0), shared_value(316)])
    assert heard(silent, PairInput.LOOKS).tolist() == [True, False, True, True]
    assert silenced_value(silent).tolist() == [-1, -1, 0, 316]


def test_a_shared_value_says_nothing_where_both_have_it_and_only_there() -> None:
    """Values 0, 1 of one field, 2, 3 of another, 4 missing; context items (0, 2), (1, 2), candidates (0, 2), (1, 4)."""
    generator = torch.Generator().manual_seed(0)
    pmi = torch.zeros(5, 5)
    pmi[:4, :4] = torch.randn(4, 4, generator=generator)
    here, there = torch.tensor([[0, 2], [1, 2]]), torch.tensor([[[0, 2], [1, 4]]])
    fields, field_of = torch.tensor([0, 1]), torch.tensor([0, 0, 1, 1, 0])
    weight = torch.randn(2, 2, 3, generator=generator)
    plain = AttributePairs(pmi, here, there, fields, field_of)
    told = replace(plain, unsaid=torch.tensor([[2], [-1]]))
    missing = plain.total() - told.total()
    assert missing[0].tolist() == pytest.approx([float(pmi[2, 2]), 0], abs=1e-6) and not missing[1].any()
    gone = plain.project(weight) - told.project(weight)
    assert torch.allclose(gone[0, 0], pmi[2, 2] * weight[1, 1], atol=1e-6)
    assert torch.allclose(gone[0, 1], torch.zeros(3), atol=1e-6) and torch.allclose(
        gone[1], torch.zeros(2, 3), atol=1e-6
    )


@pytest.fixture
def scorer(world: Any, config: Bert4RecConfig) -> OutfitScorer:
    """An untrained model, no part of it silent."""
    rng = np.random.default_rng(0)
    data = world.data(world.outfits(120, rng), world.outfits(20, rng), config.folds)
    evidence = PairEvidence.count(list(data.train), world.codes, shrink=config.shrink, keep=config.keep)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = Bert4Rec(ItemSizes.of(world.codes, data.items), config, evidence.n_fields)
        with torch.no_grad():
            for weight in (*model.parameters(), model.counted.weight):
                weight.normal_(std=0.3)
    return OutfitScorer(model, data.items, evidence, world.codes, 0.4)


def test_nothing_silenced_is_the_score_itself(scorer: OutfitScorer) -> None:
    contexts = [np.array([30, 55]), np.array([30]), np.zeros(0, np.int64)]
    silent = [np.zeros(len(contexts[row]), np.int64) for row in (1, 0, 2, 1)]
    found = scorer.silenced(4, contexts, np.array([1, 0, 2, 1]), silent)
    plain = [scorer.score_many([contexts[row]], np.array([[4]]))[0, 0] for row in (1, 0, 2, 1)]
    assert found.tolist() == pytest.approx(plain, abs=1e-4)
    beside = scorer.beside(4, contexts)
    assert beside.tolist() == pytest.approx([scorer.comparable(c, np.array([4]))[0] for c in contexts], abs=1e-4)


@pytest.mark.parametrize("which", [kind for kind in PairInput if kind is not PairInput.LABELS])
def test_each_input_is_heard_of_the_silenced_pair_alone(scorer: OutfitScorer, which: PairInput) -> None:
    item, together = 4, scorer.evidence.counts.together
    partner = int(together[item].indices[0])
    stranger = int(np.setdiff1d(np.flatnonzero(scorer.codes.category == 1), together[item].indices)[0])
    context = np.array([partner, stranger])
    one, other, both = ([np.array(flags) * int(which)] for flags in ([1, 0], [0, 1], [1, 1]))
    found = scorer.silenced(item, [context], np.zeros(4, np.int64), [np.zeros(2, np.int64), *one, *other, *both])
    features = scorer.evidence.count_features(torch.from_numpy(context), torch.tensor([item]))
    column = {PairInput.TOGETHER: 7, PairInput.BETWEEN: 6, PairInput.FAR: 2}.get(which)
    there = [True, True] if column is None else [bool(feature) for feature in features[:, column]]
    assert which is not PairInput.TOGETHER or there == [True, False]
    assert [bool(abs(found[0] - found[k]) > 1e-4) for k in (1, 2)] == there
    assert bool(abs(found[0] - found[3]) > 1e-4) == any(there)


def test_of_labels_that_there_are_not_nothing_is_told(scorer: OutfitScorer) -> None:
    assert scorer.pair_inputs == PairInput(63) & ~PairInput.LABELS
    flags = [np.array([int(PairInput.LABELS)]), np.array([0])]
    found = scorer.silenced(4, [np.array([30])], np.zeros(2, np.int64), flags)
    assert found[0] == pytest.approx(found[1])


def test_labels_are_no_opinion_where_they_are_silenced() -> None:
    """Two items of one label: their product is above 1, and its log 0 when silenced."""
    codes = ItemCodes(np.array([0, 1]), np.zeros((2, 0), np.int64), 2, 0)
    labels = sp.csr_matrix(np.array([[1.0, 0], [0, 1.0]], np.float32))
    outfits = [np.array([0, 1]), np.array([0, 1])]
    evidence = PairEvidence.count(outfits, codes, shrink=1.0, keep=8, labels=labels[[0, 0]])
    a, c = torch.tensor([0]), torch.tensor([1])
    assert float(evidence.count_features(a, c)[0, 8]) > 0.1
    silent = torch.tensor([int(PairInput.LABELS)])
    assert evidence.count_features(a, c, silent)[0].tolist() == [*evidence.count_features(a, c)[0, :8].tolist(), 0]


def test_of_new_items_looks_and_values_are_told_apart() -> None:
    """One view and one field: likeness and borrowed counts; shared value and its PMI; two bilinear forms stay."""
    codes = ItemCodes(np.array([0, 0, 1, 1, 0]), np.array([[0], [1], [0], [1], [0]]), 2, 2)
    looks = np.array([[1, 0], [-1, 0], [0, 1], [0, -1], [1, 0]], np.float32)
    outfits = [np.array([0, 2]), np.array([0, 2]), np.array([1, 3])]
    tables = NewItemEvidence.count(Counts.of(outfits, codes, 5.0), Appearance.of(codes, looks, [2]))
    silences = [0, int(PairInput.LOOKS), int(PairInput.ATTRIBUTES), shared_value(1), int(PairInput.TOGETHER)]
    told = tables.told(torch.tensor(silences)[:, None]).int().tolist()
    assert told == [[1] * 6, [0, 0, 1, 1, 1, 1], [1, 1, 0, 0, 1, 1], [1, 1, 0, 0, 1, 1], [1] * 6]
