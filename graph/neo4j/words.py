"""Neo4j's errors, and those of its driver, in words: what is wrong, where, and what to do about it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager

from neo4j import exceptions as faults

from graph.neo4j.listening import SilenceError
from graph.neo4j.reach import PROBE_SECONDS, why_unreachable
from graph.store import GraphError, InvalidRecordError, StoreFormatError, StoreUnavailableError

logging.getLogger("neo4j").addHandler(logging.NullHandler())  # what it warns of becomes an error of ours

SAID = 500
"""Characters of the server's own message in ours."""

_DEADLOCK = "Neo.TransientError.Transaction.DeadlockDetected"
_PASSING = ("Neo.ClientError.Statement.EntityNotFound", "Neo.ClientError.Transaction.TransactionNotFound")


class BeginAgainError(StoreUnavailableError):
    """Another write took away what this one met first: it is begun again."""


class TooLongError(StoreUnavailableError):
    """A query was given up, by the server or here, because it took longer than it may."""


class Words:
    """Errors of one database in words; ``password`` whether one is given, ``seconds`` to find out what is there."""

    def __init__(self, address: str, database: str | None, password: bool, seconds: float) -> None:
        self._address, self._database, self._password, self._seconds = address, database, password, seconds

    def was_closed(self) -> StoreUnavailableError:
        """The store was closed before."""
        return StoreUnavailableError(f"{self._address}: the store was closed; open it again")

    @contextmanager
    def said(self) -> Iterator[None]:
        """What goes wrong inside is raised as errors of the graph."""
        try:
            yield
        except SilenceError as error:
            raise StoreUnavailableError(
                f"{self._address}: the server takes connections and hangs ({error}); its log or its machine says why. "
                "What was written is kept; the same can be run again"
            ) from error
        except CancelledError as error:
            raise self.was_closed() from error
        except (faults.Neo4jError, faults.DriverError) as error:
            raise self._told(error) from error
        except UnicodeEncodeError as error:
            if error.reason != "surrogates not allowed":
                raise
            raise InvalidRecordError(f"text {error.object!r} holds half a character and cannot be stored") from error

    def _told(self, error: Exception) -> GraphError:
        where = self._address if self._database is None else f"{self._address}/{self._database}"
        code = getattr(error, "code", None) or ""
        if isinstance(error, faults.AuthError) and not self._password:
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
            absent = why_unreachable(self._address, min(PROBE_SECONDS, self._seconds))
            if absent:
                return f": {absent}"
        return (
            f" ({_said(error)}); it may be starting or stopping, be encrypted where the URL says plain or the other "
            "way round, be something else than Neo4j, or lack room on its disk or in its memory"
        )


def is_hindrance(error: GraphError) -> bool:
    """Whether the server was at work, and another write in the way."""
    fault = error.__cause__
    if isinstance(error, BeginAgainError) or isinstance(fault, faults.ConstraintError):
        return True
    return isinstance(fault, faults.Neo4jError) and fault.code in (_DEADLOCK, *_PASSING)


def is_passing(fault: BaseException | None) -> bool:
    """Whether the same may succeed a moment later."""
    if isinstance(fault, faults.ServiceUnavailable | faults.SessionExpired | faults.TransientError):
        return True
    return isinstance(fault, faults.Neo4jError) and (fault.is_retryable() or fault.code in _PASSING)


def _said(error: Exception) -> str:
    """What the driver or the server said, in one line."""
    return " ".join(str(getattr(error, "message", None) or error).split())[:SAID]
