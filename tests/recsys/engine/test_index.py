"""Vector search by slot."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from recsys.engine import index as index_module
from recsys.engine.index import SlotIndex
from recsys.errors import ReleaseError


@pytest.mark.parametrize("exact", [10_000, 100])
def test_finds_the_largest_inner_products_of_the_slot(monkeypatch: pytest.MonkeyPatch, exact: int) -> None:
    monkeypatch.setattr(index_module, "EXACT", exact)
    rng = np.random.default_rng(0)
    vectors = (rng.normal(size=(900, 16)) * rng.uniform(0.2, 3, (900, 1))).astype(np.float32)
    slots = {"odd": np.arange(1, 900, 2), "even": np.arange(0, 900, 2)}
    index = SlotIndex.build(vectors, slots)
    recall = []
    for query in rng.normal(size=(20, 16)).astype(np.float32):
        found = index.search("odd", query, 10)
        best = slots["odd"][np.argsort(-(vectors[slots["odd"]] @ query))[:10]]
        assert set(found.tolist()) <= set(slots["odd"].tolist())
        recall.append(len(np.intersect1d(found, best)) / 10)
    assert np.mean(recall) > 0.97
    assert exact < 450 or np.mean(recall) == 1


def test_unknown_slot_and_small_slot() -> None:
    index = SlotIndex.build(np.eye(3, dtype=np.float32), {"a": np.array([0, 2])})
    query = np.array([0, 0, 1], np.float32)
    assert index.search("b", query, 5).tolist() == []
    assert index.search("a", query, 5).tolist() == [2, 0]


def test_saved_index_answers_alike_and_a_wrong_one_is_refused(tmp_path: Path) -> None:
    vectors = np.random.default_rng(1).normal(size=(20, 4)).astype(np.float32)
    slots = {"b": np.arange(12), "a": np.arange(12, 20)}
    index = SlotIndex.build(vectors, slots)
    index.save(tmp_path / "index")
    again = SlotIndex.load(tmp_path / "index", slots)
    query = vectors[3]
    assert again.search("b", query, 5).tolist() == index.search("b", query, 5).tolist()
    with pytest.raises(ReleaseError, match="8 vectors, but slot 'a' has 7 items"):
        SlotIndex.load(tmp_path / "index", {"b": slots["b"], "a": slots["a"][1:]})
    (tmp_path / "index" / "0001.faiss").write_bytes(b"not an index")
    with pytest.raises(ReleaseError, match=r"0001\.faiss: index of slot 'b' cannot be read"):
        SlotIndex.load(tmp_path / "index", slots)


@pytest.mark.parametrize("exact", [10_000, 100])
def test_extended_vectors_have_one_length_so_cosine_orders_as_inner_product(
    monkeypatch: pytest.MonkeyPatch, exact: int
) -> None:
    monkeypatch.setattr(index_module, "EXACT", exact)
    rng = np.random.default_rng(2)
    vectors = (rng.normal(size=(300, 24)) * rng.uniform(0.1, 5, (300, 1))).astype(np.float32)
    rows = np.arange(299, -1, -1)
    extended = SlotIndex.build(vectors, {"a": rows}).vectors()["a"]
    assert extended.shape == (300, 25) and np.array_equal(extended[:, :-1], vectors[rows])
    lengths = np.linalg.norm(extended, axis=1)
    assert np.allclose(lengths, np.linalg.norm(vectors, axis=1).max(), rtol=1e-6)
    for query in rng.normal(size=(20, 24)).astype(np.float32):
        cosine = extended.astype(np.float64) @ np.append(query, 0) / lengths
        by_cosine, by_product = np.argsort(-cosine), np.argsort(-(vectors[rows].astype(np.float64) @ query))
        assert np.array_equal(by_cosine, by_product)


def test_several_queries_are_answered_in_turn() -> None:
    vectors = np.random.default_rng(3).normal(size=(9, 4)).astype(np.float32)
    index = SlotIndex.build(vectors, {"a": np.arange(9)})
    found = index.search_each("a", vectors[[2, 7]], 3)
    assert [rows.tolist() for rows in found] == [index.search("a", vectors[k], 3).tolist() for k in (2, 7)]
    assert index.search_each("a", vectors[:0], 3) == []
