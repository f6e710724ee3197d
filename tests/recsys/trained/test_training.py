"""Training through the command: the same twice, interrupted, in two processes, with photos that cannot be read."""

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

from graph import open_store, sqlite_url
from recsys.pipeline.release import current_release
from recsys.workspace import Workspace

Run = Callable[..., Any]


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
    assert hashes[0] == hashes[1]


def test_an_interrupted_training_leaves_the_old_release_and_goes_on(
    recsys: Run, own_shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bert4rec.train import TrainingRun

    before, whole, passes = current_release(Workspace.open(own_shop)), TrainingRun.epoch, []

    def interrupted(self: TrainingRun, *arguments: Any) -> float:
        passes.append(1)
        if len(passes) == 3:
            raise KeyboardInterrupt
        return whole(self, *arguments)

    monkeypatch.setattr(TrainingRun, "epoch", interrupted)
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
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3]), "OMP_NUM_THREADS": "1"}
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
    same = {name for name in hashes[0] if hashes[0][name] == hashes[1].get(name)}
    assert set(hashes[0]) - same <= network | {"metrics.json"}
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
