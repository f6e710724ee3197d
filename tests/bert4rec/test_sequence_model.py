"""The sequence model: order counts with positions on, padding never does, patterns are learned and noise is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from bert4rec.checkpoint import CheckpointError
from bert4rec.row_adam import RowAdam
from bert4rec.sequence_config import SequenceConfig
from bert4rec.sequence_model import SequenceModel
from bert4rec.sequence_train import SequenceFit, fit_sequences, places_of
from bert4rec.sequences import LeaveOneOut, Sequences, questions
from evaluation.metrics import recall

ITEMS = 24
SMALL = SequenceConfig(
    hidden=16,
    widening=2,
    positions=12,
    dropout=0.1,
    epochs=12,
    batch_size=32,
    lr=1e-2,
    table_lr=2e-2,
    precision="float32",
)
KINDS = {
    "cloze": replace(SMALL, mask_share=0.3, mask_last=0.3, epochs=25),
    "causal": replace(SMALL, causal=True),
    "sampled": replace(SMALL, causal=True, loss="sampled", negatives=16),
    "gbce": replace(SMALL, causal=True, loss="gbce", negatives=8, epochs=30, patience=30, batch_size=8),
}


def world(*, planted: bool, users: int = 300) -> LeaveOneOut:
    """Every user walks the items round in steps of five; where not ``planted``, in random order."""
    rng = np.random.default_rng(0)
    walks = [(rng.integers(ITEMS) + 5 * np.arange(rng.integers(5, 11))) % ITEMS for _ in range(users)]
    return LeaveOneOut.split(
        Sequences.of(walks if planted else [rng.permutation(ITEMS)[: len(w)] for w in walks], ITEMS)
    )


def wanted(config: SequenceConfig, *sequences: list[int]) -> Tensor:
    torch.manual_seed(0)
    model = SequenceModel(ITEMS, config).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    read = Sequences.of(sequences, ITEMS)
    with torch.no_grad():
        return model(questions(read, np.arange(len(read)), config))


def hits(fit: SequenceFit, data: LeaveOneOut) -> float:
    return float(recall(places_of(fit.model, data.history, data.users, data.test), 1).mean())


@pytest.mark.parametrize("causal", [False, True])
def test_order_counts_with_positions_and_not_without(causal: bool) -> None:
    config = replace(SMALL, causal=causal)
    there, back = wanted(config, [1, 2, 3, 9], [3, 2, 1, 9])
    assert float((there - back).abs().max()) > 0.01
    there, back = wanted(replace(config, positions=0, layers=1), [1, 2, 3, 9], [3, 2, 1, 9])
    torch.testing.assert_close(there, back)


@pytest.mark.parametrize("causal", [False, True])
def test_padding_changes_nothing(causal: bool) -> None:
    config = replace(SMALL, causal=causal)
    alone = torch.cat([wanted(config, s) for s in ([1, 2], [5, 6, 7, 8, 9], [4])])
    torch.testing.assert_close(wanted(config, [1, 2], [5, 6, 7, 8, 9], [4]), alone)


def test_causal_places_do_not_see_what_follows() -> None:
    torch.manual_seed(0)
    model = SequenceModel(ITEMS, replace(SMALL, positions=0, causal=True)).eval()
    x = torch.randn(1, 5, 16)
    changed = x.clone()
    changed[0, 3:] = torch.randn(2, 16)
    present = torch.ones(1, 5, dtype=torch.bool)
    first, second = model.read(x, present, causal=True), model.read(changed, present, causal=True)
    torch.testing.assert_close(first[0, :3], second[0, :3])
    assert not torch.allclose(first[0, 3:], second[0, 3:])


@pytest.mark.parametrize("kind", KINDS)
def test_a_planted_pattern_is_learned(kind: str) -> None:
    data = world(planted=True)
    assert hits(fit_sequences(data, KINDS[kind]), data) > 0.8


def test_noise_is_not_learned() -> None:
    """One of the 14 to 20 items not yet seen is right by chance."""
    data = world(planted=False)
    assert hits(fit_sequences(data, KINDS["causal"]), data) < 0.15


@pytest.mark.parametrize("kind", ["cloze", "sampled"])
def test_a_resumed_run_ends_with_the_same_weights(kind: str, tmp_path: Path) -> None:
    data, config = world(planted=True, users=60), replace(KINDS[kind], epochs=4, dropout=0.3)
    whole = fit_sequences(data, config, checkpoint=tmp_path / "whole").model.state_dict()

    def stop(metrics: dict[str, float]) -> None:
        if metrics["epoch"] == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit_sequences(data, config, checkpoint=tmp_path / "cut", progress=stop)
    resumed = fit_sequences(data, config, checkpoint=tmp_path / "cut", resume=True).model.state_dict()
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)
    with pytest.raises(CheckpointError, match="other settings"):
        fit_sequences(data, replace(config, seed=1), checkpoint=tmp_path / "cut", resume=True)


def test_row_adam_is_adam_where_every_row_has_a_gradient() -> None:
    weights = [torch.nn.Parameter(torch.ones(4, 3)) for _ in range(3)]
    ours, theirs = RowAdam(weights[:2], 0.1), torch.optim.AdamW(weights[2:], 0.1, betas=(0.9, 0.98), weight_decay=0.0)
    g = torch.Generator().manual_seed(1)
    for _ in range(5):
        grad = torch.randn(4, 3, generator=g)
        weights[0].grad, weights[2].grad = grad, grad.clone()
        weights[1].grad = torch.sparse_coo_tensor(torch.arange(4)[None], grad, check_invariants=True).coalesce()
        ours.step()
        theirs.step()
    torch.testing.assert_close(weights[0], weights[2])
    torch.testing.assert_close(weights[1], weights[2])


def test_row_adam_leaves_other_rows() -> None:
    weight = torch.nn.Parameter(torch.ones(4, 3))
    optimizer = RowAdam([weight], 0.1)
    weight.grad = torch.sparse_coo_tensor(
        torch.tensor([[2]]), torch.ones(1, 3), (4, 3), check_invariants=True
    ).coalesce()
    optimizer.step()
    assert (weight[[0, 1, 3]] == 1).all() and torch.allclose(weight[2], torch.tensor(0.9))
