"""Texts that Neo4j can index: an entry of its indexes holds 8,167 bytes at most."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from itertools import dropwhile, groupby
from typing import TypeVar

Record = TypeVar("Record")

KEPT = 500
"""Characters (2,000 bytes at most) up to which a text is indexed as it is; two fit into one composite entry."""


def indexed(text: str) -> str:
    """The text, or its beginning and a hash of it where it is long.

    Order is that of the texts, but for long ones that begin with the same KEPT characters.
    """
    if len(text) <= KEPT:
        return text
    return text[:KEPT] + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def fields(name: str, text: str) -> dict[str, str]:
    """Properties for a text that is searched by: ``name``, and ``full_<name>`` where that is cut."""
    kept = indexed(text)
    return {name: kept} if kept == text else {name: kept, f"full_{name}": text}


def start(after: str | None) -> tuple[str, str]:
    """Comparison and text from which to read by an index what comes after a text: long ones from their beginning."""
    return (">=", "") if after is None else (">", after[:KEPT])


def in_order(records: Iterable[Record], id_of: Callable[[Record], str], after: str | None) -> Iterator[Record]:
    """Records that come by an index, in order of their whole ids; those with one long beginning are held at a time."""
    groups = groupby(records, key=lambda record: id_of(record)[:KEPT])
    ordered = (record for _, group in groups for record in sorted(group, key=id_of))
    return ordered if after is None else dropwhile(lambda record: id_of(record) <= after, ordered)


def literal(row: str, *names: str) -> str:
    """Cypher for a map of some keys of ``row``. A map that the planner can read need not be made before all else is
    done, as ``SET node = row`` must; keys whose value is null make no property."""
    return "{" + ", ".join(f"{name}: {row}.{name}" for name in names) + "}"


def locked(node: str) -> str:
    """Cypher that takes the write lock of a node. Nothing of it is read to be written back, as in ``SET n.a = n.a``,
    which would undo what another writer committed between the two."""
    return f"SET {node}.locked = true REMOVE {node}.locked"
