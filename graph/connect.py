"""Graph stores by URL: the one place that knows which adapter a scheme names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from graph.store import GraphError, GraphStore


def sqlite_url(path: str | Path) -> str:
    """URL of a graph store in a file: ``sqlite:///relative`` or ``sqlite:////absolute``."""
    return f"sqlite:///{path}"


def open_store(url: str) -> GraphStore:
    """Open the graph store that a URL names, and make it where it is missing.

    Parameters
    ----------
    url
        ``sqlite:///PATH``: everything after the three slashes is the path, taken literally, so an absolute path makes
        four slashes.

    Raises
    ------
    GraphError
        No store goes by the URL's scheme, or the store cannot be opened (its subclasses say why).
    """
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in _OPENERS:
        known = ", ".join(f"{name}://" for name in sorted(_OPENERS))
        raise GraphError(f"{_without_secret(url)!r}: no graph store goes by this scheme; known are {known}")
    return _OPENERS[scheme](rest)


def _open_sqlite(rest: str) -> GraphStore:
    from graph.sqlite import SqliteGraphStore

    path = rest.removeprefix("/")
    if not rest.startswith("/") or not path or path == ":memory:":
        raise GraphError(f"'sqlite://{rest}': names no file; write sqlite:///relative/path or sqlite:////absolute/path")
    return SqliteGraphStore(path)


def _without_secret(url: str) -> str:
    """The URL without user and password, for messages."""
    scheme, separator, rest = url.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"


_OPENERS: dict[str, Callable[[str], GraphStore]] = {"sqlite": _open_sqlite}
