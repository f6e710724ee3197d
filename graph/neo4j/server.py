"""The one module that speaks to a server through the driver: transactions, and their repetition."""

from __future__ import annotations

import os
import random
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any, TypeVar

import neo4j
from neo4j import exceptions as faults

from graph.neo4j.listening import Listener, SilenceError
from graph.neo4j.words import BeginAgainError, TooLongError, Words, is_hindrance, is_passing
from graph.store import GraphError, StoreFormatError
from graph.time_limits import OutOfTimeError, seconds_left

Answer = TypeVar("Answer")
Record = TypeVar("Record")
Row = list[Any]

OLDEST = (5, 23)
"""Server version from which all that is asked for here is there."""

COLLISIONS = 4
"""Times that a write is begun again because another process made the same node first."""

RENEWALS = 10
"""Times its patience after which a write that has not landed is given up, whatever hindered it in turn."""

SHORTEST = 0.001
"""Seconds that the server can be told to take; 0 would be without end."""


def _at_once(work: Callable[[], Answer]) -> Answer:
    return work()


class Transaction:
    """Statements that land together; ``again`` where a fault made them begin once more.

    ``ask`` runs what waits for the server.
    """

    def __init__(
        self,
        transaction: neo4j.Transaction,
        *,
        again: bool = False,
        ask: Callable[[Callable[[], list[Row]]], list[Row]] = _at_once,
    ) -> None:
        self._transaction, self._ask = transaction, ask
        self.again = again

    def run(self, statement: str, **parameters: object) -> list[Row]:
        """All rows of a statement."""
        return self._ask(lambda: self._transaction.run(statement, parameters).values())

    def join(self, statement: str, **parameters: object) -> int:
        """How many relationships a statement created."""
        return self._transaction.run(statement, parameters).consume().counters.relationships_created


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds for which is waited.

    ``patience``: a write is repeated that met a passing fault: a deadlock, a new leader, a server that starts; they
    begin anew when a server that was away is back at work. ``connect``: until a server takes a connection.
    ``silence``: without an answer until the server is asked whether it answers at all; where it does not for as long
    again, what waits is given up.
    """

    patience: float = 30.0
    connect: float = 10.0
    silence: float = 20.0


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
    waits
        How long is waited for what.
    connections
        Most connections at a time.

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
        waits: Waits = Waits(),
        connections: int = 32,
    ) -> None:
        self.address, self.database = address, database
        self._auth, self._waits, self._connections = auth, waits, connections
        self._words = Words(address, database, auth is not None, waits.connect)
        self._closed = False
        self._writing = threading.local()
        self._pid = os.getpid()
        self._bookmarks = neo4j.GraphDatabase.bookmark_manager()  # reads of a follower see what was written
        self._listener = self._listen()
        self._driver = self._connect()
        try:
            try:
                with self._words.said():
                    self._listener.call(self._driver.verify_connectivity)
            except ValueError as error:  # a port that is none
                raise GraphError(f"{address}: {error}; write neo4j://host:port/database") from error
            self._require_version()
        except BaseException:
            self.close()
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

        def ask() -> list[Row]:
            return self._persist(lambda session: self._once(session, query, parameters), neo4j.READ_ACCESS, seconds)

        try:
            return self._listener.call_within(seconds, ask)
        except SilenceError as error:
            raise TooLongError(f"{self.address}: {error}") from error
        except CancelledError as error:  # it had not begun when the store was closed
            raise self._words.was_closed() from error

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """A transaction for reading."""
        self._require_usable()
        call = self._listener.call
        with self._words.said():
            session = self._session(neo4j.READ_ACCESS)
            try:
                yield Transaction(call(session.begin_transaction), ask=call)
            except SilenceError:  # to close the session is to wait for the server
                self._listener.leave(session.close)
                raise
            except BaseException:
                call(session.close)
                raise
            call(session.close)

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
            self._listener.close()
            self._driver.close()

    def _listen(self) -> Listener:
        """Threads that may hang with the server; none is begun before it is needed."""
        return Listener(self._probe, self._waits.silence, self._connections)

    def _probe(self) -> None:
        """Ask the server for anything, through a connection of its own."""
        with self._connect(connections=1) as driver:
            driver.verify_connectivity()

    def _connect(self, connections: int | None = None) -> neo4j.Driver:
        try:
            return neo4j.GraphDatabase.driver(
                self.address,
                auth=self._auth,
                max_connection_pool_size=connections or self._connections,
                connection_timeout=self._waits.connect,
                connection_acquisition_timeout=60.0,
                notifications_min_severity="OFF",
                warn_notification_severity="OFF",
                telemetry_disabled=True,
            )
        except (faults.ConfigurationError, ValueError) as error:
            raise GraphError(f"{self.address}: {error}") from error

    def _require_usable(self) -> None:
        if self._closed:
            raise self._words.was_closed()
        if self._pid != os.getpid():  # sockets must not cross a fork
            self._pid, self._driver, self._writing = os.getpid(), self._connect(), threading.local()
            self._listener = self._listen()

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

    def _repeat(self, once: Callable[[neo4j.Session], Answer], access: str) -> Answer:
        """As :meth:`_persist`; given up where the server hangs."""
        self._require_usable()
        with self._words.said():
            return self._listener.call(lambda: self._persist(once, access, self._waits.patience))

    def _persist(self, once: Callable[[neo4j.Session], Answer], access: str, patience: float) -> Answer:
        last = time.monotonic() + RENEWALS * patience
        deadline: float | None = None
        collisions, hindered, pause = 0, False, 0.02
        while True:
            try:
                with self._words.said(), self._session(access) as session:
                    return once(session)
            except GraphError as error:
                fault = error.__cause__
                if hindered != is_hindrance(error):  # the server answers again, or no more
                    hindered, deadline, pause = not hindered, None, 0.02
                deadline = deadline or time.monotonic() + patience
                if isinstance(fault, faults.ConstraintError):
                    collisions += 1
                    if collisions >= COLLISIONS:
                        raise
                elif not isinstance(error, BeginAgainError) and not is_passing(fault):
                    raise
                if time.monotonic() + pause > min(deadline, last):
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
