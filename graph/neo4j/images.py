"""Upsert of images with their regions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from msgspec import Struct

from data.types import IdentityMethod, ImageRecord
from graph.bodies import image_texts, same_image, styles_of
from graph.neo4j import nodes
from graph.neo4j.items import require_items
from graph.neo4j.names import fields, indexed, literal, locked
from graph.neo4j.server import Transaction
from graph.neo4j.words import BeginAgainError
from graph.store import InvalidRecordError, WriteCounts
from graph.tally import Tally

REGIONS = (
    "COLLECT { MATCH (p)-[c:CONTAINS]->(x)"
    " RETURN [c.n, coalesce(c.full_region, c.region), CASE WHEN x:Item THEN coalesce(x.full_id, x.id) END,"
    " c.source, c.confidence] }"
)
"""Regions of image ``p``: place, region id, item id, method, confidence; in any order."""

REGION = ("region", "full_region", "n", "source", "confidence")
"""Properties of a region's relationship."""

_STORED = (
    "UNWIND $ids AS id MATCH (p:Image {id: id})"
    f" RETURN id, coalesce(p.full_source, p.source), p.kind, p.shoot, p.body, {REGIONS}"
)
_LOCK = f"UNWIND $ids AS id MATCH (p:Image {{id: id}}) {locked('p')}"
_TAKEN = (
    "UNWIND $regions AS region MATCH (p:Image)-[c:CONTAINS {region: region}]->()"
    " USING INDEX c:CONTAINS(region) RETURN region, p.id"
)  # the hint: a plan made while the graph was empty would look at all images
_REGION = literal("region", *REGION)
_EDGES = (
    " WITH p, row CALL (p, row) { UNWIND row.shoots AS shoot MATCH (s:Shoot {id: shoot}) CREATE (p)-[:IN_SHOOT]->(s) }"
    " CALL (p, row) { UNWIND row.styles AS style MATCH (s:Style {name: style}) CREATE (p)-[:HAS_STYLE]->(s) }"
    f" CALL (p, row) {{ UNWIND row.unknown AS region CREATE (p)-[:CONTAINS {_REGION}]->(p) }}"
    " CALL (p, row) { UNWIND row.known AS region MATCH (i:Item {id: region.item})"
    f" CREATE (p)-[:CONTAINS {_REGION}]->(i) }}"
)
_KIND = " FOREACH (_ IN row.looks | SET p:Look)"  # images of either kind are counted without being looked at
_FIELDS = literal("row", "id", "full_id", "source", "full_source", "kind", "shoot", "created", "full_created", "body")
_ADD = f"UNWIND $rows AS row CREATE (p:Image {_FIELDS}){_KIND}{_EDGES}"
_PART = (
    "UNWIND $ids AS id MATCH (p:Image {id: id})-[r:CONTAINS|HAS_STYLE|IN_SHOOT]->(n) DELETE r"
    " WITH n WHERE n:Style OR n:Shoot RETURN DISTINCT id(n)"
)
_CHANGE = f"UNWIND $rows AS row MATCH (p:Image {{id: row.id}}) REMOVE p:Look SET p = {_FIELDS}{_KIND}{_EDGES}"


class Link(NamedTuple):
    """The item that a region shows, by its whole id; how that was found and how surely."""

    item_id: str
    method: IdentityMethod
    confidence: float


class RegionState(NamedTuple):
    """A region of a stored image."""

    region_id: str
    link: Link | None


class StoredImage(Struct, frozen=True):
    """What is stored of an image, or would be after the records so far."""

    source: str
    kind: str
    shoot: str | None
    body: str
    regions: tuple[RegionState, ...]
    record: ImageRecord | None = None


def upsert_images(transaction: Transaction, images: Sequence[ImageRecord]) -> WriteCounts:
    """Write images inside a transaction."""
    texts = image_texts(images)
    stored = _read(transaction, sorted({indexed(image.image_id) for image in images}))
    after, tally = _outcome(images, texts, stored)
    changed = sorted(key for key, image in after.items() if image.record is not None and key in stored)
    if changed:  # somebody may have linked regions since: what is changed is locked and read again
        transaction.run(_LOCK, ids=changed)
        stored = {key: image for key, image in stored.items() if key not in changed} | _read(transaction, changed)
        after, tally = _outcome(images, texts, stored)
    written = {key: image for key, image in after.items() if image.record is not None}
    if written:
        _require_own_regions(transaction, written, stored)
        _write(transaction, written, stored)
    return tally.counts()


def _read(transaction: Transaction, ids: Sequence[str]) -> dict[str, StoredImage]:
    rows = transaction.run(_STORED, ids=ids)
    return {
        key: StoredImage(source, kind, shoot, body, states(regions)) for key, source, kind, shoot, body, regions in rows
    }


def states(rows: list[list[object]]) -> tuple[RegionState, ...]:
    """Regions in their order, from what REGIONS gives."""
    ordered = sorted(rows, key=lambda row: row[0])  # type: ignore[arg-type, return-value]
    return tuple(
        RegionState(region_id, None if link[0] is None else Link(*link))  # type: ignore[arg-type]
        for _, region_id, *link in ordered
    )


def _outcome(
    images: Sequence[ImageRecord], texts: Sequence[str], stored: dict[str, StoredImage]
) -> tuple[dict[str, StoredImage], Tally]:
    """What will be stored by id, and what happens to each record in turn."""
    after, tally = dict(stored), Tally()
    for image, text in zip(images, texts, strict=True):
        key = indexed(image.image_id)
        old = after.get(key)
        if old is not None:
            nodes.keep_source(f"image {image.image_id!r}", old.source, image.source)
        regions = _regions(image, () if old is None else old.regions)
        new = StoredImage(image.source, image.kind, image.shoot, text, regions, image)
        if old is not None and _same(old, new):
            tally.add("unchanged")
            continue
        tally.add("added" if old is None else "changed")
        after[key] = new
    return after, tally


def _same(old: StoredImage, new: StoredImage) -> bool:
    told = (old.kind, old.shoot, old.regions) == (new.kind, new.shoot, new.regions)
    return told and same_image(old.body, new.body)


def _regions(image: ImageRecord, old: Iterable[RegionState]) -> tuple[RegionState, ...]:
    """Regions of a record: linked as it says, or as they were."""
    known = {state.region_id: state.link for state in old}
    found: list[RegionState] = []
    for region in image.regions:
        link = known.get(region.region_id)
        if region.item_id is not None and (link is None or link.item_id != region.item_id):
            link = Link(region.item_id, "product_id", 1.0)
        found.append(RegionState(region.region_id, link))
    return tuple(found)


def _require_own_regions(
    transaction: Transaction, written: dict[str, StoredImage], stored: dict[str, StoredImage]
) -> None:
    """See that no region id is used twice here; of one that a stored image has, the database says so when it is
    written, and whose it is, is asked when that has happened."""
    owner: dict[str, str] = {}
    for key, image in written.items():
        own = [indexed(state.region_id) for state in image.regions]
        if len(set(own)) < len(own) or any(owner.setdefault(region, key) != key for region in own):
            raise _used_twice(image)
    if not transaction.again:
        return
    before = {indexed(state.region_id) for key in written if key in stored for state in stored[key].regions}
    asked = sorted(owner.keys() - before)
    for region, key in transaction.run(_TAKEN, regions=asked) if asked else ():
        if owner[region] != key:
            raise _used_twice(written[owner[region]])


def _used_twice(image: StoredImage) -> InvalidRecordError:
    assert image.record is not None
    return InvalidRecordError(
        f"image {image.record.image_id!r}: a region id is used twice, here or by another image: "
        f"{', '.join(repr(state.region_id) for state in image.regions)}; region ids must be unique"
    )


def _write(transaction: Transaction, written: dict[str, StoredImage], stored: dict[str, StoredImage]) -> None:
    records = [image.record for image in written.values() if image.record is not None]
    nodes.make(transaction, "Style", (nodes.named(name) for name in {s for r in records for s in styles_of(r)}))
    nodes.make(transaction, "Shoot", map(nodes.identified, {r.shoot for r in records if r.shoot is not None}))
    changed = [key for key in written if key in stored]
    touched: list[int] = []
    if changed:
        touched = [number for (number,) in transaction.run(_PART, ids=changed)]
        _join(transaction, _CHANGE, [written[key] for key in changed])
    _join(transaction, _ADD, [image for key, image in written.items() if key not in stored])
    nodes.remove_unused(transaction, touched)


def _join(transaction: Transaction, statement: str, images: Sequence[StoredImage]) -> None:
    """Write images with all edges; where an item is not stored, its edge is missing and the item is named."""
    if not images:
        return
    rows = [_row(image) for image in images]
    states = [state for image in images for state in image.regions]
    if transaction.join(statement, rows=rows) < len(states) + sum(len(r["styles"]) + len(r["shoots"]) for r in rows):
        require_items(transaction, ((s.link.item_id, f"region {s.region_id!r}") for s in states if s.link is not None))
        raise BeginAgainError("an item, style or shoot was removed while images were written")


def _row(image: StoredImage) -> dict[str, Any]:
    record = image.record
    assert record is not None
    regions = [region_row(n, state.region_id, state.link) for n, state in enumerate(image.regions)]
    return {
        **nodes.identified(record.image_id),
        **fields("source", record.source),
        "kind": record.kind,
        "shoot": record.shoot,
        **({} if record.created is None else fields("created", record.created)),
        "body": image.body,
        "looks": [True] if record.kind == "look" else [],
        "shoots": [] if record.shoot is None else [indexed(record.shoot)],
        "styles": sorted(indexed(name) for name in styles_of(record)),
        "known": [region for region in regions if "item" in region],
        "unknown": [region for region in regions if "item" not in region],
    }


def region_row(n: int, region_id: str, link: Link | None = None) -> dict[str, Any]:
    """A region of an image: the properties of its relationship, and the item that it leads to where that is known."""
    row: dict[str, Any] = {**fields("region", region_id), "n": n}
    if link is not None:
        row |= {"source": link.method, "confidence": link.confidence, "item": indexed(link.item_id)}
    return row
