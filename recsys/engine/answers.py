"""What the engine is asked and what it answers."""

from __future__ import annotations

from msgspec import Struct


class CompletionQuery(Struct, frozen=True, kw_only=True):
    """A partial outfit to complete.

    ``context`` are item ids. ``slots`` to fill, in any order; empty: those that such outfits usually hold.
    ``outfits`` is how many answers are wanted, ``avoid`` items that must not appear.
    """

    context: tuple[str, ...]
    slots: tuple[str, ...] = ()
    outfits: int = 3
    avoid: tuple[str, ...] = ()


class Reason(Struct, frozen=True):
    """Why a suggestion: ``together`` outfits hold it with ``item_id`` of the query; ``alike`` is the cosine (0 to 1)
    between the lists of what the two are worn with."""

    item_id: str
    together: int
    alike: float


class Suggestion(Struct, frozen=True, kw_only=True):
    """One item for one slot. ``score``: log-odds against an average item of its category, given the rest."""

    item_id: str
    slot: str
    category: str
    score: float
    reasons: tuple[Reason, ...] = ()


class CompletedOutfit(Struct, frozen=True, kw_only=True):
    """One answer: the items added and the whole outfit's score.

    ``compatibility`` is the chance that an outfit of such a score was put together by a stylist rather than at random,
    and ``percentile`` the share of real outfits, held out of training, that score lower (None where none were). Both
    flatter an outfit that was searched for: of many it is the best.
    """

    rank: int
    items: tuple[Suggestion, ...]
    score: float
    compatibility: float
    percentile: float | None


class Completion(Struct, frozen=True, kw_only=True):
    """Answers to a query. ``unmet`` says what could not be done and why."""

    context: tuple[str, ...]
    slots: tuple[str, ...]
    outfits: tuple[CompletedOutfit, ...]
    unmet: tuple[str, ...] = ()


class SimilarItem(Struct, frozen=True, kw_only=True):
    """An item like the one asked for; ``similarity`` is a cosine, from -1 to 1."""

    rank: int
    item_id: str
    category: str
    similarity: float
