"""CSR arrays from edges and from every store."""

from __future__ import annotations

import numpy as np
import pytest

from graph.tensors import from_edges


def test_export_of_a_known_graph(filled):
    graph = filled.export()
    assert graph.image_ids == ["a", "b", "c"]
    assert graph.item_ids == [f"item-{n}" for n in range(5)]
    np.testing.assert_array_equal(graph.image_indptr, [0, 2, 4, 7])
    np.testing.assert_array_equal(graph.image_items, [2, 3, 0, 2, 0, 1, 2])
    np.testing.assert_array_equal(graph.item_indptr, [0, 2, 3, 6, 7, 7])
    np.testing.assert_array_equal(graph.item_images, [1, 2, 2, 0, 1, 2, 0])
    assert graph.image_indptr.dtype == graph.item_indptr.dtype == np.int64
    assert graph.image_items.dtype == graph.item_images.dtype == np.int32


def test_export_does_not_depend_on_the_order_of_writing(store_factory, filled, make):
    other = store_factory("other")
    other.upsert_items(reversed(list(filled.items())))
    other.upsert_items([make.item("passing")])
    other.upsert_images(reversed(list(filled.images())))
    other.delete_items(["passing"])
    left, right = filled.export(), other.export()
    assert (left.image_ids, left.item_ids) == (right.image_ids, right.item_ids)
    for name in ("image_indptr", "image_items", "item_indptr", "item_images"):
        assert getattr(left, name).tobytes() == getattr(right, name).tobytes()


def test_edges_in_any_order_with_doubles_make_one_graph():
    rng = np.random.default_rng(3)
    edges = np.array([[2, 0], [0, 3], [2, 0], [0, 1], [2, 3], [3, 3]])
    expected = from_edges(["a", "b", "c", "d"], ["w", "x", "y", "z"], edges[:, 0], edges[:, 1])
    np.testing.assert_array_equal(expected.image_indptr, [0, 2, 2, 4, 5])
    np.testing.assert_array_equal(expected.image_items, [1, 3, 0, 3, 3])
    np.testing.assert_array_equal(expected.item_indptr, [0, 1, 2, 2, 5])
    np.testing.assert_array_equal(expected.item_images, [2, 0, 0, 2, 3])
    shuffled = rng.permutation(edges)
    again = from_edges(["a", "b", "c", "d"], ["w", "x", "y", "z"], shuffled[:, 0], shuffled[:, 1])
    np.testing.assert_array_equal(again.item_images, expected.item_images)


@pytest.mark.parametrize(
    ("image_ids", "item_ids", "images", "items", "message"),
    [
        (["b", "a"], ["x"], [], [], r"image_ids\[1\] is 'a' after 'b'"),
        (["a"], ["x", "x"], [], [], r"item_ids\[1\]"),
        (["a"], ["x"], [1], [0], "image_index holds 1 to 1"),
        (["a"], ["x"], [0], [-1], "item_index holds -1"),
        ([], ["x"], [0], [0], "image_index"),
    ],
)
def test_edges_that_lead_nowhere_are_refused(image_ids, item_ids, images, items, message):
    with pytest.raises(ValueError, match=message):
        from_edges(image_ids, item_ids, np.array(images, dtype=int), np.array(items, dtype=int))
