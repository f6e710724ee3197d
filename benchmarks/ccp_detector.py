"""Mask R-CNN on street photos: trained on CCP, measured on 100 of its photos that training never sees.

    python -m benchmarks.ccp_detector ../shared/real/ccp OUT [--steps 4000] [--evaluate-only]

The run is kept in OUT/run and goes on where it was stopped; the best detector lands in OUT/detector, its figures in
OUT/figures.json: average precision of boxes and masks by class and size, seconds a photo.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.machine import describe
from data.ccp import read_ccp
from data.photos import open_photo
from vision.detector.config import DetectorConfig
from vision.detector.dataset import Annotated, annotated
from vision.detector.detect import Detector
from vision.detector.train import evaluate, fit
from vision.efficientnet import load_classifier, packaged_weights

TESTED = 100


def split(photos: list[Annotated]) -> tuple[list[Annotated], list[Annotated]]:
    """Photos to learn from, and the TESTED that are kept for the test: those of the least digest of their id."""
    order = sorted(photos, key=lambda photo: hashlib.blake2b(photo.image_id.encode()).digest())
    test = {photo.image_id for photo in order[:TESTED]}
    return [p for p in photos if p.image_id not in test], [p for p in photos if p.image_id in test]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ccp", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--evaluate-only", action="store_true")
    parser.add_argument("--set", nargs="*", default=[], metavar="KEY=VALUE", help="settings other than the defaults")
    options = parser.parse_args()
    given = {key: json.loads(value) for key, _, value in (one.partition("=") for one in options.set)}
    config = DetectorConfig.from_dict(given)
    photos, problems = annotated(read_ccp(options.ccp), config.classes)
    train, test = split(photos)
    print(describe())
    print(f"{len(train)} photos to train on, {len(test)} to test on, {len(problems)} problems")
    if not options.evaluate_only:
        started = time.perf_counter()
        trained = fit(
            train, config, load_classifier(packaged_weights()).state_dict(), folder=options.out / "run", progress=_tell
        )
        trained.detector.save(options.out / "detector")
        print(f"{(time.perf_counter() - started) / 60:.1f} min of training in this process")
    detector = Detector.load(options.out / "detector")
    report, _ = evaluate(detector, test)
    pictures = [open_photo(photo.photo) for photo in test[:30]]
    took = []
    for picture in pictures:
        started = time.perf_counter()
        detector.detect([picture])
        took.append(time.perf_counter() - started)
    figures: dict[str, Any] = {
        "box": {name: one.to_dict() for name, one in report.box.items()},
        "mask": {name: one.to_dict() for name, one in report.mask.items()},
        "seconds_a_photo": float(np.median(took)),
        "threads": torch.get_num_threads(),
        "megabytes": (options.out / "detector" / "weights.safetensors").stat().st_size / 2**20,
    }
    (options.out / "figures.json").write_text(json.dumps(figures, indent=1))
    print(f"{'':10} {'box AP':>7} {'AP50':>6} {'mask AP':>8} {'AP50':>6} {'AP75':>6} small medium large")
    for name in report.box:
        box, mask = report.box[name], report.mask[name]
        print(
            f"{name:10} {box.ap:7.3f} {box.ap50:6.3f} {mask.ap:8.3f} {mask.ap50:6.3f} {mask.ap75:6.3f}"
            f" {mask.small:.3f} {mask.medium:.3f} {mask.large:.3f}"
        )
    print(f"{figures['seconds_a_photo']:.2f} s a photo, {figures['megabytes']:.1f} MB")


def _tell(told: dict[str, Any]) -> None:
    if told["step"] % 20 == 0 or "mask_ap50" in told:
        print(json.dumps({k: round(v, 4) if isinstance(v, float) else v for k, v in told.items()}), flush=True)


if __name__ == "__main__":
    main()
