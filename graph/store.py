"""The contract of the image-item graph: what every store keeps and answers, whatever database lies beneath."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Sequence
from types import TracebackType
from typing import Self

from msgspec import Struct

from data.types import ImageRecord, Item, ItemLink, Outfit, Problem
from graph.nodes import Neighbourhood, Node, NodeDegree, NodeKind, Relation, Sighting
from graph.tensors import BipartiteGraph


class GraphError(Exception):
    """Base of all errors that a store raises."""


class SchemaVersionError(GraphError):
    """The store was written by a newer program than this one."""


class UnknownNodeError(GraphError):
    """A link names a region, an item or an image that the store does not hold."""


class InvalidRecordError(GraphError):
    """A record cannot be kept: its id is another source's, a region id comes twice, an outfit holds nothing, NaN."""


class StoreFormatError(GraphError):
    """What the URL or path names is there, but it is not a graph store."""


class StoreUnavailableError(GraphError):
    """The store cannot be used now: locked by another process, disk full, no permission, closed, unreachable.

    Nothing of the call that failed was kept; the same call can be made again.
    """


class WriteCounts(Struct, frozen=True):
    """What a write did: ``added`` new, ``changed`` stored differently before, ``unchanged`` the same."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0


class GraphCounts(Struct, frozen=True):
    """Numbers of nodes and edges by kind."""

    photos: int
    looks: int
    regions: int
    items: int
    outfits: int
    links: int
    shoots: int
    styles: int
    categories: int
    attributes: int


class WornWith(Struct, frozen=True):
    """An item that shares ``count`` distinct images with the one asked for."""

    item_id: str
    count: int


class GraphStore(ABC):
    """Images, items, outfits and what connects them.

    Writes are atomic by call: all of an iterable lands or none of it, so callers choose the batch. They are idempotent:
    the same records a second time are ``unchanged``. Reads come in ascending order of id. Ids are any text, and an id
    belongs to the source that wrote it first: an image, item or outfit of that id from another source is refused with
    InvalidRecordError, never written over the first. Inside :func:`graph.time_limits.time_limit` reads that take longer
    raise OutOfTimeError.
    """

    @abstractmethod
    def upsert_images(self, images: Iterable[ImageRecord]) -> WriteCounts:
        """Write images with regions; a region whose ``item_id`` is set is linked to that item (method product_id).

        An image that is stored already is replaced; links of regions that remain, by region id, are kept.

        Raises
        ------
        UnknownNodeError
            A region names an item that is not stored.
        InvalidRecordError
            Another source has the image's id, or another image has a region's.
        """

    @abstractmethod
    def upsert_items(self, items: Iterable[Item]) -> WriteCounts:
        """Write items; one that is stored already takes the new category, attributes and photo and keeps its links.

        Raises InvalidRecordError where another source has an item's id.
        """

    @abstractmethod
    def upsert_outfits(self, outfits: Iterable[Outfit]) -> WriteCounts:
        """Write outfits.

        Raises
        ------
        UnknownNodeError
            An item or the image is not stored.
        InvalidRecordError
            An outfit holds no item, or another source has its id.
        """

    @abstractmethod
    def link(self, links: Iterable[ItemLink]) -> WriteCounts:
        """Say which item each region shows; a region has one item, the last word counts. Raises UnknownNodeError."""

    def bulk_load(
        self, items: Iterable[Item], images: Iterable[ImageRecord], outfits: Iterable[Outfit] = ()
    ) -> WriteCounts:
        """Write a whole data set, as the three upserts in this order would; meant for the first load of very many.

        A store may do it faster, and as one atomic write, where it is still empty; this default makes the three calls.
        """
        written = (self.upsert_items(items), self.upsert_images(images), self.upsert_outfits(outfits))
        return WriteCounts(
            added=sum(counts.added for counts in written),
            changed=sum(counts.changed for counts in written),
            unchanged=sum(counts.unchanged for counts in written),
        )

    @abstractmethod
    def delete_images(self, image_ids: Iterable[str]) -> int:
        """Remove images with regions, links and outfits that were read from them; unknown ids count nothing."""

    @abstractmethod
    def delete_items(self, item_ids: Iterable[str]) -> int:
        """Remove items with their links and from their outfits (an outfit left with no item goes too)."""

    @abstractmethod
    def delete_outfits(self, outfit_ids: Iterable[str]) -> int:
        """Remove outfits alone, with neither their items nor their images; unknown ids count nothing."""

    @abstractmethod
    def delete_source(self, source: str) -> int:
        """Remove every image, item and outfit of one import; returns how many nodes went."""

    @abstractmethod
    def image(self, image_id: str) -> ImageRecord | None:
        """One image, its regions carrying the item they are linked to."""

    @abstractmethod
    def item(self, item_id: str) -> Item | None:
        """One item."""

    @abstractmethod
    def images(self, *, after: str | None = None) -> Iterator[ImageRecord]:
        """All images by ascending id, those after ``after`` where given; constant memory."""

    @abstractmethod
    def items(self, *, after: str | None = None) -> Iterator[Item]:
        """All items by ascending id."""

    @abstractmethod
    def outfits(self, *, after: str | None = None) -> Iterator[Outfit]:
        """All outfits by ascending id."""

    @abstractmethod
    def links(self) -> Iterator[ItemLink]:
        """All links by ascending region id."""

    @abstractmethod
    def images_of(self, item_id: str, *, limit: int = 100) -> list[str]:
        """Ids of the images that show an item, ascending."""

    @abstractmethod
    def worn_with(self, item_id: str, *, limit: int = 100) -> list[WornWith]:
        """Items that share images with one, by falling count, then id (two hops)."""

    @abstractmethod
    def neighbours(
        self, nodes: Iterable[Node], *, relations: Collection[Relation] | None = None, limit: int = 100
    ) -> list[Neighbourhood]:
        """What surrounds each of many nodes, in one round trip; one answer a node, in the order given.

        A node that is not stored, or cannot have a relation, has no edges by it: nothing is raised.

        Parameters
        ----------
        relations
            Only these; None for all.
        limit
            Most edges that an answer gives a node and relation, the first in order of the other end; 0 for degrees
            alone. Degrees are exact whatever the limit.
        """

    @abstractmethod
    def ranked(
        self, kind: NodeKind, relations: Collection[Relation], *, lowest: bool = False, limit: int = 100
    ) -> list[NodeDegree]:
        """Nodes of one kind by falling number of neighbours over some relations together, then by id (and value).

        ``lowest`` turns the numbers round, rising from 0, and leaves ties by id. Raises ValueError where nodes of the
        kind cannot have a relation.
        """

    @abstractmethod
    def sightings(
        self, *, since: str | None = None, until: str | None = None, after: str | None = None
    ) -> Iterator[Sighting]:
        """What every image shows, by ascending image id, those after ``after``; constant memory.

        Parameters
        ----------
        since, until
            Only images whose ``created``, compared as text by code point, is at least ``since`` and less than
            ``until``; with either given, images without ``created`` are left out.
        """

    @abstractmethod
    def counts(self) -> GraphCounts:
        """Numbers of nodes and edges."""

    @abstractmethod
    def export(self) -> BipartiteGraph:
        """The image-item graph as CSR arrays; ids ascending, parallel edges merged, the same from every store."""

    @abstractmethod
    def quarantine(self, problems: Iterable[Problem]) -> int:
        """Keep problems; the same problem of the same file and field is kept once. Returns how many are new."""

    @abstractmethod
    def problems(self) -> Sequence[Problem]:
        """What is in quarantine, by file."""

    @abstractmethod
    def release_problems(self, files: Iterable[str]) -> int:
        """Take the problems of files out of quarantine (they were read again and are good); returns how many."""

    @abstractmethod
    def identity(self) -> str:
        """What this store has in common with no other, however its URL is written: equal for one that is open twice."""

    @abstractmethod
    def close(self) -> None:
        """Give the connection back."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
