"""Photos and crops per second of the encoders, and how alike the nearest neighbours they find are.

    python -m benchmarks.encoders --photos DIR                          product photos: decode, cut, encode, end to end
    python -m benchmarks.encoders --ccp DIR                             street photos with masks: several crops a photo
    python -m benchmarks.encoders --items items.csv --images DIR        also: neighbours that agree in type and colour

Without a folder, products are drawn. Target: 4,837 product photos with both encoders in under 3 minutes on 2 cores,
150 crops/s a core for the garment encoder.
"""

from __future__ import annotations

import argparse
import csv
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from benchmarks.machine import describe
from data.photos import open_photo
from data.types import MaskRef, Region
from vision.crops import Crop, garment_crop, product_crop
from vision.efficientnet import EfficientNetLite0
from vision.embed import PhotoJob, embed
from vision.embeddings import EmbeddingStore
from vision.encoder import Encoder
from vision.garment import COLOUR, SHAPE, TEXTURE, BackdropEncoder, GarmentEncoder

Result = TypeVar("Result")

SUFFIXES = {".jpg", ".jpeg", ".png"}
SKIPPED_LABELS = {0, 19, 41}  # CCP: background, hair, skin


def main() -> None:
    options = _options()
    print(describe())
    print(f"torch threads {torch.get_num_threads()}, workers {options.workers}")
    with tempfile.TemporaryDirectory() as scratch:
        jobs = _jobs(options, Path(scratch))
        stage_speeds(jobs[: options.stage_photos])
        store = EmbeddingStore(Path(scratch) / "embeddings")
        encoders: list[Encoder] = [GarmentEncoder(), EfficientNetLite0(precision=options.precision)]
        end_to_end(encoders, jobs, store, options.workers)
        if options.items:
            embed([BackdropEncoder()], jobs, store, workers=options.workers)
            neighbour_agreement(options, encoders, store)


def stage_speeds(jobs: list[PhotoJob]) -> None:
    """Each stage alone, in this thread, in seconds of this process's processor time and of the clock."""
    photos = _timed("decode", "photos", lambda: [open_photo(job.photo) for job in jobs])
    pairs = list(zip(jobs, photos, strict=True))
    crops = _timed("cut", "crops", lambda: [make(photo) for job, photo in pairs for _, make in job.crops])
    print(f"{'':24}{sum(crop.mask is not None for crop in crops) / len(crops):8.1%} of the crops have a mask")
    encoders = {
        "garment": GarmentEncoder(),
        "efficientnet float32": EfficientNetLite0(precision="float32"),
        "efficientnet bfloat16": EfficientNetLite0(precision="bfloat16"),
    }
    for name, encoder in encoders.items():
        encoder.encode(crops[:2])
        _timed(name, "crops", lambda encoder=encoder: list(encoder.encode(crops)))


def end_to_end(encoders: list[Encoder], jobs: list[PhotoJob], store: EmbeddingStore, workers: int) -> None:
    started, processor = time.perf_counter(), time.process_time()
    report = embed(encoders, jobs, store, workers=workers)
    took, processor = time.perf_counter() - started, time.process_time() - processor
    print(
        f"end to end, {len(encoders)} encoders: {len(jobs)} photos, {report.done} crops, {len(report.failed)} failed "
        f"in {took:.1f} s: {len(jobs) / took:.1f} photos/s, {report.done / took:.1f} crops/s; "
        f"4,837 photos would take {4837 * took / len(jobs):.0f} s (target 180 s), "
        f"{4837 * processor / len(jobs):.0f} s of processor (which says more where the machine is shared)"
    )


def neighbour_agreement(options: argparse.Namespace, encoders: list[Encoder], store: EmbeddingStore) -> None:
    """Share of items whose nearest neighbour has the same value, beside that of a random item."""
    rows = _item_rows(options)
    ids = [row["item_id"] for row in rows]
    garment, known = store.load(encoders[0], ids)
    network, _ = store.load(encoders[1], ids)
    backdrop, _ = store.load(BackdropEncoder(), ids)
    spaces = {
        "garment, all": garment,
        "garment, colour": garment[:, COLOUR],
        "garment, texture": garment[:, TEXTURE],
        "garment, shape": garment[:, SHAPE],
        "efficientnet": network,
        "backdrop": backdrop,
    }
    print(f"nearest neighbour agrees, {known.sum()} items" + "".join(f"{column:>26}" for column in options.columns))
    labels = {column: np.array([row[column] for row in rows])[known] for column in options.columns}
    for name, vectors in spaces.items():
        nearest = _nearest(vectors[known])
        print(f"  {name:30}" + "".join(f"{(values == values[nearest]).mean():26.3f}" for values in labels.values()))
    chance = [((np.unique(v, return_counts=True)[1] / len(v)) ** 2).sum() for v in labels.values()]
    print(f"  {'random':30}" + "".join(f"{share:26.3f}" for share in chance))


def _nearest(vectors: NDArray[np.float32]) -> NDArray[np.intp]:
    """Index of each row's nearest other row by cosine, after centring."""
    centred = vectors - vectors.mean(axis=0)
    centred /= np.linalg.norm(centred, axis=1, keepdims=True) + 1e-9
    nearest = np.empty(len(centred), dtype=np.intp)
    for start in range(0, len(centred), 512):
        similarity = centred[start : start + 512] @ centred.T
        similarity[np.arange(len(similarity)), np.arange(start, start + len(similarity))] = -2
        nearest[start : start + 512] = similarity.argmax(axis=1)
    return nearest


def _timed(name: str, unit: str, work: Callable[[], list[Result]]) -> list[Result]:
    processor, clock = time.process_time(), time.perf_counter()
    result = work()
    processor, clock = time.process_time() - processor, time.perf_counter() - clock
    print(f"{name:24}{len(result) / processor:8.1f} {unit}/s of processor{len(result) / clock:10.1f} {unit}/s of clock")
    return result


def _jobs(options: argparse.Namespace, scratch: Path) -> list[PhotoJob]:
    if options.ccp:
        return [_street_job(photo) for photo in sorted((options.ccp / "photos").glob("*.jpg"))[: options.count]]
    if options.items:
        rows = _item_rows(options)
        return [PhotoJob(str(options.images / row["image"]), ((row["item_id"], product_crop),)) for row in rows]
    folder = options.photos or _drawn_products(scratch / "drawn", options.count)
    files = sorted(file for file in folder.rglob("*") if file.suffix.lower() in SUFFIXES)
    random.Random(0).shuffle(files)
    return [PhotoJob(str(file), ((file.stem, product_crop),)) for file in files[: options.count]]


def _item_rows(options: argparse.Namespace) -> list[dict[str, str]]:
    with options.items.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    random.Random(0).shuffle(rows)
    return rows[: options.count]


def _street_job(photo: Path) -> PhotoJob:
    mask = photo.parent.parent / "masks" / f"{photo.stem}.png"
    with Image.open(mask) as picture:
        values = sorted(set(np.unique(np.asarray(picture)).tolist()) - SKIPPED_LABELS)
    return PhotoJob(str(photo), tuple((f"{photo.stem}/{value}", _cutter(mask, value)) for value in values))


def _cutter(mask: Path, value: int) -> Callable[[Image.Image], Crop]:
    region = Region(region_id=f"{mask.stem}/{value}", part=str(value), slot="", mask=MaskRef(str(mask), value))
    return lambda photo: garment_crop(photo, region)


def _drawn_products(folder: Path, count: int) -> Path:
    """Plain trapezia on light walls, 240 x 334 pixels: enough for speed, nothing to judge quality by."""
    folder.mkdir()
    generator = np.random.default_rng(0)
    rows, columns = np.mgrid[:334, :240]
    for number in range(count):
        pixels = generator.normal(232, 1.0, (334, 240, 3))
        waist = generator.integers(40, 90)
        pixels[(rows > 60) & (rows < 280) & (abs(columns - 120) < waist - rows / 12)] = generator.uniform(0, 180, 3)
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(folder / f"{number:05d}.jpg")
    return folder


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, help="folder of product photos")
    parser.add_argument("--ccp", type=Path, help="folder with photos/ and masks/ of Clothing Co-Parsing")
    parser.add_argument("--items", type=Path, help="items table (CSV) with item_id and image")
    parser.add_argument("--images", type=Path, help="folder that the table's image column starts from")
    parser.add_argument("--columns", nargs="*", default=["des_product_type", "des_agrup_color_eng"], help="to agree in")
    parser.add_argument("--count", type=int, default=400, help="photos, at most")
    parser.add_argument("--stage-photos", type=int, default=100, help="photos for the speed of single stages")
    parser.add_argument("--workers", type=int, default=1, help="threads that decode and cut ahead")
    parser.add_argument("--precision", default="float32", choices=("float32", "bfloat16"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
