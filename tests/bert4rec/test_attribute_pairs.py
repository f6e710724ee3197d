"""Sums over pairs of attribute values: by hand, and the same by either way of working them out."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from bert4rec.attribute_pairs import AttributePairs

N_VALUES, MISSING = 6, 6
"""Values 0 to 2 are of field 0, 3 to 5 of field 1, which has two columns."""


def pairs(q: int, c: int, *, shared: bool) -> AttributePairs:
    generator = torch.Generator().manual_seed(q + c)
    pmi = torch.randn(N_VALUES + 1, N_VALUES + 1, generator=generator)
    pmi[MISSING], pmi[:, MISSING] = 0, 0

    def values(*shape: int) -> torch.Tensor:
        first = torch.randint(0, 3, (*shape, 1), generator=generator)
        others = torch.randint(3, 7, (*shape, 2), generator=generator)  # the last: missing
        return torch.cat([first, others], -1)

    there = values(1 if shared else q, c)
    return AttributePairs(pmi, values(q), there, torch.tensor([0, 1, 1]), torch.tensor([0, 0, 0, 1, 1, 1, 0]))


def test_by_hand() -> None:
    given = pairs(1, 1, shared=False)
    here, there = given.here[0].tolist(), given.there[0, 0].tolist()
    weight = torch.tensor([[[1.0], [10.0]], [[100.0], [1000.0]]])  # the candidate's field first
    expected = sum(
        float(weight[given.fields[j], given.fields[i], 0] * given.pmi[a, b])
        for i, a in enumerate(here)
        for j, b in enumerate(there)
    )
    assert float(given.project(weight)) == pytest.approx(expected, rel=1e-5)
    assert float(given.total()) == pytest.approx(sum(float(given.pmi[a, b]) for a in here for b in there), rel=1e-4)


def test_candidates_that_all_context_items_share_are_read_alike() -> None:
    """Enough of them, that values are weighed before they are looked up; the same ones told apart are not."""
    shared = pairs(3, 20, shared=True)
    apart = replace(shared, there=shared.there.expand(3, -1, -1).contiguous())
    weight = torch.randn(2, 2, 4, generator=torch.Generator().manual_seed(0))
    assert shared.project(weight).shape == (3, 20, 4)
    assert torch.allclose(shared.project(weight), apart.project(weight), atol=1e-5)
    assert torch.allclose(shared.total(), apart.total(), atol=1e-6)
    assert torch.allclose(shared.total(), apart.project(torch.ones(2, 2, 1))[..., 0], atol=1e-5)


def test_a_missing_value_adds_nothing() -> None:
    given = pairs(2, 3, shared=False)
    blank = replace(given, here=torch.full_like(given.here, MISSING))
    assert blank.project(torch.ones(2, 2, 2)).abs().max() == 0
    assert blank.total().abs().max() == 0
