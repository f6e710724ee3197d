"""What people change about identities: merges and splits that can be undone, kept as lines of JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from data.atomic import write_whole
from data.identity.facts import IdentityError
from data.types import ItemLink


class IdentityEdit(Struct, frozen=True, kw_only=True):
    """One change: the links of the regions concerned, ``before`` and ``after`` it, by ascending region id."""

    kind: Literal["merge", "split", "undo"]
    before: tuple[ItemLink, ...]
    after: tuple[ItemLink, ...]


def merge(links: Iterable[ItemLink], item_ids: Iterable[str]) -> IdentityEdit:
    """Say that several items are one; the first named keeps its id.

    Returns
    -------
    The edit; its ``after`` is what a store has to be told. Regions of the first item become ``manual`` too, so that a
    later run of identity leaves the group alone.

    Raises
    ------
    IdentityError
        Fewer than two items, or one that has no link.
    """
    names = list(dict.fromkeys(item_ids))
    if len(names) < 2:
        raise IdentityError(f"merge: {names} given; at least two items are needed")
    before = _sorted(link for link in links if link.item_id in set(names))
    missing = sorted(set(names) - {link.item_id for link in before})
    if missing:
        raise IdentityError(f"merge: {', '.join(missing)}: no region is linked to it")
    return IdentityEdit(kind="merge", before=before, after=tuple(_manual(link, names[0]) for link in before))


def split(links: Iterable[ItemLink], item_id: str, region_ids: Iterable[str]) -> IdentityEdit:
    """Say that some regions of an item show another one, which is named ``item:<first of them>``.

    Raises
    ------
    IdentityError
        A region is not of this item, no region is named, or none would be left.
    """
    everyone = list(links)
    shown = {link.region_id: link for link in everyone if link.item_id == item_id}
    leaving = sorted(set(region_ids))
    foreign = [region_id for region_id in leaving if region_id not in shown]
    if foreign:
        raise IdentityError(f"split: {', '.join(foreign)}: not linked to {item_id}")
    if not leaving or len(leaving) == len(shown):
        raise IdentityError(
            f"split: {len(leaving)} of {len(shown)} regions of {item_id} given; some must go, some stay"
        )
    new_id = fresh_id(leaving[0], {link.item_id for link in everyone})
    before = _sorted(shown.values())
    after = (_manual(link, new_id if link.region_id in set(leaving) else item_id) for link in before)
    return IdentityEdit(kind="split", before=before, after=tuple(after))


def undo(links: Iterable[ItemLink], edit: IdentityEdit) -> IdentityEdit:
    """Take an edit back: what it changed is linked as before it, but for regions that show no item any more, since they
    or their item were deleted.

    Raises
    ------
    IdentityError
        A region concerned has been linked otherwise since, so that going back would lose that.
    """
    now = {link.region_id: link for link in links}
    for link in edit.after:
        if now.get(link.region_id, link) != link:
            raise IdentityError(
                f"undo: {link.region_id}: linked otherwise since that {edit.kind}; undo the later one first"
            )
    before, after = (tuple(link for link in links if link.region_id in now) for links in (edit.after, edit.before))
    return IdentityEdit(kind="undo", before=before, after=after)


def apply(links: Iterable[ItemLink], edit: IdentityEdit) -> list[ItemLink]:
    """All links as they stand after an edit, in their order."""
    changed = {link.region_id: link for link in edit.after}
    return [changed.get(link.region_id, link) for link in links]


def fresh_id(region_id: str, taken: Iterable[str] | Mapping[str, object]) -> str:
    """``item:<region id>``, with a number behind it where that item exists already."""
    names = set(taken)
    name, number = f"item:{region_id}", 2
    while name in names:
        name, number = f"item:{region_id}~{number}", number + 1
    return name


class IdentityLog:
    """The edits of a workspace in the order in which they were made, one line of JSON each.

    Parameters
    ----------
    path
        The file; it need not exist yet, and is replaced as a whole, so that a crash leaves the one before.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        self._edits = self._read()

    @property
    def edits(self) -> tuple[IdentityEdit, ...]:
        return tuple(self._edits)

    def merge(self, links: Iterable[ItemLink], item_ids: Iterable[str]) -> tuple[ItemLink, ...]:
        """`merge`, kept; returns the links to store."""
        return self._keep(merge(links, item_ids))

    def split(self, links: Iterable[ItemLink], item_id: str, region_ids: Iterable[str]) -> tuple[ItemLink, ...]:
        """`split`, kept; returns the links to store."""
        return self._keep(split(links, item_id, region_ids))

    def undo(self, links: Iterable[ItemLink], edit: IdentityEdit) -> tuple[ItemLink, ...]:
        """`undo`, kept; returns the links to store."""
        return self._keep(undo(links, edit))

    def _keep(self, edit: IdentityEdit) -> tuple[ItemLink, ...]:
        whole = [*self._edits, edit]
        write_whole(self._path, b"".join(msgspec.json.encode(each) + b"\n" for each in whole))
        self._edits = whole
        return edit.after

    def _read(self) -> list[IdentityEdit]:
        if not self._path.exists():
            return []
        edits = []
        for number, line in enumerate(self._path.read_bytes().splitlines(), start=1):
            try:
                edits.append(msgspec.json.decode(line, type=IdentityEdit))
            except msgspec.MsgspecError as error:
                raise IdentityError(f"{self._path}: line {number}: not an edit of identities: {error}") from error
        return edits


def _manual(link: ItemLink, item_id: str) -> ItemLink:
    return ItemLink(link.region_id, item_id, "manual", 1.0)


def _sorted(links: Iterable[ItemLink]) -> tuple[ItemLink, ...]:
    return tuple(sorted(links, key=lambda link: link.region_id))
