"""What held-out outfits decide about the network's share."""

from __future__ import annotations

import pytest
import torch

from bert4rec.choosing import choose_gain, standard_error


def test_the_error_of_a_mean_counts_outfits_not_targets() -> None:
    alone = torch.tensor([1.0, -1.0, 1.0, -1.0])
    each = torch.arange(4)
    assert standard_error(alone, each) == pytest.approx((4 / 3) ** 0.5 * 2 / 4)
    doubled, pairs = alone.repeat_interleave(2), each.repeat_interleave(2)
    assert standard_error(doubled, pairs) == pytest.approx(standard_error(alone, each)), "every target twice is no more"
    assert standard_error(doubled, torch.arange(8)) < standard_error(alone, each)
    assert standard_error(alone, torch.zeros(4, dtype=torch.long)) == float("inf"), "one outfit tells of no spread"


def test_the_network_has_a_say_only_where_it_is_surely_better() -> None:
    torch.manual_seed(0)
    without, outfit = torch.rand(400) + 1, torch.arange(400)
    noise = torch.randn(400)
    noise -= noise.mean()
    assert choose_gain({0.0: without, 0.5: without - 0.02 + noise}, outfit) == 0, "0.02 at an error of 0.05"
    assert choose_gain({0.0: without, 0.5: without - 0.2 + noise}, outfit) == 0.5
    assert choose_gain({0.0: without, 0.5: without + 0.2}, outfit) == 0
    assert choose_gain({0.0: without, 0.5: without - 0.2, 1.0: without - 0.3}, outfit) == 1.0, "of several the best"
    assert choose_gain({1.0: without}, outfit) == 1.0, "nothing to stand back for"


def test_a_handful_of_outfits_is_never_sure() -> None:
    without, outfit = torch.rand(24) + 1, torch.arange(24) // 3
    assert choose_gain({0.0: without, 0.5: without - 0.2}, outfit) == 0
