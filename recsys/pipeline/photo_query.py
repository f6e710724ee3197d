"""A photo as a question: which items of the catalogue it shows, or comes nearest to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.photos import open_photo
from data.types import ImageRecord
from graph.store import GraphStore
from graph.tensors import BipartiteGraph
from graphsage import NodeFeatures
from recsys.engine.answers import SimilarItem
from recsys.engine.engine import OutfitEngine
from recsys.pipeline.contents import ReleaseContents
from recsys.pipeline.embedding import Rows
from recsys.pipeline.visual import unit
from vision.crops import photo_crop
from vision.encoder import Encoder


def known_photo(store: GraphStore, photo: Path) -> ImageRecord | None:
    """The imported image of that file, with the items it shows; None where it was not imported."""
    wanted = str(photo.resolve())
    for image in store.images():
        if image.photo is not None and str(Path(image.photo).resolve()) == wanted:
            return image
    return None


def photo_likeness(contents: ReleaseContents, encoders: Sequence[Encoder], photo: Path) -> NDArray[np.float32]:
    """A photo never seen, in the space that items are compared in [D], length 1.

    Its looks are those of the whole photo before a masked backdrop; its place in the graph is what GraphSAGE makes of
    those looks without any neighbour.

    Raises
    ------
    PhotoError
        The file is no picture that can be read.
    """
    crop = photo_crop(open_photo(str(photo)), None)
    rows: dict[str, Rows] = {e.name: (e.encode([crop]), np.ones(1, bool)) for e in encoders}
    dense, known, _ = contents.features.visual.encode(rows, 1)
    graph = BipartiteGraph(
        image_ids=["query"],
        item_ids=[],
        image_indptr=np.zeros(2, np.int64),
        image_items=np.zeros(0, np.int32),
        item_indptr=np.zeros(1, np.int64),
        item_images=np.zeros(0, np.int32),
    )
    features = NodeFeatures(
        image=dense,
        image_known=known,
        item=np.zeros((0, contents.features.dense.shape[1]), np.float32),
        item_known=np.zeros(0, bool),
        image_tags=(np.zeros(2, np.int64), np.zeros(0, np.int32), max(len(contents.styles), 1)),
        item_tags=(np.zeros(1, np.int64), np.zeros(0, np.int32), max(contents.features.codes.n_values, 1)),
        item_group=np.zeros(0, np.int32),
    )
    image, _ = contents.graphsage.encode(graph, features)
    parts = [image] if not dense.shape[1] else [unit(dense), image]
    return np.asarray(unit(np.concatenate(parts, 1))[0])


def items_like_photo(
    engine: OutfitEngine, likeness: NDArray[np.float32], count: int, slot: str | None = None
) -> list[SimilarItem]:
    """Items nearest to a photo, of one slot or of all."""
    slots = engine.catalogue.slots()
    rows = slots[slot] if slot else np.arange(len(engine.catalogue))
    return engine.nearest(likeness, rows, count)
