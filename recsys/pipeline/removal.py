"""Deleting images, items and whole imports for good: from the graph, and from what else in the workspace holds them.

Whatever can be made again goes first and the graph last, so that a deletion that was stopped is finished by the same
command. Releases are immutable: what they hold of an item stays until the next training.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Literal

import msgspec
from msgspec import Struct

from data.ccp import SOURCE as CCP
from data.kfashion import SOURCE as KFASHION
from graph.explore.finding import unknown
from graph.nodes import Node
from graph.store import GraphCounts, GraphStore
from recsys.errors import QueryError
from recsys.pipeline.deletions import Deleted, Deletions
from recsys.pipeline.doomed import Doomed, with_images, with_import, with_items
from recsys.pipeline.embedding import photo_key, product_key
from recsys.pipeline.fingerprints import Fingerprints
from recsys.pipeline.journal import Journal
from recsys.pipeline.worn import write_worn_outfits
from recsys.workspace import Workspace
from vision.embeddings import EmbeddingStore

SHOW_OUTFITS = (KFASHION, CCP)
"""Sources whose photos show the outfits; others say them."""

CATALOGUE = "catalogue.jsonl"


class Removed(Struct, frozen=True, kw_only=True):
    """What went, or would go.

    ``garments`` are those of ``images``; ``unlinked`` garments in other images whose item goes; ``outfits_changed``
    lose an item and stay; ``vectors`` are embeddings; ``already`` ids that were deleted before. ``release`` is in use
    and goes on recommending ``in_release`` of the items. ``counts``: what the graph holds, after it where it was done.
    """

    images: int
    garments: int
    items: int
    outfits: int
    outfits_changed: int
    unlinked: int
    vectors: int
    already: int
    release: str | None
    in_release: int
    counts: GraphCounts


class Remover:
    """Deletes from the graph of a workspace, and what else the workspace holds of it; ``batch`` records at once.

    Each method only says what would go where it is ``dry``.
    """

    def __init__(self, workspace: Workspace, store: GraphStore, *, batch: int, dry: bool = False) -> None:
        self._workspace, self._store = workspace, store
        self._batch, self._dry = batch, dry
        self._deletions = Deletions(workspace)
        self._embeddings = EmbeddingStore(workspace.embeddings)

    def images(self, image_ids: Iterable[str]) -> Removed:
        """Delete images with their garments, the outfits read from them, and found items that no other image shows.

        Raises
        ------
        UnknownNodeError
            One is neither stored nor deleted before; nothing is deleted then.
        """
        stored, already = self._stored("image", image_ids, lambda name: self._store.image(name) is not None)
        doomed = with_images(self._store, stored)
        records = [record for name in sorted(doomed.images) if (record := self._store.image(name)) is not None]
        noted = [Deleted(kind="image", source=record.source, id=record.image_id) for record in records]
        return self._carry_out(doomed, noted, already)

    def items(self, item_ids: Iterable[str]) -> Removed:
        """Delete items; garments that show them stay and are unknown, outfits lose them. Raises as :meth:`images`."""
        stored, already = self._stored("item", item_ids, lambda name: self._store.item(name) is not None)
        doomed = with_items(self._store, stored)
        records = [record for name in sorted(doomed.items) if (record := self._store.item(name)) is not None]
        noted = [
            Deleted(
                kind="item",
                source=item.source,
                id=item.item_id,
                regions=tuple(sorted(doomed.unlinked.get(item.item_id, ()))) if item.source in SHOW_OUTFITS else (),
            )
            for item in records
        ]
        return self._carry_out(doomed, noted, already)

    def imported(self, source: str) -> Removed:
        """Delete everything that one source brought; its imports are struck out, and may be made again.

        Raises
        ------
        QueryError
            Nothing came from it; the message names the sources that there are.
        """
        journal = Journal(self._workspace)
        entries = [entry for entry in journal.entries() if entry.kind == source]
        doomed = with_import(self._store, source)
        if not (entries or doomed.images or doomed.items or doomed.outfits):
            known = {item.source for item in self._store.items()} | {image.source for image in self._store.images()}
            there = ", ".join(sorted(known)) or "nothing"
            raise QueryError(f"import {source!r}: the graph holds nothing of it; it holds {there}")
        removed = self._described(doomed, 0)
        if self._dry:
            return removed
        journal.forget(source)
        self._discard(doomed)
        self._store.release_problems(file for entry in entries for file in entry.problem_files)
        self._store.delete_source(source)
        self._show_again(doomed.sources - {source})
        return msgspec.structs.replace(removed, counts=self._store.counts())

    def _stored(
        self, kind: Literal["image", "item"], ids: Iterable[str], is_stored: Callable[[str], bool]
    ) -> tuple[list[str], dict[str, str]]:
        """Those of ids that are stored, and source by id of those that were deleted before."""
        asked = sorted(set(ids))
        stored = [name for name in asked if is_stored(name)]
        deleted = self._deletions.ids(kind)
        for name in asked:
            if name not in stored and name not in deleted:
                raise unknown(self._store, Node(kind, name), what=kind)
        return stored, {name: deleted[name] for name in asked if name not in stored}

    def _carry_out(self, doomed: Doomed, noted: Sequence[Deleted], already: dict[str, str]) -> Removed:
        removed = self._described(doomed, len(already))
        if self._dry:
            return removed
        self._deletions.add(noted)
        self._discard(doomed)
        self._store.delete_items(sorted(doomed.items))  # those that were found go before the photos that name them
        self._store.delete_images(sorted(doomed.images))
        self._show_again(doomed.sources | set(already.values()))
        return msgspec.structs.replace(removed, counts=self._store.counts())

    def _described(self, doomed: Doomed, already: int) -> Removed:
        keys = _keys(doomed)
        stored = [self._embeddings.known_ids(encoder) for encoder in self._embeddings.encoders()]
        return Removed(
            images=len(doomed.images),
            garments=len(doomed.garments),
            items=len(doomed.items),
            outfits=len(doomed.outfits),
            outfits_changed=len(doomed.changed),
            unlinked=len(set().union(*doomed.unlinked.values()) - doomed.garments),
            vectors=sum(len(keys & known) for known in stored),
            already=already,
            release=self._workspace.in_use,
            in_release=_in_release(self._workspace, doomed.items),
            counts=self._store.counts(),
        )

    def _discard(self, doomed: Doomed) -> None:
        """Take away what was measured of photos that go."""
        keys = _keys(doomed)
        for encoder in self._embeddings.encoders():
            self._embeddings.discard(encoder, keys)
        Fingerprints(self._workspace).forget(doomed.photos)

    def _show_again(self, sources: Collection[str]) -> None:
        """Let the photos that are left show their outfits: of a shoot, another one may have to."""
        for source in sorted(set(sources) & set(SHOW_OUTFITS)):
            write_worn_outfits(self._store, batch=self._batch, source=source)


def _keys(doomed: Doomed) -> set[str]:
    """Under which embeddings of what goes are filed."""
    return doomed.garments | set(map(photo_key, doomed.images)) | set(map(product_key, doomed.items))


class _Named(Struct):
    item_id: str


def _in_release(workspace: Workspace, items: Collection[str]) -> int:
    """How many of these items the catalogue of the release in use holds."""
    name = workspace.in_use
    file = workspace.releases / name / CATALOGUE if name else None
    if not items or file is None or not file.is_file():
        return 0
    decoder = msgspec.json.Decoder(_Named)
    with file.open("rb") as lines:
        return sum(decoder.decode(line).item_id in items for line in lines)
