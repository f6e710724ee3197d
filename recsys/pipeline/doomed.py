"""What goes from the graph with images, items or a whole import; nothing is deleted here."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from data.types import ImageRecord
from graph.nodes import Node
from graph.store import GraphStore
from recsys.pipeline.edits import EVERYWHERE
from recsys.pipeline.identities import MADE
from recsys.pipeline.worn import WORN


@dataclass
class Doomed:
    """Ids of what goes and of what changes.

    ``garments`` are the regions of ``images``; ``unlinked`` regions of other images that show a doomed item, by item;
    ``changed`` outfits that lose an item and stay; ``photos`` the references of the images' photos; ``sources`` whose
    photos are concerned.
    """

    images: set[str] = field(default_factory=set)
    items: set[str] = field(default_factory=set)
    outfits: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    garments: set[str] = field(default_factory=set)
    unlinked: dict[str, list[str]] = field(default_factory=dict)
    photos: set[str] = field(default_factory=set)
    sources: set[str] = field(default_factory=set)

    def add_image(self, image: ImageRecord) -> None:
        """Doom an image with its garments."""
        self.images.add(image.image_id)
        self.garments.update(region.region_id for region in image.regions)
        self.sources.add(image.source)
        if image.photo is not None:
            self.photos.add(image.photo)

    def add_outfit(self, outfit_id: str, item_ids: Collection[str]) -> None:
        """Doom an outfit that holds doomed items alone, or note that it changes; photos show no outfit of one item."""
        left = set(item_ids) - self.items
        if not left or (outfit_id.startswith(WORN) and len(left) < 2):
            self.outfits.add(outfit_id)
        else:
            self.changed.add(outfit_id)


def with_images(store: GraphStore, image_ids: Iterable[str]) -> Doomed:
    """What goes with images: found items that no other shows, too."""
    doomed = Doomed()
    found: set[str] = set()
    for image_id in image_ids:
        image = store.image(image_id)
        if image is not None:
            doomed.add_image(image)
            found |= {r.item_id for r in image.regions if r.item_id is not None and r.item_id.startswith(MADE)}
    for item_id in found:
        if doomed.images.issuperset(store.images_of(item_id, limit=len(doomed.images) + 1)):
            doomed.items.add(item_id)
    read = store.neighbours(
        [Node("image", image_id) for image_id in sorted(doomed.images)], relations=["READ_FROM"], limit=EVERYWHERE
    )
    doomed.outfits |= {outfit.id for around in read for outfit in around.others("READ_FROM")}
    _add_outfits(store, doomed)
    return doomed


def with_items(store: GraphStore, item_ids: Iterable[str]) -> Doomed:
    """What goes with items; the photos stay, with garments that nobody knows."""
    doomed = Doomed(items=set(item_ids))
    nodes = [Node("item", item_id) for item_id in sorted(doomed.items)]
    for around in store.neighbours(nodes, relations=["CONTAINS"], limit=EVERYWHERE):
        doomed.unlinked[around.node.id] = [region for edge in around.edges for region in edge.regions]
        for shown in around.others("CONTAINS"):
            image = store.image(shown.id)
            doomed.sources |= {image.source} if image else set()
    _add_outfits(store, doomed)
    return doomed


def with_import(store: GraphStore, source: str) -> Doomed:
    """What goes with everything that one source brought; the graph is read through once."""
    doomed = Doomed(items={item.item_id for item in store.items() if item.source == source})
    for image in store.images():
        if image.source == source:
            doomed.add_image(image)
            continue
        for region in image.regions:
            if region.item_id in doomed.items:
                doomed.unlinked.setdefault(str(region.item_id), []).append(region.region_id)
                doomed.sources.add(image.source)
    for outfit in store.outfits():
        if outfit.source == source or outfit.image_id in doomed.images:
            doomed.outfits.add(outfit.outfit_id)
        elif not doomed.items.isdisjoint(outfit.item_ids):
            doomed.add_outfit(outfit.outfit_id, outfit.item_ids)
    return doomed


def _add_outfits(store: GraphStore, doomed: Doomed) -> None:
    """Doom or change the outfits that hold doomed items."""
    items = [Node("item", item_id) for item_id in sorted(doomed.items)]
    around_items = store.neighbours(items, relations=["STYLED_IN"], limit=EVERYWHERE)
    held = {outfit for around in around_items for outfit in around.others("STYLED_IN")}
    nodes = sorted(outfit for outfit in held if outfit.id not in doomed.outfits)
    for around in store.neighbours(nodes, relations=["STYLED_IN"], limit=EVERYWHERE):
        doomed.add_outfit(around.node.id, [item.id for item in around.others("STYLED_IN")])
