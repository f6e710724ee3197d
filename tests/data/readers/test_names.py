"""The compact tables behind a pass over a million files."""

from __future__ import annotations

from data.kfashion.names import FirstSeen, NameStore
from data.kfashion.photoindex import PhotoIndex, stem_of


def test_names_come_back() -> None:
    store = NameStore()
    places = [store.add(prefix, name) for prefix, name in (("a/", "1.jpg"), ("a/", "레트로.jpg"), ("b.zip::", "2.jpg"))]
    assert places == [0, 1, 2]
    assert [store.ref(place) for place in places] == ["a/1.jpg", "a/레트로.jpg", "b.zip::2.jpg"]


def test_first_seen_over_growth_and_hostile_numbers() -> None:
    seen = FirstSeen()
    numbers = [*range(0, 40_960_000, 4096), -1, -(2**70), 2**70]
    assert all(seen.add(number, "f/", f"{place}.json") is None for place, number in enumerate(numbers))
    assert len(seen) == len(numbers)
    assert [seen.add(number, "g/", "x.json") for number in numbers] == [
        f"f/{place}.json" for place in range(len(numbers))
    ]


def test_photo_index_prefers_the_nearest_folder() -> None:
    index = PhotoIndex()
    for prefix in ("root/Training/모던/", "root/Training/키치/", "root/Validation/모던/"):
        index.add(prefix, "1.jpg")
    assert index.find("labels.zip::키치/1.json") == "root/Training/키치/1.jpg"
    assert index.find("root/Validation/labels/모던/1.json") == "root/Validation/모던/1.jpg"
    assert index.find("elsewhere/1.json") == "root/Training/모던/1.jpg"
    assert index.find("elsewhere/11.json") is None


def test_stems() -> None:
    assert stem_of("1.json") == "1"
    assert stem_of("a.b/(3)IMG.x.JPG") == "(3)IMG.x"
    assert stem_of("a.zip::레트로/1.json") == "1"
    assert stem_of("a.zip::1.json") == "1"
    assert stem_of("a/\u1112\u1161\u11ab.json") == "한"
