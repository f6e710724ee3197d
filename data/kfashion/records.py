"""From a decoded annotation to the domain's records: canonical values, ordered polygons, mended boxes."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import chain
from types import MappingProxyType

from data.kfashion.geometry import mended_box, ordered_points
from data.kfashion.wire import Annotation, Description, Labels, LabelValue
from data.taxonomy import SLOT_OF_PART, canonical, slot_of
from data.types import ImageRecord, Note, Region

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

_STYLE, _SUBSTYLE, _CATEGORY = "스타일", "서브스타일", "카테고리"
_PARTS = tuple(SLOT_OF_PART)
_KNOWN_PARTS = frozenset(_PARTS)
_SHOP = re.compile(r"\s*(\([^)]+\))")
_FRAME = re.compile(r"[\s_\-.]*\(?\d+\)?$")
_CAMERA = frozenset({"", "img", "image", "dsc", "dscf", "dscn", "dcim", "p", "pic", "photo", "scan"})


def regions_of(annotation: Annotation, image_id: str) -> tuple[Region, ...]:
    """All garments of a photo; part by part (아우터, 상의, 하의, 원피스, then any others), numbered from 0 in each."""
    description = annotation.dataset.description
    size = (annotation.picture.width, annotation.picture.height)
    regions: list[Region] = []
    for part in _PARTS if _only_known(description) else _all_parts(description):
        drawn = max(len(description.rects.get(part, ())), len(description.polygons.get(part, ())))
        for number in range(max(drawn, len(description.labels.get(part, ())))):
            region = _region(description, part, number, image_id, size)
            if region is not None:
                regions.append(region)
    return tuple(regions)


def styles_of(annotation: Annotation) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Styles and sub-styles in canonical spelling."""
    given = annotation.dataset.description.labels.get(_STYLE, ())
    styles = chain.from_iterable(_canonical_values("style", labels.get(_STYLE)) for labels in given)
    substyles = chain.from_iterable(_canonical_values("substyle", labels.get(_SUBSTYLE)) for labels in given)
    return tuple(dict.fromkeys(styles)), tuple(dict.fromkeys(substyles))


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


def content_hash(annotation: Annotation, regions: tuple[Region, ...]) -> int:
    """A number that two annotations share, in this process, where they say the same of the same photo."""
    picture = annotation.picture
    garments = tuple(
        (region.part, region.category, tuple(region.attributes.items()), region.box, region.polygon)
        for region in regions
    )
    return hash((picture.height, picture.width, annotation.original_name, styles_of(annotation), garments))


def _region(description: Description, part: str, number: int, image_id: str, size: tuple[int, int]) -> Region | None:
    rects, polygons = description.rects.get(part, ()), description.polygons.get(part, ())
    labels = description.labels.get(part, ())
    rect = rects[number] if number < len(rects) else None
    polygon = polygons[number] if number < len(polygons) else {}
    said: Labels = labels[number] if number < len(labels) else {}
    if rect is not None and rect.x is rect.y is rect.width is rect.height is None:
        rect = None
    if rect is None and not polygon and not said:
        return None
    points, lack = ordered_points(polygon)
    box, notes = mended_box(rect, points, size, f"렉트좌표.{part}[{number}]")
    if lack is not None:
        notes.append(Note("polygon_dropped", f"폴리곤좌표.{part}[{number}]", lack))
    category = _canonical_values("category", said.get(_CATEGORY))
    return Region(
        region_id=f"{image_id}/{part}#{number}",
        part=part,
        slot=SLOT_OF_PART.get(part) or slot_of(part),
        category=category[0] if category else None,
        attributes=_attributes(said),
        box=box,
        polygon=points,
        notes=tuple(notes),
    )


def _attributes(said: Labels) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for key, name in ATTRIBUTES.items():
        if key in said:
            values = _canonical_values(name, said[key])
            if values:
                found[name] = values
    return found


def _canonical_values(field: str, given: LabelValue) -> tuple[str, ...]:
    if given is None:
        return ()
    return _canonical(field, given) if isinstance(given, str) else _canonical(field, *given)


@lru_cache(maxsize=65536)
def _canonical(field: str, *given: str) -> tuple[str, ...]:
    values = (canonical(field, value)[0] for value in given)
    return tuple(dict.fromkeys(value for value in values if value))


def _only_known(description: Description) -> bool:
    return (
        description.rects.keys() <= _KNOWN_PARTS
        and description.polygons.keys() <= _KNOWN_PARTS
        and len(description.labels.keys() - _KNOWN_PARTS) <= 1
    )


def _all_parts(description: Description) -> list[str]:
    others = {*description.rects, *description.polygons, *description.labels} - _KNOWN_PARTS - {_STYLE}
    return [*_PARTS, *sorted(others)]
