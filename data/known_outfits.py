"""What is known to go together: so that no question calls it wrong."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set


class KnownOutfits:
    """Which sets of items some outfit already holds.

    Parameters
    ----------
    outfits
        The items of every known outfit, by its id.
    """

    def __init__(self, outfits: Mapping[str, Sequence[str]]) -> None:
        self._items = outfits
        self._of: dict[str, set[str]] = defaultdict(set)
        for outfit, items in outfits.items():
            for item in items:
                self._of[item].add(outfit)

    def holders(self, items: Iterable[str]) -> Set[str]:
        """Outfits that hold all of the items; none where no item is given."""
        sets = sorted((self._of.get(i, set()) for i in items), key=len)
        return set.intersection(*sets) if sets else set()

    def completions(self, context: Iterable[str]) -> set[str]:
        """Items that stand in a known outfit together with the whole context, those of the context among them."""
        return {i for outfit in self.holders(context) for i in self._items[outfit]}
