"""The outfits that photos show: two or more items worn together, once a shoot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from data.types import ImageRecord, Outfit
from graph.store import GraphStore
from recsys.pipeline.batches import batched

WORN = "worn:"
"""How the ids of outfits begin that photos show, so that a shop's own outfit ids stay free."""


def worn_outfits(images: Iterable[ImageRecord]) -> Iterator[Outfit]:
    """Find the outfit that each photo shows, where it shows at least two items.

    Shops photograph one outfit many times: of the photos of a shoot that show the same set of items, the first by order
    gives the outfit. Looks are passed over, since their outfits were given and not seen.

    Parameters
    ----------
    images
        Images with their regions linked to items, by ascending id.
    """
    seen: set[tuple[str, str, tuple[str, ...]]] = set()
    for image in images:
        if image.kind != "photo":
            continue
        items = tuple(sorted({region.item_id for region in image.regions if region.item_id is not None}))
        if len(items) < 2:
            continue
        if image.shoot is not None:
            key = (image.source, image.shoot, items)
            if key in seen:
                continue
            seen.add(key)
        yield Outfit(outfit_id=f"{WORN}{image.image_id}", item_ids=items, source=image.source, image_id=image.image_id)


def write_worn_outfits(store: GraphStore, *, batch: int, source: str | None = None) -> int:
    """Write the outfits that stored photos show and remove those that they no longer show; returns how many they show.

    With ``source``, only the photos of that source are looked at.
    """

    def photos() -> Iterator[ImageRecord]:
        of_source = (image for image in store.images() if source is None or image.source == source)
        return (image for image in of_source if image.kind == "photo")

    current: set[str] = set()
    for outfits in batched(worn_outfits(photos()), batch):
        store.upsert_outfits(outfits)
        current.update(outfit.outfit_id for outfit in outfits)
    seen = {image.image_id for image in photos()}
    stale = [o.outfit_id for o in store.outfits() if o.image_id in seen and o.outfit_id not in current]
    store.delete_outfits(stale)
    return len(current)
