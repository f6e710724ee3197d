"""The one module that speaks to the driver: transactions, their repetition, and Neo4j's errors in words."""

from __future__ import annotations

import logging
import os
import random
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from itertools import count
from typing import Any, TypeVar

import neo4j
from neo4j import exceptions as faults

from graph.neo4j.reach import PROBE_SECONDS, why_unreachable
from graph.store import GraphError, InvalidRecordError, StoreFormatError, StoreUnavailableError
from graph.time_limits import OutOfTimeError, seconds_left

Answer = TypeVar("Answer")
Record = TypeVar("Record")
Row = list[Any]

logging.getLogger("neo4j").addHandler(logging.NullHandler())  # what it warns of becomes an error of ours

OLDEST = (5, 23)
"""Server version from which all that is asked for here is there."""

COLLISIONS = 4
"""Times that a write is begun again because another process made the same node first."""

AWAITED = 2.0
"""Seconds for which a store that is closed waits for queries that were given up."""

SHORTEST = 0.001
"""Seconds that the server can be told to take; 0 would be without end."""

SAID = 500
"""Characters of the server's own message in ours."""

_DEADLOCK = "Neo.TransientError.Transaction.DeadlockDetected"
_PASSING = ("Neo.ClientError.Statement.EntityNotFound", "Neo.ClientError.Transaction.TransactionNotFound")


class BeginAgainError(StoreUnavailableError):
    """Another write took away what this one met first: it is begun again."""


class TooLongError(StoreUnavailableError):
    """A query was given up, by the server or here, because it took longer than it may."""


class Transaction:
    """Statements that land together; ``again`` where a fault made them begin once more."""

    def __init__(self, transaction: neo4j.Transaction, *, again: bool = False) -> None:
        self._transaction = transaction
        self.again = again

    def run(self, statement: str, **parameters: object) -> list[Row]:
        """All rows of a statement."""
        return self._transaction.run(statement, parameters).values()

    def join(self, statement: str, **parameters: object) -> int:
        """How many relationships a statement created."""
        return self._transaction.run(statement, parameters).consume().counters.relationships_created

    def stream(self, statement: str, **parameters: object) -> Iterator[Row]:
        """Rows as they come."""
        for record in self._transaction.run(statement, parameters):
            yield record.values()


class Server:
    """A database of a Neo4j server, through a pool of connections that any thread may use.

    Parameters
    ----------
    address
        ``neo4j://host:port`` (``bolt://``, ``neo4j+s://`` and the like), without user and password.
    auth
        User and password; None where the server asks for none.
    database
        Name of the database; None is the server's default.
    patience
        Seconds for which a write is repeated that met a passing fault: a deadlock, a new leader, a server that starts.
        They begin anew when a server that was away is back at work.
    connections
        Most connections at a time.
    connect_seconds
        How long a server may take to take a connection.

    Raises
    ------
    StoreUnavailableError
        The server cannot be reached or refuses the password.
    StoreFormatError
        There is no such database, or the server is too old.
    """

    def __init__(
        self,
        address: str,
        auth: tuple[str, str] | None,
        database: str | None = None,
        *,
        patience: float = 30.0,
        connections: int = 32,
        connect_seconds: float = 10.0,
    ) -> None:
        self.address, self.database = address, database
        self._auth, self._patience, self._connections = auth, patience, connections
        self._connect_seconds = connect_seconds
        self._closed = False
        self._writing = threading.local()
        self._pid = os.getpid()
        self._bookmarks = neo4j.GraphDatabase.bookmark_manager()  # reads of a follower see what was written
        self._askers = self._threads()
        self._asked: set[Future[list[Row]]] = set()
        self._driver = self._connect()
        try:
            try:
                with self._in_words():
                    self._driver.verify_connectivity()
            except ValueError as error:  # a port that is none
                raise GraphError(f"{address}: {error}; write neo4j://host:port/database") from error
            self._require_version()
        except BaseException:
            self._driver.close()
            raise

    def read(self, statement: str, **parameters: object) -> list[Row]:
        """All rows of one statement, asked of a follower where there is one; it takes no longer than it may.

        Raises OutOfTimeError where it would (:mod:`graph.time_limits`).
        """
        left = seconds_left()
        if left is not None:
            try:
                return self.read_within(left, statement, **parameters)
            except TooLongError as error:
                raise OutOfTimeError(str(error)) from error
        return self._repeat(lambda session: self._once(session, statement, parameters), neo4j.READ_ACCESS)

    def read_within(self, seconds: float, statement: str, **parameters: object) -> list[Row]:
        """As :meth:`read`, but given up after ``seconds`` by the server and, should that hang, here too.

        Raises TooLongError.
        """
        self._require_usable()
        query = neo4j.Query(statement, timeout=max(seconds, SHORTEST))
        asked = self._askers.submit(
            self._repeat, lambda session: self._once(session, query, parameters), neo4j.READ_ACCESS, seconds
        )
        self._asked.add(asked)
        asked.add_done_callback(self._asked.discard)
        try:
            return asked.result(seconds)
        except TimeoutError as error:
            asked.cancel()
            raise TooLongError(f"{self.address}: no answer within {seconds:g} seconds") from error
        except CancelledError as error:  # it had not begun when the store was closed
            raise StoreUnavailableError(f"{self.address}: the store was closed; open it again") from error

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """A transaction for reading; rows may be streamed."""
        with self._in_words(), self._session(neo4j.READ_ACCESS) as session, session.begin_transaction() as transaction:
            yield Transaction(transaction)

    def write(self, work: Callable[[Transaction], Answer]) -> Answer:
        """What ``work`` answers in a transaction of its own, begun again after a passing fault: all or nothing."""
        attempts = count()

        def once(session: neo4j.Session) -> Answer:
            with session.begin_transaction() as transaction:
                answer = work(Transaction(transaction, again=next(attempts) > 0))
                transaction.commit()
                return answer

        return self._repeat(once, neo4j.WRITE_ACCESS)

    def define(self, statement: str) -> None:
        """Run a statement about the schema, which takes a transaction of its own; another process may be faster."""
        try:
            self._repeat(lambda session: self._once(session, statement, {}), neo4j.WRITE_ACCESS)
        except GraphError as error:
            if "EquivalentSchemaRuleAlreadyExists" not in str(getattr(error.__cause__, "code", "")):
                raise

    def collect(self, records: Iterable[Record]) -> list[Record]:
        """Records as a list; refuses to be asked for it again while they are being made.

        Raises
        ------
        GraphError
            Making the records writes to the store.
        """
        self.require_no_write()
        self._writing.now = True
        try:
            return list(records)
        finally:
            self._writing.now = False

    def require_no_write(self) -> None:
        """See that this thread is not making the records of a write; raises GraphError."""
        self._require_usable()
        if getattr(self._writing, "now", False):
            raise GraphError(
                f"{self.address}: a write was begun by the records of another write; make a list of the records first"
            )

    def close(self) -> None:
        """Close the connections; closing twice is harmless. Queries that were given up are waited for shortly, for a
        connection that is taken from under one is not put away well."""
        self._closed = True
        if self._pid == os.getpid():
            self._askers.shutdown(wait=False, cancel_futures=True)
            wait(tuple(self._asked), AWAITED)
            self._driver.close()

    def _threads(self) -> ThreadPoolExecutor:
        """Threads that may hang with the server; none is begun before it is needed."""
        return ThreadPoolExecutor(self._connections, thread_name_prefix="ask neo4j")

    def _connect(self) -> neo4j.Driver:
        try:
            return neo4j.GraphDatabase.driver(
                self.address,
                auth=self._auth,
                max_connection_pool_size=self._connections,
                connection_timeout=self._connect_seconds,
                connection_acquisition_timeout=60.0,
                notifications_min_severity="OFF",
                warn_notification_severity="OFF",
                telemetry_disabled=True,
            )
        except (faults.ConfigurationError, ValueError) as error:
            raise GraphError(f"{self.address}: {error}") from error

    def _require_usable(self) -> None:
        if self._closed:
            raise StoreUnavailableError(f"{self.address}: the store was closed; open it again")
        if self._pid != os.getpid():  # sockets must not cross a fork
            self._pid, self._driver, self._writing = os.getpid(), self._connect(), threading.local()
            self._askers, self._asked = self._threads(), set()

    def _session(self, access: str) -> neo4j.Session:
        self._require_usable()
        return self._driver.session(
            database=self.database,
            default_access_mode=access,
            fetch_size=10_000,
            bookmark_manager=self._bookmarks,
        )

    @staticmethod
    def _once(session: neo4j.Session, statement: str | neo4j.Query, parameters: dict[str, object]) -> list[Row]:
        return session.run(statement, parameters).values()

    def _repeat(self, once: Callable[[neo4j.Session], Answer], access: str, patience: float | None = None) -> Answer:
        deadline: float | None = None
        collisions, hindered, pause = 0, False, 0.02
        while True:
            try:
                with self._in_words(), self._session(access) as session:
                    return once(session)
            except GraphError as error:
                fault = error.__cause__
                if hindered != _is_hindrance(error):  # the server answers again, or no more
                    hindered, deadline, pause = not hindered, None, 0.02
                deadline = deadline or time.monotonic() + (self._patience if patience is None else patience)
                if isinstance(fault, faults.ConstraintError):
                    collisions += 1
                    if collisions >= COLLISIONS:
                        raise
                elif not isinstance(error, BeginAgainError) and not _is_passing(fault):
                    raise
                if time.monotonic() + pause > deadline:
                    raise
            time.sleep(pause * random.uniform(0.5, 1.0))
            pause = min(2 * pause, 1.0)

    def _require_version(self) -> None:
        rows = self.read("CALL dbms.components() YIELD name, versions WHERE name = 'Neo4j Kernel' RETURN versions[0]")
        version = str(rows[0][0]) if rows else "unknown"
        numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:2])  # "5.27-aura" as well
        if numbers < OLDEST:
            raise StoreFormatError(
                f"{self.address}: runs Neo4j {version}; Neo4j {'.'.join(map(str, OLDEST))} or newer is wanted"
            )

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        try:
            yield
        except (faults.Neo4jError, faults.DriverError) as error:
            raise self._words(error) from error
        except UnicodeEncodeError as error:
            if error.reason != "surrogates not allowed":
                raise
            raise InvalidRecordError(f"text {error.object!r} holds half a character and cannot be stored") from error

    def _words(self, error: Exception) -> GraphError:
        where = self.address if self.database is None else f"{self.address}/{self.database}"
        code = getattr(error, "code", None) or ""
        if isinstance(error, faults.AuthError) and self._auth is None:
            return StoreUnavailableError(f"{where}: the server asks for a password; set NEO4J_PASSWORD")
        if isinstance(error, faults.AuthError):
            return StoreUnavailableError(
                f"{where}: the server refuses user and password ({_said(error)}); the user is that of the URL or of "
                "NEO4J_USER, else neo4j, the password that of the URL, of NEO4J_PASSWORD_FILE or of NEO4J_PASSWORD"
            )
        if code.endswith("AuthenticationRateLimit"):
            return StoreUnavailableError(
                f"{where}: the server refuses everybody for a while, after several wrong passwords; wait a minute, "
                "then use the right one"
            )
        if isinstance(error, faults.ConstraintError):
            return InvalidRecordError(f"{where}: a record breaks a rule of the graph: {_said(error)}")
        if code.endswith("DatabaseNotFound"):
            return StoreFormatError(f"{where}: there is no such database ({_said(error)})")
        if code.endswith(("TransactionTimedOut", "TransactionTimedOutClientConfiguration")):
            return TooLongError(f"{where}: the server gave the query up: it took too long")
        if isinstance(error, faults.ServiceUnavailable | faults.SessionExpired | faults.TransientError):
            return StoreUnavailableError(f"{where}: the server cannot be used now{self._why_not(error)}")
        if isinstance(error, faults.DatabaseError) and ".Schema." not in code:
            return StoreUnavailableError(
                f"{where}: the server failed ({_said(error)}); its log says why, a full disk for one. What was "
                "committed stays; once it is restarted, the same can be run again"
            )
        return GraphError(f"{where}: {_said(error)}")

    def _why_not(self, error: Exception) -> str:
        """Why a server cannot be used: that it is not there, or what it may be if it is."""
        if not isinstance(error, faults.TransientError):
            absent = why_unreachable(self.address, min(PROBE_SECONDS, self._connect_seconds))
            if absent:
                return f": {absent}"
        return (
            f" ({_said(error)}); it may be starting or stopping, be encrypted where the URL says plain or the other "
            "way round, be something else than Neo4j, or lack room on its disk or in its memory"
        )


def _is_hindrance(error: GraphError) -> bool:
    """Whether the server was at work, and another write in the way."""
    fault = error.__cause__
    if isinstance(error, BeginAgainError) or isinstance(fault, faults.ConstraintError):
        return True
    return isinstance(fault, faults.Neo4jError) and fault.code in (_DEADLOCK, *_PASSING)


def _is_passing(fault: BaseException | None) -> bool:
    """Whether the same may succeed a moment later."""
    if isinstance(fault, faults.ServiceUnavailable | faults.SessionExpired | faults.TransientError):
        return True
    return isinstance(fault, faults.Neo4jError) and (fault.is_retryable() or fault.code in _PASSING)


def _said(error: Exception) -> str:
    """What the driver or the server said, in one line."""
    return " ".join(str(getattr(error, "message", None) or error).split())[:SAID]
