"""Merges and splits say what changes, can be undone, and are kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.identity import IdentityError, IdentityLog, apply, merge, split, undo
from data.types import ItemLink

LINKS = (
    ItemLink("a", "coat", "same_shoot", 0.9),
    ItemLink("b", "coat", "same_shoot", 0.9),
    ItemLink("c", "cape", "signature", 0.7),
    ItemLink("d", "hat", "single", 1.0),
)


def test_a_merge_moves_all_to_the_first_named() -> None:
    edit = merge(LINKS, ["cape", "coat"])
    assert edit.before == LINKS[:3]
    assert edit.after == tuple(ItemLink(name, "cape", "manual", 1.0) for name in "abc")


def test_a_split_names_the_new_item_by_its_first_region() -> None:
    edit = split(LINKS, "coat", ["b"])
    assert [(link.region_id, link.item_id, link.method) for link in edit.after] == [
        ("a", "coat", "manual"),
        ("b", "item:b", "manual"),
    ]
    taken = (*LINKS, ItemLink("e", "item:b", "single", 1.0))
    assert split(taken, "coat", ["b"]).after[1].item_id == "item:b~2"


def test_undo_gives_back_what_was() -> None:
    edit = merge(LINKS, ["coat", "cape"])
    merged = apply(LINKS, edit)
    assert merged != list(LINKS)
    assert apply(merged, undo(merged, edit)) == list(LINKS)


def test_undo_refuses_to_lose_a_later_change() -> None:
    first = merge(LINKS, ["coat", "cape"])
    merged = apply(LINKS, first)
    later = apply(merged, split(merged, "coat", ["c"]))
    with pytest.raises(IdentityError, match="c: linked otherwise"):
        undo(later, first)


def test_undo_passes_over_what_was_deleted() -> None:
    edit = merge(LINKS, ["coat", "cape"])
    left = [link for link in apply(LINKS, edit) if link.region_id != "b"]
    assert apply(left, undo(left, edit)) == [LINKS[0], LINKS[2], LINKS[3]]
    assert undo(LINKS[3:], edit).after == ()


@pytest.mark.parametrize(
    ("items", "message"),
    [(["coat"], "at least two"), (["coat", "coat"], "at least two"), (["coat", "x"], "x: no region")],
)
def test_impossible_merges_are_named(items: list[str], message: str) -> None:
    with pytest.raises(IdentityError, match=message):
        merge(LINKS, items)


@pytest.mark.parametrize(
    ("regions", "message"), [(["c"], "c: not linked to coat"), ([], "0 of 2 regions"), (["a", "b"], "2 of 2 regions")]
)
def test_impossible_splits_are_named(regions: list[str], message: str) -> None:
    with pytest.raises(IdentityError, match=message):
        split(LINKS, "coat", regions)


def test_the_log_remembers_across_runs_and_undoes(tmp_path: Path) -> None:
    path = tmp_path / "identity.jsonl"
    after = IdentityLog(path).merge(LINKS, ["coat", "cape"])
    reopened = IdentityLog(path)
    assert [edit.after for edit in reopened.edits] == [after]
    now = apply(LINKS, reopened.edits[0])
    assert reopened.undo(now, reopened.edits[0]) == LINKS[:3]
    assert [edit.kind for edit in IdentityLog(path).edits] == ["merge", "undo"]
    assert [file.name for file in tmp_path.iterdir()] == ["identity.jsonl"]


def test_a_damaged_log_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "identity.jsonl"
    IdentityLog(path).split(LINKS, "coat", ["b"])
    path.write_bytes(path.read_bytes() + b'{"kind": "mer')
    with pytest.raises(IdentityError, match="line 2: not an edit"):
        IdentityLog(path)
