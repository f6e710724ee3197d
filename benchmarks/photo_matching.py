"""What a photo's garments are taken for: found by the detector, matched with a catalogue made of other photos.

    python -m benchmarks.photo_matching CCP WORKSPACE

imports CCP but for the photos that the detector was tested on, trains on it where the workspace is new, and reads the
others as ``recsys complete --photo`` does. A found garment that covers an annotated one of its class by half (IoU)
should come nearest to an item of the same label. Beside it: looks alone, without graph and colours; an item of the slot
drawn at random; the slot's most frequent label.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.ccp_detector import tested_photos
from benchmarks.command import recsys
from benchmarks.machine import describe
from data.ccp import read_ccp
from data.photos import open_photo
from data.regions import region_mask
from data.types import ImageRecord
from recsys.pipeline.photo_garments import PhotoGarment, find_garments, photo_in_graph
from recsys.pipeline.photo_query import open_needed
from recsys.pipeline.release import load_release
from recsys.pipeline.visual import unit
from recsys.workspace import Workspace
from vision.crops import masked_crop
from vision.detector.classes import class_of
from vision.detector.detect import Detector, packaged_detector
from vision.masks import decode_mask

COVERS = 0.5
RESAMPLES = 2_000


def without(ccp: Path, folder: Path, left_out: set[str]) -> Path:
    """The same data set but for some photos, as links."""
    for kind, suffix in (("photos", ".jpg"), ("masks", ".png")):
        (folder / kind).mkdir(parents=True, exist_ok=True)
        for file in (ccp / kind).glob(f"*{suffix}"):
            link = folder / kind / file.name
            if file.stem not in left_out and not link.exists():
                link.symlink_to(file)
    if not (folder / "labels.txt").exists():
        (folder / "labels.txt").symlink_to(ccp / "labels.txt")
    return folder


def true_labels(image: ImageRecord, garments: tuple[PhotoGarment, ...], size: tuple[int, int]) -> list[str | None]:
    """Of each garment found, the label of the annotated one of its class that it covers most, by COVERS at least."""
    shown = [(class_of(region), region.part, region_mask(region, size)) for region in image.regions]
    labels: list[str | None] = []
    for garment in garments:
        mask = decode_mask(garment.mask)
        best, label = COVERS, None
        for kind, part, true in shown:
            overlap = float((mask & true).sum() / max(1, (mask | true).sum()))
            if kind == garment.category and overlap >= best:
                best, label = overlap, part
        labels.append(label)
    return labels


def interval(right: NDArray[np.bool_], photo: NDArray[np.int64]) -> str:
    """Share with its 95 % interval, photos drawn again."""
    rng = np.random.default_rng(0)
    hits, all_of = np.bincount(photo, right), np.bincount(photo)
    drawn = rng.integers(len(all_of), size=(RESAMPLES, len(all_of)))
    low, high = np.percentile(hits[drawn].sum(1) / all_of[drawn].sum(1), [2.5, 97.5])
    return f"{right.mean():.3f} ({low:.3f} to {high:.3f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ccp", type=Path)
    parser.add_argument("workspace", type=Path)
    options = parser.parse_args()
    print(describe())
    tested = {photo.stem for photo in tested_photos(options.ccp)}
    if not options.workspace.exists():
        rest = without(options.ccp.absolute(), options.workspace.with_name(f"{options.workspace.name}-photos"), tested)
        recsys(options.workspace, "import", "ccp", str(rest))
        recsys(options.workspace, "train")
    _, contents, engine = load_release(Workspace.open(options.workspace))
    detector, encoders = Detector.load(packaged_detector()), open_needed(contents)
    slots = engine.catalogue.slots()
    names = [item.category for item in engine.catalogue.items]
    common = {slot: Counter(names[row] for row in rows).most_common(1)[0][0] for slot, rows in slots.items()}
    looks = unit(contents.features.dense)
    rng = np.random.default_rng(0)
    right: dict[str, list[bool]] = defaultdict(list)
    photo_of: list[int] = []
    images = [image for image in read_ccp(options.ccp) if isinstance(image, ImageRecord)]
    shown = [image for image in images if image.image_id.removeprefix("ccp:") in tested]
    for number, image in enumerate(shown):
        picture = open_photo(str(image.photo))
        garments = find_garments(contents, engine, encoders, picture, detector)
        for garment, label in zip(garments, true_labels(image, garments, picture.size), strict=True):
            if label is None or garment.item_id is None:
                continue
            crop = masked_crop(picture, decode_mask(garment.mask))
            assert crop is not None, "it was matched by it"
            rows = slots[garment.slot]
            alone = photo_in_graph(contents, encoders, crop)[0][: looks.shape[1]]
            photo_of.append(number)
            right["as complete --photo takes it"].append(engine.catalogue.item(garment.item_id).category == label)
            right["looks alone"].append(names[rows[np.argmax(looks[rows] @ alone)]] == label)
            right["most frequent label"].append(common[garment.slot] == label)
            right["any of the slot"].append(names[rng.choice(rows)] == label)
    print(f"{len(photo_of)} garments found in {len(shown)} photos; the nearest of {len(names)} items has their label")
    for name, hits in right.items():
        print(f"{name:28} {interval(np.array(hits), np.unique(photo_of, return_inverse=True)[1])}")


if __name__ == "__main__":
    main()
