"""The small nodes (categories, attributes, styles, shoots): made where they are missing, removed when unused."""

from __future__ import annotations

from collections.abc import Iterable

from graph.neo4j.names import fields
from graph.neo4j.server import Transaction
from graph.store import InvalidRecordError

_MERGE = "UNWIND $rows AS row MERGE (n:{label} {{{pattern}}}) ON CREATE SET n += row"
_PATTERNS = {
    "Category": "name: row.name",
    "Style": "name: row.name",
    "Shoot": "id: row.id",
    "Attribute": "name: row.name, value: row.value",
}
_REMOVE_UNUSED = (
    "MATCH (n) WHERE id(n) IN $nodes AND (n:Category OR n:Attribute OR n:Style OR n:Shoot) AND NOT (n)--() DELETE n"
)


def named(name: str) -> dict[str, str]:
    """Properties of a category or style."""
    return fields("name", name)


def identified(node_id: str) -> dict[str, str]:
    """Properties by which an image, item, outfit or shoot is found."""
    return fields("id", node_id)


def valued(pair: tuple[str, str]) -> dict[str, str]:
    """Properties of an attribute (name, value)."""
    return fields("name", pair[0]) | fields("value", pair[1])


def make(transaction: Transaction, label: str, nodes: Iterable[dict[str, str]]) -> None:
    """Make the nodes of a label that are missing, in one order, that two writers do not wait in a circle."""
    rows = sorted(nodes, key=lambda row: tuple(row.values()))
    if rows:
        transaction.run(_MERGE.format(label=label, pattern=_PATTERNS[label]), rows=rows)


def remove_unused(transaction: Transaction, nodes: Iterable[int]) -> None:
    """Remove small nodes, by internal number, that nothing refers to any more."""
    touched = sorted(set(nodes))
    if touched:
        transaction.run(_REMOVE_UNUSED, nodes=touched)


def keep_source(record: str, stored: str, given: str) -> None:
    """Refuse a record whose id another source has.

    Raises
    ------
    InvalidRecordError
        ``stored`` and ``given`` differ.
    """
    if stored != given:
        raise InvalidRecordError(
            f"{record}: stored from source {stored!r} and now given by source {given!r}; "
            "an id belongs to one source, give it another id or delete that source first"
        )
