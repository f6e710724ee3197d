import os

import numpy as np
import pytest

from vision import embeddings
from vision.embeddings import EmbeddingStore
from vision.encoder import StoredEncoder
from vision.errors import StoreError

ENCODER = StoredEncoder("hub:owner/model", "1", 3)


def rows(*values):
    return np.array([[v, v + 0.5, -v] for v in values], dtype=np.float32)


@pytest.fixture
def store(tmp_path):
    return EmbeddingStore(tmp_path / "embeddings")


def test_what_was_appended_is_loaded_in_the_order_asked(store):
    store.append(ENCODER, ["a", "옷#2"], rows(1, 2))
    store.append(ENCODER, ["c"], rows(3))
    vectors, known = store.load(ENCODER, ["c", "nowhere", "옷#2", "c"])
    assert known.tolist() == [True, False, True, True]
    np.testing.assert_array_equal(vectors[known], rows(3, 2, 3))
    assert not vectors[1].any()
    assert vectors.dtype == np.float32


def test_missing_names_each_id_once_in_order(store):
    store.append(ENCODER, ["b"], rows(1))
    assert store.missing(ENCODER, ["z", "b", "a", "z"]) == ["z", "a"]


def test_empty_store_knows_nothing(store):
    vectors, known = store.load(ENCODER, ["a"])
    assert vectors.shape == (1, 3)
    assert not known.any()
    assert store.known_ids(ENCODER) == set()
    assert store.encoders() == []
    assert store.compact(ENCODER) == 0
    store.append(ENCODER, [], np.zeros((0, 3), np.float32))
    assert store.encoders() == []


def test_names_and_versions_are_kept_apart_and_listed(store):
    later = StoredEncoder(ENCODER.name, "2", 3)
    store.append(ENCODER, ["a"], rows(1))
    store.append(later, ["a"], rows(9))
    np.testing.assert_array_equal(store.load(ENCODER, ["a"])[0], rows(1))
    np.testing.assert_array_equal(store.load(later, ["a"])[0], rows(9))
    assert store.encoders() == [ENCODER, later]


def test_the_latest_vector_of_an_id_counts_before_and_after_compaction(store):
    for value in (1, 2, 3):
        store.append(ENCODER, ["a", f"only {value}"], rows(value, value))
    for _ in range(2):
        vectors, known = store.load(ENCODER, ["a", "only 1", "only 3"])
        assert known.all()
        np.testing.assert_array_equal(vectors, rows(3, 1, 3))
        assert store.compact(ENCODER) == 1
    store.append(ENCODER, ["a"], rows(7))
    np.testing.assert_array_equal(store.load(ENCODER, ["a"])[0], rows(7))


def test_compaction_splits_large_tables(store, monkeypatch):
    monkeypatch.setattr(embeddings, "MAX_ROWS", 3)
    for value, key in enumerate("abcde", 1):
        store.append(ENCODER, [key], rows(value))
    assert store.compact(ENCODER) == 2
    np.testing.assert_array_equal(store.load(ENCODER, list("abcde"))[0], rows(1, 2, 3, 4, 5))


def test_compaction_leaves_large_parts_alone_and_later_vectors_on_top(store, monkeypatch):
    monkeypatch.setattr(embeddings, "MAX_ROWS", 4)
    store.append(ENCODER, ["a"], rows(1), [11])
    store.append(ENCODER, ["a", "b", "c"], rows(2, 3, 4), [12, 13, 14])
    (large,) = store.folder.rglob("part-00000002-*")
    store.append(ENCODER, ["d"], rows(5), [15])
    store.append(ENCODER, ["b"], rows(6), [16])
    before = large.stat().st_ino, large.stat().st_mtime_ns
    assert store.compact(ENCODER) == 2
    assert (large.stat().st_ino, large.stat().st_mtime_ns) == before
    np.testing.assert_array_equal(store.load(ENCODER, list("abcd"))[0], rows(2, 6, 4, 5))
    assert store.marks(ENCODER) == {"a": 12, "b": 16, "c": 14, "d": 15}
    parts = sorted(store.folder.rglob("part-*"))
    assert store.compact(ENCODER) == 2
    assert sorted(store.folder.rglob("part-*")) == parts


def test_compaction_takes_apart_a_large_part_whose_vectors_were_replaced(store, monkeypatch):
    monkeypatch.setattr(embeddings, "MAX_ROWS", 4)
    store.append(ENCODER, ["a", "b", "c"], rows(1, 2, 3))
    store.append(ENCODER, ["a", "b"], rows(4, 5))
    store.append(ENCODER, ["d"], rows(6))
    assert store.compact(ENCODER) == 2
    np.testing.assert_array_equal(store.load(ENCODER, list("abcd"))[0], rows(4, 5, 3, 6))


def test_ids_are_read_without_vectors(store, monkeypatch):
    store.append(ENCODER, ["a"], rows(1), [7])
    monkeypatch.setattr(embeddings, "_read_part", None)
    assert store.known_ids(ENCODER) == {"a"}
    assert store.marks(ENCODER) == {"a": 7}
    assert store.missing(ENCODER, ["a", "b"]) == ["b"]
    assert store.encoders() == [ENCODER]


def test_a_part_without_fingerprints_is_read_as_of_unknown_origin(store):
    from safetensors.numpy import save_file

    home = store.folder / "hub%3Aowner%2Fmodel" / "1"
    home.mkdir(parents=True)
    tensors = {"ids": np.frombuffer(b'["a"]', np.uint8), "vectors": rows(1)}
    save_file(tensors, home / "part-00000001-0.safetensors", {"crc32": "0"})
    np.testing.assert_array_equal(store.load(ENCODER, ["a"])[0], rows(1))
    assert store.marks(ENCODER) == {"a": 0}


@pytest.mark.parametrize("damage", ["cut off", "one bit", "emptied", "other file"])
def test_damaged_part_is_named(store, damage):
    store.append(ENCODER, ["a", "b"], rows(1, 2))
    (part,) = store.folder.rglob("part-*")
    data = part.read_bytes()
    damaged = {
        "cut off": data[:-5],
        "one bit": data[:-3] + bytes([data[-3] ^ 1]) + data[-2:],
        "emptied": b"",
        "other file": b"\x80\x04 not a safetensors file",
    }[damage]
    part.write_bytes(damaged)
    with pytest.raises(StoreError, match=part.name):
        store.load(ENCODER, ["a"])


def test_vectors_of_another_length_are_refused(store):
    store.append(ENCODER, ["a"], rows(1))
    with pytest.raises(StoreError, match="length 3 where the encoder gives 5"):
        store.load(StoredEncoder(ENCODER.name, ENCODER.version, 5), ["a"])


@pytest.mark.parametrize(
    ("ids", "vectors", "complaint"),
    [
        (["a"], rows(1, 2), "1 ids"),
        (["a", "a"], rows(1, 2), "'a' comes twice"),
        (["a", "b"], rows(1, np.nan), "'b' is not finite"),
    ],
)
def test_append_refuses_what_does_not_fit_and_writes_nothing(store, ids, vectors, complaint):
    with pytest.raises(StoreError, match=complaint):
        store.append(ENCODER, ids, vectors)
    assert store.known_ids(ENCODER) == set()


def test_a_write_that_fails_leaves_the_store_as_it_was(store, monkeypatch):
    store.append(ENCODER, ["a"], rows(1))

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="No space left"):
        store.append(ENCODER, ["b"], rows(2))
    assert store.known_ids(ENCODER) == {"a"}
    assert not list(store.folder.rglob(".*"))


def test_half_written_file_of_a_killed_process_is_ignored_and_later_removed(store):
    store.append(ENCODER, ["a"], rows(1))
    (part,) = store.folder.rglob("part-*")
    (part.parent / ".part-00000009-dead.safetensors.part").write_bytes(part.read_bytes()[:20])
    assert store.known_ids(ENCODER) == {"a"}
    store.append(ENCODER, ["b"], rows(2))
    store.compact(ENCODER)
    assert not list(store.folder.rglob(".*"))


def test_discarded_vectors_are_gone_and_the_others_keep_their_order(store):
    store.append(ENCODER, ["a", "b"], rows(1, 2), [11, 12])
    store.append(ENCODER, ["a", "c"], rows(3, 4), [13, 14])
    store.append(ENCODER, ["c"], rows(5), [15])
    untouched = set(store.folder.rglob("part-00000003-*"))
    assert store.discard(ENCODER, ["b", "nowhere", "a"]) == 2
    vectors, known = store.load(ENCODER, ["a", "b", "c"])
    assert known.tolist() == [False, False, True]
    np.testing.assert_array_equal(vectors[2:], rows(5))
    assert store.marks(ENCODER) == {"c": 15}
    assert set(store.folder.rglob("part-*")) >= untouched and len(list(store.folder.rglob("part-*"))) == 2
    assert store.discard(ENCODER, ["a"]) == 0
    assert store.discard(ENCODER, ["c"]) == 1 and store.encoders() == []
