"""How long the Neo4j store begins a write again: an outage and other writers are counted apart."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from neo4j.exceptions import ConstraintError, ServiceUnavailable

from graph.neo4j.server import COLLISIONS, RENEWALS, Server, Transaction, Waits
from graph.neo4j.words import BeginAgainError
from graph.store import InvalidRecordError, StoreUnavailableError
from tests.neo4j_server import PASSWORD, Neo4jProcess


@pytest.fixture
def there(server: Neo4jProcess) -> Iterator[Server]:
    there = Server(f"neo4j://127.0.0.1:{server.port}", ("neo4j", PASSWORD), "neo4j", waits=Waits(patience=0.5))
    yield there
    there.close()


def failing(*faults: tuple[type[Exception], float]) -> Callable[[Transaction], int]:
    """Work that meets one fault after another, each after some seconds; then it answers how often it was begun."""
    left = list(faults)

    def work(transaction: Transaction) -> int:
        if not left:
            return len(faults)
        fault, seconds = left.pop(0)
        time.sleep(seconds)
        raise fault

    return work


def test_a_collision_after_a_long_outage_is_begun_again(there: Server) -> None:
    assert there.write(failing((ServiceUnavailable, 0), (ConstraintError, 0.7))) == 2


def test_a_second_outage_has_its_whole_time(there: Server) -> None:
    faults = (ServiceUnavailable, 0.0), (ConstraintError, 0.7), (ServiceUnavailable, 0.0)
    assert there.write(failing(*faults)) == 3


def test_neither_goes_on_for_ever(there: Server) -> None:
    with pytest.raises(InvalidRecordError, match="breaks a rule"):
        there.write(failing(*[(ConstraintError, 0.0)] * COLLISIONS))
    with pytest.raises(StoreUnavailableError):
        there.write(failing((ServiceUnavailable, 0.0), (ServiceUnavailable, 0.7)))


def test_outages_and_other_writers_in_turn_end_too(there: Server) -> None:
    begun = time.monotonic()
    with pytest.raises(StoreUnavailableError):
        there.write(failing(*[(ServiceUnavailable, 0.1), (BeginAgainError, 0.1)] * 100))
    assert time.monotonic() - begun < RENEWALS * 0.5 + 2
