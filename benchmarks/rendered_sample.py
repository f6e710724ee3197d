"""How much of what there is to learn is learned: the whole chain on a rendered sample whose rule is known.

python -m benchmarks.rendered_sample [--images 600] [--seed 0]    target: 85 % of the way from popularity to oracle
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.machine import describe

TARGET = 0.85


def recsys(workspace: Path, *arguments: str) -> Any:
    """Run one command and return what it prints as JSON."""
    command = [sys.executable, "-m", "recsys", "-w", str(workspace), "--json", *arguments]
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: exit status {done.returncode}\n{done.stderr}")
    print(f"  {time.perf_counter() - start:6.1f} s  recsys {arguments[0]}", file=sys.stderr)
    return json.loads(done.stdout) if done.stdout.strip() else None


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
