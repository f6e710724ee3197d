"""The detector's training loop: steps that depend on seed and number alone, so that a run goes on where it stopped."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from data.errors import DataError
from data.types import Problem
from vision.detector.config import DetectorConfig
from vision.detector.dataset import Annotated, Sample, batch, unreadable
from vision.detector.detect import Detector
from vision.detector.garments import Garment
from vision.detector.model import GarmentRCNN
from vision.detector.precision import DetectionReport, measure
from vision.errors import TrainingError
from vision.runs import Averaged, RunState, fingerprint, learning_rate, load_run, save_run, seeded

CLIP = 5.0
"""Norm to which gradients are cut."""

Progress = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Trained:
    """A detector, the course of its training, the photos it was measured on, and those that could not be opened."""

    detector: Detector
    valid: Sequence[Annotated]
    history: list[dict[str, float]]
    problems: list[Problem]


def fit(
    photos: Sequence[Annotated],
    config: DetectorConfig,
    pretrained: dict[str, Tensor] | None,
    *,
    valid: Sequence[Annotated] | None = None,
    folder: Path | None = None,
    progress: Progress | None = None,
) -> Trained:
    """Train on annotated photos, measuring on held-out ones, and return the best detector met.

    Parameters
    ----------
    photos
        To learn from.
    config
        Settings.
    pretrained
        Weights of the backbone's classifier; None starts from nothing.
    valid
        Photos to measure on; by default a share ``config.valid_share`` of ``photos``, which are then not learned from.
    folder
        Where the state of the run is written and, if there is one of the same run, gone on from.
    progress
        Called after each step with ``step``, ``steps``, ``loss`` and ``seconds``, and after each measurement with
        ``mask_ap50`` and ``box_ap50`` too. What it raises ends the run.

    Raises
    ------
    TrainingError
        There is no photo to learn from or none to measure on, or the loss is not a number.
    CheckpointError
        The folder holds a state that is broken or of another run.
    """
    if valid is None:
        order = np.random.default_rng([config.seed, 2]).permutation(len(photos))
        held_out = max(1, round(config.valid_share * len(photos)))
        valid = [photos[k] for k in order[:held_out]]
        photos = [photos[k] for k in np.sort(order[held_out:])]
    if not photos or not valid:
        raise TrainingError(
            f"{len(photos)} annotated photos to learn from and {len(valid)} to measure on: one of each is needed"
        )
    return _Run(photos, valid, config, pretrained, folder).train(progress)


class _Run:
    def __init__(
        self,
        photos: Sequence[Annotated],
        valid: Sequence[Annotated],
        config: DetectorConfig,
        pretrained: dict[str, Tensor] | None,
        folder: Path | None,
    ) -> None:
        self.photos, self.valid, self.config = photos, valid, config
        with seeded(config.seed, 0):
            self.model = GarmentRCNN(config, pretrained)
        self.place = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model.to(self.place).train()
        body, others = self.model.learned()
        self.rates = (config.backbone_lr, config.lr)
        groups = [{"params": body}, {"params": others}]
        self.optimizer = torch.optim.AdamW(groups, lr=config.lr, weight_decay=config.weight_decay)
        self.averaged = Averaged(self.model, config.decay)
        self.state = RunState()
        self.path = None if folder is None else folder / "run.safetensors"
        names = [photo.image_id for photo in (*photos, *valid)]
        settings = {k: v for k, v in config.to_dict().items() if k != "save_every"}
        self.name = fingerprint(settings, names)
        self.problems: dict[str, Problem] = {}

    def train(self, progress: Progress | None) -> Trained:
        if self.path is not None:
            found = load_run(self.path, self.model, self.optimizer, self.averaged, self.name)
            self.state = found or self.state
        config = self.config
        with ThreadPoolExecutor(1) as ahead:
            coming = ahead.submit(batch, self.photos, self.state.step, config)
            while self.state.step < config.steps:
                started = time.perf_counter()
                targets, problems = coming.result()
                coming = ahead.submit(batch, self.photos, self.state.step + 1, config)
                self.problems |= {p.file: p for p in problems}
                loss = self._step(targets) if targets else math.nan
                told: dict[str, Any] = {"step": self.state.step, "steps": config.steps, "loss": loss}
                if self.state.step % config.measure_every == 0 or self.state.step == config.steps:
                    told |= self._measure()
                if self.state.step % config.save_every == 0 or self.state.step == config.steps:
                    self._save()
                if progress is not None:
                    progress(told | {"seconds": time.perf_counter() - started})
        self.model.load_state_dict(self.state.best)
        return Trained(Detector(self.model, config), self.valid, self.state.history, list(self.problems.values()))

    def _step(self, targets: list[Any]) -> float:
        config, step = self.config, self.state.step
        share = learning_rate(step, config.steps, config.warmup)
        for group, rate in zip(self.optimizer.param_groups, self.rates, strict=True):
            group["lr"] = rate * share
        half = config.precision == "bfloat16"
        with seeded(config.seed, 1, step), torch.autocast(self.place.type, torch.bfloat16, enabled=half):
            loss = self.model.losses(targets)
        if not torch.isfinite(loss):
            raise TrainingError(
                f"the loss of step {step} is {float(loss.detach())}: a lower lr than {config.lr} is needed"
            )
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), CLIP)
        self.optimizer.step()
        self.averaged.follow(self.model, step)
        self.state.step += 1
        return float(loss.detach())

    def _measure(self) -> dict[str, float]:
        with self.averaged.in_place(self.model):
            report, problems = evaluate(Detector(self.model, self.config), self.valid)
        self.problems |= {p.file: p for p in problems}
        told = {"mask_ap50": report.mask["mean"].ap50, "box_ap50": report.box["mean"].ap50}
        self.state.measured(told["mask_ap50"], self.averaged.weights, told)
        return told

    def _save(self) -> None:
        if self.path is not None:
            save_run(self.path, self.model, self.optimizer, self.averaged, self.state, self.name)


def evaluate(detector: Detector, photos: Sequence[Annotated]) -> tuple[DetectionReport, list[Problem]]:
    """Average precision on annotated photos, and those that could not be opened, which are left out."""
    truth: list[list[Garment]] = []
    found: list[list[Garment]] = []
    problems: list[Problem] = []
    for photo in photos:
        try:
            sample = Sample.open(photo)
        except DataError as error:
            problems.append(unreadable(photo, error))
            continue
        truth.append(sample.garments(detector.config.classes))
        found.extend(detector.candidates([sample.picture()]))
    return measure(truth, found, detector.config.classes), problems
