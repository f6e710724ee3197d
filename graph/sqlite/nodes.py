"""The small nodes (sources, styles, categories, attributes): found or made by name, removed when unused."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection
from typing import Generic, TypeVar

from graph.store import InvalidRecordError

Name = TypeVar("Name")

_REFERRED_BY = {
    "source": (("item", "source"), ("image", "source"), ("outfit", "source")),
    "style": (("image_style", "style"),),
    "category": (("item", "category"),),
    "attribute": (("item_attribute", "attribute"),),
}
"""Which columns point at each kind of node."""

_EDGES = {"style": "image_style", "attribute": "item_attribute"}
"""Tables of (node, owner): which images have a style, which items an attribute."""


class NodeTable(Generic[Name]):
    """Names of one kind to their ``idx`` within one transaction; what was asked once is remembered.

    ``touched`` collects nodes that lost a reference, for :meth:`Nodes.remove_unused`.
    """

    def __init__(
        self, connection: sqlite3.Connection, table: str, parameters: Callable[[Name], tuple[str, ...]]
    ) -> None:
        columns = ("name", "value") if table == "attribute" else ("name",)
        where = " AND ".join(f"{column} = ?" for column in columns)
        self._find = f"SELECT idx FROM {table} WHERE {where}"
        self._add = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
        self._edges = _EDGES.get(table)
        self._node_column = table
        self._owner_column = None if self._edges is None else self._edges.removesuffix(f"_{table}")
        self._parameters = parameters
        self._execute = connection.execute
        self._execute_many = connection.executemany
        self._known: dict[Name, int] = {}
        self.touched: set[int] = set()

    def idx(self, name: Name) -> int:
        """Number of the node with this name, made where there is none."""
        known = self._known.get(name)
        if known is not None:
            return known
        parameters = self._parameters(name)
        row = self._execute(self._find, parameters).fetchone()
        found = row[0] if row else self._execute(self._add, parameters).lastrowid
        assert found is not None
        self._known[name] = found
        return int(found)

    def join(self, owner: int, names: Collection[Name]) -> None:
        """Add the edges from an owner, an image or item, to these nodes."""
        if names:
            self._execute_many(f"INSERT INTO {self._edges} VALUES (?, ?)", [(self.idx(name), owner) for name in names])

    def part(self, owner: int, names: Collection[Name]) -> None:
        """Remove the edges from an owner to these nodes."""
        edges = [(self.idx(name), owner) for name in names]
        self._execute_many(
            f"DELETE FROM {self._edges} WHERE {self._node_column} = ? AND {self._owner_column} = ?", edges
        )
        self.touched.update(node for node, _ in edges)


class Nodes:
    """The four node tables of one write transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.source = NodeTable[str](connection, "source", lambda name: (name,))
        self.style = NodeTable[str](connection, "style", lambda name: (name,))
        self.category = NodeTable[str](connection, "category", lambda name: (name,))
        self.attribute = NodeTable[tuple[str, str]](connection, "attribute", lambda pair: pair)

    def keep_source(self, record: str, stored: int, given: int) -> None:
        """Refuse a record whose id another source has: two sources that number alike must not write over each other.

        Parameters
        ----------
        record
            Kind and id, as the error names them.
        stored, given
            Numbers of the source that the stored record has and of the one that comes now.

        Raises
        ------
        InvalidRecordError
            They differ.
        """
        if stored == given:
            return
        names = dict(self._connection.execute("SELECT idx, name FROM source WHERE idx IN (?, ?)", (stored, given)))
        raise InvalidRecordError(
            f"{record}: stored from source {names[stored]!r} and now given by source {names[given]!r}; "
            "an id belongs to one source, give it another id or delete that source first"
        )

    def remove_unused(self) -> None:
        """Remove touched nodes that nothing refers to any more."""
        for table, references in _REFERRED_BY.items():
            unused = " AND ".join(
                f"NOT EXISTS (SELECT 1 FROM {child} WHERE {column} = {table}.idx)" for child, column in references
            )
            touched: set[int] = getattr(self, table).touched
            self._connection.executemany(
                f"DELETE FROM {table} WHERE idx = ? AND {unused}",
                [(idx,) for idx in sorted(touched)],
            )
            touched.clear()
