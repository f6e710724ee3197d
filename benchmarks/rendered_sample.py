"""How much of what there is to learn is learned: the whole chain on a rendered sample whose rule is known.

python -m benchmarks.rendered_sample [--images 600] [--seed 0]    target: 90 % of the way from popularity to oracle
"""

from __future__ import annotations

import argparse
import resource
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.command import recsys
from benchmarks.machine import describe

TARGET = 0.90


def accuracy(reports: list[dict[str, Any]], scorer: str, task: str) -> float:
    """One scorer's FITB accuracy."""
    for report in reports:
        if report["scorer"] == scorer:
            return float(next(m["value"] for m in report["metrics"] if m["task"] == task and not m["by"]))
    raise SystemExit(f"no scorer {scorer!r} among {[r['scorer'] for r in reports]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=600)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sample, workspace = Path(folder, "sample"), Path(folder, "workspace")
        recsys(workspace, "sample", str(sample), "--images", str(options.images), "--seed", str(options.seed))
        recsys(workspace, "import", "kfashion", str(sample / "Training"))
        recsys(workspace, "train")
        questions, oracle = sample / "questions" / "test", sample / "truth" / "oracle" / "test"
        result = recsys(workspace, "evaluate", "--questions", str(questions), "--answers", str(oracle))
    print(describe())
    for task in ("fitb", "fitb_hard"):
        rows = {r["scorer"]: accuracy(result["reports"], r["scorer"], task) for r in result["reports"]}
        for name, value in rows.items():
            print(f"{task:10} {value:.3f}  {name}")
        low, high, model = rows["popularity"], rows["oracle"], next(iter(rows.values()))
        share = (model - low) / (high - low)
        print(f"{task:10} {share:.0%} of the way from popularity to oracle (target {TARGET:.0%})")
    print(f"largest process: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024**2:.2f} GB")


if __name__ == "__main__":
    main()
