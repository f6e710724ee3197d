"""Slow answers are remembered, and never outlive a write."""

from __future__ import annotations

import time

import pytest

from graph.sqlite import SqliteGraphStore, hubs
from graph.sqlite.connections import Connections


@pytest.fixture
def memory(tmp_path):
    connections = Connections(tmp_path / "graph.sqlite")
    yield hubs.HubMemory(connections)
    connections.close()


def test_a_slow_answer_is_worked_out_once_and_a_fast_one_each_time(memory):
    calls = []

    def slow():
        calls.append("slow")
        time.sleep(2 * hubs.SLOW_SECONDS)
        return [1, 2]

    def fast():
        calls.append("fast")
        return [3]

    for _ in range(3):
        assert memory.answer("slow", slow) == [1, 2]
        assert memory.answer("fast", fast) == [3]
    assert calls.count("slow") == 1
    assert calls.count("fast") == 3


def test_answers_belong_to_the_caller(memory, monkeypatch):
    monkeypatch.setattr(hubs, "SLOW_SECONDS", -1.0)
    memory.answer("q", lambda: [1]).append(2)
    memory.answer("q", lambda: [9]).append(3)
    assert memory.answer("q", lambda: [9]) == [1]


def test_the_least_recent_is_forgotten_first(memory, monkeypatch):
    monkeypatch.setattr(hubs, "SLOW_SECONDS", -1.0)
    monkeypatch.setattr(hubs, "CAPACITY", 2)
    for question in ("a", "b", "a", "c"):
        memory.answer(question, lambda: ["first"])
    assert memory.answer("a", lambda: ["again"]) == ["first"]
    assert memory.answer("b", lambda: ["again"]) == ["again"]


@pytest.mark.parametrize("elsewhere", [False, True])
def test_any_write_makes_answers_void(tmp_path, make, monkeypatch, elsewhere):
    monkeypatch.setattr(hubs, "SLOW_SECONDS", -1.0)
    path = tmp_path / "graph.sqlite"
    store = SqliteGraphStore(path)
    writer = SqliteGraphStore(path) if elsewhere else store
    store.bulk_load([make.item("a"), make.item("b")], [make.image("p0", "a", "b")])
    for n in range(1, 5):
        assert store.images_of("a") == [f"p{k}" for k in range(n)]
        assert store.worn_with("a")[0].count == n
        writer.upsert_images([make.image(f"p{n}", "a", "b")])
    store.close()
    writer.close()
