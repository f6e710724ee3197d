"""Ways to break results down: functions that name the group of a question, for ``evaluate(groups=...)``."""

from __future__ import annotations

from collections.abc import Container, Mapping

from evaluation.questions import Cir, Compat, Fitb
from evaluation.tasks import Group


def answer_of(question: Fitb | Compat | Cir) -> str | None:
    """The item that is asked for; None where a whole outfit is judged."""
    if isinstance(question, Fitb):
        return question.candidates[question.answer]
    return question.target if isinstance(question, Cir) else None


def by_label(label_of: Mapping[str, str], *, outfits: str = "outfit") -> Group:
    """By the label of the item asked for (its slot, its category); ``outfits`` where a whole outfit is judged."""

    def group(question: Fitb | Compat | Cir) -> str:
        item = answer_of(question)
        return outfits if item is None else label_of.get(item, "unknown")

    return group


def by_size() -> Group:
    """By the number of items in the outfit, the one asked for included: ``"3"`` .. ``"7"``, ``"8+"``."""

    def group(question: Fitb | Compat | Cir) -> str:
        size = len(question.items) if isinstance(question, Compat) else len(question.context) + 1
        return "8+" if size >= 8 else str(size)

    return group


def by_popularity(outfits_of: Mapping[str, int], bounds: tuple[int, ...] = (0, 3, 10)) -> Group:
    """By how many training outfits hold the item asked for (the rarest item of a whole outfit).

    Groups are ``"0"``, ``"1-3"``, ``"4-10"``, ``"11+"`` for bounds 0, 3, 10.
    """

    def group(question: Fitb | Compat | Cir) -> str:
        item = answer_of(question)
        items = question.items if isinstance(question, Compat) else (item or "",)
        count = min(outfits_of.get(i, 0) for i in items)
        low = 0
        for high in bounds:
            if count <= high:
                return str(high) if low == high else f"{low}-{high}"
            low = high + 1
        return f"{low}+"

    return group


def by_status(known: Container[str]) -> Group:
    """``"known"`` where the item asked for (every item of a whole outfit) is one of ``known``, else ``"new"``.

    With the items of the training outfits these are warm and cold questions.
    """

    def group(question: Fitb | Compat | Cir) -> str:
        item = answer_of(question)
        items = question.items if isinstance(question, Compat) else (item or "",)
        return "known" if all(i in known for i in items) else "new"

    return group
