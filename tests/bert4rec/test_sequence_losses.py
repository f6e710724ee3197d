"""Losses against torch's own, against values by hand, and against what they approximate."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from bert4rec import sequence_losses
from bert4rec.sequence_losses import Negatives, SharedNegatives, full_softmax, gbce, sampled_softmax


@pytest.fixture
def given() -> tuple[Tensor, Tensor, Tensor]:
    g = torch.Generator().manual_seed(3)
    wanted, table = torch.randn(37, 8, generator=g), torch.randn(50, 8, generator=g)
    return wanted.requires_grad_(), table.requires_grad_(), torch.randint(50, (37,), generator=g)


def gradients(loss: Tensor, *of: Tensor) -> list[Tensor]:
    return [g.clone() for g in torch.autograd.grad(3 * loss, of)]


def test_chunked_cross_entropy_is_torchs(given: tuple[Tensor, Tensor, Tensor], monkeypatch: pytest.MonkeyPatch) -> None:
    wanted, table, targets = given
    monkeypatch.setattr(sequence_losses, "CHUNK_BYTES", 50 * 4 * 10)  # four chunks, the last of seven rows
    loss, exact = full_softmax(wanted, table, targets), functional.cross_entropy(wanted @ table.T, targets)
    torch.testing.assert_close(loss, exact)
    for mine, theirs in zip(gradients(loss, wanted, table), gradients(exact, wanted, table), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-6)


def test_half_precision_is_near(given: tuple[Tensor, Tensor, Tensor]) -> None:
    wanted, table, targets = given
    loss, exact = (full_softmax(wanted, table, targets, d) for d in (torch.bfloat16, torch.float32))
    assert loss.item() == pytest.approx(exact.item(), rel=0.01)
    for mine, theirs in zip(gradients(loss, wanted, table), gradients(exact, wanted, table), strict=True):
        assert float((mine - theirs).norm() / theirs.norm()) < 0.02


def test_sampled_softmax_with_every_item_drawn_is_the_full_one(given: tuple[Tensor, Tensor, Tensor]) -> None:
    wanted, table, targets = given
    every = Negatives(torch.arange(50), torch.zeros(50), 1.0)
    loss, exact = sampled_softmax(wanted, table, targets, every), functional.cross_entropy(wanted @ table.T, targets)
    torch.testing.assert_close(loss, exact)
    for mine, theirs in zip(gradients(loss, wanted, table), gradients(exact, wanted, table), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-6)


def test_sampled_softmax_converges_to_the_full_one(given: tuple[Tensor, Tensor, Tensor]) -> None:
    """Uncorrected for how items are drawn it would not: popular ones would count too often."""
    wanted, table, targets = (x.detach() for x in given)
    wanted = wanted * 0.5
    popularity = np.arange(50) ** 2
    exact = float(full_softmax(wanted, table, targets))
    rng = np.random.default_rng(0)
    off = {}
    for count in (10, 1000):
        sampler = SharedNegatives(popularity, count, popular=0.8)
        losses = [float(sampled_softmax(wanted, table, targets, sampler.draw(rng))) for _ in range(100)]
        off[count] = abs(np.mean(losses) - exact)
    assert off[1000] < 0.01 < off[10] < 0.5


def test_items_are_drawn_as_often_as_said() -> None:
    sampler, rng = SharedNegatives(np.array([0, 1, 3, 16]), 3, popular=0.5), np.random.default_rng(0)
    came = np.zeros(4)
    for _ in range(4000):
        came[sampler.draw(rng).items.numpy()] += 1
    np.testing.assert_allclose(came / 4000, sampler.log_expected.exp().numpy(), atol=0.03)


def test_gbce_by_hand() -> None:
    """Two of four other items drawn: a = 1/2, t = 1/2, so beta = 1/2 (1/2 (1 - 2) + 2) = 3/4."""
    table = torch.tensor([[0.0], [1.0], [2.0], [-1.0], [5.0]])
    negatives = Negatives(torch.tensor([0, 3]), torch.zeros(2), 0.5)

    def sigmoid(x: float) -> float:
        return 1 / (1 + math.exp(-x))

    first = -0.75 * math.log(sigmoid(2.0)) - math.log(1 - sigmoid(0.0)) - math.log(1 - sigmoid(-1.0))
    second = -0.75 * math.log(sigmoid(-1.0)) - math.log(1 - sigmoid(0.0))  # its own negative does not count
    loss = gbce(torch.ones(2, 1), table, torch.tensor([2, 3]), negatives, 0.5)
    assert float(loss) == pytest.approx((first + second) / 2, rel=1e-5)


def test_gbce_without_calibration_is_binary_cross_entropy() -> None:
    table, wanted = torch.tensor([[0.3], [1.0], [-0.5]]), torch.tensor([[1.2]])
    loss = gbce(wanted, table, torch.tensor([1]), Negatives(torch.tensor([0, 2]), torch.zeros(2), 0.01), 0.0)
    plain = functional.binary_cross_entropy_with_logits(
        torch.tensor([1.2, 0.36, -0.6]), torch.tensor([1.0, 0.0, 0.0]), reduction="sum"
    )
    torch.testing.assert_close(loss, plain)
