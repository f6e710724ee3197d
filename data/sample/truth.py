"""What is true of a sample: its items, who wears them where, the rule, and what was planted. Kept in ``truth/``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from data.sample.catalogue import SampleItem
from data.sample.drawing.backdrops import Backdrop
from data.sample.errors import SampleError
from data.sample.outfits import TrueOutfit
from data.sample.rule import Rule, RuleWeights
from data.sample.settings import SampleSettings
from data.sample.traps import Planted

FORMAT = "rendered-sample/1"
_MANIFEST = "manifest.json"
_T = TypeVar("_T")


class TrueRegion(Struct, frozen=True, kw_only=True):
    """A garment seen in a photo: exact polygon and bounds of what is visible, whatever its annotation says."""

    region_id: str
    image_id: str
    item_id: str
    polygon: tuple[tuple[float, float], ...]
    box: tuple[float, float, float, float]
    pixels: int


class TrueImage(Struct, frozen=True, kw_only=True):
    """A photo: ``photo`` and ``label`` relative to the sample, its outfit, its shoot and where the face is."""

    image_id: str
    photo: str
    label: str
    outfit_id: str
    shoot: int
    style: str
    width: int
    height: int
    face: tuple[float, float, float, float]
    face_masked: bool


class TrueBackdrop(Struct, frozen=True, kw_only=True):
    """Where the photos of one shoot were taken."""

    shoot: int
    backdrop: Backdrop


class Manifest(Struct, frozen=True, kw_only=True):
    """The sample as a whole; written last, so that its presence means that the sample is complete."""

    format: str
    settings: SampleSettings
    rule: RuleWeights
    counts: dict[str, int]
    traps: dict[str, int]
    faults: dict[str, int]


@dataclass
class SampleTruth:
    """Everything that is true of the rendered sample at ``root``; the dictionaries are keyed by id."""

    root: Path
    manifest: Manifest
    items: dict[str, SampleItem]
    regions: dict[str, TrueRegion]
    images: dict[str, TrueImage]
    outfits: dict[str, TrueOutfit]
    backdrops: dict[int, TrueBackdrop]
    planted: tuple[Planted, ...]

    @cached_property
    def rule(self) -> Rule:
        """The rule over the sample's catalogue."""
        return Rule(tuple(self.items.values()), self.manifest.rule)

    @cached_property
    def true_item_of_region(self) -> dict[str, str]:
        """Region id to the item that it shows."""
        return {region.region_id: region.item_id for region in self.regions.values()}

    @cached_property
    def outfit_of_image(self) -> dict[str, str]:
        """Image id to the outfit that is worn in it."""
        return {image.image_id: image.outfit_id for image in self.images.values()}

    @cached_property
    def shoot_of_image(self) -> dict[str, int]:
        """Image id to the number of its shoot."""
        return {image.image_id: image.shoot for image in self.images.values()}

    @cached_property
    def popularity(self) -> Counter[str]:
        """How many photographed outfits each item is in."""
        return Counter(i for outfit in self.outfits.values() if outfit.split == "train" for i in outfit.item_ids)

    def save(self) -> None:
        """Write ``truth/`` below the root, the manifest last."""
        folder = self.root / "truth"
        folder.mkdir(parents=True, exist_ok=True)
        write_rows(folder / "items.jsonl", self.items.values())
        write_rows(folder / "regions.jsonl", self.regions.values())
        write_rows(folder / "images.jsonl", self.images.values())
        write_rows(folder / "outfits.jsonl", self.outfits.values())
        write_rows(folder / "backdrops.jsonl", self.backdrops.values())
        write_rows(folder / "planted.jsonl", self.planted)
        text = msgspec.json.format(msgspec.json.encode(self.manifest), indent=2)
        (folder / _MANIFEST).write_bytes(text + b"\n")


def load_truth(root: Path) -> SampleTruth:
    """Read what ``render_sample`` wrote below ``root``.

    Raises
    ------
    SampleError
        If ``root`` is no complete rendered sample, or a file of its truth cannot be read.
    """
    folder = root / "truth"
    return SampleTruth(
        root=root,
        manifest=read_manifest(root),
        items={row.item_id: row for row in read_rows(folder / "items.jsonl", SampleItem)},
        regions={row.region_id: row for row in read_rows(folder / "regions.jsonl", TrueRegion)},
        images={row.image_id: row for row in read_rows(folder / "images.jsonl", TrueImage)},
        outfits={row.outfit_id: row for row in read_rows(folder / "outfits.jsonl", TrueOutfit)},
        backdrops={row.shoot: row for row in read_rows(folder / "backdrops.jsonl", TrueBackdrop)},
        planted=tuple(read_rows(folder / "planted.jsonl", Planted)),
    )


def read_manifest(root: Path) -> Manifest:
    """The manifest of a sample; raises SampleError where there is none or it is of another format."""
    path = root / "truth" / _MANIFEST
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except FileNotFoundError:
        raise SampleError(f"{path}: not there; {root} is no complete rendered sample") from None
    except (msgspec.DecodeError, SampleError) as error:
        raise SampleError(f"{path}: {error}; a manifest of {FORMAT} is needed") from error
    if manifest.format != FORMAT:
        raise SampleError(f"{path}: format {manifest.format!r} given, {FORMAT!r} is needed")
    return manifest


def write_rows(path: Path, rows: Iterable[Any]) -> None:
    """One JSON object a line, UTF-8."""
    path.parent.mkdir(parents=True, exist_ok=True)
    encoder = msgspec.json.Encoder()
    with path.open("wb") as file:
        for row in rows:
            file.write(encoder.encode(row) + b"\n")


def read_rows(path: Path, kind: type[_T]) -> list[_T]:
    """Records of a file of JSON lines; raises SampleError where it cannot be read."""
    decoder = msgspec.json.Decoder(kind)
    try:
        return [decoder.decode(line) for line in path.read_bytes().splitlines()]
    except (OSError, msgspec.DecodeError) as error:
        raise SampleError(f"{path}: {error}; render the sample again") from error
