"""What is learned from: the items, outfits and photos of a graph store, as arrays by position."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.types import ImageRecord
from graph.store import GraphStore
from recsys.engine.catalogue import Catalogue
from recsys.errors import TrainingError

Outfits = list[NDArray[np.int64]]


@dataclass(frozen=True, slots=True)
class Corpus:
    """Items and outfits of a store.

    ``outfits`` are ascending item positions, each set once; ``group`` [O] numbers what must stay together when
    outfits are split (photos of one shoot show the same clothes before the same wall). ``image_group`` [images] is
    the group of each image of the graph, -1 where none of its outfits is in the corpus.
    """

    catalogue: Catalogue
    outfits: Outfits
    group: NDArray[np.int64]
    images: tuple[ImageRecord, ...]
    image_group: NDArray[np.int64]


def read_corpus(store: GraphStore) -> Corpus:
    """Read a store whole.

    Raises
    ------
    TrainingError
        The store holds no items, or no outfit of two items.
    """
    catalogue = Catalogue(store.items())
    images = tuple(store.images())
    if not len(catalogue):
        raise TrainingError("the graph holds no items; import a catalogue or photos first")
    shoot_of = {image.image_id: f"shoot:{image.shoot}" for image in images if image.shoot and image.kind == "photo"}
    groups: dict[str, int] = {}
    seen: dict[tuple[int, ...], int] = {}
    outfits: Outfits = []
    group: list[int] = []
    group_of_image: dict[str, int] = {}
    for outfit in store.outfits():
        items = np.unique(catalogue.known(outfit.item_ids))
        if len(items) < 2:
            continue
        name = shoot_of.get(outfit.image_id or "", outfit.outfit_id)
        key = tuple(items.tolist())
        if key not in seen:
            seen[key] = groups.setdefault(name, len(groups))
            outfits.append(items)
            group.append(seen[key])
        group_of_image[outfit.image_id or outfit.outfit_id] = seen[key]
    if not outfits:
        raise TrainingError("the graph holds no outfit of two or more items; nothing says what goes together")
    image_group = [group_of_image.get(i.image_id, groups.get(shoot_of.get(i.image_id, ""), -1)) for i in images]
    return Corpus(catalogue, outfits, np.array(group, np.int64), images, np.array(image_group, np.int64))


def hold_out(corpus: Corpus, share: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Which outfits [O] are kept for validation: whole groups in random order, those that still fit into ``share``.

    At least the smallest group is kept, unless there are fewer than three groups: then none.
    """
    sizes = np.bincount(corpus.group)
    if len(sizes) < 3 or share <= 0:
        return np.zeros(len(corpus.outfits), bool)
    wanted, taken = share * len(corpus.outfits), list[int]()
    for group in rng.permutation(len(sizes)).tolist():
        if sizes[group] <= wanted:
            taken.append(group)
            wanted -= sizes[group]
    return np.isin(corpus.group, taken or [int(sizes.argmin())])


def slots_of(catalogue: Catalogue, outfits: Sequence[NDArray[np.int64]]) -> list[list[str]]:
    """The slots that each outfit fills."""
    return [[catalogue.items[i].slot for i in outfit] for outfit in outfits]
