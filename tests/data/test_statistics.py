"""Counts over a small hand-made set, and the page that shows them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from data.statistics import Statistics, collect
from data.statistics_page import write_statistics
from data.types import ImageRecord, Item, Note, Problem, Region


def coat(image_id: str, category: str | None = "코트", **attributes: tuple[str, ...]) -> Region:
    return Region(
        region_id=f"{image_id}/아우터#0",
        part="아우터",
        slot="outer",
        category=category,
        attributes=attributes,
        notes=(Note("zero_area", "렉트좌표", "box has no area"),),
    )


@pytest.fixture
def counted() -> Statistics:
    records = [
        ImageRecord(
            image_id="1",
            source="a",
            styles=("모던", "모던", "페미닌"),
            regions=(coat("1", colour=("블랙",), detail=("단추", "포켓")),),
            notes=(Note("no_style", "스타일", "empty"),),
        ),
        ImageRecord(image_id="2", source="a", styles=("모던",), regions=(coat("2", None, colour=("무지개빛",)),)),
        ImageRecord(image_id="3", source="a"),
        ImageRecord(image_id="look", source="t", kind="look", regions=(coat("look", colour=("블랙",)),)),
    ]
    items = [Item(item_id="i", category="spaceship", slot="spaceship", source="t", attributes={"colour": ("teal",)})]
    problems = [
        Problem(file="x.json", field="이미지 식별자", reason="missing"),
        Problem(file="y", field="photo", reason="gone", blocking=False),
    ]
    return collect(records, items, problems)


def test_counts_are_those_of_the_records(counted: Statistics) -> None:
    plain = counted.to_json()
    assert (plain["images"], plain["looks"], plain["garments"], plain["items"], plain["quarantined"]) == (3, 1, 3, 1, 2)
    assert plain["styles"] == {"모던": 2, "페미닌": 1}
    assert plain["regions"] == {"아우터": 3}
    assert plain["categories"] == {"spaceship": 1, "코트": 1}
    assert plain["colours"] == {"teal": 1, "무지개빛": 1, "블랙": 1}
    assert plain["attributes"] == {"detail": {"단추": 1, "포켓": 1}}
    assert plain["notes"] == {"zero_area": 3, "no_style": 1}
    assert plain["problems"] == {"photo": 1, "이미지 식별자": 1}
    assert (plain["without_garment"], plain["without_category"]) == (1, 1)


def test_only_values_outside_the_vocabulary_are_unknown(counted: Statistics) -> None:
    assert counted.to_json()["unknown_values"] == {"spaceship": 1, "무지개빛": 1}


def test_the_counts_are_json(counted: Statistics) -> None:
    assert json.loads(json.dumps(counted.to_json())) == counted.to_json()


def test_the_page_shows_values_shares_and_what_does_not_fit(counted: Statistics, tmp_path: Path) -> None:
    counted.split_shares = {"train": 0.8, "valid": 0.1, "test": 0.1}
    counted.colours["<b>"] += 1
    page = tmp_path / "statistics.html"
    write_statistics(counted, page, rows=2)
    text = page.read_text(encoding="utf-8")
    assert "모던" in text
    assert "2 (66.7%)" in text
    assert "train 80.0%" in text
    assert "2 further values: 2" in text
    assert "&lt;b&gt;" in text
    assert "<b>" not in text
    assert [path.name for path in tmp_path.iterdir()] == ["statistics.html"]
