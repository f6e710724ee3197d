"""``recsys tag``: files of garments, gone on with after a stop, bad photos told, nothing overwritten."""

from __future__ import annotations

import csv
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
from PIL import Image

from data.types import Problem
from recsys.pipeline.tag_pictures import COLOURS, drawn
from tests.vision.detecting import noise, untrained
from vision.detector.classes import CLASSES
from vision.detector.detect import Detector, packaged_detector
from vision.detector.garments import Garment
from vision.masks import decode_mask
from vision.tagger import Tagger, tagged
from vision.tags import TaggedPhoto, read_tags

Run = Callable[..., Any]


@pytest.fixture(scope="module")
def detector(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return untrained(tmp_path_factory.mktemp("detector"))


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Five photos, one of them in a folder below and one in an archive, and one that is cut off."""
    folder = tmp_path / "photos"
    (folder / "below").mkdir(parents=True)
    for seed, name in enumerate(("=1+1.png", "b.jpg", "below/b.jpg", "zipped.png")):
        noise(folder / name, seed)
    with zipfile.ZipFile(folder / "more.zip", "w") as archive:
        archive.write(folder / "zipped.png", "c.png")
    (folder / "zipped.png").unlink()
    (folder / "broken.jpg").write_bytes((folder / "b.jpg").read_bytes()[:300])
    return folder


def stems(photos: Iterable[str]) -> list[str]:
    return sorted(Path(photo.rsplit("::", 1)[-1]).name for photo in photos)


def test_photos_of_folders_and_archives_become_files_of_three_kinds_and_pictures(
    recsys: Run, photos: Path, detector: Path, tmp_path: Path
) -> None:
    out = [tmp_path / f"tags.{kind}" for kind in ("jsonl", "csv", "xlsx")]
    files = [part for file in out for part in ("--out", file)]
    drawn = photos / "below"
    before = (drawn / "b.jpg").read_bytes()
    asked = ("tag", photos, *files, "--detector", detector, "--pictures", drawn, "--sure", "0", "--json")
    ran = recsys(*asked)
    assert ran.status == 2, "a photo is cut off"
    assert "broken.jpg: cannot be decoded" in ran.err
    assert ran.json["photos"] == 4
    assert [Path(one["file"]).name for one in ran.json["unread"]] == ["broken.jpg"]
    tagged = list(read_tags(out[0]))
    assert stems(photo.photo for photo in tagged) == ["=1+1.png", "b.jpg", "b.jpg", "c.png"]
    garments = [(photo, garment) for photo in tagged for garment in photo.garments]
    assert len(garments) == ran.json["garments"] > 4
    for photo, garment in garments:
        assert decode_mask(garment.mask).shape == (photo.height, photo.width) == (60, 40)
        assert 0 <= garment.box[0] <= garment.box[2] <= 40
    with out[1].open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["colour"] for row in rows] == [g.attributes["colour"][0].value for _, g in garments]
    book = openpyxl.load_workbook(out[2])
    assert book.sheetnames == ["garments", "photos", "not read"]
    sheet = book["garments"]
    assert sheet.freeze_panes == "C2"
    assert sheet.auto_filter.ref is not None
    cells = list(sheet.iter_rows(values_only=True))
    assert cells[0][:4] == ("picture", "photo", "garment", "category")
    assert [row[1] for row in cells[1:]] == [photo.photo for photo, _ in garments], "a name is text, no formula"
    assert len(sheet._images) == len(garments)
    assert [row[0] for row in list(book["not read"].iter_rows(values_only=True))[1:]] == [str(photos / "broken.jpg")]
    assert stems(map(str, drawn.glob("*_tagged*.jpg"))) == [
        "=1+1_tagged.jpg",
        "b_tagged.jpg",
        "b_tagged_2.jpg",
        "c_tagged.jpg",
    ]
    assert (drawn / "b.jpg").read_bytes() == before
    assert not list(tmp_path.glob(".*.tagging")), "nothing is left of the job"


class Stopped(BaseException):
    """Stands for a kill: nothing catches it."""


def test_a_stopped_job_goes_on_and_another_starts_anew(
    recsys: Run, photos: Path, detector: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    whole = Tagger.tag

    def watched(self: Tagger, refs: Iterable[str], stop: int = 99) -> Iterator[TaggedPhoto | Problem]:
        for number, told in enumerate(whole(self, refs)):
            if number == stop:
                raise Stopped
            asked.append(told.file if isinstance(told, Problem) else told.photo)
            yield told

    command = ("tag", photos, "--detector", detector, "--sure", "0", "--out")
    recsys(*command, tmp_path / "once.jsonl")
    monkeypatch.setattr(Tagger, "tag", lambda self, refs: watched(self, refs, 2))
    with pytest.raises(Stopped):
        recsys(*command, tmp_path / "twice.jsonl")
    (state,) = tmp_path.glob(".*.tagging")
    with state.open("ab") as file:
        file.write(b'{"photo": "cut o')
    assert not (tmp_path / "twice.jsonl").exists()
    monkeypatch.setattr(Tagger, "tag", watched)
    assert recsys(*command, tmp_path / "twice.jsonl").status == 2
    assert len(asked) == len(set(asked)) == 5, "no photo is tagged twice"
    assert (tmp_path / "twice.jsonl").read_bytes() == (tmp_path / "once.jsonl").read_bytes()
    monkeypatch.setattr(Tagger, "tag", lambda self, refs: watched(self, refs, 2))
    with pytest.raises(Stopped):
        recsys(*command, tmp_path / "third.jsonl")
    monkeypatch.setattr(Tagger, "tag", watched)
    asked.clear()
    recsys(*command, tmp_path / "third.jsonl", "--sure", "0.9")
    assert len(asked) == 5, "another threshold is another job"


def test_what_cannot_be_done_is_said_at_once(recsys: Run, photos: Path, detector: Path, tmp_path: Path) -> None:
    ran = recsys("tag", photos, "--detector", detector, "--out", tmp_path / "a.txt")
    assert "a name ends in .xlsx, .csv, .jsonl" in ran.err
    for path, word in ((tmp_path / "x", "no such folder"), (f"{photos}/*.tif", "nothing matches this pattern")):
        ran = recsys("tag", path, "--detector", detector, "--out", tmp_path / "a.csv")
        assert (ran.status, word in ran.err) == (1, True), ran.err
    (tmp_path / "empty").mkdir()
    ran = recsys("tag", tmp_path / "empty", "--detector", detector, "--out", tmp_path / "a.csv")
    assert (ran.status, "no photo is there" in ran.err) == (1, True)
    (tmp_path / "other").mkdir()
    ran = recsys("tag", photos, "--detector", tmp_path / "other", "--out", tmp_path / "a.csv")
    assert (ran.status, "no detector can be read from it" in ran.err) == (1, True)
    assert json.loads(recsys("tag", f"{photos}/b.*", "--detector", detector, "--out", tmp_path / "a.csv", "--json").out)
    assert not (tmp_path / "a.txt").exists()


def test_a_drawn_picture_shows_outline_and_label_at_any_size() -> None:
    mask = np.zeros((2400, 1200), bool)
    mask[400:1600, 200:1000] = True
    garment = Garment("top", 0.9, (200, 400, 1000, 1600), mask)
    photo = Image.new("RGB", (1200, 2400), (128, 128, 128))
    tagged_photo = tagged("a.jpg", photo, [garment])
    picture = drawn(photo, tagged_photo.garments)
    assert picture.size == (800, 1600)
    pixels = np.asarray(picture)
    colour = COLOURS["top"]
    assert tuple(pixels[800, 134]) == colour, "the left edge of the garment"
    assert tuple(pixels[800, 400]) == (128, 128, 128), "its inside is left alone"
    label = pixels[267:300, 134:300].reshape(-1, 3)
    assert (label == colour).all(1).mean() > 0.5
    assert (label == 255).all(1).any(), "letters are white"


def test_without_a_workspace_the_detector_that_comes_along_tags(recsys: Run, tmp_path: Path) -> None:
    Image.new("RGB", (60, 90), (200, 30, 30)).save(tmp_path / "plain.png")
    ran = recsys("-w", tmp_path / "none", "tag", tmp_path / "plain.png", "--out", tmp_path / "a.csv", "--json")
    assert (ran.status, ran.json["photos"]) == (0, 1), ran.err
    classes = Detector.load(packaged_detector()).config.classes
    assert classes == CLASSES
