"""A shop of seven items whose every count is known, and an engine whose score is nothing but what is asked of it.

Outfits: {shirt, skirt} twice, {shirt, bag}, {skirt, bag}, {blouse, jeans}, {blouse, bag}. Shirt and jeans never met;
blouse and skirt never met, but both are worn with the bag.
"""

from __future__ import annotations

import numpy as np
import torch

from bert4rec.config import Bert4RecConfig
from bert4rec.evidence import PairEvidence
from bert4rec.item_codes import ItemCodes
from bert4rec.model import Bert4Rec, ItemSizes, ItemTensors
from bert4rec.scorer import OutfitScorer
from data.types import ImageRecord, Item, Outfit, Region
from graph import GraphStore
from recsys.engine.calibration import Calibration
from recsys.engine.catalogue import Catalogue
from recsys.engine.engine import EngineParts, OutfitEngine
from recsys.engine.index import SlotIndex
from recsys.engine.slots import SlotModel
from recsys.pipeline.vocabulary import Vocabulary

TOGETHER, PATHS_COSINE, ATTRIBUTES = 3, 6, 10
"""Weights of the counted reading: log(1 + count), 3 x cosine of partner lists, all pairs of values by field."""

COLOURS = {
    "shirt": ("top", "red"),
    "blouse": ("top", "blue"),
    "tee": ("top", "red"),
    "skirt": ("bottom", "red"),
    "jeans": ("bottom", "blue"),
    "bag": ("bag", "red"),
    "clutch": ("bag", "blue"),
}
OUTFITS = (
    ("shirt", "skirt"),
    ("shirt", "skirt"),
    ("shirt", "bag"),
    ("skirt", "bag"),
    ("blouse", "jeans"),
    ("blouse", "bag"),
)


def items() -> list[Item]:
    return [
        Item(item_id=name, category=slot, slot=slot, source="s", attributes={"colour": (colour,), "made": ("here",)})
        for name, (slot, colour) in COLOURS.items()
    ]


def stock(store: GraphStore) -> None:
    """The same outfits as photos, each in a style of its own."""
    store.upsert_items(items())
    store.upsert_images(
        ImageRecord(
            image_id=f"p{n}",
            source="s",
            styles=(f"style {n}",),
            regions=tuple(
                Region(region_id=f"p{n}/{k}", part="상의", slot="top", category="셔츠", item_id=name)
                for k, name in enumerate(worn)
            ),
        )
        for n, worn in enumerate(OUTFITS)
    )
    store.upsert_outfits(
        [Outfit(outfit_id=f"o{n}", item_ids=o, source="s", image_id=f"p{n}") for n, o in enumerate(OUTFITS)]
    )


def engine(weights: dict[int, float], *, evidence: bool = True, leave_out: tuple[str, ...] = ()) -> OutfitEngine:
    """An engine over the shop that reads counts by some ``weights``, its network silent, without some items."""
    catalogue = Catalogue(item for item in items() if item.item_id not in leave_out)
    vocabulary = Vocabulary.fit(catalogue.items)
    codes = vocabulary.encode(catalogue.items)
    worn = [catalogue.known(o) for o in OUTFITS]
    counted = PairEvidence.count(worn, codes, shrink=1.0, keep=8)
    scorer = OutfitScorer(_model(codes, counted, weights, evidence), _tensors(codes), counted, codes, 0.0)
    slots = catalogue.slots()
    parts = EngineParts(
        catalogue=catalogue,
        scorer=scorer,
        slots=SlotModel.fit([[catalogue.items[i].slot for i in o] for o in worn]),
        index=SlotIndex.build(scorer.vectors(), slots),
        likeness=np.eye(len(catalogue), dtype=np.float32),
        calibration=Calibration(),
        value_codes=vocabulary.codes_of,
    )
    return OutfitEngine(parts)


def _tensors(codes: ItemCodes) -> ItemTensors:
    n = codes.n_items
    return ItemTensors(
        category=torch.from_numpy(codes.category),
        values=torch.from_numpy(np.where(codes.values < 0, codes.n_values, codes.values)),
        dense=torch.zeros(n, 0),
        seen=torch.ones(n, dtype=torch.bool),
        graph=torch.zeros(1, n, 0),
        graph_cold=torch.zeros(n, 0),
        views=torch.zeros(0, dtype=torch.int64),
    )


def _model(codes: ItemCodes, counted: PairEvidence, weights: dict[int, float], evidence: bool) -> Bert4Rec:
    config = Bert4RecConfig(hidden=8, layers=1, heads=1, evidence=evidence)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = Bert4Rec(ItemSizes.of(codes, _tensors(codes)), config, counted.n_fields)
    model.gain.fill_(0.0 if evidence else 1.0)
    if model.counted is not None:
        for place, weight in weights.items():
            model.counted.weight[place] = weight
    return model
