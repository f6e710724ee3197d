"""Pairwise F1 of item identity on a rendered sample, read as any other data set is.

    python -m benchmarks.item_identity --images 600 --seeds 2

The sample is rendered, its annotations are read by the K-Fashion reader, its garments are described by
`vision.garment`, and the items found are compared with those that were drawn. Target: .9. A second table says how much
worse attributes can be, and `--regions` times a made-up catalogue of that size, descriptors drawn at random.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.machine import describe
from data.errors import DataError
from data.identity import IdentitySettings, RegionFact, facts_of, pairwise_f1, resolve
from data.kfashion import read_kfashion
from data.photos import open_photo
from data.sample import SampleSettings, render_sample
from data.types import ImageRecord
from vision.crops import garment_crop
from vision.errors import VisionError
from vision.garment import GarmentEncoder

TARGET = 0.9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=600)
    parser.add_argument("--seeds", type=int, default=2, help="samples to render, seeds from 0")
    parser.add_argument("--regions", type=int, default=0, help="time a made-up set of so many regions")
    arguments = parser.parse_args()
    print(describe())
    print(f"{'sample':26} {'regions':>8} {'items':>6} {'found':>6} {'precision':>9} {'recall':>7} {'F1':>6} {'s':>6}")
    for seed in range(arguments.seeds):
        facts, looks, truth = rendered(arguments.images, seed)
        row(f"seed {seed}", facts, looks, truth, IdentitySettings())
        row(f"seed {seed}, in small blocks", facts, looks, truth, IdentitySettings(max_block=100))
        row(f"seed {seed}, no descriptors", facts, None, truth, IdentitySettings())
        for missing, wrong in ((0.15, 0.03), (0.3, 0.06)):
            noisy = spoiled(facts, missing, wrong, np.random.default_rng(seed))
            row(f"seed {seed}, +{missing:.0%} missing, +{wrong:.0%} wrong", noisy, looks, truth, IdentitySettings())
    print(f"target: F1 {TARGET}")
    if arguments.regions:
        time_large(arguments.regions)


def row(
    name: str,
    facts: Sequence[RegionFact],
    looks: NDArray[np.float32] | None,
    truth: dict[str, str],
    settings: IdentitySettings,
) -> None:
    start = time.perf_counter()
    identities = resolve(facts, looks, settings)
    took = time.perf_counter() - start
    score = pairwise_f1({link.region_id: link.item_id for link in identities.links}, truth)
    true = len({truth[fact.region_id] for fact in facts if fact.region_id in truth})
    print(
        f"{name:26} {len(facts):8,} {true:6,} {len(identities.items):6,} {score.precision:9.3f} {score.recall:7.3f} "
        f"{score.f1:6.3f} {took:6.1f}"
    )


def rendered(images: int, seed: int) -> tuple[list[RegionFact], NDArray[np.float32], dict[str, str]]:
    """Facts, looks ``[R, D]`` and true items of a fresh sample's regions."""
    with tempfile.TemporaryDirectory() as folder:
        truth = render_sample(Path(folder) / "sample", SampleSettings(images=images, seed=seed))
        records = [record for record in read_kfashion([Path(folder) / "sample"]) if isinstance(record, ImageRecord)]
        facts = [fact for record in records for fact in facts_of(record)]
        looks = np.concatenate([described(record) for record in records])
    return facts, looks, truth.true_item_of_region


def described(record: ImageRecord) -> NDArray[np.float32]:
    """Garment vectors of one photo's regions, NaN where a garment cannot be cut out."""
    encoder = GarmentEncoder()
    vectors = np.full((len(record.regions), encoder.dim), np.nan, dtype=np.float32)
    if record.photo is None:
        return vectors
    try:
        photo = open_photo(record.photo)
    except DataError:
        return vectors
    for place, region in enumerate(record.regions):
        try:
            vectors[place] = encoder.encode([garment_crop(photo, region)])[0]
        except (DataError, VisionError):
            continue
    return vectors


def spoiled(facts: Sequence[RegionFact], missing: float, wrong: float, rng: np.random.Generator) -> list[RegionFact]:
    """The facts with more of their attributes (category among them) left out or taken from another garment."""
    noisy = []
    for fact in facts:
        stranger = facts[int(rng.integers(len(facts)))]
        attributes = {
            name: stranger.attributes.get(name, values) if rng.random() < wrong else values
            for name, values in fact.attributes.items()
            if rng.random() >= missing
        }
        category = None if rng.random() < missing else fact.category
        noisy.append(
            RegionFact(
                region_id=fact.region_id,
                image_id=fact.image_id,
                slot=fact.slot,
                source=fact.source,
                shoot=fact.shoot,
                category=category,
                attributes=attributes,
            )
        )
    return noisy


def time_large(regions: int) -> None:
    """Time a set whose items recur three times, with K-Fashion's number of values an attribute."""
    rng = np.random.default_rng(0)
    items = regions // 3
    sizes = {"colour": 21, "material": 25, "print": 21, "length": 7, "sleeve": 6, "fit": 7}
    traits = {name: (size * rng.beta(0.7, 2.0, items)).astype(int) for name, size in sizes.items()}
    centres = rng.standard_normal((items, 64), dtype=np.float32)
    shown = rng.integers(items, size=regions)
    facts = [
        RegionFact(
            region_id=f"{place:07d}",
            image_id=f"i{place:07d}",
            slot=("top", "bottom", "outer", "dress")[item % 4],
            source="made",
            shoot=f"s{place // 8}",
            category=f"c{item % 28}",
            attributes={name: (str(values[item]),) for name, values in traits.items()},
        )
        for place, item in enumerate(shown.tolist())
    ]
    looks = centres[shown] + np.float32(0.4) * rng.standard_normal((regions, 64), dtype=np.float32)
    truth = {fact.region_id: str(item) for fact, item in zip(facts, shown.tolist(), strict=True)}
    row(f"made up, {regions:,}", facts, looks, truth, IdentitySettings())
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2:.2f} GiB")


if __name__ == "__main__":
    main()
