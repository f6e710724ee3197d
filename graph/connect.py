"""Graph stores by URL: the one place that knows which adapter a scheme names."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

from graph.health import Schema, StoreHealth
from graph.store import GraphError, GraphStore, SchemaVersionError

if TYPE_CHECKING:
    from graph.neo4j.server import Server
    from graph.neo4j.vectors import VectorSets


def sqlite_url(path: str | Path) -> str:
    """URL of a graph store in a file: ``sqlite:///relative`` or ``sqlite:////absolute``."""
    return f"sqlite:///{path}"


def check_store(url: str, *, seconds: float = 5.0) -> StoreHealth:
    """Look whether the store that a URL names could be opened now; neither makes nor changes anything.

    ``seconds``: how long the server may take to take a connection, or the file may be locked. What is wrong is in the
    answer; nothing is raised for it.
    """
    began = time.perf_counter()
    kind, reachable, schema_ok, reason = "unknown", False, None, None
    try:
        scheme, rest = _parts(url)
        adapter = _ADAPTERS[scheme]
        kind = adapter.kind
        reason = adapter.look(rest, seconds).lacks()
        reachable, schema_ok = True, reason is None
    except SchemaVersionError as error:
        reachable, schema_ok, reason = True, False, str(error)
    except GraphError as error:
        reason = str(error)
    took = 1000 * (time.perf_counter() - began)
    return StoreHealth(store=kind, reachable=reachable, schema_ok=schema_ok, reason=reason, milliseconds=round(took, 1))


def _parts(url: str) -> tuple[str, str]:
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in _ADAPTERS:
        known = ", ".join(f"{name}://" for name in sorted(_ADAPTERS))
        raise GraphError(f"{_without_secret(url)!r}: no graph store goes by this scheme; known are {known}")
    return scheme, rest


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
    scheme, rest = _parts(url)
    return _ADAPTERS[scheme].open(rest)


def require_there(url: str) -> None:
    """See that the file of an embedded store is there, before it is opened to be read: opening makes what is missing.

    Raises
    ------
    GraphError
        There is no such file, or no store goes by the URL.
    """
    scheme, rest = _parts(url)
    if scheme == "sqlite" and not Path(_file(rest)).exists():
        raise GraphError(f"{_file(rest)}: there is no such file; a graph to be read must be there")


def open_vectors(url: str) -> VectorSets:
    """Open the vectors that releases keep in the Neo4j server of a graph store's URL; writes nothing.

    Raises
    ------
    GraphError
        The URL names no Neo4j server, or the server cannot be used (its subclasses say why).
    """
    from graph.neo4j.vectors import VectorSets

    scheme, _, rest = url.partition("://")
    if not is_neo4j(url):
        raise GraphError(f"{_without_secret(url)!r}: holds no vectors; they are kept in Neo4j, {', '.join(_NEO4J)}")
    return VectorSets(_server(scheme, rest))


def place_of(url: str) -> str:
    """Where the store of a URL is, without user and password: equal only for one file or database.

    A server goes by several addresses; :meth:`graph.store.GraphStore.identity` knows it by each.

    Raises
    ------
    GraphError
        The URL names no store.
    """
    _, rest = _parts(url)
    if is_neo4j(url):
        return f"neo4j://{rest.rpartition('@')[2]}"  # whatever the scheme, since all lead to one database
    return sqlite_url(Path(_file(rest)).resolve())


def is_neo4j(url: str) -> bool:
    """Whether a URL names a store in Neo4j."""
    return url.partition("://")[0] in _NEO4J


def _open_sqlite(rest: str) -> GraphStore:
    from graph.sqlite import SqliteGraphStore

    return SqliteGraphStore(_file(rest))


def _look_sqlite(rest: str, seconds: float) -> Schema:
    from graph.sqlite.health import look

    path = _path(rest)
    if path is None:
        raise GraphError(f"the URL of the graph names no file; {_WRITE_FILE}")  # without folders: anybody may ask
    return look(Path(path), seconds)


_WRITE_FILE = "write sqlite:///relative/path or sqlite:////absolute/path"


def _file(rest: str) -> str:
    path = _path(rest)
    if path is None:
        raise GraphError(f"'sqlite://{rest}': names no file; {_WRITE_FILE}")
    return path


def _path(rest: str) -> str | None:
    path = rest.removeprefix("/")
    return path if rest.startswith("/") and path and path != ":memory:" else None


def _without_secret(url: str) -> str:
    """The URL without user and password, for messages."""
    scheme, separator, rest = url.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}" if separator else url.rpartition("@")[2]


def _open_neo4j(scheme: str, rest: str) -> GraphStore:
    from graph.neo4j import Neo4jGraphStore

    server = _server(scheme, rest)
    try:
        return Neo4jGraphStore(server)
    except BaseException:
        server.close()
        raise


def _look_neo4j(scheme: str, rest: str, seconds: float) -> Schema:
    from graph.neo4j.health import look

    server = _server(scheme, rest, seconds)
    try:
        return look(server)
    finally:
        server.close()


def _server(scheme: str, rest: str, seconds: float | None = None) -> Server:
    """The server and database that a URL names; one that must answer within some seconds is asked once."""
    from graph.neo4j.server import Server, Waits

    given, _, place = rest.rpartition("@")
    host, _, database = place.partition("/")
    if not host or "/" in database or "?" in database:
        raise GraphError(
            f"'{scheme}://{place}': names no server and database; write {scheme}://user:password@host:port/database"
        )
    address, login, name = f"{scheme}://{host}", _login(given), unquote(database) or None
    _require_port(address)
    if name is not None and name.lower() == "system":
        raise GraphError(
            f"'{scheme}://{place}': the database system holds the server's users and databases, a graph cannot lie "
            "there; name another one, as neo4j"
        )
    if seconds is None:
        return Server(address, login, name)
    return Server(address, login, name, waits=Waits(0.0, seconds, seconds / 2), connections=1)


def _require_port(address: str) -> None:
    """See that the port of an address, where it names one, is one; raises GraphError."""
    try:
        usable = urlsplit(address).port != 0
    except ValueError:
        usable = False
    if not usable:  # what stands there may be a password whose @host was forgotten
        scheme, _, place = address.partition("://")
        host = f"{place.partition(']')[0]}]" if place.startswith("[") else place.partition(":")[0]
        raise GraphError(
            f"{scheme}://{host}: what follows the colon is no port, which is a number from 1 to 65535; write "
            f"{scheme}://host:port/database, and user:password@ before the host"
        )


def _login(given: str) -> tuple[str, str] | None:
    """User and password of a URL or of the environment; None where there is no password."""
    user, _, password = (unquote(part) for part in given.partition(":"))
    secret_file = os.environ.get("NEO4J_PASSWORD_FILE")
    if not password and secret_file:
        try:
            password = Path(secret_file).read_text(encoding="utf-8").rstrip("\r\n")
        except OSError as error:
            raise GraphError(f"NEO4J_PASSWORD_FILE: {secret_file} cannot be read ({error.strerror})") from error
        except UnicodeDecodeError:
            raise GraphError(f"NEO4J_PASSWORD_FILE: {secret_file} is not UTF-8") from None
        if not password:
            raise GraphError(f"NEO4J_PASSWORD_FILE: {secret_file} is empty")
    password = password or os.environ.get("NEO4J_PASSWORD", "")
    return (user or os.environ.get("NEO4J_USER") or "neo4j", password) if password else None


class _Adapter(NamedTuple):
    """A kind of store: how it is opened, and how it is looked at."""

    kind: str
    open: Callable[[str], GraphStore]
    look: Callable[[str, float], Schema]


_NEO4J = ("neo4j", "neo4j+s", "neo4j+ssc", "bolt", "bolt+s", "bolt+ssc")
_ADAPTERS: dict[str, _Adapter] = {
    "sqlite": _Adapter("sqlite", _open_sqlite, _look_sqlite),
    **{scheme: _Adapter("neo4j", partial(_open_neo4j, scheme), partial(_look_neo4j, scheme)) for scheme in _NEO4J},
}
