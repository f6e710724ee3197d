"""Why an item goes with others: what the graph says, ranked by how far it moved the model's score."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from graph.explore.budget import DEFAULT, Budget, Cut, first
from graph.explore.evidence import Evidence, rank
from graph.explore.explaining import Explanation, explain
from graph.store import GraphStore
from recsys.engine.shares import Attribution, Share
from recsys.errors import QueryError

if TYPE_CHECKING:
    from recsys.engine.engine import OutfitEngine

EVERYTHING = 1_000_000
"""Reasons that are looked for before they are ranked."""

NOTHING = 0.0005
"""Moves below this are none: they would be shown as 0.000, and rounding makes some."""

ONE_INPUT = {"image": "together", "outfit": "together", "style": "style", "path": "path"}
"""Inputs that the model is told once of a pair, however much evidence of these kinds there is."""

UP, DOWN, UNMOVED = 0, 1, 2
"""Ways in which evidence can have moved the score, in the order in which they are told."""


class MovedEvidence(Evidence, frozen=True, kw_only=True):
    """A reason read off the graph, and how far it ``moved`` the score of the model.

    That is what the score loses where the model is not told it (:class:`recsys.engine.shares.Share`). Photos and
    outfits of two items are one input, as are all their styles: the strongest has its number, and the others, which are
    ``shared``, have none, so that they are not counted again. None, too, where no release was asked, it does not hold
    both items, or its model reads nothing of this kind, as of an attribute that only repeats another. What came into
    the graph since the release moved nothing.
    """

    moved: float | None = None
    shared: bool = False


class ItemExplanation(Struct, frozen=True, kw_only=True):
    """What speaks for an item beside others: :class:`graph.explore.explaining.Explanation`, and what the model made of
    it.

    ``evidence``: what moved the score up, the furthest first, then what moved it down, then by strength what it did not
    read or did not go by, and what shares the number of one before. ``text``: the first of it, or that none moved
    the score up. ``score``: what moved the score by item of the context; None where
    no release was asked or it does not hold the item. ``unknown``: items that the release does not hold.
    ``unscored``: why the release gave no score though it holds the item; empty where it did.
    """

    item_id: str
    context: tuple[str, ...]
    evidence: tuple[MovedEvidence, ...]
    unconnected: tuple[str, ...]
    text: str
    score: Attribution | None = None
    unknown: tuple[str, ...] = ()
    unscored: str = ""
    cut: tuple[Cut, ...] = ()


def explain_item(
    store: GraphStore,
    engine: OutfitEngine | None,
    item_id: str,
    context: Iterable[str],
    *,
    budget: Budget = DEFAULT,
) -> ItemExplanation:
    """Evidence in the graph for an item beside others, ranked by how far it moved the score where ``engine`` can tell.

    Without an engine, and for items that its release does not hold, by strength. Nothing that the graph does not hold
    is given as a reason; what the model goes by besides (looks, the network) is in the shares of ``score`` alone. The
    budget is the graph's: the model takes some hundredths of a second more beside few items, more than a second beside
    thirty.

    Raises
    ------
    UnknownNodeError
        An item is not stored in the graph.
    """
    wide = msgspec.structs.replace(budget, limit=EVERYTHING)
    found = explain(store, item_id, context, budget=wide)
    score, unknown, unscored = _ask(engine, item_id, found.context) if engine else (None, (), "")
    shares = {share.item_id: share for share in score.shares} if score else {}
    weighed = _weighed(found.evidence, shares)
    ranked = sorted(weighed, key=_rank)
    shown, cuts = first(ranked, budget.limit, "reasons")
    return ItemExplanation(
        item_id=item_id,
        context=found.context,
        evidence=shown,
        unconnected=found.unconnected,
        text=_headline(ranked, found) if shares else found.text,
        score=score,
        unknown=unknown,
        unscored=unscored,
        cut=(*cuts, *found.cut),
    )


def _headline(ranked: Sequence[MovedEvidence], found: Explanation) -> str:
    """What moved the score up the furthest; where nothing did, that, and the strongest there is."""
    if not ranked:
        return found.text
    if _direction(ranked[0]) == UP:
        return ranked[0].text
    so_far = " as far as was looked" if found.cut else ""
    return f"nothing in the graph{so_far} moved its score up; the strongest in the graph: {found.text}"


def _ask(engine: OutfitEngine, item_id: str, context: Iterable[str]) -> tuple[Attribution | None, tuple[str, ...], str]:
    """What the model says, what its release does not hold, and why it says nothing where the context is too long."""
    from recsys.engine.attribution import attribute

    catalogue = engine.catalogue
    unknown = tuple(name for name in (item_id, *context) if name not in catalogue)
    if item_id in unknown:
        return None, unknown, ""
    known = [name for name in context if name in catalogue]
    try:
        return attribute(engine, item_id, known), unknown, ""
    except QueryError as error:
        return None, unknown, str(error)


def _weighed(evidence: Iterable[Evidence], shares: Mapping[str, Share]) -> list[MovedEvidence]:
    """Evidence, the strongest first, with what it moved; of several of one input the first has the number."""
    told, out = set(), []
    for each in evidence:
        share = shares.get(each.other_id)
        moved = None if share is None else _moved(each, share)
        told_by = (each.other_id, ONE_INPUT.get(each.kind))
        shared = moved is not None and told_by in told
        if moved is not None and each.kind in ONE_INPUT:
            told.add(told_by)
        out.append(MovedEvidence(**msgspec.structs.asdict(each), moved=None if shared else moved, shared=shared))
    return out


def _moved(each: Evidence, share: Share) -> float | None:
    """How far the evidence moved the score, of what the other item did in all."""
    end = each.nodes[0]
    match each.kind:
        case "image" | "outfit":
            return share.together
        case "between":
            nothing = None if share.between is None else 0.0
            return next((move.moved for move in share.over if move.item_id == end.id), nothing)
        case "attribute":
            same = (move.moved for move in share.values if (move.name, move.value) == (end.id, end.value))
            return next(same, None)
        case "style":
            return share.style
        case "path":
            return share.path


def _direction(each: MovedEvidence) -> int:
    if each.moved is None or abs(each.moved) < NOTHING:
        return UNMOVED
    return UP if each.moved > 0 else DOWN


def _rank(each: MovedEvidence) -> tuple[object, ...]:
    direction = _direction(each)
    return direction, 0.0 if direction == UNMOVED else -abs(each.moved or 0.0), rank(each)
