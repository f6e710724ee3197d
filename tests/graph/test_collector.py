"""Rarer searches for garbage end with the last load."""

from __future__ import annotations

import gc

import pytest

from graph.collector import RARELY, rare_collections
from graph.neo4j import loading
from graph.store import WriteCounts


def test_the_last_to_leave_restores_what_was() -> None:
    before = gc.get_threshold()
    one, two = rare_collections(), rare_collections()
    one.__enter__()
    two.__enter__()
    one.__exit__(None, None, None)
    assert gc.get_threshold() == RARELY and gc.isenabled()
    two.__exit__(None, None, None)
    assert gc.get_threshold() == before != RARELY


def test_a_load_that_fails_restores_it_too() -> None:
    before, seen = gc.get_threshold(), []

    def refuse(records: object) -> WriteCounts:
        seen.append(gc.get_threshold())
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        loading.load(["a"], refuse, str)
    assert seen == [RARELY] and gc.get_threshold() == before
