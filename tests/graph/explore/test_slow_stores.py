"""A question's time holds inside a single call to the store: a slow query is given up, and the answer says so."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest

from graph import GraphStore, time_limits
from graph.explore.around import around
from graph.explore.budget import Budget, Cut
from graph.explore.changes import changes_since
from graph.explore.communities import communities
from graph.explore.duplicates import near_duplicates
from graph.explore.ego import ego_network
from graph.explore.explaining import connect, explain
from graph.explore.hubs import hubs
from graph.explore.merges import suspicious_merges
from graph.explore.paths import shortest_paths, strongest_path
from graph.explore.together import worn_together
from graph.explore.trends import trend
from graph.neo4j import Neo4jGraphStore
from graph.nodes import Node
from graph.sqlite import SqliteGraphStore
from graph.store import GraphError
from graph.time_limits import OutOfTimeError, time_limit

LIMIT = 0.5
BUDGET = Budget(seconds=LIMIT)
SAID = Cut("time", "stopped after 0.5 s; what was found by then is shown")
COAT = Node("item", "coat")


def burn(store: GraphStore) -> None:
    """A query that takes the store minutes."""
    if isinstance(store, Neo4jGraphStore):
        store._server.read("UNWIND range(1, 20000000000) AS n WITH n WHERE n % 7 = 8 RETURN count(n)")
    else:
        assert isinstance(store, SqliteGraphStore)
        counting = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 20000000000)"
        with store._connections.read() as connection:
            connection.execute(f"{counting} SELECT count(*) FROM c WHERE n < 0").fetchall()


@pytest.fixture
def slow(wardrobe: GraphStore, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int], GraphStore]:
    """``slow(method, n)``: a store whose nth call of a method, and all later ones, begin with a slow query."""
    monkeypatch.setattr(time_limits, "LAST_SECONDS", 0.05)

    def make(method: str, nth: int) -> GraphStore:
        whole, calls = getattr(wardrobe, method), 0

        def called(*arguments: Any, **named: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls >= nth:
                burn(wardrobe)
            return whole(*arguments, **named)

        def streamed(*arguments: Any, **named: Any) -> Iterator[Any]:
            yield from called(*arguments, **named)

        monkeypatch.setattr(wardrobe, method, streamed if method in ("items", "links", "sightings") else called)
        return wardrobe

    return make


QUESTIONS: list[tuple[str, int, Callable[[GraphStore], Any]]] = [
    ("neighbours", 1, lambda store: around(store, COAT, budget=BUDGET)),
    ("worn_with", 1, lambda store: worn_together(store, "coat", budget=BUDGET)),
    ("counts", 1, lambda store: worn_together(store, "coat", budget=BUDGET)),
    ("ranked", 1, lambda store: hubs(store, budget=BUDGET)),
    ("neighbours", 1, lambda store: shortest_paths(store, "coat", "bag", budget=BUDGET)),
    ("neighbours", 2, lambda store: shortest_paths(store, "coat", "bag", budget=BUDGET)),
    ("neighbours", 3, lambda store: strongest_path(store, "coat", "bag", budget=BUDGET)),
    ("neighbours", 2, lambda store: ego_network(store, COAT, budget=BUDGET)),
    ("neighbours", 1, lambda store: explain(store, "coat", ["bag"], budget=BUDGET)),
    ("neighbours", 4, lambda store: explain(store, "coat", ["bag"], budget=BUDGET)),
    ("neighbours", 2, lambda store: connect(store, ["coat", "bag"], budget=BUDGET)),
    ("items", 1, lambda store: near_duplicates(store, budget=BUDGET)),
    ("links", 1, lambda store: suspicious_merges(store, budget=BUDGET)),
    ("sightings", 1, lambda store: communities(store, budget=BUDGET)),
    ("sightings", 1, lambda store: changes_since(store, date(2020, 11, 9), budget=BUDGET)),
    ("neighbours", 1, lambda store: trend(store, [Node("category", "자켓")], budget=BUDGET)),
]


@pytest.mark.parametrize(("method", "nth", "ask"), QUESTIONS)
def test_a_slow_call_is_cut_short(
    slow: Callable[[str, int], GraphStore], method: str, nth: int, ask: Callable[[GraphStore], Any]
) -> None:
    store = slow(method, nth)
    began = time.monotonic()
    answer = ask(store)
    assert time.monotonic() - began < 3, "the limit and what rounds the answer off"
    assert SAID in answer.cut and [cut.reason for cut in answer.cut].count("time") == 1


def test_what_was_found_before_is_kept(slow: Callable[[str, int], GraphStore]) -> None:
    found = worn_together(slow("worn_with", 1), "coat", budget=BUDGET)
    assert (found.images, found.of_images, found.companions) == (2, 4, ())


def test_nothing_is_called_unconnected_that_was_not_looked_up(slow: Callable[[str, int], GraphStore]) -> None:
    found = explain(slow("neighbours", 4), "coat", ["bag"], budget=BUDGET)
    assert found.unconnected == ()
    assert found.text == "no path within 3 steps as far as was looked"


def test_outside_of_a_question_nothing_is_limited(wardrobe: GraphStore) -> None:
    with pytest.raises(OutOfTimeError), time_limit(time.monotonic() + 0.1):
        burn(wardrobe)
    assert wardrobe.counts().items == 6
    with time_limit(time.monotonic() - 1):
        assert wardrobe.counts().items == 6, "what begins late has a moment to round off"
    with pytest.raises(ZeroDivisionError), BUDGET.start().step():
        raise ZeroDivisionError  # only time is passed over
    with pytest.raises(GraphError, match="no"), BUDGET.start().step():
        raise GraphError("no")


def test_the_server_ends_what_was_given_up(wardrobe: GraphStore) -> None:
    if not isinstance(wardrobe, Neo4jGraphStore):
        return
    with pytest.raises(OutOfTimeError), time_limit(time.monotonic() + 0.3):
        burn(wardrobe)
    running = "SHOW TRANSACTIONS YIELD currentQuery WHERE currentQuery STARTS WITH 'UNWIND range' RETURN count(*)"
    for _ in range(100):
        if wardrobe._server.read(running) == [[0]]:
            return
        time.sleep(0.1)
    raise AssertionError("the server still works on it after ten seconds")
