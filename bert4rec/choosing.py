"""What a few held-out outfits can decide, and what they cannot."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

STANDARD_ERRORS = 2.0
"""By how many standard errors the network must be better than counting alone to have a say."""


def standard_error(values: Tensor, outfit: Tensor) -> float:
    """Standard error of the mean of ``values`` [T], of which those of one ``outfit`` [T] (numbered from 0) are not
    independent: the errors of outfits' sums (a cluster-robust error)."""
    sums = torch.zeros(int(outfit.max()) + 1).index_add(0, outfit, values - values.mean())
    return float(sums.square().sum().sqrt() / len(values))


def choose_gain(losses: Mapping[float, Tensor], outfit: Tensor) -> float:
    """The share of the network's part with the least mean loss; 0 where it is not surely better than none.

    Parameters
    ----------
    losses
        Loss [T] of each held-out target for each share; 0 among them where counting can stand alone.
    outfit
        Number [T], from 0, of the outfit that each target belongs to.

    Notes
    -----
    Thirty held-out outfits put any of a dozen passes ahead by luck. So the improvement must be ``STANDARD_ERRORS`` of
    the paired differences.
    """
    best = min(losses, key=lambda gain: float(losses[gain].mean()))
    if 0.0 not in losses or best == 0:
        return best
    won = losses[0.0] - losses[best]
    return best if float(won.mean()) > STANDARD_ERRORS * standard_error(won, outfit) else 0.0
