"""Average precision as COCO counts it (Lin et al., 2014), of boxes and of masks, by class and by size."""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from vision.detector.garments import Garment
from vision.masks import encode_mask

MEAN_OVER = ("top", "bottom", "dress", "outer", "shoes", "bag")
"""Classes over which the figure that is compared is the mean; hats and accessories are told beside it."""


@dataclass(frozen=True)
class AveragePrecision:
    """Average precision, 0 to 1, NaN where nothing of a class is in the photos.

    ``ap`` over intersections from .5 to .95, ``ap50`` and ``ap75`` at one of them; ``small`` below 32 x 32 pixels,
    ``medium`` below 96 x 96, ``large`` above. ``recall`` at .5, of however unsure ones.
    """

    ap: float
    ap50: float
    ap75: float
    small: float
    medium: float
    large: float
    recall: float

    def to_dict(self) -> dict[str, float]:
        return asdict(self)


@dataclass(frozen=True)
class DetectionReport:
    """How good boxes and masks are, for each class and ``mean``, that over MEAN_OVER (those that there are)."""

    box: dict[str, AveragePrecision]
    mask: dict[str, AveragePrecision]


def measure(
    truth: Sequence[Sequence[Garment]], found: Sequence[Sequence[Garment]], classes: Sequence[str]
) -> DetectionReport:
    """Compare garments found in photos with those that are in them, photo by photo; scores of true ones say nothing."""
    from pycocotools.coco import COCO

    gold: Any = COCO()
    rows: Any = COCO()
    sizes = [(*one, *other)[0].mask.shape if one or other else (1, 1) for one, other in zip(truth, found, strict=True)]
    kinds = [{"id": k, "name": name} for k, name in enumerate(classes, 1)]
    with redirect_stdout(io.StringIO()):
        for index, photos in ((gold, truth), (rows, found)):
            index.dataset = {
                "images": [{"id": k, "height": height, "width": width} for k, (height, width) in enumerate(sizes)],
                "categories": kinds,
                "annotations": _annotations(photos, classes),
            }
            index.createIndex()
        box, mask = _by_class(gold, rows, "bbox", classes), _by_class(gold, rows, "segm", classes)
    return DetectionReport(box, mask)


def _annotations(photos: Sequence[Sequence[Garment]], classes: Sequence[str]) -> list[dict[str, Any]]:
    number = {name: k for k, name in enumerate(classes, 1)}
    rows: list[dict[str, Any]] = []
    for image, garments in enumerate(photos):
        for garment in garments:
            x1, y1, x2, y2 = garment.box
            rows.append(
                {
                    "id": len(rows) + 1,
                    "image_id": image,
                    "category_id": number[garment.category],
                    "bbox": [x1, y1, x2 - x1, y2 - y1],
                    "segmentation": encode_mask(garment.mask),
                    "area": int(garment.mask.sum()),
                    "iscrowd": 0,
                    "score": garment.score,
                }
            )
    return rows


def _by_class(
    gold: Any, found: Any, kind: Literal["bbox", "segm"], classes: Sequence[str]
) -> dict[str, AveragePrecision]:
    from pycocotools.cocoeval import COCOeval

    run = COCOeval(gold, found, kind)
    run.evaluate()
    run.accumulate()
    steps = [round(float(t), 2) for t in run.params.iouThrs]
    precision: NDArray[np.float64] = run.eval["precision"][..., -1]  # [T, R, K, sizes] of up to 100 a photo
    recall: NDArray[np.float64] = run.eval["recall"][..., -1]  # [T, K, sizes]
    at50, at75 = steps.index(0.5), steps.index(0.75)
    out: dict[str, AveragePrecision] = {}
    for k, name in enumerate(classes):
        whole, small, medium, large = (_mean(precision[:, :, k, size]) for size in range(4))
        ap50, ap75 = _mean(precision[at50, :, k, 0]), _mean(precision[at75, :, k, 0])
        out[name] = AveragePrecision(whole, ap50, ap75, small, medium, large, _mean(recall[at50, k, :1]))
    counted = [out[name].to_dict() for name in MEAN_OVER if name in out and not np.isnan(out[name].ap)]
    means = {
        key: _mean(np.array([one[key] for one in counted], np.float64)) for key in AveragePrecision.__annotations__
    }
    return {"mean": AveragePrecision(**means), **out}


def _mean(values: NDArray[np.float64]) -> float:
    """Mean of what is known; COCO writes -1, and we NaN, where nothing is."""
    known = values[(values > -1) & ~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")
