"""What photos are labelled with, as evidence about the items in them."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
import torch

from bert4rec.cooccurrence import incidence
from bert4rec.evidence import COUNT_FEATURES, PairEvidence
from bert4rec.item_codes import ItemCodes
from bert4rec.labels import PRIOR, label_profiles

OUTFITS = [np.array([0, 2]), np.array([1, 3]), np.array([0, 2, 4])]
LABELS = sp.csr_matrix(np.array([[2, 0], [0, 1], [1, 0]], np.float32))
"""Items 0, 2 and 4 in sporty photos, 1 and 3 in a romantic one."""


def test_profiles_by_hand() -> None:
    profiles = label_profiles(incidence(OUTFITS, 6), LABELS)
    share = np.array([3.5, 1.5]) / 5
    assert profiles.shape == (6, 2)
    assert profiles[1] == pytest.approx((np.array([0, 1]) + PRIOR * share) / (1 + PRIOR) / np.sqrt(share))
    assert profiles[0] @ profiles[2] > 1 > profiles[0] @ profiles[3]
    assert profiles @ profiles[5] == pytest.approx(np.ones(6)), "no photo shows item 5: no opinion"


def test_the_evidence_of_a_pair_says_what_their_labels_say_and_survives_a_checkpoint() -> None:
    codes = ItemCodes(np.array([0, 0, 1, 1, 2, 1]), np.full((6, 1), -1), 3, 1)
    evidence = PairEvidence.count(OUTFITS, codes, shrink=1.0, keep=8, labels=LABELS)
    told = evidence.count_features(torch.tensor([0]), torch.tensor([2, 3, 5]))
    same, other, unknown = told[:, COUNT_FEATURES - 1].tolist()
    assert same > 0 > other
    assert unknown == pytest.approx(0, abs=1e-6)
    again = PairEvidence.from_arrays(evidence.arrays(), codes)
    assert torch.equal(again.count_features(torch.tensor([0]), torch.tensor([2, 3, 5])), told)


def test_without_labels_they_say_nothing() -> None:
    codes = ItemCodes(np.array([0, 0, 1, 1, 2, 1]), np.full((6, 1), -1), 3, 1)
    evidence = PairEvidence.count(OUTFITS, codes, shrink=1.0, keep=8)
    assert evidence.count_features(torch.tensor([0, 1]), torch.tensor([2, 2]))[:, -1].tolist() == [0, 0]
