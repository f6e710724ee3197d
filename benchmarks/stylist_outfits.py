"""The table of docs/quality.md: real stylists' outfits through import, training and evaluation, several seeds.

    python -m benchmarks.stylist_outfits --questions DIR --photos DIR --out DIR [--splits dev_warm dev_cold]
        [--seeds 0 1 2] [--outfits 300 750 1500]

``--questions`` holds items.csv and a folder a split with train.csv and ``test/``; ``--photos`` the pictures that
items.csv names. Workspaces, predictions and results land in ``--out``, where a run that was stopped goes on, and
``tables.md`` with the tables as docs/quality.md has them. With
``--outfits`` the training outfits are cut to so many at random: the learning curve. Settings, other than the seed, are
the defaults or come from the environment (``RECSYS_...``).
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import os
import resource
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.command import recsys
from benchmarks.machine import describe
from benchmarks.stylist_tables import tables
from evaluation.table import COLUMNS

MEASURED = COLUMNS[:6]
PACKAGES = ("data", "graph", "vision", "evaluation", "graphsage", "bert4rec", "recsys")
AT_LEAST = {
    "dev_warm": (0.76, 0.68, 0.98, 0.94, 0.56),
    "dev_cold": (0.46, 0.435, 0.78, 0.735, 0.245),
}


def training_file(split: Path, outfits: int | None, out: Path) -> Path:
    """The training outfits, or a random part of them, always the same and larger ones holding the smaller."""
    if outfits is None:
        return split / "train.csv"
    with (split / "train.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = list(csv.reader(file))
    names = sorted({row[0] for row in rows})
    kept = {names[k] for k in np.random.default_rng(0).permutation(len(names))[:outfits]}
    file_of_part = out / "train.csv"
    with file_of_part.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *(row for row in rows if row[0] in kept)])
    return file_of_part


def workspace_of(options: argparse.Namespace, split: Path, outfits: int | None) -> Path:
    """A workspace with the split imported; embeddings that another split's has are taken over."""
    out: Path = options.out / (split.name if outfits is None else f"{split.name}_{outfits}")
    out.mkdir(parents=True, exist_ok=True)
    workspace = out / "workspace"
    if not (out / "imported").exists():
        shutil.rmtree(workspace, ignore_errors=True)
        train = training_file(split, outfits, out)
        tables = ("--items", str(options.questions / "items.csv"), "--outfits", str(train))
        recsys(workspace, "import", "table", *tables, "--images", str(options.photos))
        for other in sorted(options.out.glob("*/workspace/embeddings")):
            if other.parent != workspace:
                shutil.copytree(other, workspace / "embeddings", dirs_exist_ok=True)
        (out / "imported").touch()
    return workspace


def made_by() -> dict[str, Any]:
    """The settings from outside and a digest of the product's source: what a result depends on beside its inputs."""
    root = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256()
    for package in PACKAGES:
        for file in sorted((root / package).rglob("*.py")):
            digest.update(file.read_bytes())
    settings = {name: value for name, value in sorted(os.environ.items()) if name.startswith("RECSYS_")}
    return {"settings": settings, "source": digest.hexdigest()}


def run(options: argparse.Namespace, split: Path, outfits: int | None, seed: int) -> dict[str, Any]:
    """Train and evaluate with one seed; what is already there is not done again."""
    workspace = workspace_of(options, split, outfits)
    result = workspace.parent / f"seed_{seed}.json"
    if result.exists() and json.loads(result.read_text(encoding="utf-8")).get("made_by") != made_by():
        raise SystemExit(f"{result}: made by another version or with other settings; remove it, or name another --out")
    if not result.exists():
        start = time.perf_counter()
        recsys(workspace, "train", settings={"RECSYS_TRAINING__SEED": str(seed)})
        minutes = (time.perf_counter() - start) / 60
        answers = workspace.parent / f"predictions_{seed}"
        asked = ("--questions", str(split / "test"), "--predictions", str(answers), "--breakdown")
        found = recsys(workspace, "evaluate", *asked)
        result.write_text(json.dumps({**found, "minutes": minutes, "made_by": made_by()}), encoding="utf-8")
    found = json.loads(result.read_text(encoding="utf-8"))
    return dict(found)


def values(result: dict[str, Any], scorer: int) -> list[float]:
    """The measured columns of one row of the table."""
    metrics = {(m["task"], m["metric"]): m["value"] for m in result["reports"][scorer]["metrics"] if not m["by"]}
    return [metrics[task, metric] for _, task, metric in MEASURED]


def show(name: str, results: dict[int, dict[str, Any]]) -> None:
    """The model's row for each seed and their mean, then the baselines."""
    minutes = [result["minutes"] for result in results.values()]
    print(f"\n{name}, training {', '.join(f'{r:.1f}' for r in minutes)} min")
    print(f"{'':32}" + "".join(f"{heading:>10}" for heading, _, _ in MEASURED))
    models = {f"seed {seed}": values(result, 0) for seed, result in results.items()}
    first = next(iter(results.values()))
    others = {r["scorer"]: values(first, k) for k, r in enumerate(first["reports"]) if k}
    rows = {**models, "mean": [float(x) for x in np.mean(list(models.values()), axis=0)], **others}
    for label, row in rows.items():
        print(f"{label:32}" + "".join(f"{value:10.3f}" for value in row))
    if name in AT_LEAST:
        print(f"{'wanted at least':32}" + "".join(f"{value:10.3f}" for value in AT_LEAST[name]))
    for seed, result in results.items():
        told = [
            f"{m['task']} {m['metric']} {m['value']:+.3f} ({m['low']:+.3f} to {m['high']:+.3f}), {m['against']}"
            for m in result["difference"]
            if not m["by"]
        ]
        print(f"seed {seed} against the best baseline: {'; '.join(told)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--splits", nargs="+", default=["dev_warm", "dev_cold"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--outfits", nargs="+", type=int, help="training outfits to keep; by default all")
    options = parser.parse_args()
    print(describe())
    written = []
    for split in options.splits:
        for outfits in options.outfits or [None]:
            folder = options.questions / split
            results = {seed: run(options, folder, outfits, seed) for seed in options.seeds}
            name = split if outfits is None else f"{split}, {outfits} outfits"
            show(name, results)
            written.append(tables(name, results))
    (options.out / "tables.md").write_text("\n".join(written), encoding="utf-8")
    print(f"\nlargest process: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024**2:.2f} GB")


if __name__ == "__main__":
    main()
