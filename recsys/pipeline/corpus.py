"""What is learned from: the items, outfits and photos of a graph store, as arrays by position."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from data.types import ImageRecord
from graph.store import GraphStore
from recsys.engine.catalogue import Catalogue
from recsys.errors import TrainingError

MOST_LABELS = 64
"""Labels of photos that are kept, by how often they come."""

Outfits = list[NDArray[np.int64]]


@dataclass(frozen=True, slots=True)
class Corpus:
    """Items and outfits of a store.

    ``outfits`` are ascending item positions. Photos of the same items show one outfit, which counts once; a set that
    comes more than once without photos, in baskets or lists, was put together as often, and each time counts.
    ``group`` [O] numbers what must stay together when outfits are split (photos of one shoot show the same clothes
    before the same wall). ``image_group`` [images] is the group of each image of the graph, -1 where none of its
    outfits is in the corpus. ``labels`` [O, K] is the number
    of an outfit's photos that are labelled with each of ``label_names``: styles and substyles, the commonest ones.
    """

    catalogue: Catalogue
    outfits: Outfits
    group: NDArray[np.int64]
    images: tuple[ImageRecord, ...]
    image_group: NDArray[np.int64]
    labels: sp.csr_matrix
    label_names: tuple[str, ...]


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
    photos = {image.image_id for image in images if image.kind == "photo"}
    shoot_of = {image.image_id: f"shoot:{image.shoot}" for image in images if image.shoot and image.image_id in photos}
    groups: dict[str, int] = {}
    photographed: dict[bytes, int] = {}
    outfits: Outfits = []
    group: list[int] = []
    group_of_image: dict[str, int] = {}
    said_of = {image.image_id: {*image.styles, *image.substyles} for image in images}
    said: list[tuple[int, str]] = []  # outfit and label, once a photo
    for outfit in store.outfits():
        items = np.unique(catalogue.known(outfit.item_ids))
        if len(items) < 2:
            continue
        image = outfit.image_id or ""
        position = photographed.get(items.tobytes(), len(outfits)) if image in photos else len(outfits)
        if position == len(outfits):
            name = shoot_of.get(image, outfit.outfit_id)
            outfits.append(items)
            group.append(groups.setdefault(name, len(groups)))
        if image in photos:
            photographed[items.tobytes()] = position
        group_of_image[image or outfit.outfit_id] = group[position]
        said += [(position, label) for label in said_of.get(image, ())]
    if not outfits:
        raise TrainingError("the graph holds no outfit of two or more items; nothing says what goes together")
    image_group = [group_of_image.get(i.image_id, groups.get(shoot_of.get(i.image_id, ""), -1)) for i in images]
    labels, names = _labels(said, len(outfits))
    return Corpus(catalogue, outfits, np.array(group, np.int64), images, np.array(image_group, np.int64), labels, names)


def _labels(said: Sequence[tuple[int, str]], n_outfits: int) -> tuple[sp.csr_matrix, tuple[str, ...]]:
    """Counts of outfits and labels, and the names of the labels."""
    often = Counter(label for _, label in said)
    names = tuple(sorted(sorted(often, key=lambda label: (-often[label], label))[:MOST_LABELS]))
    place = {name: k for k, name in enumerate(names)}
    kept = np.array([(o, place[label]) for o, label in said if label in place], np.int64).reshape(-1, 2)
    shape = (n_outfits, len(names))
    return sp.csr_matrix((np.ones(len(kept), np.float32), (kept[:, 0], kept[:, 1])), shape=shape), names


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
