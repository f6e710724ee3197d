"""Mask R-CNN on street photos: trained on CCP, measured on 100 of its photos that training never sees.

    python -m benchmarks.ccp_detector CCP WORKSPACE

imports CCP (a folder with photos/, masks/ and labels.txt) where the workspace is new, trains with
``recsys train-vision detector`` and the settings that hold, going on where it was stopped, and times the detector on
one photo after another. Tested are the photos whose id has the least digest.
"""

from __future__ import annotations

import argparse
import hashlib
import time
from pathlib import Path

import numpy as np
import torch

from benchmarks.command import recsys
from benchmarks.machine import describe
from data.photos import open_photo
from vision.detector.detect import WEIGHTS, Detector

TESTED, TIMED = 100, 30


def tested_photos(folder: Path) -> list[Path]:
    """The TESTED photos of a CCP folder whose image id has the least digest."""
    photos = sorted((folder / "photos").glob("*.jpg"))
    return sorted(photos, key=lambda photo: hashlib.blake2b(f"ccp:{photo.stem}".encode()).digest())[:TESTED]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ccp", type=Path)
    parser.add_argument("workspace", type=Path)
    options = parser.parse_args()
    print(describe())
    if not options.workspace.exists():
        recsys(options.workspace, "import", "ccp", str(options.ccp))
    tested = tested_photos(options.ccp)
    ids = options.workspace / "tested.txt"
    ids.write_text("".join(f"ccp:{photo.stem}\n" for photo in tested), encoding="utf-8")
    done = recsys(options.workspace, "train-vision", "detector", "--test", str(ids), "--resume")
    print(f"{done['photos']} photos learned from, average precision on {done['tested']} others")
    print(f"{'':10} {'box AP':>7} {'AP50':>6} {'mask AP':>8} {'AP50':>6} {'AP75':>6}  small  medium  large")
    for name, box in done["report"]["box"].items():
        mask = done["report"]["mask"][name]
        row = (box["ap"], box["ap50"], mask["ap"], *(mask[key] for key in ("ap50", "ap75", "small", "medium", "large")))
        print(f"{name:10}" + "".join("      -" if value is None else f"  {value:5.3f}" for value in row))
    folder = Path(done["folder"])
    detector = Detector.load(folder)
    took = []
    for photo in tested[:TIMED]:
        picture = open_photo(str(photo))
        started = time.perf_counter()
        detector.detect([picture])
        took.append(time.perf_counter() - started)
    size = (folder / WEIGHTS).stat().st_size / 2**20
    print(f"{np.median(took):.2f} s a photo with {torch.get_num_threads()} threads, {size:.1f} MB")


if __name__ == "__main__":
    main()
