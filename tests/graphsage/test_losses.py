"""Losses and the collapse measure on values worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from graphsage.model import effective_rank, mean_of_neighbours, sampled_softmax, uniformity


def test_sampled_softmax_by_hand() -> None:
    scores = torch.tensor([[0.5, 0.2, 0.1], [0.3, 0.9, 0.4]])
    log_count = torch.log(torch.tensor([2.0, 0.5]))
    allowed = torch.tensor([[True, True], [False, True]])
    first = -1.0 + math.log(math.exp(1.0) + math.exp(0.4) / 2 + math.exp(0.2) / 0.5)
    second = -0.6 + math.log(math.exp(0.6) + math.exp(0.8) / 0.5)
    assert sampled_softmax(scores, log_count, allowed, 0.5).item() == pytest.approx((first + second) / 2, abs=1e-6)


def test_sampled_softmax_without_negatives_is_zero() -> None:
    scores = torch.tensor([[0.5, 0.2]], requires_grad=True)
    loss = sampled_softmax(scores, torch.zeros(1), torch.tensor([[False]]), 0.1)
    loss.backward()
    assert loss.item() == 0.0
    assert scores.grad is not None and torch.isfinite(scores.grad).all()


def test_uniformity_by_hand() -> None:
    corner = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])  # squared distances 2, 4, 2
    expected = math.log((2 * math.exp(-4.0) + math.exp(-8.0)) / 3)
    assert uniformity(corner).item() == pytest.approx(expected, abs=1e-5)
    assert uniformity(torch.tensor([[0.6, 0.8]]).repeat(4, 1)).item() == pytest.approx(0.0, abs=1e-5)
    assert uniformity(corner[:1]).item() == 0.0


def test_effective_rank_by_hand() -> None:
    assert effective_rank(np.eye(5, dtype=np.float32)) == pytest.approx(5.0)
    assert effective_rank(np.tile(np.float32([[0.6, 0.8, 0.0]]), (9, 1))) == pytest.approx(1.0)
    shares = np.array([0.75, 0.25])  # singular values 3 and 1
    expected = math.exp(-(shares * np.log(shares)).sum())
    assert effective_rank(np.diag(np.float32([3.0, 1.0]))) == pytest.approx(expected)
    assert effective_rank(np.empty((0, 4), np.float32)) == 0.0


def test_mean_of_neighbours_by_hand() -> None:
    states = torch.tensor([[1.0, 10.0], [2.0, 20.0], [6.0, 60.0]])
    neighbours = torch.tensor([[0, 2, -1], [1, 1, 2], [-1, -1, -1]])
    expected = torch.tensor([[3.5, 35.0], [10 / 3, 100 / 3], [0.0, 0.0]])
    torch.testing.assert_close(mean_of_neighbours(states, neighbours), expected)
    assert mean_of_neighbours(states[:0], torch.full((2, 3), -1)).tolist() == [[0.0, 0.0], [0.0, 0.0]]
