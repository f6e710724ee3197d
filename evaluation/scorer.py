"""What a ranker must offer to be measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]
Ids = Sequence[str]


class Scorer(Protocol):
    """Anything that says how well items go together; higher is better, always. Unknown items are normal."""

    @property
    def name(self) -> str:
        """What tables call it."""

    def score(self, context: Ids, candidates: Ids) -> Scores:
        """How well each candidate completes the context: [len(candidates)], comparable within this call."""

    def score_outfits(self, outfits: Sequence[Ids]) -> Scores:
        """How well each outfit goes together: [len(outfits)], comparable across sizes."""


@runtime_checkable
class BatchScorer(Protocol):
    """A scorer that answers many questions faster together than one by one."""

    def score_many(self, contexts: Sequence[Ids], candidates: Sequence[Ids]) -> list[Scores]:
        """What ``score`` gives for each context with its candidates."""


def score_many(scorer: Scorer, contexts: Sequence[Ids], candidates: Sequence[Ids]) -> list[Scores]:
    """Scores of each context's candidates, in the scorer's own batch form where it has one.

    Raises
    ------
    ValueError
        Contexts and candidates differ in number, or the scorer's answer has the wrong shape or is not a number.
    """
    if len(contexts) != len(candidates):
        raise ValueError(f"{len(contexts)} contexts and {len(candidates)} lists of candidates: one each is wanted")
    if isinstance(scorer, BatchScorer):
        answers = scorer.score_many(contexts, candidates)
    else:
        answers = [scorer.score(c, k) for c, k in zip(contexts, candidates, strict=True)]
    if len(answers) != len(contexts):
        raise ValueError(f"scorer {scorer.name!r} answered {len(answers)} of {len(contexts)} questions")
    return [checked(scorer, a, len(k)) for a, k in zip(answers, candidates, strict=True)]


def checked(scorer: Scorer, scores: Scores, size: int) -> Scores:
    """The scores as float64 [size]; raises ValueError where they are of another shape or hold a NaN."""
    scores = np.asarray(scores, dtype=np.float64)
    if scores.shape != (size,):
        raise ValueError(f"scorer {scorer.name!r} gave scores of shape {scores.shape}, ({size},) is wanted")
    if np.isnan(scores).any():
        raise ValueError(f"scorer {scorer.name!r} gave NaN among {size} scores")
    return scores
