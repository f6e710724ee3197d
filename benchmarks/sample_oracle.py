"""How much there is to learn in a rendered sample, and how fast it is rendered.

    python -m benchmarks.sample_oracle [--images 600] [--seeds 0 1 2]

Prints, per seed, fill-in-the-blank accuracy and compatibility AUC of the oracle (which knows the rule), of the rule
without popularity, of co-occurrence counts of first and second order, of popularity and of chance. Planned: oracle .80
to .90, popularity .35 to .50 against uniform negatives. Rendering aims at 60 photos a second on one core.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.machine import describe
from data.sample import SampleSettings, SampleTruth, oracle_compatibility, oracle_scores, questions, render_sample

Scorer = Callable[[list[str], list[str]], NDArray[np.float64]]


def cooccurrence(truth: SampleTruth) -> dict[str, dict[str, float]]:
    """Degree-normalised co-occurrence of photographed items, with paths of length two and three damped by 0.3."""
    ids = sorted(truth.items)
    index = {item: k for k, item in enumerate(ids)}
    counts = np.zeros((len(ids), len(ids)))
    for outfit in truth.outfits.values():
        if outfit.split == "train":
            places = [index[i] for i in outfit.item_ids]
            counts[np.ix_(places, places)] += 1
    np.fill_diagonal(counts, 0)
    degree = counts.sum(axis=1) + 1e-9
    first = counts / np.sqrt(np.outer(degree, degree))
    total = first + 0.3 * (first @ first) + 0.3 * (first @ first @ first)
    return {a: dict(zip(ids, total[index[a]].tolist(), strict=True)) for a in ids}


def scorers(truth: SampleTruth, rng: np.random.Generator) -> dict[str, Scorer]:
    """Every scorer: from context and candidates to scores."""
    paths = cooccurrence(truth)
    degree = truth.popularity

    def oracle(context: list[str], candidates: list[str]) -> NDArray[np.float64]:
        return oracle_scores(truth, [context], [candidates])[0]

    def plain(context: list[str], candidates: list[str]) -> NDArray[np.float64]:
        return oracle(context, candidates) - np.array([truth.items[c].popularity for c in candidates])

    def beside(context: list[str], candidates: list[str]) -> NDArray[np.float64]:
        return np.array([sum(paths[c][i] for i in context) * np.sqrt(degree[c] + 0.1) for c in candidates])

    return {
        "oracle": oracle,
        "oracle without popularity": plain,
        "co-occurrence, 1st + 2nd order": beside,
        "popularity": lambda _, candidates: np.array([float(degree[c]) for c in candidates]),
        "random": lambda _, candidates: rng.random(len(candidates)),
    }


def accuracy(rows: list[dict[str, Any]], score: Scorer, rng: np.random.Generator) -> float:
    """Share of blanks filled rightly; ties are broken by chance."""
    right = 0
    for row in rows:
        scores = score(row["context"], row["candidates"])
        best = np.flatnonzero(scores == scores.max())
        right += int(rng.choice(best)) == row["answer"]
    return right / max(1, len(rows))


def auc(truth: SampleTruth, rows: list[dict[str, Any]]) -> float:
    """AUC of the rule's utility over whole outfits."""
    scores = oracle_compatibility(truth, [row["items"] for row in rows])
    labels = np.array([row["label"] for row in rows])
    wins = scores[labels == 1][:, None] - scores[labels == 0]
    return float(np.mean(wins > 0) + 0.5 * np.mean(wins == 0))


def run(images: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "sample"
        wall, busy = time.perf_counter(), time.process_time()
        truth = render_sample(root, SampleSettings(images=images, seed=seed))
        wall, busy = time.perf_counter() - wall, time.process_time() - busy
        print(f"\nseed {seed}: {truth.manifest.counts}")
        print(f"rendered in {wall:.1f} s ({busy:.1f} s of processor): {images / busy:.0f} photos/s (target 60)")
        files = {name: questions(root, "test", name) for name in ("fitb", "fitb_hard", "compat", "compat_hard")}
        print(f"{'scorer':32}{'FITB':>8}{'hard':>8}   ({len(files['fitb'])} and {len(files['fitb_hard'])} questions)")
        for name, score in scorers(truth, rng).items():
            print(f"{name:32}{accuracy(files['fitb'], score, rng):8.3f}{accuracy(files['fitb_hard'], score, rng):8.3f}")
        print(f"oracle AUC {auc(truth, files['compat']):.3f}, hard {auc(truth, files['compat_hard']):.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=600)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    given = parser.parse_args()
    print(describe())
    for seed in given.seeds:
        run(given.images, seed)


if __name__ == "__main__":
    main()
