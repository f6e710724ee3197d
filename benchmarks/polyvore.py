"""Outfits of which only ids and categories are known, and whose items hardly recur: the graph alone must say it.

    python -m benchmarks.polyvore OUTFITS.csv --out DIR [--seed 0]

OUTFITS.csv holds ``outfit_id, item_id, category``. Three twentieths of the outfits are held out and the rest is cut to
its 2-core (items in two outfits or more, outfits of two such items); questions are made about the items of the held-out
outfits that are in it. Prints what ``recsys evaluate`` says: the ranker against counting.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import shutil
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

from benchmarks.command import recsys
from benchmarks.machine import describe
from evaluation.questions import make_questions, write_questions
from evaluation.table import COLUMNS

HELD_OUT = 0.15
Outfits = dict[str, list[str]]


def read(file: Path) -> tuple[Outfits, dict[str, str]]:
    """Items by outfit, category by item."""
    raw = file.read_bytes()
    text = (gzip.decompress(raw) if file.suffix == ".gz" else raw).decode()
    outfits: dict[str, dict[str, None]] = defaultdict(dict)
    category: dict[str, str] = {}
    for row in csv.DictReader(io.StringIO(text)):
        outfits[row["outfit_id"]][row["item_id"]] = None
        category[row["item_id"]] = row["category"]
    return {name: list(items) for name, items in outfits.items()}, category


def recurring(outfits: Outfits) -> tuple[Outfits, set[str]]:
    """The 2-core: outfits cut to items that are in two of them or more, where two such items are left; the items."""
    while True:
        degree = Counter(i for items in outfits.values() for i in items)
        if min(degree.values()) > 1:
            return outfits, set(degree)
        outfits = within(outfits, {i for i, n in degree.items() if n > 1})


def within(outfits: Outfits, items: set[str]) -> Outfits:
    """Outfits cut to some items, where two are left."""
    kept = {name: [i for i in outfit if i in items] for name, outfit in outfits.items()}
    return {name: outfit for name, outfit in kept.items() if len(outfit) > 1}


def write(file: Path, header: tuple[str, str], rows: list[tuple[str, str]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as opened:
        csv.writer(opened).writerows([header, *rows])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("outfits", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    print(describe())
    shutil.rmtree(options.out, ignore_errors=True)
    options.out.mkdir(parents=True)
    everything, category = read(options.outfits)
    names = sorted(everything)
    chosen = np.random.default_rng(options.seed).permutation(len(names))[: int(HELD_OUT * len(names))]
    held_out = {names[k] for k in chosen}
    train, known = recurring({name: items for name, items in everything.items() if name not in held_out})
    asked = within({name: everything[name] for name in sorted(held_out)}, known)
    questions = make_questions(asked, universe=known, category_of=category, seed=options.seed, known={**train, **asked})
    write_questions(questions, options.out / "questions")
    write(options.out / "items.csv", ("item_id", "category"), [(i, category[i]) for i in sorted(known)])
    rows = [(name, i) for name, items in train.items() for i in items]
    write(options.out / "outfits.csv", ("outfit_id", "item_id"), rows)
    print(f"{len(train):,} training outfits of {len(known):,} items, {len(asked):,} outfits asked about")
    workspace = options.out / "workspace"
    tables = ("--items", str(options.out / "items.csv"), "--outfits", str(options.out / "outfits.csv"))
    recsys(workspace, "import", "table", *tables)
    recsys(workspace, "train", settings={"RECSYS_TRAINING__SEED": str(options.seed)})
    found = recsys(workspace, "evaluate", "--questions", str(options.out / "questions"))
    print(f"{'':32}" + "".join(f"{heading:>22}" for heading, _, _ in COLUMNS))
    for report in found["reports"]:
        metrics = {(m["task"], m["metric"]): m for m in report["metrics"] if not m["by"]}
        cells = [metrics.get((task, metric)) for _, task, metric in COLUMNS]
        told = [f"{m['value']:.3f} ({m['low']:.3f}-{m['high']:.3f})" if m else "" for m in cells]
        print(f"{report['scorer']:32}" + "".join(f"{cell:>22}" for cell in told))
    for m in found["difference"]:
        if m["metric"] in ("accuracy", "auc", "recall@10") and not m["by"]:
            print(f"against {m['against']}: {m['task']} {m['value']:+.3f} ({m['low']:+.3f} to {m['high']:+.3f})")


if __name__ == "__main__":
    main()
