"""What a few held-out outfits can decide, and what they cannot."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor

STANDARD_ERRORS = 2.0
"""By how many standard errors the network must be better than counting alone to have a say."""

FEWEST = 10
"""Held-out outfits under which nothing is sure."""


def standard_error(values: Tensor, outfit: Tensor) -> float:
    """Standard error of the mean of ``values`` [T], of which those of one ``outfit`` [T] (numbered from 0) are not
    independent: the errors of outfits' sums (a cluster-robust error); infinite for a single outfit."""
    clusters = int(outfit.max()) + 1
    if clusters < 2:
        return math.inf
    sums = torch.zeros(clusters).index_add(0, outfit, values - values.mean())
    return float((sums.square().sum() * clusters / (clusters - 1)).sqrt() / len(values))


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
    the paired differences, over ``FEWEST`` outfits at least. It is asked anew after every pass, so that of rules that
    do not exist a few in a hundred are still believed.
    """
    best = min(losses, key=lambda gain: float(losses[gain].mean()))
    if 0.0 not in losses or best == 0:
        return best
    if int(outfit.max()) + 1 < FEWEST:
        return 0.0
    won = losses[0.0] - losses[best]
    return best if float(won.mean()) > STANDARD_ERRORS * standard_error(won, outfit) else 0.0
