"""The embedded graph store: one SQLite file, many readers and one writer at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from data.types import ImageRecord, Item, ItemLink, Outfit, Problem
from graph.nodes import Neighbourhood, Node, NodeDegree, NodeKind, Relation, Sighting
from graph.sqlite import deletion, neighbours, overview, quarantine, reading
from graph.sqlite.bulk import BulkLoad, is_empty
from graph.sqlite.connections import Connections
from graph.sqlite.export import export
from graph.sqlite.hubs import HubMemory
from graph.sqlite.images import link_regions, upsert_images
from graph.sqlite.items import upsert_items
from graph.sqlite.outfits import upsert_outfits
from graph.sqlite.surroundings import Surroundings
from graph.store import GraphCounts, GraphStore, WornWith, WriteCounts
from graph.tensors import BipartiteGraph


class SqliteGraphStore(GraphStore):
    """The contract of :class:`graph.store.GraphStore` over one SQLite file, made where it is missing.

    Any thread may use it, and several processes may use one file: readers see the last committed state and never wait,
    writers wait for each other up to ``busy_seconds``. A process killed in the middle of a write leaves what was there.

    Parameters
    ----------
    path
        The file; its folder must exist.
    busy_seconds
        How long a write waits for another process's.

    Raises
    ------
    SchemaVersionError
        A newer program wrote the file.
    StoreFormatError
        The file is something else.
    StoreUnavailableError
        It cannot be opened, or is locked.
    """

    def __init__(self, path: str | Path, *, busy_seconds: float = 60.0) -> None:
        self._connections = Connections(Path(path), busy_seconds=busy_seconds)
        self._hubs = HubMemory(self._connections)

    @property
    def path(self) -> Path:
        """The file."""
        return self._connections.path

    def upsert_images(self, images: Iterable[ImageRecord]) -> WriteCounts:
        with self._connections.write() as connection:
            return upsert_images(connection, images)

    def upsert_items(self, items: Iterable[Item]) -> WriteCounts:
        with self._connections.write() as connection:
            return upsert_items(connection, items)

    def upsert_outfits(self, outfits: Iterable[Outfit]) -> WriteCounts:
        with self._connections.write() as connection:
            return upsert_outfits(connection, outfits)

    def link(self, links: Iterable[ItemLink]) -> WriteCounts:
        with self._connections.write() as connection:
            return link_regions(connection, links)

    def bulk_load(
        self, items: Iterable[Item], images: Iterable[ImageRecord], outfits: Iterable[Outfit] = ()
    ) -> WriteCounts:
        """Write a whole data set; into an empty store as one atomic write, some five times faster than upserts."""
        with self._connections.write(first_load=True) as connection:
            if is_empty(connection):
                return BulkLoad(connection).run(items, images, outfits)
        return super().bulk_load(items, images, outfits)

    def delete_images(self, image_ids: Iterable[str]) -> int:
        with self._connections.write() as connection:
            return deletion.delete_images(connection, image_ids)

    def delete_items(self, item_ids: Iterable[str]) -> int:
        with self._connections.write() as connection:
            return deletion.delete_items(connection, item_ids)

    def delete_outfits(self, outfit_ids: Iterable[str]) -> int:
        with self._connections.write() as connection:
            return deletion.delete_outfits(connection, outfit_ids)

    def delete_source(self, source: str) -> int:
        with self._connections.write() as connection:
            return deletion.delete_source(connection, source)

    def image(self, image_id: str) -> ImageRecord | None:
        with self._connections.snapshot() as connection:
            return reading.one_image(connection, image_id)

    def item(self, item_id: str) -> Item | None:
        with self._connections.read() as connection:
            return reading.one_item(connection, item_id)

    def images(self, *, after: str | None = None) -> Iterator[ImageRecord]:
        return reading.all_images(self._connections, after)

    def items(self, *, after: str | None = None) -> Iterator[Item]:
        return reading.all_items(self._connections, after)

    def outfits(self, *, after: str | None = None) -> Iterator[Outfit]:
        return reading.all_outfits(self._connections, after)

    def links(self) -> Iterator[ItemLink]:
        return reading.all_links(self._connections)

    def images_of(self, item_id: str, *, limit: int = 100) -> list[str]:
        def ask() -> list[str]:
            with self._connections.snapshot() as connection:
                return neighbours.images_of(connection, item_id, limit)

        return self._hubs.answer(("images_of", item_id, limit), ask)

    def worn_with(self, item_id: str, *, limit: int = 100) -> list[WornWith]:
        def ask() -> list[WornWith]:
            with self._connections.snapshot() as connection:
                return neighbours.worn_with(connection, item_id, limit)

        return self._hubs.answer(("worn_with", item_id, limit), ask)

    def neighbours(
        self, nodes: Iterable[Node], *, relations: Collection[Relation] | None = None, limit: int = 100
    ) -> list[Neighbourhood]:
        with self._connections.snapshot() as connection:
            return Surroundings(connection, self._hubs.degree).of(nodes, relations, limit)

    def ranked(
        self, kind: NodeKind, relations: Collection[Relation], *, lowest: bool = False, limit: int = 100
    ) -> list[NodeDegree]:
        with self._connections.snapshot() as connection:
            return overview.ranked(connection, kind, relations, lowest=lowest, limit=limit)

    def sightings(
        self, *, since: str | None = None, until: str | None = None, after: str | None = None
    ) -> Iterator[Sighting]:
        return overview.sightings(self._connections, since, until, after)

    def counts(self) -> GraphCounts:
        def ask() -> list[GraphCounts]:
            with self._connections.snapshot() as connection:
                return [reading.counts(connection)]

        return self._hubs.answer("counts", ask)[0]

    def export(self) -> BipartiteGraph:
        with self._connections.snapshot() as connection:
            return export(connection)

    def quarantine(self, problems: Iterable[Problem]) -> int:
        with self._connections.write() as connection:
            return quarantine.add_problems(connection, problems)

    def problems(self) -> Sequence[Problem]:
        with self._connections.read() as connection:
            return quarantine.all_problems(connection)

    def release_problems(self, files: Iterable[str]) -> int:
        with self._connections.write() as connection:
            return quarantine.release(connection, files)

    def identity(self) -> str:
        """The file by its number on its device, which hard and symbolic links share."""
        file = self.path.stat()
        return f"sqlite {file.st_dev} {file.st_ino}"

    def close(self) -> None:
        self._connections.close()
