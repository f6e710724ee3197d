"""Texts that Neo4j can index: an entry of its indexes holds 8,167 bytes at most."""

from __future__ import annotations

import hashlib

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


def literal(row: str, *names: str) -> str:
    """Cypher for a map of some keys of ``row``. A map that the planner can read need not be made before all else is
    done, as ``SET node = row`` must; keys whose value is null make no property."""
    return "{" + ", ".join(f"{name}: {row}.{name}" for name in names) + "}"


def locked(node: str) -> str:
    """Cypher that takes the write lock of a node. Nothing of it is read to be written back, as in ``SET n.a = n.a``,
    which would undo what another writer committed between the two."""
    return f"SET {node}.locked = true REMOVE {node}.locked"
