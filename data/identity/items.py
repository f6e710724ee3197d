"""The item that a group of regions shows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from data.identity.facts import IdentityError, RegionFact
from data.types import Item, ItemLink


def items_of(facts: Sequence[RegionFact], links: Iterable[ItemLink]) -> list[Item]:
    """One item for every item id that the links name, by ascending id.

    Slot and category are the most frequent ones of its regions; a region without a category has no say in it, and where
    none has one the slot stands in. An attribute is kept where at least half of the regions that state it agree on
    the value.

    Raises
    ------
    IdentityError
        A link names a region that is not among the facts.
    """
    by_id = {fact.region_id: fact for fact in facts}
    members: defaultdict[str, list[RegionFact]] = defaultdict(list)
    for link in links:
        if link.region_id not in by_id:
            raise IdentityError(f"{link.region_id}: region of a link to {link.item_id}; no such region among the facts")
        members[link.item_id].append(by_id[link.region_id])
    return [_item(item_id, members[item_id]) for item_id in sorted(members)]


def _item(item_id: str, shown: Sequence[RegionFact]) -> Item:
    slot = _majority(Counter(fact.slot for fact in shown))
    stated = Counter(fact.category for fact in shown if fact.category is not None)
    return Item(
        item_id=item_id,
        category=_majority(stated) if stated else slot,
        slot=slot,
        source=min(fact.source for fact in shown),
        attributes=_voted(shown),
    )


def _voted(shown: Sequence[RegionFact]) -> Mapping[str, tuple[str, ...]]:
    """Values of each attribute that at least half of the regions stating it agree on, else its most frequent one."""
    stating: Counter[str] = Counter()
    votes: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for fact in shown:
        for name, values in fact.attributes.items():
            if values:
                stating[name] += 1
                votes[name].update(set(values))
    return {
        name: tuple(sorted(value for value, n in votes[name].items() if 2 * n >= stating[name]))
        or (_majority(votes[name]),)
        for name in sorted(votes)
    }


def _majority(counts: Counter[str]) -> str:
    """The most frequent value; of equals the first by name, so that a second run decides alike."""
    return min(counts, key=lambda value: (-counts[value], value))
