"""What a rendered sample is made from: sizes, noise rates and which traps it holds."""

from __future__ import annotations

from msgspec import Struct

from data.sample.errors import SampleError

SMALLEST_CATALOGUE = 36
"""Below this a slot has too few pieces to ask any question about."""

LARGEST_CATALOGUE = 10_000
"""Above this the exact joint distribution over outfits no longer fits in memory."""


class SampleSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Knobs of a rendered sample; the same settings give byte-equal files.

    ``items`` is the size of the catalogue; None means a third of the images (at least 36). ``valid_outfits`` and
    ``test_outfits`` are combinations that are never photographed and become questions. ``traps`` plants the oddities
    of K-Fashion that an import mends and notes; ``faults`` plants records that an import has to quarantine. The five
    rates are shares: of faces masked in the photo, of garments without a category, of other attributes left out, of
    attributes given wrongly, and of values written in a variant spelling. ``strength`` multiplies the compatibility
    rule: 0 leaves popularity alone, and large values make outfits deterministic.
    """

    images: int = 600
    seed: int = 0
    items: int | None = None
    valid_outfits: int = 150
    test_outfits: int = 300
    traps: bool = True
    faults: bool = False
    strength: float = 1.0
    masked_faces: float = 0.12
    missing_category: float = 0.045
    missing_attribute: float = 0.06
    wrong_attribute: float = 0.015
    spelling_variants: float = 0.05

    def __post_init__(self) -> None:
        if self.images < 1:
            raise SampleError(f"images: {self.images} given, at least 1 is needed")
        if self.seed < 0:
            raise SampleError(f"seed: {self.seed} given, 0 or more is needed")
        if not SMALLEST_CATALOGUE <= self.catalogue_size <= LARGEST_CATALOGUE:
            raise SampleError(f"items: {self.items} given, {SMALLEST_CATALOGUE} to {LARGEST_CATALOGUE} are possible")
        if self.strength < 0:
            raise SampleError(f"strength: {self.strength} given, 0 or more is needed")
        for name in ("valid_outfits", "test_outfits"):
            if getattr(self, name) < 0:
                raise SampleError(f"{name}: {getattr(self, name)} given, 0 or more is needed")
        rates = ("masked_faces", "missing_category", "missing_attribute", "wrong_attribute", "spelling_variants")
        for name in rates:
            if not 0 <= getattr(self, name) <= 1:
                raise SampleError(f"{name}: {getattr(self, name)} given, a share from 0 to 1 is needed")

    @property
    def catalogue_size(self) -> int:
        """Number of items in the catalogue."""
        if self.items is not None:
            return self.items
        return min(LARGEST_CATALOGUE, max(SMALLEST_CATALOGUE, self.images // 3))
