"""Every store, after any sequence of writes, holds what a few dictionaries hold."""

from __future__ import annotations

import itertools
from collections import Counter
from contextlib import suppress

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.types import ImageRecord, Item, ItemLink, Outfit, Region
from graph.store import InvalidRecordError, UnknownNodeError, WornWith

NAMES = st.sampled_from(["a", "b", "가", "'"])
SOURCES = st.sampled_from(["s", "t"])

items = st.builds(
    lambda item_id, source, colour: Item(
        item_id=item_id, category=colour, slot="top", source=source, attributes={"colour": (colour,)}
    ),
    NAMES,
    SOURCES,
    NAMES,
)
images = st.builds(
    lambda image_id, source, shown, style: ImageRecord(
        image_id=image_id,
        source=source,
        styles=(style,),
        shoot=style,
        regions=tuple(
            Region(region_id=f"{image_id}/{n}", part="x", slot="top", item_id=item_id)
            for n, item_id in enumerate(shown)
        ),
    ),
    NAMES,
    SOURCES,
    st.lists(st.none() | NAMES, max_size=4),
    NAMES,
)
outfits = st.builds(
    lambda outfit_id, held, source, image_id: Outfit(
        outfit_id=outfit_id, item_ids=tuple(sorted(held)), source=source, image_id=image_id
    ),
    NAMES,
    st.sets(NAMES, min_size=1),
    SOURCES,
    st.none() | NAMES,
)
links = st.builds(
    lambda image_id, n, item_id: ItemLink(f"{image_id}/{n}", item_id, "manual", 0.5), NAMES, st.integers(0, 3), NAMES
)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("items"), items),
        st.tuples(st.just("images"), images),
        st.tuples(st.just("outfits"), outfits),
        st.tuples(st.just("link"), links),
        st.tuples(st.just("delete_images"), NAMES),
        st.tuples(st.just("delete_items"), NAMES),
        st.tuples(st.just("delete_source"), SOURCES),
    ),
    max_size=25,
)


class Model:
    """The contract in plain dictionaries, one record a step; a step that names something unknown, or an id that
    another source has, changes nothing."""

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}
        self.images: dict[str, ImageRecord] = {}
        self.outfits: dict[str, Outfit] = {}
        self.links: dict[str, ItemLink] = {}

    def step(self, name: str, argument: object) -> None:
        getattr(self, f"_{name}")(argument)

    def _items(self, item: Item) -> None:
        if item.item_id in self.items and self.items[item.item_id].source != item.source:
            return
        self.items[item.item_id] = item

    def _images(self, image: ImageRecord) -> None:
        if any(region.item_id is not None and region.item_id not in self.items for region in image.regions):
            return
        kept = {region.region_id for region in image.regions}
        old = self.images.get(image.image_id)
        if old and old.source != image.source:
            return
        for region in old.regions if old else ():
            if region.region_id not in kept:
                self.links.pop(region.region_id, None)
        for region in image.regions:
            link = self.links.get(region.region_id)
            if region.item_id is not None and (link is None or link.item_id != region.item_id):
                self.links[region.region_id] = ItemLink(region.region_id, region.item_id, "product_id", 1.0)
        self.images[image.image_id] = image

    def _outfits(self, outfit: Outfit) -> None:
        if outfit.outfit_id in self.outfits and self.outfits[outfit.outfit_id].source != outfit.source:
            return
        known_image = outfit.image_id is None or outfit.image_id in self.images
        if known_image and all(item_id in self.items for item_id in outfit.item_ids):
            self.outfits[outfit.outfit_id] = outfit

    def _link(self, link: ItemLink) -> None:
        regions = {region.region_id for image in self.images.values() for region in image.regions}
        if link.region_id in regions and link.item_id in self.items:
            self.links[link.region_id] = link

    def _delete_images(self, image_id: str) -> None:
        image = self.images.pop(image_id, None)
        for region in image.regions if image else ():
            self.links.pop(region.region_id, None)
        self.outfits = {key: outfit for key, outfit in self.outfits.items() if outfit.image_id != image_id or not image}

    def _delete_items(self, item_id: str) -> None:
        self.items.pop(item_id, None)
        self.links = {key: link for key, link in self.links.items() if link.item_id != item_id}
        left = {key: tuple(held for held in o.item_ids if held != item_id) for key, o in self.outfits.items()}
        self.outfits = {
            key: msgspec.structs.replace(self.outfits[key], item_ids=held) for key, held in left.items() if held
        }

    def _delete_source(self, source: str) -> None:
        self.outfits = {key: outfit for key, outfit in self.outfits.items() if outfit.source != source}
        for image_id in [image.image_id for image in self.images.values() if image.source == source]:
            self._delete_images(image_id)
        for item_id in [item.item_id for item in self.items.values() if item.source == source]:
            self._delete_items(item_id)

    def image(self, image_id: str) -> ImageRecord:
        image = self.images[image_id]
        shown = [self.links.get(region.region_id) for region in image.regions]
        return msgspec.structs.replace(
            image,
            regions=tuple(
                msgspec.structs.replace(region, item_id=link.item_id if link else None)
                for region, link in zip(image.regions, shown, strict=True)
            ),
        )

    def edges(self) -> set[tuple[str, str]]:
        return {(region.partition("/")[0], link.item_id) for region, link in self.links.items()}

    def worn_with(self, item_id: str) -> list[WornWith]:
        edges = self.edges()
        seen = {image for image, item in edges if item == item_id}
        counts = Counter(item for image, item in edges if image in seen and item != item_id)
        return [WornWith(item, count) for item, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))]


CALLS = {"items": "upsert_items", "images": "upsert_images", "outfits": "upsert_outfits"}
_names = itertools.count()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
def test_any_sequence_of_writes_gives_what_dictionaries_give(store_factory, steps):
    model, name = Model(), f"example {next(_names)}"
    with store_factory(name) as store:
        for step, argument in steps:
            model.step(step, argument)
            call = getattr(store, CALLS.get(step, step))
            with suppress(UnknownNodeError, InvalidRecordError):
                call(argument if step == "delete_source" else [argument])
    with store_factory(name) as store:
        _agree(store, model)


def _agree(store, model: Model) -> None:
    assert list(store.items()) == [model.items[key] for key in sorted(model.items)]
    assert list(store.images()) == [model.image(key) for key in sorted(model.images)]
    assert list(store.outfits()) == [model.outfits[key] for key in sorted(model.outfits)]
    assert list(store.links()) == [model.links[key] for key in sorted(model.links)]
    for item_id in ("a", "b", "가", "'"):
        assert store.worn_with(item_id) == model.worn_with(item_id)
        assert store.images_of(item_id) == sorted(image for image, item in model.edges() if item == item_id)
    graph = store.export()
    edges = {
        (graph.image_ids[image], graph.item_ids[item])
        for image in range(graph.n_images)
        for item in graph.image_items[graph.image_indptr[image] : graph.image_indptr[image + 1]]
    }
    assert edges == model.edges()
    counts = store.counts()
    assert counts.shoots == counts.styles == len({image.shoot for image in model.images.values()})
    assert counts.categories == counts.attributes == len({item.category for item in model.items.values()})
    assert counts.links == len(model.links)
    assert counts.regions == sum(len(image.regions) for image in model.images.values())
