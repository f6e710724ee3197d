"""What a release holds, in memory."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bert4rec.evidence import PairEvidence
from bert4rec.model import Bert4Rec, ItemTensors
from bert4rec.scorer import OutfitScorer
from graphsage import TrainedGraphSage
from recsys.engine.calibration import Calibration
from recsys.engine.catalogue import Catalogue
from recsys.engine.slots import SlotModel
from recsys.pipeline.corpus import Outfits
from recsys.pipeline.features import ItemFeatures
from recsys.pipeline.visual import unit


@dataclass(frozen=True)
class ReleaseContents:
    """Everything that training leaves and answering needs. ``styles`` codes the styles of images for the graph
    model."""

    catalogue: Catalogue
    features: ItemFeatures
    styles: dict[str, int]
    graphsage: TrainedGraphSage
    model: Bert4Rec
    items: ItemTensors
    evidence: PairEvidence
    popularity_discount: float
    outfit_discount: float
    slots: SlotModel
    calibration: Calibration
    outfits: Outfits
    metrics: dict[str, Any]

    @cached_property
    def scorer(self) -> OutfitScorer:
        """The outfit model, ready to score."""
        discounts = self.popularity_discount, self.outfit_discount
        return OutfitScorer(self.model, self.items, self.evidence, self.features.codes, *discounts)

    @cached_property
    def likeness(self) -> NDArray[np.float32]:
        """What items are compared by [N, D], length 1: half their looks, half their place in the graph."""
        graph = self.items.graph[-1].numpy()
        looks = self.features.dense
        parts = [graph] if not looks.shape[1] else [unit(looks), graph]
        return unit(np.concatenate(parts, 1))
