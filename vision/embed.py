"""Photos to stored embeddings: each opened once for all its garments and all encoders, decoded ahead in threads."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from data.errors import DataError
from data.photos import open_photo
from data.types import Problem
from vision.crops import Crop
from vision.embeddings import EmbeddingStore
from vision.encoder import Encoder
from vision.errors import VisionError
from vision.fingerprint import file_stamp, fingerprint

FLUSH_ROWS = 512
"""Vectors of one encoder held back, at most, before they are written: what a kill can cost."""

CropMaker = Callable[[Image.Image], Crop]
Progress = Callable[[int], None]


@dataclass(frozen=True)
class PhotoJob:
    """One photo and what to embed of it: pairs of an id and the function that cuts its crop out of the photo.

    ``places`` says by id what the function cuts by, where that can change (`vision.fingerprint.place_of`).
    """

    photo: str
    crops: tuple[tuple[str, CropMaker], ...]
    places: Mapping[str, bytes] = field(default_factory=dict)

    def marks(self) -> dict[str, int]:
        """The fingerprint of what each id is computed from; empty where the photo is not there."""
        stamp = file_stamp(self.photo)
        if stamp is None:
            return {}
        return {key: fingerprint(self.photo, stamp, self.places.get(key, b"")) for key, _ in self.crops}


@dataclass(frozen=True)
class EmbedReport:
    """How a run went: crops embedded now, crops whose vectors were there already, and what failed, with the reason."""

    done: int
    skipped: int
    failed: tuple[Problem, ...]


def embed(
    encoders: Sequence[Encoder],
    jobs: Iterable[PhotoJob],
    store: EmbeddingStore,
    *,
    batch: int = 32,
    workers: int = 0,
    progress: Progress | None = None,
) -> EmbedReport:
    """Embed what has no vector yet and store it; a photo that fails is reported and the rest goes on.

    A vector counts only as long as its photo and the place in it are what it was computed from; one whose photo is
    gone is kept.

    Parameters
    ----------
    encoders
        All are fed from the same crops; each computes only what it lacks.
    jobs
        Read as a stream. An id that came before is skipped.
    store
        Where vectors go, every ``FLUSH_ROWS`` crops and at the end, also when the run is interrupted.
    batch
        Crops encoded at once.
    workers
        Threads that open photos and cut crops ahead of the encoders; 0 does it in turn.
    progress
        Called with the number of crops dealt with since the last call: embedded, skipped or failed.
    """
    run = _Run(encoders, store, progress)
    pending: list[tuple[str, Crop]] = []
    try:
        for cut in _in_order(run.open_jobs(jobs), workers, 2 * batch):
            run.report_failures(cut.failed)
            pending += cut.crops
            while len(pending) >= batch:
                run.encode(pending[:batch])
                del pending[:batch]
        run.encode(pending)
    finally:
        run.flush()
    for encoder in encoders:
        store.compact(encoder)
    return EmbedReport(run.done, run.skipped, tuple(run.failed))


@dataclass(frozen=True)
class _Cut:
    crops: list[tuple[str, Crop]]
    failed: list[Problem]


def _cut(job: PhotoJob) -> _Cut:
    """Open a photo once and cut everything asked of it."""
    cut = _Cut([], [])
    try:
        photo = open_photo(job.photo)
    except DataError as error:
        cut.failed.extend(_problem(job.photo, key, error) for key, _ in job.crops)
        return cut
    for key, make in job.crops:
        try:
            cut.crops.append((key, make(photo)))
        except (DataError, VisionError) as error:
            cut.failed.append(_problem(job.photo, key, error))
    return cut


def _problem(photo: str, key: str, error: Exception) -> Problem:
    reason = getattr(error, "reason", None) or str(error)
    return Problem(file=photo, field="photo", reason=str(reason), record_id=key, blocking=False)


def _in_order(jobs: Iterable[PhotoJob], workers: int, ahead: int) -> Iterator[_Cut]:
    """Cut photos in the order of the jobs, at most ``ahead`` of them before they are asked for."""
    if workers <= 0:
        yield from map(_cut, jobs)
        return
    with ThreadPoolExecutor(workers, thread_name_prefix="crops") as pool:
        waiting: deque[Future[_Cut]] = deque()
        try:
            for job in jobs:
                waiting.append(pool.submit(_cut, job))
                if len(waiting) >= ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


class _Run:
    """What one call of `embed` carries along: known ids, vectors not yet written, counts and failures."""

    def __init__(self, encoders: Sequence[Encoder], store: EmbeddingStore, progress: Progress | None) -> None:
        self._encoders = encoders
        self._store = store
        self._progress = progress
        self._stored = [store.marks(encoder) for encoder in encoders]
        self._marks: dict[str, int] = {}  # of the crops on their way
        self._held: list[list[tuple[str, int, NDArray[np.float32]]]] = [[] for _ in encoders]
        self._seen: set[str] = set()
        self.done = 0
        self.skipped = 0
        self.failed: list[Problem] = []

    def open_jobs(self, jobs: Iterable[PhotoJob]) -> Iterator[PhotoJob]:
        """The jobs without what every encoder has already."""
        for job in jobs:
            fresh = [pair for pair in job.crops if pair[0] not in self._seen]
            self._seen.update(key for key, _ in fresh)
            marks = job.marks()
            lacking = tuple(pair for pair in fresh if self._is_lacking(pair[0], marks.get(pair[0])))
            self._marks.update((key, marks.get(key, 0)) for key, _ in lacking)
            if len(lacking) < len(job.crops):
                self.skipped += len(job.crops) - len(lacking)
                self._tell(len(job.crops) - len(lacking))
            if lacking:
                yield PhotoJob(job.photo, lacking)

    def report_failures(self, failed: list[Problem]) -> None:
        """Keep what failed."""
        self.failed += failed
        self._tell(len(failed))

    def encode(self, crops: list[tuple[str, Crop]]) -> None:
        """Give a batch to every encoder that lacks some of it, and write when enough has come together."""
        for encoder, stored, held in zip(self._encoders, self._stored, self._held, strict=True):
            lacking = [(key, crop) for key, crop in crops if _differs(stored.get(key), self._marks[key])]
            vectors = encoder.encode([crop for _, crop in lacking])
            held.extend((key, self._marks[key], row) for (key, _), row in zip(lacking, vectors, strict=True))
        for key, _ in crops:
            del self._marks[key]
        self.done += len(crops)
        if any(len(held) >= FLUSH_ROWS for held in self._held):
            self.flush()
        self._tell(len(crops))

    def flush(self) -> None:
        """Write the vectors held back."""
        for encoder, held in zip(self._encoders, self._held, strict=True):
            if held:
                keys, marks, vectors = zip(*held, strict=True)
                self._store.append(encoder, keys, np.stack(vectors), marks)
                held.clear()

    def _is_lacking(self, key: str, mark: int | None) -> bool:
        """Whether an encoder has no vector of it, or one of something else; without a mark, any vector will do."""
        return any(_differs(stored.get(key), mark) for stored in self._stored)

    def _tell(self, count: int) -> None:
        if self._progress is not None and count:
            self._progress(count)


def _differs(stored: int | None, mark: int | None) -> bool:
    """Whether a stored fingerprint, None for no vector, is not the one wanted, None for any."""
    return stored is None or (mark is not None and stored != mark)
