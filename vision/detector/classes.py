"""What the detector tells apart, and which of it each source's own words mean."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import msgspec

from data.types import Region

CLASSES = ("outer", "top", "bottom", "dress", "shoes", "bag", "hat", "accessory")
"""K-Fashion's four regions, then what street photos show beside them. Each but ``hat``, an accessory, is a slot."""

SLOT_OF_CLASS = {name: "accessory" if name == "hat" else name for name in CLASSES}


def class_of(region: Region) -> str | None:
    """The class of an annotated region; None for what is not detected, such as tights and underwear.

    CCP's 58 labels have a table (``ccp_classes.json``); of any other source the slot decides.
    """
    if region.region_id.startswith("ccp:"):
        return _ccp_classes().get(region.part)
    return region.slot if region.slot in CLASSES else None


@cache
def _ccp_classes() -> dict[str, str]:
    """CCP label to class, of the labels that have one."""
    table = msgspec.json.decode(
        files("vision.detector").joinpath("ccp_classes.json").read_bytes(), type=dict[str, tuple[str, ...]]
    )
    return {label: name for name, labels in table.items() for label in labels}
