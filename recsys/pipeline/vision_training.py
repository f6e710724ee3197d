"""Vision models trained on what was imported: from the graph's photos to a folder of the workspace."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from data.atomic import write_whole
from data.types import Problem
from recsys.bootstrap import open_store
from recsys.errors import TrainingError
from recsys.pipeline.jobs import tensor_threads
from recsys.settings import Settings, section
from recsys.workspace import Workspace
from vision.detector.config import DetectorConfig
from vision.detector.dataset import Annotated, annotated
from vision.detector.detect import Detector
from vision.detector.precision import DetectionReport
from vision.detector.train import evaluate, fit
from vision.efficientnet import load_classifier, packaged_weights

Tell = Callable[[dict[str, Any]], None]


class DetectorTrained(Struct, frozen=True, kw_only=True):
    """Where a trained detector lies, on how many photos it learned, and how well it finds garments in those held out.

    ``tested`` photos that the caller named, or else those that stopped the training: then the figures are a little too
    good. ``report`` as :class:`vision.detector.precision.DetectionReport` in plain values.
    """

    folder: str
    photos: int
    tested: int
    held_out: bool
    report: dict[str, dict[str, dict[str, float]]]
    history: list[dict[str, float]]


def train_detector(
    workspace: Workspace,
    settings: Settings,
    tell: Tell,
    *,
    test: Collection[str] = (),
    resume: bool = False,
) -> tuple[DetectorTrained, list[Problem]]:
    """Train the detector on imported photos whose garments have outlines, except images ``test``, and measure it.

    Returns what was trained, with the photos that could not be learned from.

    Raises
    ------
    TrainingError
        No photo has outlines, or ``test`` names an image that there is none of.
    VisionError
        The settings do not fit, or a state of another run is to be gone on from.
    """
    given = {"seed": settings.training.seed} | settings.detector
    config = section("detector", given, DetectorConfig)
    with open_store(settings, workspace) as store:
        photos, problems = annotated(store.images(), config.classes)
    if not photos:
        raise TrainingError(
            "no imported photo shows a garment whose outline is known; import one with masks or polygons "
            "(`recsys import ccp`, `recsys import kfashion`)"
        )
    learned, tested = _apart(photos, test)
    folder = workspace.vision / "detector"
    run = workspace.training / "detector"
    if not resume:
        shutil.rmtree(run, ignore_errors=True)
    pretrained = load_classifier(packaged_weights()).state_dict() if config.backbone == "efficientnet-lite0" else None
    with tensor_threads(settings.training.threads):
        trained = fit(learned, config, pretrained, folder=run, progress=tell)
        trained.detector.save(folder)
        report, unread = evaluate(Detector.load(folder), tested or trained.valid)
    done = DetectorTrained(
        folder=str(folder),
        photos=len(learned),
        tested=len(tested or trained.valid),
        held_out=bool(tested),
        report=_plain(report),
        history=trained.history,
    )
    _write(folder / "figures.json", done)
    return done, [*problems, *trained.problems, *unread]


def _apart(photos: list[Annotated], test: Collection[str]) -> tuple[list[Annotated], list[Annotated]]:
    """Photos to learn from and photos to test on."""
    unknown = set(test) - {photo.image_id for photo in photos}
    if unknown:
        raise TrainingError(
            f"{len(unknown)} of {len(test)} images to test on are none to learn from, the first {min(unknown)!r}; "
            "an image id is like ccp:0001, and its garments need outlines"
        )
    return [p for p in photos if p.image_id not in test], [p for p in photos if p.image_id in test]


def _plain(report: DetectionReport) -> dict[str, dict[str, dict[str, float]]]:
    return {
        kind: {name: one.to_dict() for name, one in by_class.items()}
        for kind, by_class in (("box", report.box), ("mask", report.mask))
    }


def _write(path: Path, done: DetectorTrained) -> None:
    write_whole(path, msgspec.json.format(msgspec.json.encode(done), indent=1))
