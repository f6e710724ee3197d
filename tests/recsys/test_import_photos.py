"""``recsys import photos``: garments that a detector found become items; the unsure and the unreadable are listed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data.regions import region_mask
from data.types import Problem
from graph import open_store, sqlite_url
from tests.vision.detecting import noise, untrained
from vision.tagger import Tagger
from vision.tags import TaggedPhoto

Run = Callable[..., Any]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for k in range(3):
        noise(folder / f"{k}.png", k)
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no more")
    return folder


@pytest.fixture
def detector(tmp_path: Path) -> Path:
    return untrained(tmp_path / "detector")


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the photos that the detector is given."""
    names: list[str] = []
    tag = Tagger.tag

    def watched(self: Tagger, refs: Iterable[str]) -> Iterator[TaggedPhoto | Problem]:
        refs = list(refs)
        names.extend(Path(ref).name for ref in refs)
        return tag(self, refs)

    monkeypatch.setattr(Tagger, "tag", watched)
    return names


def test_garments_of_photos_become_items_once(
    recsys: Run, shop: Path, photos: Path, detector: Path, seen: list[str]
) -> None:
    command = ("-w", shop, "import", "photos", photos, "--detector", detector, "--sure", "0", "--json")
    ran = recsys(*command)
    assert ran.status == 2, "one photo cannot be read"
    assert ran.json["images"] == 3
    assert ran.json["garments"] == ran.json["store"]["regions"] > 3
    assert "broken.jpg" in ran.err
    assert sorted(seen) == ["0.png", "1.png", "2.png", "broken.jpg"]
    with open_store(sqlite_url(shop / "graph.sqlite")) as store:
        images = list(store.images())
        problems = list(store.problems())
        assert [Path(problem.file).name for problem in problems if problem.blocking] == ["broken.jpg"]
        assert all("under garments that are surer" in problem.reason for problem in problems if not problem.blocking)
        assert len(list(store.items())) > 1
    for image in images:
        assert image.image_id.startswith("photo:")
        covered = np.zeros((60, 40), int)
        for region in image.regions:
            covered += region_mask(region, (40, 60))
            assert region.item_id is not None
            assert region.slot == region.category
            assert region.attributes["colour"]
        assert covered.max() == 1, "a pixel is of one garment"
    seen.clear()
    noise(photos / "again.png", 0)  # the same picture under another name
    noise(photos / "new.png", 9)
    ran = recsys(*command)
    assert ran.status == 2, ran.err
    assert sorted(seen) == ["again.png", "new.png"]
    assert (ran.json["images"], ran.json["store"]["photos"], ran.json["unchanged"]) == (4, 4, 3)


def test_the_unsure_are_for_review_and_not_in_the_graph(recsys: Run, shop: Path, photos: Path, detector: Path) -> None:
    (photos / "broken.jpg").unlink()
    command = ("-w", shop, "import", "photos", photos, "--detector", detector, "--review", "0", "--json", "--sure")
    ran = recsys(*command, "0.99")
    assert (ran.status, ran.json["images"], ran.json["garments"]) == (2, 3, 0)
    listed = recsys("-w", shop, "quarantine", "list", "--json").json["problems"]
    assert len(listed) == ran.json["quarantined"] > 3
    assert all("to be looked at" in problem["reason"] and not problem["blocking"] for problem in listed)
    assert listed[0]["field"] == "garment 1"


def test_without_a_detector_of_its_own_a_workspace_uses_the_one_that_comes_along(
    recsys: Run, shop: Path, photos: Path
) -> None:
    (photos / "broken.jpg").unlink()
    ran = recsys("-w", shop, "import", "photos", photos, "--review", "0.7", "--json")
    assert (ran.status, ran.json["images"]) == (0, 3), ran.err
