"""Whether the compatibility of whole outfits can be used: calibrated, the same for all sizes, telling where it fails.

    python -m benchmarks.compatibility WORKSPACE QUESTIONS [--release NAME] [--picture FILE.svg]

Asks the release in use the compatibility questions of a folder (outfits that stylists made, and of chance) and prints
the expected calibration error, the AUC within and across sizes, and how often the weakest item is the right one: in
each real outfit of three items or more one is swapped for another of its category (drawn uniformly, or by popularity),
and the piece with the lowest score is named. Chance names one of n.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.machine import describe
from bert4rec.dataset import NegativeSampler
from bert4rec.scorer import OutfitScorer
from evaluation import read_questions
from evaluation.bootstrap import interval, mean_statistic
from evaluation.calibration import Bin, error_by_chance, expected_calibration_error, reliability
from evaluation.metrics import auc
from recsys.pipeline.contents import ReleaseContents
from recsys.pipeline.release import load_release
from recsys.workspace import Workspace

Index = NDArray[np.int64]
Floats = NDArray[np.float64]
SIZES = (2, 3, 4, 6, 9)
"""Sizes that outfits are cut to, at random."""


def swapped(outfit: Index, scorer: OutfitScorer, popular: bool, rng: np.random.Generator) -> tuple[Index, int] | None:
    """The outfit with one item exchanged, and where; None where its category holds no other."""
    place = int(rng.integers(len(outfit)))
    kind = scorer.codes.category[outfit[place]]
    drawn = NegativeSampler(scorer.codes.category, scorer.evidence.degree.numpy()).draw(np.array([kind]), 64, rng)[0]
    drawn = drawn[32:] if popular else drawn[:32]
    fits = drawn[~np.isin(drawn, outfit)]
    if not len(fits):
        return None
    changed = outfit.copy()
    changed[place] = fits[0]
    return changed, place


def weakest(
    outfits: list[Index], scorer: OutfitScorer, popular: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of each outfit whether the swapped item scores lowest, and what chance would give."""
    rng = np.random.default_rng(0)
    named, chance = [], []
    for outfit in outfits:
        if len(outfit) < 3 or (exchanged := swapped(outfit, scorer, popular, rng)) is None:
            continue
        changed, place = exchanged
        named.append(float(scorer.item_scores(changed).argmin() == place))
        chance.append(1 / len(changed))
    return np.array(named), np.array(chance)


@dataclass(frozen=True)
class Told:
    """What is said of outfits [n], what they are [n], and the outfits they were cut from [n]."""

    chance: Floats
    labels: Index
    cluster: Index

    def __str__(self) -> str:
        numbered = np.unique(self.cluster, return_inverse=True)[1]
        error = expected_calibration_error(reliability(self.chance, self.labels))
        low, high = error_by_chance(self.chance, numbered, np.random.default_rng(0))
        return f"AUC {auc(self.chance, self.labels):.3f}, ECE {error:.3f} (by chance {low:.3f}-{high:.3f})"


def judged(name: str, outfits: list[Index], labels: Index, cluster: Index, contents: ReleaseContents) -> Told:
    """Asks; prints how well what is said and what is agree."""
    scores = contents.scorer.score_outfits(outfits).astype(np.float64)
    sizes = [len(o) for o in outfits]
    chance = np.array([contents.calibration.probability(s, n) for s, n in zip(scores, sizes, strict=True)])
    bins = reliability(chance, labels)
    told = Told(chance, labels, cluster)
    print(f"  {name:11} {len(labels):4} outfits, {told}")
    print("    said     " + " ".join(f"{b.predicted:.2f}" for b in bins))
    print("    was so   " + " ".join(f"{b.observed:.2f}" for b in bins))
    return told


def together(told: list[Told]) -> Told:
    """The cuts to all sizes in one list: whether a chance means the same for a pair and for nine pieces."""
    return Told(*(np.concatenate([getattr(t, name) for t in told]) for name in ("chance", "labels", "cluster")))


def draw(bins: list[Bin], path: Path) -> None:
    """The reliability curve as a picture."""
    side, margin = 320, 44

    def at(b: float) -> float:
        return margin + b * side

    def up(b: float) -> float:
        return margin + (1 - b) * side

    points = " ".join(f"{at(b.predicted):.1f},{up(b.observed):.1f}" for b in bins)
    dots = "".join(f'<circle cx="{at(b.predicted):.1f}" cy="{up(b.observed):.1f}" r="4"/>' for b in bins)
    ticks = "".join(
        f'<text x="{at(t):.0f}" y="{margin + side + 18}" text-anchor="middle">{t:.1f}</text>'
        f'<text x="{margin - 8}" y="{up(t) + 4:.0f}" text-anchor="end">{t:.1f}</text>'
        for t in (0, 0.5, 1)
    )
    whole = side + 2 * margin
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {whole} {whole}" font-family="sans-serif" '
        f'font-size="12">'
        f'<rect width="{whole}" height="{whole}" fill="#fff"/>'
        f'<rect x="{margin}" y="{margin}" width="{side}" height="{side}" fill="none" stroke="#bbb"/>'
        f'<line x1="{at(0)}" y1="{up(0)}" x2="{at(1)}" y2="{up(1)}" stroke="#bbb" stroke-dasharray="4"/>'
        f'<polyline points="{points}" fill="none" stroke="#1b6ca8" stroke-width="2"/>'
        f'<g fill="#1b6ca8">{dots}</g>{ticks}'
        f'<text x="{at(0.5)}" y="{margin + side + 36}" text-anchor="middle">probability that the outfit is real</text>'
        f'<text x="{margin}" y="{margin - 12}">share of outfits that are real</text></svg>\n',
        encoding="utf-8",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--release")
    parser.add_argument("--picture", type=Path)
    options = parser.parse_args()
    name, contents, _ = load_release(Workspace.open(options.workspace), options.release)
    asked = read_questions(options.questions)
    print(f"{describe()}\nrelease {name}")
    scorer, catalogue = contents.scorer, contents.catalogue
    rng = np.random.default_rng(0)
    for task in ("compat", "compat_hard"):
        rows = getattr(asked, task)
        outfits = [catalogue.known(q.items) for q in rows]
        labels = np.array([q.label for q in rows], np.int64)
        print(f"{task}:")
        told = [judged("as they are", outfits, labels, np.arange(len(rows)), contents)]
        for size in SIZES:
            chosen = [k for k, o in enumerate(outfits) if len(o) >= size]
            cut = [rng.permutation(outfits[k])[:size] for k in chosen]
            if len(np.unique(labels[chosen])) == 2:
                told.append(judged(f"cut to {size}", cut, labels[chosen], np.array(chosen), contents))
        print(f"  all cuts together: {together(told[1:])}")
        if task == "compat" and options.picture:
            draw(reliability(told[0].chance, told[0].labels), options.picture)
    real = [catalogue.known(q.items) for q in asked.compat if q.label]
    for popular in (False, True):
        named, by_chance = weakest(real, scorer, popular)
        found = interval(mean_statistic(named, np.arange(len(named))), len(named), np.random.default_rng(0))
        print(
            f"weakest item, swapped {'by popularity' if popular else 'uniformly'}: named in {named.mean():.3f} "
            f"({found.low:.3f}-{found.high:.3f}) of {len(named)} outfits; chance {by_chance.mean():.3f}"
        )


if __name__ == "__main__":
    main()
