"""What people say about items: merges, splits and their undoing, carried out on a store."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from data.identity import IdentityEdit, IdentityError, IdentityLog, RegionFact, facts_of, items_of
from data.types import ItemLink
from graph.store import GraphStore
from recsys.pipeline.identities import MADE, write_found_items
from recsys.pipeline.worn import write_worn_outfits

LOG = "identity.jsonl"
"""Name of the file in a workspace that keeps all edits."""

EVERYWHERE = 1_000_000
"""More photos than any item is in."""


class ItemEditor:
    """Changes which garments show which item, and keeps items, outfits and the log in step.

    The log is written first: it is what a person said, and saying the same again mends a store that was left behind.
    """

    def __init__(self, store: GraphStore, log: IdentityLog, *, batch: int) -> None:
        self._store = store
        self._log = log
        self._batch = batch

    def merge(self, item_ids: Iterable[str]) -> IdentityEdit:
        """Make several items one; the first named stays. Raises IdentityError."""
        return self._carry_out(lambda links: self._log.merge(links, item_ids))

    def split(self, item_id: str, region_ids: Iterable[str]) -> IdentityEdit:
        """Make some garments of an item another one. Raises IdentityError."""
        return self._carry_out(lambda links: self._log.split(links, item_id, region_ids))

    def undo(self) -> IdentityEdit:
        """Take back the last edit that stands. Raises IdentityError where there is none."""
        standing: list[IdentityEdit] = []
        for edit in self._log.edits:
            if edit.kind == "undo":
                standing.pop()
            else:
                standing.append(edit)
        if not standing:
            raise IdentityError("undo: no merge or split of this workspace stands; there is nothing to take back")
        return self._carry_out(lambda links: self._log.undo(links, standing[-1]))

    def _carry_out(self, change: Callable[[list[ItemLink]], tuple[ItemLink, ...]]) -> IdentityEdit:
        links = list(self._store.links())
        change(links)
        edit = self._log.edits[-1]
        concerned = {link.item_id for link in (*edit.before, *edit.after)}
        moved = {link.region_id: link for link in edit.after}
        after = [moved.get(link.region_id, link) for link in links]
        facts = self._facts(concerned)
        write_found_items(self._store, items_of(facts, [link for link in after if link.item_id in concerned]))
        self._store.link(edit.after)
        still = {link.item_id for link in after}
        self._store.delete_items(item for item in concerned - still if item.startswith(MADE))
        write_worn_outfits(self._store, batch=self._batch)
        return edit

    def _facts(self, item_ids: Iterable[str]) -> list[RegionFact]:
        """The garments in all photos that show these items."""
        image_ids = {image_id for item_id in item_ids for image_id in self._store.images_of(item_id, limit=EVERYWHERE)}
        images = (self._store.image(image_id) for image_id in sorted(image_ids))
        return [fact for image in images if image is not None for fact in facts_of(image)]
