"""What simple rankers get on prepared question files: the figures that a model must beat.

    python -m benchmarks.stylist_baselines --questions DIR [--part valid]

DIR holds items.csv and one folder a split (``dev_warm``, ``dev_cold``: whatever has train.csv), each with train.csv and
question files under ``test/`` (and ``valid/``). With ``--colours`` and ``--backdrops`` (safetensors, one vector an item
id) the colour distance and the leak probe are measured too. Targets: the published figures, printed beside ours.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

from benchmarks.machine import describe
from data.table import read_table
from data.types import Item
from evaluation.baselines import (
    AttributePmi,
    BackdropLeak,
    ColourDistance,
    CooccurrenceCount,
    CooccurrenceSecondOrder,
    Popularity,
    Random,
)
from evaluation.questions import read_questions
from evaluation.scorer import Scorer
from evaluation.table import plain
from evaluation.tasks import Report, ask, paired, report

TARGETS = {
    "dev_warm": (
        ("popularity", ".546 .246 .834 .381 .282 .568"),
        ("co-occurrence count", ".682 .524 .931 .773 .522 .707"),
        ("co-occurrence 1st+2nd", ".685 .593 .942 .834 .504 .713"),
        ("attribute PMI", ".580 .514 .926 .870 .247 .587"),
    ),
    "dev_cold": (
        ("popularity", ".283 .255 .549 .515 .106 .429"),
        ("attribute PMI", ".389 .356 .726 .651 .171 .581"),
    ),
}
"""FITB, FITB hard, AUC, AUC hard, R@10, R@50 as first published for the test questions."""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--questions", type=Path, required=True, help="prepared folder")
    options.add_argument("--part", default="test", choices=("test", "valid"))
    options.add_argument("--bootstrap", type=int, default=1000)
    options.add_argument("--colours", type=Path, help="safetensors: garment colour of each item id")
    options.add_argument("--backdrops", type=Path, help="safetensors: backdrop colour of each item id")
    given = options.parse_args()
    print(describe())
    items = catalogue(given.questions)
    for split in sorted(path.parent for path in given.questions.glob("*/train.csv")):
        if not (split / given.part).is_dir():
            continue
        outfits = training_outfits(split / "train.csv")
        scorers = baselines(outfits, items, given.colours, given.backdrops)
        print(f"\n{split.name}, {given.part} questions, {len(outfits)} training outfits")
        reports = measure(scorers, split / given.part, given.bootstrap)
        print(plain(reports))
        for name, figures in TARGETS.get(split.name, ()) if given.part == "test" else ():
            print(f"published  {name:24} {figures}")


def catalogue(folder: Path) -> list[Item]:
    return [r for r in read_table(folder / "items.csv", folder / "outfits.csv") if isinstance(r, Item)]


def training_outfits(file: Path) -> list[list[str]]:
    outfits: dict[str, list[str]] = defaultdict(list)
    with file.open(newline="", encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            outfits[row["outfit_id"]].append(row["item_id"])
    return list(outfits.values())


def baselines(
    outfits: list[list[str]], items: list[Item], colours: Path | None, backdrops: Path | None
) -> list[Scorer]:
    found: list[Scorer] = [
        Random(),
        Popularity.fit(outfits, items),
        CooccurrenceCount.fit(outfits),
        CooccurrenceSecondOrder.fit(outfits),
        AttributePmi.fit(outfits, items),
    ]
    if colours:
        found.append(ColourDistance(vectors(colours)))
    if backdrops:
        found.append(BackdropLeak(vectors(backdrops)))
    return found


def vectors(file: Path) -> dict[str, NDArray[np.floating]]:
    return dict(load_file(file))


def measure(scorers: list[Scorer], folder: Path, bootstrap: int) -> list[Report]:
    questions = read_questions(folder)
    reports, answers = [], {}
    for scorer in scorers:
        start = time.perf_counter()
        answers[scorer.name] = ask(scorer, questions)
        asked = time.perf_counter()
        reports.append(report(answers[scorer.name], questions, bootstrap=bootstrap))
        print(f"{scorer.name:30} asked {asked - start:5.1f} s, measured {time.perf_counter() - asked:4.1f} s")
    first, second = answers["co-occurrence 1st+2nd"], answers["co-occurrence count"]
    for m in paired(first, second, questions, bootstrap=bootstrap):
        if m.value == 0:
            continue  # new items: neither knows anything
        print(f"1st+2nd - count: {m.task} {m.metric} {m.value:+.3f} ({m.low:+.3f} to {m.high:+.3f})")
    return reports


if __name__ == "__main__":
    main()
