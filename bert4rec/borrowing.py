"""What an item has from others: worn items that look like it, directions that are worn together, popularity."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from bert4rec.appearance import Appearance, Floats, Index, seen

NEIGHBOURS = 64
"""Worn items that a new one borrows from, in each view."""

CENTRES = 2048
"""Worn items of a category that can be borrowed from: those in most outfits."""

SOFTNESS = (0.03, 0.3)
"""Ridge of the two bilinear forms."""

POPULARITY_RIDGE = 50.0
RANK = 96


def neighbours(look: Floats, category: Index, degree: Floats, rows: Index) -> tuple[Index, Floats]:
    """For each item the worn ones of its category that look most like it, itself left out: [N, m] items and cosines.

    Places that are not filled have a cosine of -inf: where neighbours are few, the item or its would-be neighbour was
    never seen, or the item is not one of ``rows``.
    """
    near = np.zeros((len(look), NEIGHBOURS), np.int64)
    cosine = np.full((len(look), NEIGHBOURS), -np.inf, np.float32)
    known = seen(look)
    rows = rows[known[rows]]
    for kind in np.unique(category[rows]):
        members = rows[category[rows] == kind]
        centres = np.flatnonzero((category == kind) & (degree > 0) & known)
        centres = centres[np.argsort(-degree[centres], kind="stable")[:CENTRES]]
        if not len(centres):
            continue
        for part in np.array_split(members, 1 + len(members) // 1024):
            alike = look[part] @ look[centres].T
            alike[part[:, None] == centres] = -np.inf
            best = _largest(alike, NEIGHBOURS)
            near[part, : best.shape[1]] = centres[best]
            cosine[part, : best.shape[1]] = np.take_along_axis(alike, best, 1)
    return near, cosine


def _largest(rows: Floats, count: int) -> Index:
    """Columns of the largest ``count`` entries of each row, largest first."""
    if rows.shape[1] > count:
        chosen = np.sort(np.argpartition(-rows, count - 1, axis=1)[:, :count], 1)
    else:
        chosen = np.broadcast_to(np.arange(rows.shape[1]), rows.shape)
    order = np.argsort(-np.take_along_axis(rows, chosen, 1), axis=1, kind="stable")
    return np.take_along_axis(chosen, order, 1)


def kernel(cosine: Floats, sharpness: float) -> Floats:
    """Weights [N, m] that fall with distance as exp(sharpness cosine) and sum to 1, to 0 where nobody is near."""
    nearest = np.maximum(cosine.max(1, keepdims=True), -1)
    weight = np.exp(sharpness * (cosine - nearest))
    return np.asarray(weight / np.maximum(weight.sum(1, keepdims=True), 1e-9), np.float32)


def bilinear(about: Appearance, together: sp.csr_matrix, degree: Floats, rows: Index) -> tuple[Floats, Floats]:
    """Which directions of the features are worn together: x' B y with B = (C + l)^-1 M (C + l)^-1, of low rank.

    With features x centred within categories, C is their covariance over the ends of all pairs worn together and M
    their cross-covariance over these pairs. Returns items in the leading directions [N, S, R], those that are not in
    ``rows`` at 0, and signs [S, R].
    """
    worn = np.flatnonzero(degree)
    partners = np.asarray(together.sum(1), np.float32).ravel()
    ends = partners[worn] / max(float(partners.sum()), 1.0)
    centres = about.centres(worn, ends)
    x = about.centred(worn, centres)
    covariance = x.T @ (x * ends[:, None])
    crossed = x.T @ np.asarray(together[worn][:, worn] @ x) / max(float(partners.sum()), 1.0)
    asked = about.centred(rows, centres)
    rank = min(RANK, x.shape[1])
    found = np.zeros((about.codes.n_items, len(SOFTNESS), rank), np.float32)
    signs = np.zeros((len(SOFTNESS), rank), np.float32)
    for k, softness in enumerate(SOFTNESS):
        inverse = np.linalg.inv(covariance + softness * np.eye(len(covariance)))
        values, vectors = np.linalg.eigh(inverse @ crossed @ inverse)
        leading = np.argsort(-np.abs(values), kind="stable")[:rank]
        found[rows, k] = asked @ (vectors[:, leading] * np.sqrt(np.abs(values[leading])))
        signs[k] = np.sign(values[leading])
    return found, signs


def lean(degree: Floats, category: Index) -> Floats:
    """Log of how many outfits an item is in, less its category's mean over worn items; 0 for the others [N]."""
    worn = np.flatnonzero(degree)
    out = np.zeros(len(degree), np.float32)
    out[worn] = np.log(degree[worn])
    count = np.maximum(np.bincount(category[worn], minlength=category.max() + 1), 1)
    mean = np.bincount(category[worn], out[worn], minlength=category.max() + 1) / count
    out[worn] -= mean[category[worn]]
    return out


def popularity(about: Appearance, degree: Floats, rows: Index) -> Floats:
    """Ridge regression of :func:`lean` on the features: the prediction for items ``rows``, 0 for the others [N]."""
    worn = np.flatnonzero(degree)
    centres = about.centres(worn, np.ones(len(worn), np.float32))
    x = about.centred(worn, centres)
    wanted = lean(degree, about.codes.category)[worn]
    slope = np.linalg.solve(x.T @ x + POPULARITY_RIDGE * np.eye(x.shape[1]), x.T @ wanted)
    out = np.zeros(len(degree), np.float32)
    out[rows] = about.centred(rows, centres) @ slope
    return out
