"""Embeddings of garments, products and whole photos: computed once, kept by encoder name and version."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from data.types import ImageRecord, Item, Problem
from recsys.pipeline.crops import garment_jobs
from vision.crops import photo_crop, product_crop
from vision.embed import CropMaker, PhotoJob, embed
from vision.embeddings import EmbeddingStore
from vision.encoder import Encoder
from vision.fingerprint import place_of

Rows = tuple[NDArray[np.float32], NDArray[np.bool_]]
"""Vectors [n, D] and which of them are known [n]."""

MAX_REGIONS = 8
"""Photos of an item that its vector is averaged over."""


def photo_key(image_id: str) -> str:
    """Under which a whole photo's embedding is stored."""
    return f"photo:{image_id}"


def product_key(item_id: str) -> str:
    """Under which the embedding of an item's own picture is stored."""
    return f"product:{item_id}"


def embedding_jobs(images: Iterable[ImageRecord], items: Iterable[Item]) -> Iterator[PhotoJob]:
    """Everything that can be embedded: each photo whole and by garment, each item's own picture."""
    for image in images:
        if image.photo is None:
            continue
        record = image if image.kind == "photo" else None
        whole = photo_key(image.image_id)
        crops: list[tuple[str, CropMaker]] = [(whole, partial(photo_crop, record=record))]
        places = {whole: place_of(*record.regions) if record else b""}
        for job in garment_jobs([image]):
            crops += job.crops
            places |= job.places
        yield PhotoJob(image.photo, tuple(crops), places)
    for item in items:
        if item.photo is not None:
            yield PhotoJob(item.photo, ((product_key(item.item_id), product_crop),))


def lacking(
    encoders: Sequence[Encoder], images: Sequence[ImageRecord], items: Sequence[Item], store: EmbeddingStore
) -> tuple[int, int]:
    """How many photos, and crops of them, some encoder has no vector of; photos that changed are not among them."""
    crops = [[key for key, _ in job.crops] for job in embedding_jobs(images, items)]
    keys = [key for photo in crops for key in photo]
    missing = {key for encoder in encoders for key in store.missing(encoder, keys)}
    return sum(not missing.isdisjoint(photo) for photo in crops), len(missing)


def embed_all(
    encoders: Sequence[Encoder],
    images: Sequence[ImageRecord],
    items: Sequence[Item],
    store: EmbeddingStore,
    progress: Callable[[int], None],
) -> tuple[Problem, ...]:
    """Embed what is missing; returns what failed, once a photo and reason. An interrupted run goes on where it was."""
    report = embed(encoders, embedding_jobs(images, items), store, workers=1, progress=progress)
    return tuple({(problem.file, problem.reason): problem for problem in report.failed}.values())


def photo_vectors(encoder: Encoder, store: EmbeddingStore, images: Sequence[ImageRecord]) -> Rows:
    """Vectors of whole photos, by image."""
    return store.load(encoder, [photo_key(image.image_id) for image in images])


def item_vectors(encoder: Encoder, store: EmbeddingStore, items: Sequence[Item], images: Sequence[ImageRecord]) -> Rows:
    """Vectors of items: of the item's own picture, else the mean over photos that show it."""
    vectors, known = store.load(encoder, [product_key(item.item_id) for item in items])
    index = {item.item_id: k for k, item in enumerate(items)}
    shown: list[str] = []
    owner: list[int] = []
    count = np.zeros(len(items), np.int64)
    for image in images:
        for region in image.regions:
            row = index.get(region.item_id or "", -1)
            if row >= 0 and not known[row] and count[row] < MAX_REGIONS:
                count[row] += 1
                shown.append(region.region_id)
                owner.append(row)
    if shown:
        crops, there = store.load(encoder, shown)
        rows = np.array(owner, np.int64)[there]
        total = np.bincount(rows, minlength=len(items))
        np.add.at(vectors, rows, crops[there])
        vectors[total > 0] /= total[total > 0, None]
        known |= total > 0
    return vectors, known
