"""Two processes train what one does: started by torchrun, as a user starts them."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from bert4rec.dataset import NegativeSampler, OutfitBatches
from bert4rec.train import fit
from bert4rec.workers import Workers, WorkersError

SCRIPT = Path(__file__).with_name("trainings.py")
ROOT = SCRIPT.parents[2]


class Stopped(Exception):
    pass


def launch(folder: Path, *names: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", SCRIPT]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    whole = [*map(str, command), str(folder), *names]
    return subprocess.run(whole, check=False, env=environment, capture_output=True, text=True, timeout=240)


@pytest.fixture(scope="module")
def trainings() -> Any:
    return SimpleNamespace(**runpy.run_path(str(SCRIPT)))


@pytest.fixture(scope="module")
def alone(trainings: Any) -> dict[str, Any]:
    """What one process comes to, by the name of the training."""
    data = trainings.world()
    return {name: trainings.told(fit(data, trainings.TRAININGS[name]), data) for name in ("exact", "noisy")}


@pytest.fixture(scope="module")
def together(trainings: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """What each of two processes comes to. The training "resumed" goes on from where one process stopped."""
    folder = tmp_path_factory.mktemp("together")

    def stop(state: dict[str, float]) -> None:
        if state["epoch"] == trainings.KILLED_AFTER:
            raise Stopped

    with pytest.raises(Stopped):
        fit(trainings.world(), trainings.TRAININGS["resumed"], checkpoint=folder / "resumed", progress=stop)
    names = ("exact", "noisy", "resumed")
    ran = launch(folder, *names)
    assert ran.returncode == 0, ran.stderr
    return {name: [json.loads((folder / f"{name}.{k}.json").read_text()) for k in (0, 1)] for name in names}


def curve(told: Any, key: str) -> list[float]:
    return [entry[key] for entry in told["history"]]


def same_course(found: Any, wanted: Any, tolerance: float) -> None:
    for key in ("epoch", "loss", "warm_loss", "cold_loss", "warm_accuracy", "cold_accuracy"):
        assert curve(found, key) == pytest.approx(curve(wanted, key), abs=tolerance), key
    assert found["scores"] == pytest.approx(wanted["scores"], abs=50 * tolerance)


def test_without_dropout_two_processes_take_the_steps_of_one(alone: Any, together: Any) -> None:
    losses = curve(alone["exact"], "loss")
    assert np.ptp(losses) > 0.05, "were nothing learned, any course would do"
    same_course(together["exact"][0], alone["exact"], 2e-5)


def test_with_dropout_two_processes_learn_what_one_does(alone: Any, together: Any) -> None:
    found, wanted = (np.array(curve(told, "loss")) for told in (together["noisy"][0], alone["noisy"]))
    assert np.abs(found - wanted).max() < 0.0065, "a network that learns nothing is .0077 away"
    assert np.abs(found - wanted).max() > 1e-4, "each process drops out for itself"


def test_all_processes_end_with_the_same_weights(together: Any) -> None:
    for name, told in together.items():
        assert told[0]["weights"] == told[1]["weights"], name
        assert told[0]["history"] == told[1]["history"], name


def test_two_processes_go_on_from_where_one_stopped(alone: Any, together: Any) -> None:
    same_course(together["resumed"][0], alone["exact"], 2e-5)


def test_one_process_goes_on_from_where_two_were_killed(trainings: Any, alone: Any, tmp_path: Path) -> None:
    ran = launch(tmp_path, "killed")
    assert ran.returncode != 0
    assert "another process of this training has ended" in ran.stderr or "SIGTERM" in ran.stderr
    assert "SIGKILL" in ran.stderr
    assert not list(tmp_path.glob("*.json"))
    config, epochs = trainings.TRAININGS["killed"], []
    data = trainings.world()
    result = fit(
        data, config, checkpoint=tmp_path / "killed", resume=True, progress=lambda s: epochs.append(s["epoch"])
    )
    assert epochs[0] == trainings.KILLED_AFTER + 1
    same_course(trainings.told(result, data), alone["exact"], 2e-5)


def test_a_process_that_fails_ends_all_and_says_why(tmp_path: Path) -> None:
    ran = launch(tmp_path, "failed")
    assert ran.returncode != 0
    assert "ValueError: no room for the second process" in ran.stderr
    assert not list(tmp_path.glob("*.json"))


def test_parts_of_a_batch_are_the_batch(trainings: Any) -> None:
    data, config = trainings.world(), replace(trainings.PLAIN, mask_one=0.3)
    sampler = NegativeSampler(data.codes.category, np.ones(data.codes.n_items, np.float32))
    unseen = np.zeros((trainings.FOLDS + 1, data.codes.n_items), bool)
    batches = OutfitBatches(data.train, data.fold, data.codes.category, sampler, unseen, config)
    batch = next(b for b in batches.epoch(np.random.default_rng(0)) if len(b.tokens) > 10)
    parts = [batch.part(rows) for rows in (slice(0, 7), slice(7, 10), slice(10, len(batch.tokens)))]
    for name in ("tokens", "present", "masked", "category", "fresh", "columns", "candidates", "fresh_candidates"):
        assert torch.equal(torch.cat([getattr(p, name) for p in parts]), getattr(batch, name)), name
    offsets = [0, 7, 10]
    assert torch.equal(torch.cat([p.rows + start for p, start in zip(parts, offsets, strict=True)]), batch.rows)
    assert len(batch.rows) > len(batch.tokens)


def test_examples_are_those_of_the_outfits_one_by_one(trainings: Any) -> None:
    rng = np.random.default_rng(4)
    outfits = [np.sort(rng.choice(72, size, replace=False)) for size in (1, 5, 2, 3, 1, 4)]
    sampler = NegativeSampler(np.zeros(72, np.int64), np.ones(72, np.float32))
    unseen = np.zeros((3, 72), bool)
    fold = np.array([0, 1, 0, 1, 0, 1])
    batches = OutfitBatches(outfits, fold, np.zeros(72, np.int64), sampler, unseen, replace(trainings.PLAIN, folds=2))
    owner = np.array([3, 1, 1, 5])
    batch = batches.batch(owner, np.array([0, 4, 0, 1]), 1, rng)
    for row, k in enumerate(owner):
        assert batch.tokens[row, batch.present[row]].tolist() == outfits[k].tolist()


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_shares_are_everything_once(count: int) -> None:
    for n in (0, 1, 2, 5, 128):
        shares = [SimpleNamespace(index=k, count=count) for k in range(count)]
        found = [i for worker in shares for i in range(n)[Workers.share(worker, n)]]  # type: ignore[arg-type]
        assert found == list(range(n))


def test_a_launcher_that_starts_one_process_for_several_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCELERATE_MIXED_PRECISION", "no")
    assert Workers.joined().count == 1, "one was asked for"
    monkeypatch.setenv("MASTER_ADDR", "127.0.0.1")
    with pytest.raises(WorkersError, match="--multi_gpu"):
        Workers.joined()
