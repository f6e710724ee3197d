"""What the model is told of a pair of items, input by input: each can be taken away to see what it did to a score."""

from __future__ import annotations

from enum import IntFlag, auto

from torch import Tensor


class PairInput(IntFlag):
    """Inputs about a pair, flags of a *silence*: what is silenced is read as of a pair of which it is not known.

    ``TOGETHER``: how often the two were worn together. ``BETWEEN``: paths over one item that is worn with both.
    ``FAR``: paths over two. ``LABELS``: what their photos' labels say. ``ATTRIBUTES``: how their attribute values go
    together. ``LOOKS``: how alike they look, and of new items what look-alikes are worn with.
    """

    TOGETHER = auto()
    BETWEEN = auto()
    FAR = auto()
    LABELS = auto()
    ATTRIBUTES = auto()
    LOOKS = auto()


_FLAGS = 8
"""Bits of a silence that are flags; above them stands 1 + the code of a value, or 0."""


def shared_value(code: int) -> int:
    """The silence of one attribute value that both items of a pair have: that the two share it says nothing."""
    return (code + 1) << _FLAGS


def heard(silent: Tensor, which: PairInput) -> Tensor:
    """Where an input is read, of silences: bool, of the same shape."""
    return (silent & int(which)) == 0


def silenced_value(silent: Tensor) -> Tensor:
    """Code of the shared value that is silenced, -1 for none; of the same shape."""
    return (silent >> _FLAGS) - 1
