"""Completed outfits and similar items, from an item or a photo, through the command."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from data.regions import region_mask
from graph import open_store, sqlite_url
from recsys.pipeline.release import current_release
from recsys.workspace import Workspace
from tests.vision.detecting import untrained
from vision.detector.classes import SLOT_OF_CLASS
from vision.detector.detect import Detector
from vision.detector.garments import Garment

Run = Callable[..., Any]


def some_item(shop: Path, slot: str = "top") -> str:
    release = current_release(Workspace.open(shop))
    assert release is not None
    lines = (shop / "releases" / release / "catalogue.jsonl").read_text(encoding="utf-8").splitlines()
    return str(next(item["item_id"] for item in map(json.loads, lines) if item["slot"] == slot))


def test_an_item_is_completed_with_a_picture(recsys: Run, shop: Path, tmp_path: Path) -> None:
    item, sheet = some_item(shop), tmp_path / "out" / "sheet.png"
    answer = recsys("-w", shop, "complete", "--item", item, "--top", 2, "--sheet", sheet, "--json")
    assert answer.status == 0
    scores = [outfit["score"] for outfit in recsys("-w", shop, "complete", "--item", item, "--json").json["outfits"]]
    assert scores == sorted(scores, reverse=True)
    assert answer.json["context"] == [item]
    assert [o["rank"] for o in answer.json["outfits"]] == [1, 2]
    for outfit in answer.json["outfits"]:
        assert [s["slot"] for s in outfit["items"]] == answer.json["slots"]
        assert item not in [s["item_id"] for s in outfit["items"]]
        assert 0 <= outfit["compatibility"] <= 1
    with Image.open(sheet) as picture:
        assert picture.width > 400
        assert len(picture.getcolors(2**24) or []) > 500  # garments were drawn, not empty frames


def test_slots_are_filled_as_asked(recsys: Run, shop: Path) -> None:
    answer = recsys("-w", shop, "complete", "--item", some_item(shop), "--slot", "outer", "bottom", "--json").json
    assert answer["slots"] == ["outer", "bottom"]
    assert all([s["slot"] for s in o["items"]] == ["outer", "bottom"] for o in answer["outfits"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--item", "nobody"), "item 'nobody': is not among the"),
        (("--item", "nobody", "--photo", "x.jpg"), "give either --item or --photo"),
        ((), "give either --item or --photo"),
        (("--photo", "missing.jpg"), "missing.jpg: photo"),
    ],
)
def test_a_question_that_cannot_be_answered_says_why(
    recsys: Run, shop: Path, arguments: tuple[str, ...], said: str
) -> None:
    ran = recsys("-w", shop, "complete", *arguments)
    assert ran.status == 1
    assert said in ran.err


def test_a_slot_that_does_not_exist_names_those_that_do(recsys: Run, shop: Path) -> None:
    ran = recsys("-w", shop, "complete", "--item", some_item(shop), "--slot", "hat")
    assert ran.status == 1
    assert "'hat' has no items in this release; slots are bottom" in ran.err


def test_a_photo_that_was_imported_is_read_by_its_items(recsys: Run, trained: Path, shop: Path) -> None:
    photos = sorted((trained / "sample" / "Training").rglob("*.jpg"))
    photo = next(p for p in photos if p.parent.name != "기타")  # those show no garment
    ran = recsys("-w", shop, "complete", "--photo", photo)
    assert ran.status == 0
    assert "was imported; it shows item:" in ran.err


@pytest.fixture
def unseen(trained: Path, tmp_path: Path) -> Path:
    """A photo that was never imported: one of the sample's, mirrored."""
    with Image.open(sorted((trained / "sample" / "Training").rglob("*.jpg"))[3]) as picture:
        picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(tmp_path / "new.png")
    return tmp_path / "new.png"


def test_a_photo_in_which_nothing_is_found_comes_nearest_to_something_as_a_whole(
    recsys: Run, shop: Path, unseen: Path, tmp_path: Path
) -> None:
    found = recsys("-w", shop, "similar", "--photo", unseen, "--top", 3, "--json").json
    assert [f["rank"] for f in found] == [1, 2, 3]
    assert found[0]["similarity"] >= found[1]["similarity"] >= found[2]["similarity"]
    blind = untrained(tmp_path / "detector")
    completed = recsys("-w", shop, "complete", "--photo", unseen, "--detector", blind, "--json")
    assert completed.status == 0
    read = completed.json["photo"]
    assert (read["file"], read["imported"], read["garments"]) == (str(unseen), False, [])
    assert [item["item_id"] for item in read["items"]] == completed.json["context"]
    likeness = [item["likeness"] for item in read["items"]]
    assert likeness == sorted(likeness, reverse=True)
    assert likeness[-1] >= 0.9 * likeness[0]
    slots = {item["slot"] for item in read["items"]}
    assert len(slots) == len(read["items"])
    assert all(f"{item['item_id']} ({item['slot']}, likeness" in completed.err for item in read["items"])


def test_garments_found_in_a_photo_stand_for_the_items_most_like_them(
    recsys: Run, trained: Path, shop: Path, unseen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported = sorted((trained / "sample" / "Training").rglob("*.jpg"))[3]
    with open_store(sqlite_url(shop / "graph.sqlite")) as store:
        image = next(image for image in store.images() if image.photo and Path(image.photo) == imported)
        links = {region.region_id: region.item_id for region in image.regions}
    given = [r for r in image.regions if r.slot in SLOT_OF_CLASS]
    assert len(given) > 1

    def found(_self: Detector, photos: Sequence[Image.Image], **_: float) -> list[list[Garment]]:
        """The garments as annotated, in the mirrored photo; and a hat, for which the catalogue has no slot."""
        (photo,) = photos
        garments = [(r.slot, region_mask(r, photo.size)[:, ::-1]) for r in given]
        hat = np.zeros((photo.height, photo.width), bool)
        hat[:20, :20] = True
        garments += [("hat", hat), (given[0].slot, hat), ("top", np.zeros_like(hat))]
        return [[Garment(name, 0.9 - k / 100, _bounds(mask), mask) for k, (name, mask) in enumerate(garments)]]

    monkeypatch.setattr(Detector, "detect", found)
    sheet = tmp_path / "sheet.png"
    ran = recsys("-w", shop, "complete", "--photo", unseen, "--sheet", sheet, "--json")
    assert ran.status == 0, ran.err
    read = ran.json["photo"]
    assert [g["category"] for g in read["garments"]] == [*(r.slot for r in given), "hat", given[0].slot]
    assert [item["item_id"] for item in read["items"]] == ran.json["context"]
    assert [item["slot"] for item in read["items"]] == [r.slot for r in given], "of each slot the surest"
    right = [item["item_id"] == links[r.region_id] for item, r in zip(read["items"], given, strict=True)]
    assert any(right), "the mirrored garment is most like itself"
    hat = next(g for g in read["garments"] if g["category"] == "hat")
    assert (hat["item_id"], hat["likeness"]) == (None, None)
    assert "shows" in ran.err and "hat (0." in ran.err
    with Image.open(sheet) as picture:
        assert len(picture.getcolors(2**24) or []) > 500


def _bounds(mask: NDArray[np.bool_]) -> tuple[float, float, float, float]:
    down, across = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not len(down):
        return 0.0, 0.0, 5.0, 5.0
    return float(across[0]), float(down[0]), float(across[-1] + 1), float(down[-1] + 1)


def test_photos_are_read_by_the_encoders_of_the_release(
    recsys: Run, trained: Path, own_shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = tmp_path / "new.png"
    with Image.open(sorted((trained / "sample" / "Training").rglob("*.jpg"))[3]) as picture:
        picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(photo)
    before = recsys("-w", own_shop, "similar", "--photo", photo, "--json")
    (own_shop / "recsys.toml").write_text('encoders = ["backdrop"]\n', encoding="utf-8")
    assert recsys("-w", own_shop, "similar", "--photo", photo, "--json").json == before.json
    monkeypatch.setattr("vision.garment.GarmentEncoder.version", "99")
    for command in ("similar", "complete"):
        ran = recsys("-w", own_shop, command, "--photo", photo)
        assert ran.status == 1
        assert "encoder 'garment': the release needs version 1 " in ran.err
        assert "installed is version 99" in ran.err


def test_similar_items_are_of_the_slot_and_never_the_item_itself(recsys: Run, shop: Path) -> None:
    item = some_item(shop, "bottom")
    found = recsys("-w", shop, "similar", "--item", item, "--json").json
    assert item not in [f["item_id"] for f in found]
    assert 1 <= len(found) <= 10
