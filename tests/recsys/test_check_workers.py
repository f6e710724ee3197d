"""The number of processes changes how long a check takes, not what it says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

Run = Callable[..., Any]


def test_the_answer_is_the_same_for_any_number_of_workers(
    recsys: Run, shop: Path, photos: Path, add_photo: Callable[..., Path], tmp_path: Path
) -> None:
    for number in range(7, 21):
        add_photo(photos / "모던", number, name=f"(9)SHOP9_{number}.jpg")
    recsys("-w", shop, "import", "kfashion", photos)
    said = [recsys("-w", shop, "check", "--json", "--workers", workers) for workers in (1, 2)]
    assert said[0].json["photos"] == 20
    assert said[0].out == said[1].out
    wrong = recsys("-w", shop, "check", "--workers", 0)
    assert (wrong.status, "--workers" in wrong.err) == (1, True)
