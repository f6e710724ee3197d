"""Numbers that a first load keeps in memory."""

from __future__ import annotations

import pytest

from graph.sqlite.numbers import Ids, NumbersByHash


class Clumsy(str):
    """Text whose every value has one hash."""

    __slots__ = ()

    def __hash__(self) -> int:
        return 7


def test_records_whose_id_came_before_are_set_aside():
    ids, again = Ids(), []
    assert ids.number(["a", "b", "a"], ["first a", "b", "second a"], again) == ([1, 2], ["first a", "b"])
    assert again == ["second a"]
    numbers, records = ids.number(["c", "b"], ["c", "second b"], again)
    assert (records, again) == (["c"], ["second a", "second b"])
    assert numbers[0] > 2
    assert len(ids) == 3


@pytest.mark.parametrize("text", [str, Clumsy])
def test_numbers_by_hash_are_those_of_the_dictionary(text):
    known = {None: 0} | {text(f"item {n}"): n for n in range(1, 100)}
    numbers = NumbersByHash(known)
    asked = [text("item 5"), None, text("item 99"), text("item 5")]
    assert numbers.of(asked) == [5, 0, 99, 5]
    assert numbers.of([]) == []
    with pytest.raises(KeyError, match="item 100"):
        numbers.of([text("item 1"), text("item 100")])


def test_numbers_of_no_ids_know_none_alone():
    numbers = NumbersByHash({None: 0})
    assert numbers.of([None]) == [0]
    for unknown in map(str, range(20)):  # hashes below and above that of None
        with pytest.raises(KeyError, match=unknown):
            numbers.of([unknown])
