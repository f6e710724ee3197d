"""From a decoded annotation to the domain's records: canonical values, ordered polygons, mended boxes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import zip_longest

from data.kfashion.geometry import Place, place_of
from data.kfashion.wire import (
    ATTRIBUTES,
    CATEGORY,
    NO_RECT,
    PARTS,
    STYLE,
    SUBSTYLE,
    Annotation,
    Description,
    Labels,
    LabelValue,
)
from data.taxonomy import SLOT_OF_PART, canonical, slot_of
from data.types import ImageRecord, Region

SOURCE = "kfashion"

_FIELDS = {**ATTRIBUTES, CATEGORY: "category", STYLE: "style", SUBSTYLE: "substyle"}
_NO_RECTS = (NO_RECT, None)
_NOTHING = ""
_KNOWN_LABELS = frozenset({*PARTS, STYLE})
_SHOP = re.compile(r"\s*(\([^)]+\))")
_FRAME = re.compile(r"[\s_\-.]*\(?\d+\)?$")
_CAMERA = frozenset({"", "img", "image", "dsc", "dscf", "dscn", "dcim", "p", "pic", "photo", "scan"})


def record_of(annotation: Annotation[str]) -> ImageRecord:
    """The record of one annotation, without its photo."""
    picture = annotation.picture
    image_id = str(picture.image_id)
    original_name = annotation.original_name
    styles, substyles = _styles(annotation.dataset.description.labels)
    return ImageRecord(
        image_id=image_id,
        source=SOURCE,
        width=picture.width,
        height=picture.height,
        styles=styles,
        substyles=substyles,
        shoot=None if original_name is None else shoot_of(original_name),
        original_name=original_name,
        created=annotation.dataset.created,
        regions=_regions(annotation, image_id),
    )


@lru_cache(maxsize=4096)
def shoot_of(original_name: str) -> str | None:
    """The shoot that an original file name tells of: the shop's prefix, which all photos of one shoot share.

    ``(116)IMG_1.jpg`` is of shoot ``(116)``; without a number in brackets it is the name less its last number
    (``lily-0412_07.jpg``: ``lily-0412``). A name of a camera and a number alone (``IMG_0012.jpg``) tells nothing.
    The same prefix can come from unrelated photos: a split by shoot then keeps more together than it must, never less.
    """
    stem = original_name.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    shop = _SHOP.match(stem)
    if shop is not None:
        return shop.group(1)
    prefix = _FRAME.sub("", stem).strip()
    return None if prefix.casefold() in _CAMERA else prefix


def unknown_values(record: ImageRecord) -> list[tuple[str, str]]:
    """``(field, value)`` of everything in a K-Fashion record that its vocabulary does not know, for counting."""
    if record.source != SOURCE:
        return []
    said = [("style", style) for style in record.styles] + [("substyle", style) for style in record.substyles]
    for region in record.regions:
        if region.part not in SLOT_OF_PART:
            said.append(("region", region.part))
        if region.category is not None:
            said.append(("category", region.category))
        said += [(name, value) for name, values in region.attributes.items() for value in values]
    return [(name, value) for name, value in said if name == "region" or not canonical(name, value)[1]]


def _styles(labels: dict[str, list[Labels[str]]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Styles and sub-styles in canonical spelling."""
    styles: tuple[str, ...] = ()
    substyles: tuple[str, ...] = ()
    for said in labels.get(STYLE, ()):
        for name, values in map(_canonical, said.items()):
            if name == "style":
                styles += values
            elif name == "substyle":
                substyles += values
    return tuple(dict.fromkeys(styles)), tuple(dict.fromkeys(substyles))


def _regions(annotation: Annotation[str], image_id: str) -> tuple[Region, ...]:
    """All garments of a photo; part by part (아우터, 상의, 하의, 원피스, then any others), numbered from 0 in each."""
    description = annotation.dataset.description
    size = (annotation.picture.width, annotation.picture.height)
    regions: list[Region] = []
    for part in _parts(description):
        drawn = description.rects.get(part, ()), description.polygons.get(part, ()), description.labels.get(part, ())
        for number, (rect, polygon, said) in enumerate(zip_longest(*drawn)):
            if polygon or said or rect not in _NO_RECTS:
                place = place_of(rect or NO_RECT, polygon or {}, size)
                regions.append(_region(f"{image_id}/{part}#{number}", part, place, said or {}))
    return tuple(regions)


def _region(region_id: str, part: str, place: Place, said: Labels[str]) -> Region:
    box, points, notes = place
    attributes = dict(map(_canonical, said.items()))
    attributes.pop(_NOTHING, None)
    category = attributes.pop("category", None)
    return Region(
        region_id=region_id,
        part=part,
        slot=SLOT_OF_PART.get(part) or slot_of(part),
        category=None if category is None else category[0],
        attributes=attributes,
        box=box,
        polygon=points,
        notes=notes,
    )


@lru_cache(maxsize=65536)
def _canonical(label: tuple[str, LabelValue]) -> tuple[str, tuple[str, ...]]:
    """Our name for a key, and its values in canonical spelling; `_NOTHING` where there is neither."""
    key, given = label
    name = _FIELDS.get(key)
    if name is None or given is None:
        return _NOTHING, ()
    spelled = (canonical(name, value)[0] for value in ((given,) if isinstance(given, str) else given))
    values = tuple(dict.fromkeys(value for value in spelled if value))
    return (name, values) if values else (_NOTHING, ())


def _parts(description: Description[str]) -> Sequence[str]:
    """The four known parts, and then whatever else stands where they do."""
    rects, polygons, labels = description.rects, description.polygons, description.labels
    others = (rects.keys() | polygons.keys() | labels.keys()) - _KNOWN_LABELS
    return (*PARTS, *sorted(others)) if others else PARTS
