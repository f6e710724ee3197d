"""The corpus that training reads from a store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from data.types import ImageRecord, Item, Outfit
from graph import GraphStore, open_store, sqlite_url
from recsys.pipeline import corpus as corpora
from recsys.pipeline.corpus import read_corpus


@pytest.fixture
def store(tmp_path: Path) -> Iterator[GraphStore]:
    """Two photos of one outfit in one shoot, and one of another."""
    with open_store(sqlite_url(tmp_path / "graph.sqlite")) as store:
        store.upsert_items(Item(item_id=f"i{k}", category="c", slot="top", source="s") for k in range(4))
        store.upsert_images(
            ImageRecord(image_id=f"p{k}", source="s", styles=(style,), substyles=sub, shoot=f"shoot{k // 2}")
            for k, (style, sub) in enumerate([("sporty", ()), ("street", ("sporty", "street")), ("romantic", ())])
        )
        worn = [("i0", "i1"), ("i0", "i1"), ("i2", "i3")]
        store.upsert_outfits(
            Outfit(outfit_id=f"o{k}", item_ids=items, source="s", image_id=f"p{k}") for k, items in enumerate(worn)
        )
        yield store


def test_labels_are_counted_once_a_photo_over_all_photos_of_an_outfit(store: GraphStore) -> None:
    corpus = read_corpus(store)
    assert [o.tolist() for o in corpus.outfits] == [[0, 1], [2, 3]]
    assert corpus.label_names == ("romantic", "sporty", "street")
    assert corpus.labels.toarray().tolist() == [[0, 2, 1], [1, 0, 0]]
    assert corpus.group.tolist() == [0, 1]
    assert corpus.image_group.tolist() == [0, 0, 1]


def test_only_the_commonest_labels_are_kept(store: GraphStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpora, "MOST_LABELS", 2)
    corpus = read_corpus(store)
    assert corpus.label_names == ("romantic", "sporty"), "sporty comes twice, the others once: by name"
    assert corpus.labels.toarray().tolist() == [[0, 2], [1, 0]]


def test_a_catalogue_without_photos_has_no_labels(tmp_path: Path) -> None:
    with open_store(sqlite_url(tmp_path / "graph.sqlite")) as store:
        store.upsert_items(Item(item_id=f"i{k}", category="c", slot="top", source="s") for k in range(2))
        store.upsert_outfits([Outfit(outfit_id="o", item_ids=("i0", "i1"), source="s")])
        assert read_corpus(store).labels.shape == (1, 0)


def test_a_set_counts_as_often_as_it_was_bought_and_once_where_photos_show_it(tmp_path: Path) -> None:
    with open_store(sqlite_url(tmp_path / "graph.sqlite")) as store:
        store.upsert_items(Item(item_id=f"i{k}", category="c", slot="top", source="s") for k in range(3))
        store.upsert_images(ImageRecord(image_id=f"basket{k}", source="s", kind="look") for k in range(3))
        store.upsert_images(ImageRecord(image_id=f"photo{k}", source="s") for k in range(2))
        store.upsert_outfits(
            Outfit(outfit_id=name, item_ids=("i0", "i1"), source="s", image_id=name)
            for name in ("basket0", "basket1", "photo0", "photo1")
        )
        store.upsert_outfits([Outfit(outfit_id="basket2", item_ids=("i1", "i2"), source="s", image_id="basket2")])
        corpus = read_corpus(store)
    assert [o.tolist() for o in corpus.outfits] == [[0, 1], [0, 1], [1, 2], [0, 1]]
    assert len(set(corpus.group.tolist())) == 4, "baskets are held out one by one"
    image = [record.image_id for record in corpus.images]
    assert corpus.image_group[image.index("photo0")] == corpus.image_group[image.index("photo1")] == corpus.group[3]
