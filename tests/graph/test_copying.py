"""A graph copied from any store to any other."""

from __future__ import annotations

import pytest

from data.types import Problem
from graph import open_store, sqlite_url
from graph.copying import CopyError, checksums, copy
from graph.store import WriteCounts


def test_a_copy_holds_what_its_origin_holds(filled, make, tmp_path, store_factory):
    filled.link(
        [make.link("a/아우터#2", "item-4", "same_shoot", 0.25), make.link("c/아우터#0", "item-0", "manual", 1.0)]
    )
    filled.quarantine([Problem(file="f.json", field="box", reason="없음")])
    told = []
    with open_store(sqlite_url(tmp_path / "there.sqlite")) as there:
        done = copy(filled, there, lambda what, n: told.append((what, n)))
        assert done.written == WriteCounts(added=10)
        assert done.links == WriteCounts(changed=2, unchanged=7)
        assert done.problems == 1
        assert ("images", 3) in told and ("links", 9) in told
        assert there.counts() == filled.counts()
        back = store_factory("back")
        assert copy(there, back).checksums == done.checksums == checksums(back)
        assert copy(there, back).written == WriteCounts(unchanged=10)


def test_a_target_that_held_something_else_is_named(filled, make, tmp_path):
    with open_store(sqlite_url(tmp_path / "there.sqlite")) as there:
        there.upsert_items([make.item("other")])
        with pytest.raises(CopyError, match="holds item 'other', which the origin does not"):
            copy(filled, there)
        assert there.counts().items == 1, "nothing was written"


def test_what_was_written_meanwhile_is_told_by_numbers(filled, make, tmp_path):
    with open_store(sqlite_url(tmp_path / "there.sqlite")) as there:
        with pytest.raises(CopyError, match=r"differ in items: .*The target was written to: .*items 5, .*items 6"):
            copy(filled, there, lambda what, n: what == "links" and there.upsert_items([make.item("other")]))
        assert there.item("item-0") == filled.item("item-0"), "what was copied stays"


def test_checksums_see_a_change_of_a_link_alone(filled, make):
    before = checksums(filled)
    filled.link([make.link("c/아우터#0", "item-0", "manual", 0.5)])
    after = checksums(filled)
    assert {kind for kind in before if before[kind] != after[kind]} == {"links"}


def test_a_store_under_another_name_is_not_copied_into_itself(filled, store_factory, tmp_path):
    again = store_factory()
    assert filled.identity() == again.identity() != store_factory("back").identity()
    with pytest.raises(CopyError, match="FROM and TO are one store"):
        copy(filled, again)


def test_a_link_to_a_file_is_that_file(tmp_path):
    open_store(sqlite_url(tmp_path / "one.sqlite")).close()
    (tmp_path / "two.sqlite").hardlink_to(tmp_path / "one.sqlite")
    with (
        open_store(sqlite_url(tmp_path / "one.sqlite")) as one,
        open_store(sqlite_url(tmp_path / "two.sqlite")) as two,
        pytest.raises(CopyError, match="FROM and TO are one store"),
    ):
        copy(one, two)
