"""The page's own example, run as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from evaluation import read_questions

PAGE = Path(__file__).resolve().parents[2] / "docs" / "evaluation.md"


def test_the_example_makes_questions_of_two_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    kinds = ("coat", "shirt", "skirt")
    items = [f"{kind}{k},{kind}" for kind in kinds for k in range(8)]
    Path("items.csv").write_text("\n".join(["item_id,category", *items]), encoding="utf-8")
    rows = [f"{outfit:02d},{kind}{(outfit * step) % 8}" for outfit in range(20) for step, kind in enumerate(kinds, 1)]
    Path("outfits.csv").write_text("\n".join(["outfit_id,item_id", *rows]), encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    [example] = [block for block in blocks if "make_questions(" in block]
    exec(compile(example, str(PAGE), "exec"), {})
    assert {question.outfit for question in read_questions(Path("questions")).fitb} == {"00", "10"}
    kept = Path("training.csv").read_text(encoding="utf-8").split()
    assert len(kept) == 1 + 18 * 3 and not any(row.startswith(("00,", "10,")) for row in kept)
