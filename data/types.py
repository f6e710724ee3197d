"""The domain's immutable records: what a photo, a garment in it, an item and an outfit are.

Every reader produces these, every store keeps them and every model is fed from them. They are ``msgspec`` structs:
frozen, comparable, cheap to build by the million and readable as JSON without further code.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

Attributes = Mapping[str, tuple[str, ...]]
"""Attribute name (``colour``, ``material``, any column of a table) to its values, in canonical spelling."""

ImageKind = Literal["photo", "look"]
"""``photo``: an annotated photograph. ``look``: an outfit known by its items alone, with or without a picture."""

IdentityMethod = Literal["product_id", "same_shoot", "signature", "single", "manual"]
"""How a region came to its item: the source's own id, a near-duplicate crop of the same shoot, equal attributes with
visual similarity, nothing (it stands alone), or a person's word."""


class Box(Struct, frozen=True):
    """Axis-aligned rectangle in pixels of the photo, origin top-left, ``x1 <= x2`` and ``y1 <= y2``."""

    x1: float
    y1: float
    x2: float
    y2: float

    @property
    def width(self) -> float:
        return self.x2 - self.x1

    @property
    def height(self) -> float:
        return self.y2 - self.y1

    @property
    def area(self) -> float:
        return self.width * self.height


class MaskRef(Struct, frozen=True):
    """Pixels of a garment: those of the 8-bit picture ``path`` that hold ``value``."""

    path: str
    value: int


class Note(Struct, frozen=True):
    """Something a reader mended or could not use, kept with the record it concerns."""

    code: str
    field: str
    detail: str


class Region(Struct, frozen=True, kw_only=True):
    """One garment in one photo.

    ``region_id`` is unique over all sources (``<image_id>/<part>#<n>``). ``part`` is the source's own word for the
    place (K-Fashion: 아우터, 상의, 하의, 원피스; CCP: its label); ``slot`` is ours. ``item_id`` is None until item
    identity has been resolved; ``product_id`` is the source's own product number, where it has one.
    """

    region_id: str
    part: str
    slot: str
    category: str | None = None
    attributes: Attributes = {}
    box: Box | None = None
    polygon: tuple[tuple[float, float], ...] = ()
    mask: MaskRef | None = None
    product_id: str | None = None
    item_id: str | None = None
    confidence: float = 1.0
    notes: tuple[Note, ...] = ()


class ImageRecord(Struct, frozen=True, kw_only=True):
    """One photo (or one look without a photo) with its garments.

    ``photo`` is a photo reference: a path, or ``<archive>.zip::<member>``; None where the annotation has no photo.
    ``width`` and ``height`` are what the annotation says, in pixels.
    """

    image_id: str
    source: str
    kind: ImageKind = "photo"
    photo: str | None = None
    width: int | None = None
    height: int | None = None
    styles: tuple[str, ...] = ()
    substyles: tuple[str, ...] = ()
    shoot: str | None = None
    original_name: str | None = None
    created: str | None = None
    regions: tuple[Region, ...] = ()
    notes: tuple[Note, ...] = ()


class Item(Struct, frozen=True, kw_only=True):
    """One distinct sellable piece. ``photo`` is its product picture, where it has one."""

    item_id: str
    category: str
    slot: str
    source: str
    attributes: Attributes = {}
    photo: str | None = None


class Outfit(Struct, frozen=True, kw_only=True):
    """Items worn or styled together: a set, kept sorted. ``image_id`` names the image or look it was read from."""

    outfit_id: str
    item_ids: tuple[str, ...]
    source: str
    image_id: str | None = None


class ItemLink(Struct, frozen=True):
    """The decision that a region shows an item: which, how it was found, and how surely (0 to 1)."""

    region_id: str
    item_id: str
    method: IdentityMethod
    confidence: float


class Problem(Struct, frozen=True, kw_only=True):
    """Why a record, or a part of one, could not be used: what goes to quarantine and to standard error.

    ``file`` names the file (archive and member where it is in one), ``field`` the place in it, ``reason`` what is wrong
    and what would be right. ``blocking`` is True where the record itself was set aside, False where only a part of it
    (its photo, say) is missing. ``raw`` holds the first bytes of what was read, for replay and for people.
    """

    file: str
    field: str
    reason: str
    record_id: str | None = None
    blocking: bool = True
    raw: str = ""

    def __str__(self) -> str:
        return f"{self.file}: {self.field}: {self.reason}"
