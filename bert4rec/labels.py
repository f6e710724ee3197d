"""What photos are labelled with says what is worn in them: items by the labels of their photos."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

PRIOR = 0.5
"""Photos' worth of the overall shares that each item starts from."""


def label_profiles(outfits: sp.csr_matrix, labels: sp.csr_matrix) -> NDArray[np.float32]:
    """Profiles of items [N, K], from outfits [O, N] and the number of an outfit's photos with each label [O, K].

    With p_k the share of label k among all and P_ik its share among an item's photos, shrunk towards p_k, an item's
    profile is P_ik / sqrt(p_k): the product of two profiles, sum_k P_ik P_jk / p_k, is how much more often the two
    would be worn together than at random, were the label all that decides it (a latent class model whose classes are
    told). An item without labelled photos has sqrt(p_k), whose product with any profile is 1: no opinion. Where there
    are no labels at all, every item has the same one.
    """
    if not labels.shape[1]:
        return np.ones((outfits.shape[1], 1), np.float32)
    counts = (outfits.T @ labels).toarray().astype(np.float64)  # [N, K]
    share = np.asarray(labels.sum(0), np.float64).ravel() + 0.5
    share /= share.sum()
    own = (counts + PRIOR * share) / (counts.sum(1, keepdims=True) + PRIOR)
    return np.asarray(own / np.sqrt(share), np.float32)
