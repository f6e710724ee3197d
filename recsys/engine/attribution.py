"""What moved a score: how far each item of the context did, and each thing that the model is told about the pair.

It is found by asking the scorer itself, with and without.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from bert4rec.scorer import OutfitScorer
from bert4rec.silencing import PairInput, shared_value
from recsys.engine.engine import MAX_CONTEXT, OutfitEngine
from recsys.engine.orders import EXACT, Joining, joinings
from recsys.engine.shares import Attribution, ItemMove, Share, ValueMove
from recsys.errors import QueryError

Index = NDArray[np.int64]
Floats = NDArray[np.float64]

FIELDS = {
    PairInput.TOGETHER: "together",
    PairInput.BETWEEN: "between",
    PairInput.FAR: "path",
    PairInput.LABELS: "style",
    PairInput.ATTRIBUTES: "attribute",
    PairInput.LOOKS: "look",
}
"""Inputs about a pair by the part of a :class:`Share` that says what they did."""


def attribute(engine: OutfitEngine, item_id: str, context: Iterable[str]) -> Attribution:
    """Say what moved the score of an item beside a context; the item itself is left out of it.

    The share of an item of the context is its Shapley value in the game whose worth is the score beside a part of the
    context (:mod:`recsys.engine.orders`). Each input about the pair has the mean of what it changes when inputs are
    silenced one after the other and in reverse, which halves what any two of them say both; averaged over the same
    orders, so that inputs add up to shares and shares to the score.

    Raises
    ------
    UnknownItemError
        An item is not in the catalogue.
    QueryError
        The context has more than MAX_CONTEXT different items.
    """
    catalogue, scorer = engine.catalogue, engine.parts.scorer
    item = catalogue.index_of(item_id)
    beside = np.unique(catalogue.indices([other for other in context if other != item_id]))
    if len(beside) > MAX_CONTEXT:
        raise QueryError(f"context: {len(beside)} items given; at most {MAX_CONTEXT}")
    steps, whole = list(joinings(len(beside))), tuple(range(len(beside)))
    parts = sorted({(), whole, *(step.there for step in steps), *(step.both for step in steps)})
    worth = dict(zip(parts, _worth(scorer, item, [beside[list(part)] for part in parts]), strict=True))
    moved = np.zeros((len(beside), 2))
    for step in steps:
        moved[step.joins] += step.weight * (worth[step.both] - worth[step.there])
    shared = [_shared_values(engine, item, int(other)) for other in beside]
    inputs, values = _by_input(scorer, (item, beside), steps, [[code for code, _, _ in found] for found in shared])
    return Attribution(
        item_id=item_id,
        score=float(worth[whole][0]),
        alone=float(worth[()][0]),
        shares=tuple(
            Share(
                item_id=catalogue.items[other].item_id,
                moved=float(moved[k, 0]),
                usual=float(moved[k, 1]),
                rest=float(moved[k, 0] - moved[k, 1] - sum(inputs[k].values())),
                **{field: inputs[k].get(kind) for kind, field in FIELDS.items()},
                values=_value_moves(shared[k], values[k]),
                over=_over(engine, item, int(other), inputs[k].get(PairInput.BETWEEN)),
            )
            for k, other in enumerate(beside)
        ),
        exact=len(beside) <= EXACT,
    )


def _worth(scorer: OutfitScorer, item: int, contexts: Sequence[Index]) -> Floats:
    """Scores [P, 2] beside each of P contexts: the item's against its category, and less what it is by itself."""
    against = scorer.beside(item, contexts).astype(np.float64)
    nothing = [np.zeros_like(context) for context in contexts]
    own = scorer.silenced(item, contexts, np.arange(len(contexts)), nothing)
    return np.stack([against, against - own], 1)


def _by_input(
    scorer: OutfitScorer, pair: tuple[int, Index], steps: Sequence[Joining], codes: Sequence[Sequence[int]]
) -> tuple[list[dict[PairInput, float]], list[list[float]]]:
    """What each input about an item and each of the context [n] moved, and each of the values ``codes`` they share."""
    told = [kind for kind in FIELDS if kind in scorer.pair_inputs]
    first = np.cumsum([0, *told])  # the first inputs are silenced: none of them to all
    last = first[-1] - first  # the last inputs are silenced: all of them to none
    inputs, values, n = [], [], len(first)
    for scores in _silenced(scorer, pair, steps, [[*first, *last, *map(shared_value, own)] for own in codes]):
        changed = (scores[: n - 1] - scores[1:n] + scores[n + 1 : 2 * n] - scores[n : 2 * n - 1]) / 2
        inputs.append(dict(zip(told, changed.tolist(), strict=True)))
        values.append((scores[0] - scores[2 * n :]).tolist())
    return inputs, values


def _silenced(
    scorer: OutfitScorer, pair: tuple[int, Index], steps: Sequence[Joining], silences: Sequence[Sequence[int]]
) -> list[Floats]:
    """Mean scores of an item under each silence about it and each item of the context [n], once that one is there."""
    item, beside = pair
    rows = np.repeat(np.arange(len(steps)), [len(silences[step.joins]) for step in steps])
    silent = [
        np.where(np.array(step.both) == step.joins, silence, 0) for step in steps for silence in silences[step.joins]
    ]
    scores = scorer.silenced(item, [beside[list(step.both)] for step in steps], rows, silent).astype(np.float64)
    mean = [np.zeros(len(own)) for own in silences]
    for row, step in enumerate(steps):
        mean[step.joins] += step.weight * scores[rows == row]
    return mean


def _shared_values(engine: OutfitEngine, item: int, other: int) -> list[tuple[int, str, str]]:
    """Codes that both items have, with the attribute's name and value; a value read as words has several."""
    if PairInput.ATTRIBUTES not in engine.parts.scorer.pair_inputs:
        return []
    one, two = (engine.catalogue.items[k].attributes for k in (item, other))
    codes = engine.parts.scorer.codes.values
    both = set(codes[item].tolist()) & set(codes[other].tolist())
    return [
        (code, name, value)
        for name in sorted(one.keys() & two.keys())
        for value in sorted(set(one[name]) & set(two[name]))
        for code in engine.parts.value_codes(name, value)
        if code in both
    ]


def _value_moves(shared: Sequence[tuple[int, str, str]], moved: Sequence[float]) -> tuple[ValueMove, ...]:
    total: dict[tuple[str, str], float] = {}
    for (_, name, value), each in zip(shared, moved, strict=True):
        total[name, value] = total.get((name, value), 0.0) + each
    return tuple(ValueMove(*of, each) for of, each in sorted(total.items(), key=lambda one: (-abs(one[1]), one[0])))


def _over(engine: OutfitEngine, item: int, other: int, moved: float | None) -> tuple[ItemMove, ...]:
    """What moved by items between, divided as the two-step paths are: A_ik A_ko / D_k of all over k."""
    together = engine.parts.scorer.evidence.counts.together
    both = together[item].multiply(together[other]).tocsr()
    if moved is None or not both.nnz:
        return ()
    ways = both.data / np.asarray(together[both.indices].sum(1)).ravel()
    parts = (moved * ways / ways.sum()).tolist()
    moves = [ItemMove(engine.catalogue.items[k].item_id, part) for k, part in zip(both.indices, parts, strict=True)]
    return tuple(sorted(moves, key=lambda move: (-abs(move.moved), move.item_id)))
