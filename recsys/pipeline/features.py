"""From a corpus and its embeddings to the arrays that both models read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bert4rec.item_codes import ItemCodes
from data.types import Item
from graphsage import NodeFeatures
from recsys.pipeline.embedding import Rows
from recsys.pipeline.visual import VisualSpace
from recsys.pipeline.vocabulary import Field, Vocabulary, as_tags
from vision.garment import COLOUR, SHAPE, TEXTURE

BLOCKS = {"garment": {"colour": COLOUR, "texture": TEXTURE, "shape": SHAPE}}
"""Parts of an encoder's vector that are views of their own; other encoders are one view each."""


@dataclass(frozen=True, slots=True)
class ItemFeatures:
    """What is known of every item without the graph: codes, dense visual features [N, D] and where they are known."""

    vocabulary: Vocabulary
    visual: VisualSpace
    codes: ItemCodes
    dense: NDArray[np.float32]
    dense_known: NDArray[np.bool_]


def fit_features(items: tuple[Item, ...], vectors: dict[str, Rows], seed: int) -> ItemFeatures:
    """Learn vocabulary and visual space from a catalogue and its vectors by encoder."""
    visual = VisualSpace.fit(vectors, BLOCKS, seed)
    dense, known, words = visual.encode(vectors, len(items))
    vocabulary = Vocabulary.fit(items, words)
    return ItemFeatures(vocabulary, visual, vocabulary.encode(items, words), dense, known)


def node_features(
    features: ItemFeatures, photos: dict[str, Rows], styles: list[tuple[str, ...]]
) -> tuple[NodeFeatures, Field]:
    """Inputs of the graph model: whole photos with their styles on one side, items on the other.

    Returns the coding of styles too, so that photos to come are read alike.
    """
    names = sorted({style for row in styles for style in row})
    field = Field("style", "values", 3, {name: k for k, name in enumerate(names)})
    image, known, _ = features.visual.encode(photos, len(styles))
    return (
        NodeFeatures(
            image=image,
            image_known=known,
            item=features.dense,
            item_known=features.dense_known,
            image_tags=style_tags(field, styles),
            item_tags=as_tags(features.codes),
            item_group=features.codes.category.astype(np.int32),
        ),
        field,
    )


def style_tags(field: Field, styles: list[tuple[str, ...]]) -> tuple[NDArray[np.int64], NDArray[np.int32], int]:
    """Styles of images as multi-hot rows; unknown styles are left out."""
    codes = [sorted(set(field.encode(row))) for row in styles]
    indptr = np.concatenate([[0], np.cumsum([len(c) for c in codes])]).astype(np.int64)
    return indptr, np.array([c for row in codes for c in row], np.int32), max(len(field.values), 1)
