"""What item identity is told of a region, and the settings it goes by."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Literal

from msgspec import Struct

from data.errors import DataError
from data.types import Attributes, ImageRecord


class IdentityError(DataError):
    """Regions, descriptors or edits that do not fit together."""


class RegionFact(Struct, frozen=True, kw_only=True):
    """One garment in one photo, as far as identity needs to know it."""

    region_id: str
    image_id: str
    slot: str
    source: str
    shoot: str | None = None
    category: str | None = None
    attributes: Attributes = {}
    product_id: str | None = None


class IdentitySettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How regions become items.

    ``method``: ``auto`` goes by product id, then by likeness within a shoot, then by attribute signature with visual
    likeness; ``product_id`` stops after the first; ``none`` makes every region an item of its own.

    The rest concerns ``auto``. ``min_confidence``: least probability at which two groups are one item.
    ``recurrence``: how many photos an item is expected in, which sets how surprising a match is among so many
    garments. ``attribute_agreement``: probability that an attribute is stated as it is. A cosine of descriptors above
    ``visual_neutral`` speaks for a match, below it against, by ``visual_weight`` (log-odds a unit of cosine); across
    shoots it has to reach ``visual_floor`` and ``min_agreeing`` attributes have to agree. Every region is held against
    the ``neighbours`` likeliest of each block of at most ``max_block``.
    """

    method: Literal["auto", "product_id", "none"] = "auto"
    min_confidence: float = 0.5
    recurrence: float = 3.0
    attribute_agreement: float = 0.94
    visual_weight: float = 8.0
    visual_neutral: float = 0.4
    visual_floor: float = 0.2
    min_agreeing: int = 3
    neighbours: int = 24
    max_block: int = 2000
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("min_confidence", "attribute_agreement"):
            if not 0.0 < getattr(self, name) < 1.0:
                raise ValueError(f"{name}: {getattr(self, name)} given; a probability between 0 and 1 is needed")
        for name in ("recurrence", "neighbours", "max_block"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}: {getattr(self, name)} given; 1 or more is needed")


def shoot_of(fact: RegionFact) -> Hashable:
    """The shoot that a region is of; a photo of no known shoot is a shoot of its own."""
    return (fact.source, fact.shoot) if fact.shoot is not None else (fact.image_id,)


def facts_of(record: ImageRecord) -> Iterator[RegionFact]:
    """The garments of one photo; a look's garments are items already, so it has none."""
    if record.kind != "photo":
        return
    for region in record.regions:
        yield RegionFact(
            region_id=region.region_id,
            image_id=record.image_id,
            slot=region.slot,
            source=record.source,
            shoot=record.shoot,
            category=region.category,
            attributes=region.attributes,
            product_id=region.product_id,
        )
