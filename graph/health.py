"""Whether a graph store can be used, seen without opening it: a look makes and changes nothing, and waits little."""

from __future__ import annotations

from typing import NamedTuple

from msgspec import Struct


class StoreHealth(Struct, frozen=True, kw_only=True):
    """What a look at a store found.

    ``store``: the kind, ``sqlite`` or ``neo4j``; ``unknown`` where its URL names neither. ``reachable``:
    it is there, is a store, and answers. ``schema_ok``: its schema is that of this program; None where nobody could
    see. ``reason``: what is wrong, without user, password or folder. ``milliseconds``: how long the look took.
    """

    store: str
    reachable: bool
    schema_ok: bool | None
    reason: str | None
    milliseconds: float

    @property
    def usable(self) -> bool:
        """Whether a program could read it now."""
        return self.reachable and bool(self.schema_ok)


class Schema(NamedTuple):
    """The version of a store's schema, that which this program wants, and whether all indexes are there."""

    version: int
    wanted: int
    whole: bool = True

    def lacks(self) -> str | None:
        """What has to be done, None where the schema is as wanted."""
        if self.version == self.wanted and self.whole:
            return None
        brought = "the next command that opens the store brings it up to date"
        if not self.version:
            return f"holds no graph yet; {brought}"
        if self.version < self.wanted:
            return f"has schema version {self.version}, this program wants {self.wanted}; {brought}"
        return f"an index is missing or not ready; {brought}"
