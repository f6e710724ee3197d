"""Question files of a sample, in region ids, and the oracle's answers beside them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from data.sample.errors import SampleError
from data.sample.oracle import oracle_compatibility, oracle_scores
from data.sample.questions import NAMES, QuestionMaker, Row
from data.sample.truth import SampleTruth, TrueRegion, read_rows, write_rows

SPLITS = ("valid", "test")
_TOP = 50


def write_questions(truth: SampleTruth, rng: np.random.Generator) -> None:
    """Write ``questions/<split>/<name>.jsonl`` and the oracle's predictions to ``truth/oracle/<split>/<name>.jsonl``.

    An item is named by one region that shows it (``<image_id>/<part>#<n>``), so that whoever resolves item identity can
    look up what the item is called there. Predictions have the format of evaluation: scores, score, or the best 50.
    """
    name_of = representative_regions(truth)
    outfits = list(truth.outfits.values())
    maker = QuestionMaker(truth.items, outfits, set(name_of), rng)
    for split in SPLITS:
        made = maker.make([outfit for outfit in outfits if outfit.split == split])
        for name, rows in made.items():
            write_rows(truth.root / "questions" / split / f"{name}.jsonl", (_renamed(row, name_of) for row in rows))
            answers = [_renamed(row, name_of) for row in _oracle(truth, rows)]
            write_rows(truth.root / "truth" / "oracle" / split / f"{name}.jsonl", answers)


def questions(root: Path, split: str, name: str) -> list[dict[str, Any]]:
    """Questions of a split (valid, test) with true item ids in place of the region ids that the file holds.

    ``name`` is one of fitb, fitb_hard, compat, compat_hard, cir. Rows are in the file's order.
    """
    if name not in NAMES:
        raise SampleError(f"questions: name {name!r} given, one of {', '.join(NAMES)} is needed")
    path = root / "questions" / split / f"{name}.jsonl"
    if not path.is_file():
        raise SampleError(f"{path}: not there; splits with questions are {' and '.join(SPLITS)}")
    true = {r.region_id: r.item_id for r in read_rows(root / "truth" / "regions.jsonl", TrueRegion)}
    return [_renamed(msgspec.json.decode(line), true) for line in path.read_bytes().splitlines()]


def representative_regions(truth: SampleTruth) -> dict[str, str]:
    """Item to the region that stands for it: the largest view in a photo without planted oddities, else in any."""
    odd = {p.image_id for p in truth.planted}
    best: dict[str, tuple[bool, int, str]] = {}
    for region in truth.regions.values():
        rank = (region.image_id not in odd, region.pixels, region.region_id)
        best[region.item_id] = max(rank, best.get(region.item_id, rank))
    return {item: rank[2] for item, rank in best.items()}


def _oracle(truth: SampleTruth, rows: Sequence[Row]) -> list[Row]:
    if not rows:
        return []
    if "items" in rows[0]:
        scores = oracle_compatibility(truth, [row["items"] for row in rows])
        return [{"score": round(float(score), 6)} for score in scores]
    choices = [row["candidates"] if "candidates" in row else row["pool"] for row in rows]
    logs = oracle_scores(truth, [row["context"] for row in rows], choices)
    if "candidates" in rows[0]:
        return [{"scores": [round(float(v), 6) for v in log]} for log in logs]
    return [
        {"top": [c[k] for k in np.argsort(-log, kind="stable")[:_TOP]]} for c, log in zip(choices, logs, strict=True)
    ]


def _renamed(row: Row, names: dict[str, str]) -> Row:
    """A row with every item id replaced."""
    changed = dict(row)
    for key in ("context", "candidates", "items", "pool", "top"):
        if key in row:
            changed[key] = [names[i] for i in row[key]]
    if "target" in row:
        changed["target"] = names[row["target"]]
    return changed
