"""Columns of any kind as codes."""

from __future__ import annotations

import msgspec
import numpy as np

from data.types import Item
from recsys.pipeline.vocabulary import Vocabulary, as_tags


def item(number: int, category: str = "skirt", **attributes: str | tuple[str, ...]) -> Item:
    values = {k: v if isinstance(v, tuple) else (v,) for k, v in attributes.items()}
    return Item(item_id=f"i{number}", category=category, slot="bottom", source="table", attributes=values)


ITEMS = [
    item(
        k,
        "skirt" if k % 2 else "바지",
        colour=("red", "blue", "red", "green")[k % 4],
        colour_code=("1", "2", "1", "3")[k % 4],
        shop="the same everywhere",
        price=str(10.0 + 7 * k),
        material=("wool", "silk") if k % 3 == 0 else ("wool",),
        title=f"{'pleated' if k % 2 else 'wide'} number{k}",
    )
    for k in range(40)
]


def test_constant_and_repeated_columns_are_left_out() -> None:
    vocabulary = Vocabulary.fit(ITEMS)
    names = [f.name for f in vocabulary.fields]
    assert "shop" not in names
    assert "slot" not in names  # constant here
    assert ("colour" in names) != ("colour_code" in names)


def test_every_kind_is_read() -> None:
    vocabulary = Vocabulary.fit(ITEMS)
    kinds = {f.name: f.kind for f in vocabulary.fields}
    assert kinds["price"] == "number"
    assert kinds["title"] == "words"
    codes = vocabulary.encode(ITEMS)
    names = np.array(vocabulary.column_names())
    material = codes.values[:, names == "material"]
    assert material.shape[1] == 2
    assert (material >= 0).sum(1).tolist() == [2 if k % 3 == 0 else 1 for k in range(40)]
    price = codes.values[:, names == "price"][:, 0]
    assert len(np.unique(price)) == 8
    assert (np.diff(price) >= 0).all()


def test_unknown_and_missing_values_are_normal() -> None:
    vocabulary = Vocabulary.fit(ITEMS)
    new = [item(99, "toga", colour="ultraviolet", price="free"), item(98, "skirt")]
    codes = vocabulary.encode(new)
    assert codes.category.tolist() == [0, vocabulary.categories["skirt"]]
    assert (codes.values[0] == -1).all()
    names = np.array(vocabulary.column_names())
    assert (codes.values[1, names == "category"] >= 0).all()
    assert (codes.values[1, names != "category"] == -1).all()


def test_codes_are_one_numbering_over_all_fields() -> None:
    vocabulary = Vocabulary.fit(ITEMS)
    every = sorted(code for f in vocabulary.fields for code in f.values.values())
    assert every == list(range(vocabulary.n_values))


def test_a_vocabulary_survives_its_file() -> None:
    vocabulary = Vocabulary.fit(ITEMS, {"look": ["1", ""] * 20})
    again = msgspec.json.decode(msgspec.json.encode(vocabulary), type=Vocabulary)
    look = {"look": ["1", ""] * 20}
    assert np.array_equal(vocabulary.encode(ITEMS, look).values, again.encode(ITEMS, look).values)


def test_tags_are_the_codes_as_rows() -> None:
    codes = Vocabulary.fit(ITEMS).encode(ITEMS)
    indptr, indices, width = as_tags(codes)
    assert width == codes.n_values
    for row in (0, 7, 39):
        wanted = sorted(set(codes.values[row][codes.values[row] >= 0].tolist()))
        assert indices[indptr[row] : indptr[row + 1]].tolist() == wanted
