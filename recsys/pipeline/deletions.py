"""What people deleted from the graph: remembered in the workspace, so that the next import does not bring it back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec
from msgspec import Struct

from data.atomic import write_whole
from data.types import ImageRecord, Item, Outfit
from recsys.errors import QueryError, WorkspaceError
from recsys.pipeline.importing import Record
from recsys.workspace import Workspace

FILE = "deleted.json"


class Deleted(Struct, frozen=True, kw_only=True, order=True, forbid_unknown_fields=True):
    """An image or item that imports leave out. ``regions``: the garments that showed the item, which stay unknown."""

    kind: Literal["image", "item"]
    source: str
    id: str
    regions: tuple[str, ...] = ()


class Deletions:
    """The list of a workspace, by kind, source and id; an id of another source is another thing."""

    def __init__(self, workspace: Workspace) -> None:
        self._file = workspace.root / FILE
        self._hold(self._read())

    def ids(self, kind: Literal["image", "item"]) -> dict[str, str]:
        """Source by id of one kind."""
        return {entry.id: entry.source for entry in self.entries if entry.kind == kind}

    def garments(self) -> frozenset[str]:
        """Regions that showed a deleted item."""
        return frozenset(region for entry in self.entries for region in entry.regions)

    def add(self, entries: Iterable[Deleted]) -> None:
        """Remember some more; the list is on disk when this returns."""
        known = {(entry.kind, entry.source, entry.id): entry for entry in self.entries}
        for entry in entries:
            before = known.get((entry.kind, entry.source, entry.id), entry).regions
            known[entry.kind, entry.source, entry.id] = msgspec.structs.replace(
                entry, regions=tuple(sorted({*before, *entry.regions}))
            )
        self._write(known.values())

    def revoke(self, ids: Iterable[str]) -> int:
        """Forget ids, so that the next import brings them again; returns how many entries went.

        Raises
        ------
        QueryError
            One of them was not deleted; nothing is forgotten then.
        """
        wanted = set(ids)
        missing = sorted(wanted - {entry.id for entry in self.entries})
        if missing:
            raise QueryError(f"{', '.join(missing)}: not on the list of what was deleted ({self._file})")
        left = [entry for entry in self.entries if entry.id not in wanted]
        gone = len(self.entries) - len(left)
        self._write(left)
        return gone

    def admit(self, record: Record) -> Record | None:
        """A record as an import may write it: without items that were deleted; None where nothing of it is left."""
        if not self._gone:
            return record
        match record:
            case Item():
                return None if ("item", record.source, record.item_id) in self._gone else record
            case ImageRecord():
                return None if ("image", record.source, record.image_id) in self._gone else self._image(record)
            case Outfit():
                return None if ("image", record.source, record.image_id) in self._gone else self._outfit(record)
        return record

    def _image(self, image: ImageRecord) -> ImageRecord:
        deleted = {region.item_id for region in image.regions if ("item", image.source, region.item_id) in self._gone}
        if not deleted:
            return image
        regions = (
            msgspec.structs.replace(region, item_id=None) if region.item_id in deleted else region
            for region in image.regions
        )
        return msgspec.structs.replace(image, regions=tuple(regions))

    def _outfit(self, outfit: Outfit) -> Outfit | None:
        left = tuple(item_id for item_id in outfit.item_ids if ("item", outfit.source, item_id) not in self._gone)
        if left == outfit.item_ids:
            return outfit
        return msgspec.structs.replace(outfit, item_ids=left) if left else None

    def _read(self) -> tuple[Deleted, ...]:
        if not self._file.exists():
            return ()
        try:
            return tuple(msgspec.json.decode(self._file.read_bytes(), type=list[Deleted]))
        except msgspec.MsgspecError as error:
            raise WorkspaceError(
                f"{self._file}: {error}; it is written by `recsys graph delete`, restore or remove it"
            ) from error

    def _write(self, entries: Iterable[Deleted]) -> None:
        self._hold(tuple(sorted(entries)))
        write_whole(self._file, msgspec.json.format(msgspec.json.encode(self.entries), indent=1) + b"\n")

    def _hold(self, entries: tuple[Deleted, ...]) -> None:
        self.entries = entries
        self._gone: set[tuple[str, str, str | None]] = {(entry.kind, entry.source, entry.id) for entry in entries}
