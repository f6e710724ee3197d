"""What is told of what moved a score; in a module of its own, which needs no model to be imported."""

from __future__ import annotations

from msgspec import Struct


class ValueMove(Struct, frozen=True):
    """How far it moved the score that both items have this value of an attribute."""

    name: str
    value: str
    moved: float


class ItemMove(Struct, frozen=True):
    """How far it moved the score that this item is worn with both."""

    item_id: str
    moved: float


class Share(Struct, frozen=True, kw_only=True):
    """How far one item of the context moved the score; below 0 it spoke against.

    ``moved`` is the sum of what follows, up to ``rest``. ``together``: the two in one outfit or photo. ``between``:
    items worn with both. ``path``: paths over two items. ``style``: labels of their photos. ``attribute``: how all
    their attributes go together. ``look``: how alike they look. Each is what the score loses where the model is not
    told it of this pair, None where it has no such input. ``usual``: what an average item of the category, read as
    new, with which the score compares, has from the item too, taken off. ``rest``: what cannot be told apart by
    silencing: what chance alone brings two items that are worn so often, the network that reads the context as one,
    and that there is one more item to suit.

    ``values`` are what single values that both have did, apart from how different values go together; ``over`` is
    ``between`` by the item in between, the furthest first.
    """

    item_id: str
    moved: float
    together: float | None
    between: float | None
    path: float | None
    style: float | None
    attribute: float | None
    look: float | None
    usual: float
    rest: float
    values: tuple[ValueMove, ...] = ()
    over: tuple[ItemMove, ...] = ()


class Attribution(Struct, frozen=True, kw_only=True):
    """What moved the score of an item beside a context.

    ``score``: log-odds against an average item of its category beside the context, ``alone`` the same beside nothing;
    the ``shares`` of the context's items add up to the difference. ``exact``: all orders were followed; of a few
    the shares are an estimate.
    """

    item_id: str
    score: float
    alone: float
    shares: tuple[Share, ...]
    exact: bool
