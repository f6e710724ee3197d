"""How often items are worn, and whether those worn seldom were left out of the data."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MOST = 10
"""Outfits of an item up to which data sets are cut."""

STANDARD_ERRORS = 3.0
LEAST_ASKED = 0.25
"""Share of the places in outfits whose items must stay known, that the model has something to learn from."""


def least_counted(degree: NDArray[np.number]) -> int:
    """In how many outfits an item must be for counts to say something of it, from how many outfits [N] each is in.

    1; or 2 where most places in outfits are filled by items that are in no other.
    """
    return 2 if 2 * int((degree == 1).sum()) > degree.sum() else 1


def least_worn(degree: NDArray[np.int64]) -> int:
    """The number of outfits below which a catalogue was cut ("k-core"), from how many outfits [N] each item is in.

    Items worn n times are worn again at the rate (n + 1) N[n+1] / N[n], where N[n] counts them (Good 1953, equation
    10); for any mixture of Poisson rates it rises with n. Where it falls by more than ``STANDARD_ERRORS``, and fewer
    items are worn up to n times than n + 1 times, items worn n times are missing. (A bump over well-filled lower
    counts, as of a campaign that shows each piece three times, is none.)

    Returns
    -------
    int
        1 where nothing shows a cut, or where fewer than ``LEAST_ASKED`` of the places would be left above it.

    Notes
    -----
    It matters because models learn from outfits that were taken out of the counts. In a catalogue of items worn twice
    or more, the item worn once without this outfit is the answer: the model would learn that the rare one is right.
    """
    count = np.bincount(degree[degree > 0], minlength=MOST + 2).astype(np.float64)
    n = np.arange(1, MOST)
    less, here, more = (np.maximum(count[n + k], 0.5) for k in range(3))
    fall = np.log((n + 1) * here / less) - np.log((n + 2) * more / here)
    surely = fall > STANDARD_ERRORS * np.sqrt(1 / less + 4 / here + 1 / more)
    surely &= np.cumsum(count[1:])[n - 1] < count[n + 1]
    at = np.concatenate([[1], n[surely] + 1])
    known = np.array([float(degree[degree > k].sum()) for k in at])
    return int(at[known >= LEAST_ASKED * degree.sum()].max(initial=1))
