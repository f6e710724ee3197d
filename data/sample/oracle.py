"""The best any scorer can do on a sample: the rule's own probabilities."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from data.sample.truth import SampleTruth


def oracle_scores(
    truth: SampleTruth, contexts: Sequence[Sequence[str]], candidates: Sequence[Sequence[str]]
) -> list[NDArray[np.float64]]:
    """Log-probability of each candidate given its context under the sample's rule, one array a question.

    Ids are true item ids. The probability is that of a softmax over all items of the candidate's slot outside the
    context, which is Bayes-optimal for outfits drawn from the rule. (Departures: outfits are drawn without
    repetition, held-out ones only over items that were photographed, and no negative completes a known outfit, which a
    scorer that counts pairs could use.) A candidate in its own context has -inf.
    """
    scores = []
    for context, choices in zip(contexts, candidates, strict=True):
        slots = {truth.items[c].slot for c in choices}
        known: dict[str, float] = {}
        for slot in slots:
            ids, logs = truth.rule.log_probabilities(context, slot)
            known.update(zip(ids, logs.tolist(), strict=True))
        scores.append(np.array([known.get(c, -np.inf) for c in choices]))
    return scores


def oracle_compatibility(truth: SampleTruth, outfits: Sequence[Sequence[str]]) -> NDArray[np.float64]:
    """Utility of whole outfits under the rule, popularity included, ``[n]``; compare outfits of one size."""
    return np.array([truth.rule.utility(outfit) for outfit in outfits])
