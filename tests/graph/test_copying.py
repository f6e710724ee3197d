"""A graph copied from any store to any other."""

from __future__ import annotations

import msgspec
import pytest

from data.types import Problem
from graph import open_store, sqlite_url
from graph.copying import CopyError, checksums, copy
from graph.store import WriteCounts
from graph.surplus import Removed


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
        for exact in (False, True):
            with pytest.raises(CopyError, match=r"holds item 'other', which the origin does not, .* another graph"):
                copy(filled, there, exact=exact)
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


def test_an_exact_copy_follows_what_was_deleted_and_made_anew(filled, make, tmp_path, store_factory):
    gone, kept = Problem(file="a.json", field="box", reason="없음"), Problem(file="b.json", field="box", reason="없음")
    filled.quarantine([gone, kept])
    with open_store(sqlite_url(tmp_path / "there.sqlite")) as there:
        copy(filled, there)
        filled.release_problems(["a.json"])
        image, item, outfit = filled.image("c"), filled.item("item-1"), next(iter(filled.outfits()))
        filled.delete_items(["item-1"])
        filled.upsert_items([item])  # it is back, and no garment shows it any more
        filled.delete_outfits([outfit.outfit_id])
        with pytest.raises(CopyError, match=r"differ in .*copy again with --exact"):
            copy(filled, there)
        filled.delete_images(["c"])
        filled.upsert_images([msgspec.structs.replace(image, source="another shop", regions=())])
        with pytest.raises(CopyError, match=r"from source 'shop' and now .* copy with --exact"):
            copy(filled, there)
        done = copy(filled, there, exact=True)
        assert done.checksums == checksums(there) == checksums(filled)
        assert done.removed.outfits == 1 and done.removed.images >= 1 and done.removed.problems == 1
        assert list(there.problems()) == [kept]
        there.delete_images(["c"])
        assert copy(there, filled, exact=True).removed == Removed(images=1), "from a file into either store"
        filled.delete_items(["item-0"])
        with pytest.raises(CopyError, match=r"which the origin does not: it was deleted .*copy with --exact"):
            copy(filled, there)
        assert copy(filled, there, exact=True).removed.items == 1
        assert copy(filled, there, exact=True).removed == Removed(), "nothing is left to remove"
