"""From a rendered sample to completed outfits through the command, once for all tests of this file."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PIL import Image

from data.sample import SampleSettings, render_sample
from graph import open_store, sqlite_url
from recsys.cli.app import main
from recsys.pipeline.release import FORMAT, current_release
from recsys.workspace import Workspace

Run = Callable[..., Any]

SETTINGS = """
encoders = ["garment"]
[graphsage]
epochs = 2
hidden = 16
dim = 8
[bert4rec]
steps = 40
epochs = 6
hidden = 16
layers = 1
heads = 2
"""


def quiet(*arguments: object) -> None:
    with pytest.raises(SystemExit) as exit_:
        main([str(argument) for argument in arguments])
    assert exit_.value.code == 0


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a sample, and a workspace that was trained on it; not to be changed."""
    folder = tmp_path_factory.mktemp("trained")
    settings = SampleSettings(images=90, items=60, valid_outfits=10, test_outfits=30)
    render_sample(folder / "sample", settings)
    Workspace.open(folder / "shop", create=True)
    (folder / "shop" / "recsys.toml").write_text(SETTINGS, encoding="utf-8")
    quiet("-w", folder / "shop", "import", "kfashion", folder / "sample" / "Training")
    quiet("-w", folder / "shop", "train")
    return folder


@pytest.fixture
def shop(trained: Path) -> Path:
    return trained / "shop"


@pytest.fixture
def own_shop(trained: Path, tmp_path: Path) -> Path:
    """A copy that may be changed."""
    shutil.copytree(trained / "shop", tmp_path / "copy")
    return tmp_path / "copy"


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


def test_a_photo_never_seen_comes_nearest_to_something(recsys: Run, trained: Path, shop: Path, tmp_path: Path) -> None:
    photo = sorted((trained / "sample" / "Training").rglob("*.jpg"))[3]
    with Image.open(photo) as picture:
        picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(tmp_path / "new.png")
    found = recsys("-w", shop, "similar", "--photo", tmp_path / "new.png", "--top", 3, "--json").json
    assert [f["rank"] for f in found] == [1, 2, 3]
    assert found[0]["similarity"] >= found[1]["similarity"] >= found[2]["similarity"]
    completed = recsys("-w", shop, "complete", "--photo", tmp_path / "new.png", "--json")
    assert completed.status == 0
    read = completed.json["photo"]
    assert (read["file"], read["imported"]) == (str(tmp_path / "new.png"), False)
    assert [item["item_id"] for item in read["items"]] == completed.json["context"]
    likeness = [item["likeness"] for item in read["items"]]
    assert likeness == sorted(likeness, reverse=True)
    assert likeness[-1] >= 0.9 * likeness[0]
    slots = {item["slot"] for item in read["items"]}
    assert len(slots) == len(read["items"])
    assert all(f"{item['item_id']} ({item['slot']}, likeness" in completed.err for item in read["items"])


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


def test_training_names_photos_it_cannot_read(recsys: Run, trained: Path, own_shop: Path) -> None:
    broken = own_shop / "broken.jpg"
    broken.write_text("not a picture")
    with open_store(sqlite_url(own_shop / "graph.sqlite")) as store:
        item = next(iter(store.items()))
        store.upsert_items([msgspec.structs.replace(item, photo=str(broken))])
    before = current_release(Workspace.open(own_shop))
    ran = recsys("-w", own_shop, "train")
    assert ran.status == 2
    assert f"quarantined: {broken}: photo: not a picture" in ran.err
    assert current_release(Workspace.open(own_shop)) != before


def test_similar_items_are_of_the_slot_and_never_the_item_itself(recsys: Run, shop: Path) -> None:
    item = some_item(shop, "bottom")
    found = recsys("-w", shop, "similar", "--item", item, "--json").json
    assert item not in [f["item_id"] for f in found]
    assert 1 <= len(found) <= 10


def test_evaluation_puts_every_baseline_beside_the_model(
    recsys: Run, trained: Path, shop: Path, tmp_path: Path
) -> None:
    questions, oracle = trained / "sample/questions/test", trained / "sample/truth/oracle/test"
    options = ("--bootstrap", 20, "--answers", oracle, "--predictions", tmp_path)
    ran = recsys("-w", shop, "evaluate", "--questions", questions, *options, "--json")
    assert ran.status == 0
    names = [report["scorer"] for report in ran.json["reports"]]
    assert names[0] == "BERT4Rec + GraphSAGE"
    assert {"random", "popularity", "attribute PMI", "oracle", "backdrop colour (leak probe)"} <= set(names)
    for task, key in (("fitb", "scores"), ("compat", "score")):
        asked = (questions / f"{task}.jsonl").read_text(encoding="utf-8").splitlines()
        given = [json.loads(line) for line in (tmp_path / f"{task}.jsonl").read_text(encoding="utf-8").splitlines()]
        assert len(given) == len(asked)
        assert all(list(answer) == [key] for answer in given)


def test_a_second_training_is_the_same_release(recsys: Run, own_shop: Path) -> None:
    """Same data, same seed, same bytes."""
    first = current_release(Workspace.open(own_shop))
    assert recsys("-w", own_shop, "train").status == 0
    second = current_release(Workspace.open(own_shop))
    assert first != second
    hashes = [
        json.loads((own_shop / "releases" / str(name) / "manifest.json").read_text(encoding="utf-8"))["files"]
        for name in (first, second)
    ]
    timed = {"metrics.json", "graphsage/config.json"}  # these say how long it took
    assert {k: v for k, v in hashes[0].items() if k not in timed} == {
        k: v for k, v in hashes[1].items() if k not in timed
    }


def test_releases_are_listed_chosen_and_removed(recsys: Run, own_shop: Path) -> None:
    first = current_release(Workspace.open(own_shop))
    shutil.copytree(own_shop / "releases" / str(first), own_shop / "releases" / "other")
    listed = recsys("-w", own_shop, "releases", "list", "--json").json
    assert [(r["name"], r["current"]) for r in listed] == [(first, True), ("other", False)]
    assert recsys("-w", own_shop, "releases", "use", "other").status == 0
    assert "is in use" in recsys("-w", own_shop, "releases", "remove", "other").err
    assert recsys("-w", own_shop, "releases", "remove", first).status == 0
    missing = recsys("-w", own_shop, "releases", "use", first)
    assert missing.status == 1
    assert "there: other" in missing.err


@pytest.mark.parametrize("name", ["../graph.sqlite", ".", "", "nothing"])
def test_a_release_is_a_name_and_no_path(recsys: Run, shop: Path, name: str) -> None:
    assert recsys("-w", shop, "releases", "use", name).status == 1


def test_a_damaged_release_is_refused_with_the_file(recsys: Run, own_shop: Path) -> None:
    folder = own_shop / "releases" / str(current_release(Workspace.open(own_shop)))
    weights = folder / "bert4rec.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\0")
    ran = recsys("-w", own_shop, "complete", "--item", "any")
    assert ran.status == 1
    assert "bert4rec.safetensors: was changed since the release was made" in ran.err
    weights.unlink()
    assert "bert4rec.safetensors: is missing" in recsys("-w", own_shop, "complete", "--item", "any").err


def test_a_release_of_another_format_is_refused(recsys: Run, own_shop: Path) -> None:
    manifest = own_shop / "releases" / str(current_release(Workspace.open(own_shop))) / "manifest.json"
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text.replace(f'"format": {FORMAT}', '"format": 99'), encoding="utf-8")
    ran = recsys("-w", own_shop, "complete", "--item", "any")
    assert ran.status == 1
    assert "format 99; this program" in ran.err
    assert "recsys train" in ran.err
    listed = recsys("-w", own_shop, "releases", "list")
    assert listed.status == 0, "it can be seen, and removed"
    assert "of format 99, cannot be read: train again" in " ".join(listed.out.split())


def test_an_interrupted_training_leaves_the_old_release_and_goes_on(
    recsys: Run, own_shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bert4rec.train import _Run

    before, whole, passes = current_release(Workspace.open(own_shop)), _Run.epoch, []

    def interrupted(self: _Run, *arguments: Any) -> float:
        passes.append(1)
        if len(passes) == 3:
            raise KeyboardInterrupt
        return whole(self, *arguments)

    monkeypatch.setattr(_Run, "epoch", interrupted)
    ran = recsys("-w", own_shop, "train")
    assert ran.status == 130
    assert "--resume" in ran.err
    assert current_release(Workspace.open(own_shop)) == before
    resumed = recsys("-w", own_shop, "train", "--resume", "--json")
    assert resumed.status == 0
    history = resumed.json["bert4rec"]["history"]
    assert len(passes) == 3 + len(history) - 2  # the two passes before the interruption were not made again


def launched(shop: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """``recsys`` in two processes, as torchrun starts them."""
    torchrun = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "recsys", "-w", shop)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, *map(str, torchrun), *arguments]
    return subprocess.run(command, check=False, env=environment, capture_output=True, text=True, timeout=240)


def test_two_processes_make_the_release_of_one(recsys: Run, own_shop: Path) -> None:
    settings = own_shop / "recsys.toml"
    said = settings.read_text(encoding="utf-8")
    settings.write_text(f"{said}dropout = 0.0\n[training]\nthreads = 1\n", encoding="utf-8")
    alone = recsys("-w", own_shop, "train", "--json").json
    ran = launched(own_shop, "train", "--json")
    assert ran.returncode == 0, ran.stderr
    together = json.loads(ran.stdout)  # one process speaks
    assert "Traceback" not in ran.stderr and "Warning" not in ran.stderr
    courses = [[entry["loss"] for entry in told["bert4rec"]["history"]] for told in (alone, together)]
    assert courses[1] == pytest.approx(courses[0], abs=1e-4)
    assert len(set(courses[0])) == len(courses[0]) > 3
    hashes = [
        json.loads((own_shop / "releases" / told["release"] / "manifest.json").read_text(encoding="utf-8"))["files"]
        for told in (alone, together)
    ]
    network = {"bert4rec.safetensors", *(name for name in hashes[0] if name.startswith("index/"))}
    timed = {"metrics.json", "graphsage/config.json"}
    same = {name for name in hashes[0] if hashes[0][name] == hashes[1].get(name)}
    assert set(hashes[0]) - same <= network | timed
    assert set(hashes[0]) == set(hashes[1])
    assert current_release(Workspace.open(own_shop)) == together["release"]


def test_two_processes_end_with_the_reason_of_one(own_shop: Path) -> None:
    with Workspace.open(own_shop).lock("import"):
        ran = launched(own_shop, "train")
    assert ran.returncode != 0
    assert f"recsys: {own_shop}: train: process {os.getpid()} (import, since" in ran.stderr


def test_training_without_outfits_says_what_is_missing(recsys: Run, tmp_path: Path) -> None:
    workspace = Workspace.open(tmp_path / "new", create=True).root
    ran = recsys("-w", workspace, "train")
    assert ran.status == 1
    assert "the graph holds no items; import" in ran.err
    assert "there is no release yet" in recsys("-w", workspace, "complete", "--item", "x").err


def test_without_resamples_no_interval_is_shown(recsys: Run, trained: Path, shop: Path) -> None:
    questions = trained / "sample" / "questions" / "test"
    ran = recsys("-w", shop, "evaluate", "--questions", questions, "--bootstrap", 0, "--breakdown")
    assert ran.status == 0
    tables = [line.split("|")[1].strip() for line in ran.out.splitlines() if "| FITB" in line]
    assert tables in (["scorer", "slot", "size", "popularity"], ["scorer", "item", "slot", "size", "popularity"])
    assert "nan" not in ran.out and "fitb accuracy " in ran.out.splitlines()[-1] and "(" not in ran.out.splitlines()[-1]


def test_a_folder_without_questions_is_an_error(recsys: Run, shop: Path, tmp_path: Path) -> None:
    ran = recsys("-w", shop, "evaluate", "--questions", tmp_path)
    assert (ran.status, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert f"{tmp_path}: there are no questions" in ran.err and "fitb.jsonl" in ran.err


def test_training_says_how_many_photos_there_are_to_embed(
    recsys: Run, own_shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("recsys.pipeline.jobs.train", stopped)
    assert "embedding: photos to do 0, crops of them 0" in recsys("-w", own_shop, "train").err
    shutil.rmtree(Workspace.open(own_shop).embeddings)
    monkeypatch.setattr("recsys.pipeline.jobs.embed_all", stopped)
    said = recsys("-w", own_shop, "train").err
    with open_store(sqlite_url(own_shop / "graph.sqlite")) as store:
        assert f"embedding: photos to do {store.counts().photos}, " in said
