"""How records are kept: which fields a store has columns or properties for, and the compact JSON of the others.

Field names are kept, defaults are left out and mappings are sorted, so equal records give equal text and
``sqlite3 graph.sqlite "SELECT body ->> '$.regions[0].box' FROM image"`` can be read by people.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any

import msgspec
from msgspec import Struct

from data.types import Attributes, Box, ImageKind, ImageRecord, Item, MaskRef, Note, Region
from graph.store import InvalidRecordError


class RegionBody(Struct, frozen=True, omit_defaults=True, gc=False):
    """A region without its id and its link, which are columns. ``confidence`` None stands for 1."""

    part: str
    slot: str
    category: str | None = None
    attributes: Attributes = {}
    box: Box | None = None
    polygon: tuple[tuple[float, float], ...] = ()
    mask: MaskRef | None = None
    product_id: str | None = None
    confidence: float | None = None
    notes: tuple[Note, ...] = ()


class ImageBody(Struct, frozen=True, omit_defaults=True, gc=False):
    """An image without its id, source, kind and shoot, which are columns."""

    photo: str | None = None
    width: int | None = None
    height: int | None = None
    styles: tuple[str, ...] = ()
    substyles: tuple[str, ...] = ()
    original_name: str | None = None
    created: str | None = None
    regions: Sequence[RegionBody] = ()
    notes: tuple[Note, ...] = ()


class ItemBody(Struct, frozen=True, omit_defaults=True, gc=False):
    """An item without its id, source, category and slot, which are columns."""

    attributes: Attributes = {}
    photo: str | None = None


def _plain(value: object) -> dict[Any, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    raise NotImplementedError(f"a record holds a {type(value).__name__}, which cannot be stored")


_encoder = msgspec.json.Encoder(enc_hook=_plain, order="deterministic")
_image_decoder = msgspec.json.Decoder(ImageBody)
_item_decoder = msgspec.json.Decoder(ItemBody)


def image_text(image: ImageRecord) -> str:
    """JSON of what is not a column of an image; see :func:`image_texts`."""
    return image_texts([image])[0]


def item_text(item: Item) -> str:
    """JSON of what is not a column of an item."""
    return item_texts([item])[0]


def image_texts(images: Sequence[ImageRecord]) -> list[str]:
    """JSON of what is not a column, of many images: a third faster together than one by one.

    Raises
    ------
    InvalidRecordError
        A number is NaN or infinite.
    """
    return _texts(_image_bodies(images), _image_decoder, lambda n: f"image {images[n].image_id!r}")


def item_texts(items: Sequence[Item]) -> list[str]:
    """JSON of what is not a column, of many items."""
    bodies = [ItemBody(item.attributes, item.photo) for item in items]
    return _texts(bodies, _item_decoder, lambda n: f"item {items[n].item_id!r}")


def _image_bodies(images: Sequence[ImageRecord]) -> list[ImageBody]:
    regions = iter(  # of all images in one go, then dealt out
        [
            RegionBody(
                region.part,
                region.slot,
                region.category,
                region.attributes,
                region.box,
                region.polygon,
                region.mask,
                region.product_id,
                None if region.confidence == 1.0 else region.confidence,
                region.notes,
            )
            for image in images
            for region in image.regions
        ]
    )
    return [
        ImageBody(
            image.photo,
            image.width,
            image.height,
            image.styles,
            image.substyles,
            image.original_name,
            image.created,
            tuple(islice(regions, len(image.regions))),
            image.notes,
        )
        for image in images
    ]


def _texts(
    bodies: Sequence[ImageBody | ItemBody], decoder: msgspec.json.Decoder[Any], named: Callable[[int], str]
) -> list[str]:
    """One line of JSON each (a line break in a text is written ``\\n``)."""
    lines = _encoder.encode_lines(bodies)
    texts = lines.decode().split("\n")[:-1]
    if b"null" in lines:  # absent values are left out, so this is a word in a text, or NaN or infinity
        for n, text in enumerate(texts):
            try:
                decoder.decode(text)
            except msgspec.ValidationError as error:
                raise InvalidRecordError(f"{named(n)}: a number must be finite: {error}") from error
    return texts


def same_image(text: str, other: str) -> bool:
    """Whether two image bodies say the same (1 and 1.0 do)."""
    return text == other or _image_decoder.decode(text) == _image_decoder.decode(other)


def same_item(text: str, other: str) -> bool:
    """Whether two item bodies say the same."""
    return text == other or _item_decoder.decode(text) == _item_decoder.decode(other)


def styles_of(image: ImageRecord | ImageBody) -> set[str]:
    """Styles that an image is joined to: main styles and substyles share one vocabulary."""
    return set(image.styles + image.substyles)


def styles_in(text: str) -> set[str]:
    """Styles that the image of a body is joined to."""
    return styles_of(_image_decoder.decode(text))


def attributes_of(item: Item | ItemBody) -> set[tuple[str, str]]:
    """Attributes (name, value) that an item is joined to."""
    return {(name, value) for name, values in item.attributes.items() for value in values}


def attributes_in(text: str) -> set[tuple[str, str]]:
    """Attributes that the item of a body is joined to."""
    return attributes_of(_item_decoder.decode(text))


def image_record(
    row: tuple[str, str, ImageKind, str | None, str], linked: Sequence[tuple[str, str | None]]
) -> ImageRecord:
    """An image from (image_id, source, kind, shoot, body) and its regions' (region_id, item_id) in their order."""
    image_id, source, kind, shoot, text = row
    body = _image_decoder.decode(text)
    regions = tuple(
        Region(
            region_id=region_id,
            part=region.part,
            slot=region.slot,
            category=region.category,
            attributes=region.attributes,
            box=region.box,
            polygon=region.polygon,
            mask=region.mask,
            product_id=region.product_id,
            item_id=item_id,
            confidence=1.0 if region.confidence is None else region.confidence,
            notes=region.notes,
        )
        for region, (region_id, item_id) in zip(body.regions, linked, strict=True)
    )
    return ImageRecord(
        image_id=image_id,
        source=source,
        kind=kind,
        photo=body.photo,
        width=body.width,
        height=body.height,
        styles=body.styles,
        substyles=body.substyles,
        shoot=shoot,
        original_name=body.original_name,
        created=body.created,
        regions=regions,
        notes=body.notes,
    )


def item_record(row: tuple[str, str, str, str, str]) -> Item:
    """An item from (item_id, source, category, slot, body)."""
    item_id, source, category, slot, text = row
    body = _item_decoder.decode(text)
    return Item(
        item_id=item_id,
        category=category,
        slot=slot,
        source=source,
        attributes=body.attributes,
        photo=body.photo,
    )
