"""Graph stores by URL: the one place that knows which adapter a scheme names."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import unquote

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
        four slashes. ``neo4j://USER:PASSWORD@HOST:PORT/DATABASE``, and the driver's other schemes (``neo4j+s://``,
        ``bolt://``): user, password and database are percent-encoded and may be left out. The password may come from
        the environment, ``NEO4J_PASSWORD``, or from the file that ``NEO4J_PASSWORD_FILE`` names, as may the user from
        ``NEO4J_USER``, which is neo4j by default.

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


def _open_neo4j(scheme: str, rest: str) -> GraphStore:
    from graph.neo4j import Neo4jGraphStore
    from graph.neo4j.server import Server

    login, _, place = rest.rpartition("@")
    host, _, database = place.partition("/")
    if not host or "/" in database or "?" in database:
        raise GraphError(
            f"'{scheme}://{place}': names no server and database; write {scheme}://user:password@host:port/database"
        )
    server = Server(f"{scheme}://{host}", _login(login), unquote(database) or None)
    try:
        return Neo4jGraphStore(server)
    except BaseException:
        server.close()
        raise


def _login(login: str) -> tuple[str, str] | None:
    """User and password of a URL or of the environment; None where there is no password."""
    user, _, password = (unquote(part) for part in login.partition(":"))
    secret_file = os.environ.get("NEO4J_PASSWORD_FILE")
    if not password and secret_file:
        try:
            password = Path(secret_file).read_text(encoding="utf-8").rstrip("\r\n")
        except OSError as error:
            raise GraphError(f"NEO4J_PASSWORD_FILE: {secret_file} cannot be read ({error.strerror})") from error
    password = password or os.environ.get("NEO4J_PASSWORD", "")
    return (user or os.environ.get("NEO4J_USER", "neo4j"), password) if password else None


_OPENERS: dict[str, Callable[[str], GraphStore]] = {
    "sqlite": _open_sqlite,
    **{
        scheme: partial(_open_neo4j, scheme)
        for scheme in ("neo4j", "neo4j+s", "neo4j+ssc", "bolt", "bolt+s", "bolt+ssc")
    },
}
