"""How much a path says: little where it runs through what has many neighbours."""

from __future__ import annotations

import math
from collections.abc import Iterable

from graph.nodes import Edge

DAMPING = 0.4
"""Exponent of degrees, as Himmelstein and Baranzini found best by cross-validation."""


def edge_strength(degree: int, other_degree: int, confidence: float = 1.0) -> float:
    """How much one edge of a path says, in (0, 1].

    Degrees are those of its two ends by the edge's own relation: ``confidence * (degree * other_degree) ** -0.4``. The
    product over the edges of a path is its *path-degree product*, and the sum over all paths of one kind between two
    nodes their *degree-weighted path count* (Himmelstein and Baranzini, "Heterogeneous Network Edge Prediction", PLoS
    Computational Biology 11(7), 2015, equations 1 and 2). So a photo of two items says more than a photo of ten, and a
    colour that half of the catalogue has says next to nothing. Our own addition is ``confidence``: how surely a garment
    in a photo is the item (0 to 1, 1 for every other relation). A degree of 0, of what was deleted since its edge was
    read, counts as 1.
    """
    return confidence / math.pow(max(degree * other_degree, 1), DAMPING)


def edges_strength(edges: Iterable[tuple[Edge, int, int]]) -> float:
    """The path-degree product of edges, each with the degrees of its two ends by its relation."""
    product = 1.0
    for edge, degree, other_degree in edges:
        product *= edge_strength(degree, other_degree, edge.confidence)
    return product
