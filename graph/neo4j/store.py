"""The graph store in a Neo4j server: many readers and writers in many processes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import TypeVar

from data.types import ImageRecord, Item, ItemLink, Outfit, Problem
from graph.neo4j import deletion, neighbours, overview, quarantine, reading, surroundings
from graph.neo4j.export import export
from graph.neo4j.images import upsert_images
from graph.neo4j.items import upsert_items
from graph.neo4j.links import link_regions
from graph.neo4j.loading import added, load
from graph.neo4j.outfits import upsert_outfits
from graph.neo4j.schema import migrate
from graph.neo4j.server import Server, Transaction
from graph.nodes import Neighbourhood, Node, NodeDegree, NodeKind, Relation, Sighting
from graph.store import GraphCounts, GraphStore, WornWith, WriteCounts
from graph.tensors import BipartiteGraph

Record = TypeVar("Record")


class Neo4jGraphStore(GraphStore):
    """The contract of :class:`graph.store.GraphStore` over one database of a Neo4j server, Community or Enterprise.

    Any thread and any number of processes may use it. What differs from a file: ``bulk_load``, ``delete_source`` and
    the deletion of an item in thousands of images are atomic by batch; stopped half-way,
    the same call made again ends in the same graph.

    Parameters
    ----------
    server
        The database; its schema is brought up to date.

    Raises
    ------
    SchemaVersionError
        A newer program wrote the graph.
    StoreFormatError
        What is stored breaks a rule of the graph.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        migrate(server)

    def upsert_images(self, images: Iterable[ImageRecord]) -> WriteCounts:
        return self._write(upsert_images, images)

    def upsert_items(self, items: Iterable[Item]) -> WriteCounts:
        return self._write(upsert_items, items)

    def upsert_outfits(self, outfits: Iterable[Outfit]) -> WriteCounts:
        return self._write(upsert_outfits, outfits)

    def link(self, links: Iterable[ItemLink]) -> WriteCounts:
        return self._write(link_regions, links)

    def bulk_load(
        self, items: Iterable[Item], images: Iterable[ImageRecord], outfits: Iterable[Outfit] = ()
    ) -> WriteCounts:
        """Write a whole data set in batches; begun again after a stop, it goes on to the same graph."""
        self._server.require_no_write()
        written = (
            load(items, self.upsert_items, lambda item: item.item_id),
            load(images, self.upsert_images, lambda image: image.image_id, lambda image: image.shoot),
            load(outfits, self.upsert_outfits, lambda outfit: outfit.outfit_id),
        )
        return added(added(*written[:2]), written[2])

    def delete_images(self, image_ids: Iterable[str]) -> int:
        return self._delete(deletion.delete_images, image_ids)

    def delete_items(self, item_ids: Iterable[str]) -> int:
        doomed = self._server.collect(item_ids)
        deletion.part_hubs(self._server, deletion.by_id(doomed))
        return self._delete(deletion.delete_items, doomed)

    def delete_outfits(self, outfit_ids: Iterable[str]) -> int:
        return self._delete(deletion.delete_outfits, outfit_ids)

    def delete_source(self, source: str) -> int:
        return deletion.delete_source(self._server, source)

    def image(self, image_id: str) -> ImageRecord | None:
        return reading.one_image(self._server, image_id)

    def item(self, item_id: str) -> Item | None:
        return reading.one_item(self._server, item_id)

    def images(self, *, after: str | None = None) -> Iterator[ImageRecord]:
        return reading.IMAGES.read(self._server, after)

    def items(self, *, after: str | None = None) -> Iterator[Item]:
        return reading.ITEMS.read(self._server, after)

    def outfits(self, *, after: str | None = None) -> Iterator[Outfit]:
        return reading.OUTFITS.read(self._server, after)

    def links(self) -> Iterator[ItemLink]:
        return reading.LINKS.read(self._server)

    def images_of(self, item_id: str, *, limit: int = 100) -> list[str]:
        return neighbours.images_of(self._server, item_id, limit)

    def worn_with(self, item_id: str, *, limit: int = 100) -> list[WornWith]:
        return neighbours.worn_with(self._server, item_id, limit)

    def neighbours(
        self, nodes: Iterable[Node], *, relations: Collection[Relation] | None = None, limit: int = 100
    ) -> list[Neighbourhood]:
        return surroundings.of_nodes(self._server, nodes, relations, limit)

    def ranked(
        self, kind: NodeKind, relations: Collection[Relation], *, lowest: bool = False, limit: int = 100
    ) -> list[NodeDegree]:
        return overview.ranked(self._server, kind, relations, lowest=lowest, limit=limit)

    def sightings(
        self, *, since: str | None = None, until: str | None = None, after: str | None = None
    ) -> Iterator[Sighting]:
        return overview.sightings(self._server, since, until, after)

    def counts(self) -> GraphCounts:
        return reading.counts(self._server)

    def export(self) -> BipartiteGraph:
        return export(self._server)

    def quarantine(self, problems: Iterable[Problem]) -> int:
        kept = self._server.collect(problems)
        return self._server.write(lambda transaction: quarantine.add_problems(transaction, kept))

    def problems(self) -> Sequence[Problem]:
        return quarantine.all_problems(self._server)

    def release_problems(self, files: Iterable[str]) -> int:
        named = self._server.collect(files)
        return self._server.write(lambda transaction: quarantine.release(transaction, named))

    def identity(self) -> str:
        """What the server says of itself and of the database, since one has many addresses.

        A database that was loaded from a dump has the id of the dumped one, so the server's is needed too. Servers
        whose whole folders were copied cannot be told apart.
        """
        server = self._server.read("CALL dbms.info() YIELD id RETURN id")
        database = self._server.read("CALL db.info() YIELD id RETURN id")
        return f"neo4j {server[0][0]} {database[0][0]}"

    def close(self) -> None:
        self._server.close()

    def _write(
        self, upsert: Callable[[Transaction, Sequence[Record]], WriteCounts], records: Iterable[Record]
    ) -> WriteCounts:
        batch = self._server.collect(records)
        return self._server.write(lambda transaction: upsert(transaction, batch)) if batch else WriteCounts()

    def _delete(self, delete: Callable[[Transaction, Iterable[str]], tuple[int, int]], ids: Iterable[str]) -> int:
        doomed = deletion.by_id(self._server.collect(ids))
        return self._server.write(lambda transaction: delete(transaction, doomed)[0]) if doomed else 0
