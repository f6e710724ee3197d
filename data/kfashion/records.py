"""From a decoded annotation to the domain's records: canonical values, ordered polygons, mended boxes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import zip_longest
from types import MappingProxyType

from data.kfashion.geometry import Place, place_of
from data.kfashion.wire import NO_RECT, Annotation, Description, Labels, decode_polygon
from data.taxonomy import SLOT_OF_PART, canonical, slot_of
from data.types import ImageRecord, Region

SOURCE = "kfashion"

ATTRIBUTES = MappingProxyType(
    {
        "기장": "length",
        "색상": "colour",
        "서브색상": "sub_colour",
        "디테일": "detail",
        "옷깃": "collar",
        "소매기장": "sleeve",
        "소재": "material",
        "프린트": "print",
        "넥라인": "neckline",
        "핏": "fit",
    }
)
"""Attribute keys of a garment and our names for them."""

_STYLE, _SUBSTYLE = "스타일", "서브스타일"
_CATEGORY = "category"
_FIELDS = {**ATTRIBUTES, "카테고리": _CATEGORY, _STYLE: "style", _SUBSTYLE: "substyle"}
_PARTS = tuple(SLOT_OF_PART)
_KNOWN_LABELS = frozenset({*_PARTS, _STYLE})
_SHOP = re.compile(r"\s*(\([^)]+\))")
_FRAME = re.compile(r"[\s_\-.]*\(?\d+\)?$")
_CAMERA = frozenset({"", "img", "image", "dsc", "dscf", "dscn", "dcim", "p", "pic", "photo", "scan"})


def record_of(annotation: Annotation) -> ImageRecord:
    """The record of one annotation, without its photo; raises msgspec.DecodeError where a polygon is malformed."""
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


def _styles(labels: dict[str, list[Labels]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Styles and sub-styles in canonical spelling."""
    styles: tuple[str, ...] = ()
    substyles: tuple[str, ...] = ()
    for said in labels.get(_STYLE, ()):
        if said:
            _, named = _labelled(said)
            styles += named.get("style", ())
            substyles += named.get("substyle", ())
    return tuple(dict.fromkeys(styles)), tuple(dict.fromkeys(substyles))


def _regions(annotation: Annotation, image_id: str) -> tuple[Region, ...]:
    """All garments of a photo; part by part (아우터, 상의, 하의, 원피스, then any others), numbered from 0 in each."""
    description = annotation.dataset.description
    size = (annotation.picture.width, annotation.picture.height)
    regions: list[Region] = []
    for part in _parts(description):
        drawn = description.rects.get(part, ()), description.polygons.get(part, ()), description.labels.get(part, ())
        for number, (rect, raw, said) in enumerate(zip_longest(*drawn)):
            polygon = decode_polygon(raw) if raw is not None else {}
            if polygon or said or not (rect is None or rect.is_empty):
                place = place_of(rect or NO_RECT, polygon, size)
                regions.append(_region(f"{image_id}/{part}#{number}", part, place, said or {}))
    return tuple(regions)


def _region(region_id: str, part: str, place: Place, said: Labels) -> Region:
    box, points, notes = place
    category, attributes = _labelled(said)
    return Region(
        region_id=region_id,
        part=part,
        slot=SLOT_OF_PART.get(part) or slot_of(part),
        category=category,
        attributes=attributes,
        box=box,
        polygon=points,
        notes=notes,
    )


def _labelled(said: Labels) -> tuple[str | None, dict[str, tuple[str, ...]]]:
    """Category and attributes; keys that are neither are passed over."""
    attributes: dict[str, tuple[str, ...]] = {}
    for key, given in said.items():
        if given is not None:
            name, values = _canonical(key, given) if isinstance(given, str) else _canonical(key, *given)
            if values:
                attributes[name] = values
    category = attributes.pop(_CATEGORY, None)
    return None if category is None else category[0], attributes


@lru_cache(maxsize=65536)
def _canonical(key: str, *given: str) -> tuple[str, tuple[str, ...]]:
    """Our name for a key, and its values in canonical spelling; no values where the key is none of a garment's."""
    name = _FIELDS.get(key)
    if name is None:
        return key, ()
    values = (canonical(name, value)[0] for value in given)
    return name, tuple(dict.fromkeys(value for value in values if value))


def _parts(description: Description) -> Sequence[str]:
    """The four known parts, and then whatever else stands where they do."""
    rects, polygons, labels = description.rects, description.polygons, description.labels
    if len(rects) == len(polygons) == len(labels) - 1 == len(_PARTS) and _STYLE in labels:
        for part in _PARTS:
            if part not in rects or part not in polygons or part not in labels:
                break
        else:
            return _PARTS
    return [*_PARTS, *sorted((rects.keys() | polygons.keys() | labels.keys()) - _KNOWN_LABELS)]
