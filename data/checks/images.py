"""The acquisition rules over a whole set of photos."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import closing

from msgspec import Struct

from data.checks.duplicates import DuplicateIndex
from data.checks.findings import CheckSettings, Finding
from data.checks.photo import NO_JUDGES, JudgedPhoto, Judges, judge_photo, not_judgeable
from data.types import ImageRecord
from data.workers import map_in_order


def check_images(
    records: Iterable[ImageRecord], settings: CheckSettings, judges: Judges = NO_JUDGES, *, workers: int = 1
) -> Generator[Finding, None, None]:
    """Judge a stream of images; findings on duplicates over the whole set come last.

    Records without a photo are passed over. What is kept until the end is 208 bytes, the id and the reference a photo.
    A photo at which a rule breaks down fails as not ``readable``, and the others go on.

    Parameters
    ----------
    workers
        Processes that judge, see `data.workers.map_in_order`; findings and their order are the same for any number.
        With more than one, ``judges`` have to be picklable, and the generator is to be closed if it is left early.
    """
    index, seen = DuplicateIndex(settings.duplicate_radius, settings.duplicate_colour), list[tuple[str, str]]()
    photos = (record for record in records if record.photo is not None)
    with closing(map_in_order(_Task(settings, judges), photos, workers, not_judgeable)) as judged:
        for photo in judged:
            yield from photo.findings
            if photo.fingerprint is not None:
                index.add(photo.fingerprint)
                seen.append((photo.image_id, photo.ref))
    yield from _duplicates(index, seen, settings)


class _Task(Struct, frozen=True):
    """Judges photos wherever it is sent to."""

    settings: CheckSettings
    judges: Judges

    def __call__(self, record: ImageRecord) -> JudgedPhoto:
        return judge_photo(record, self.settings, self.judges)


def _duplicates(index: DuplicateIndex, seen: list[tuple[str, str]], settings: CheckSettings) -> Iterator[Finding]:
    threshold = (
        f"more than {settings.duplicate_radius} of 64 bits or {settings.duplicate_colour:g} of 255 in colour "
        "from every earlier photo"
    )
    repeats: dict[int, tuple[int, int]] = {}
    for earlier, later, bits in index.pairs():
        repeats.setdefault(later, (earlier, bits))
    for place, (image_id, ref) in enumerate(seen):
        repeated = repeats.get(place)
        other = None if repeated is None else seen[repeated[0]][0]
        yield Finding(
            image_id=image_id,
            photo=ref,
            code="duplicate",
            verdict="pass" if repeated is None else "fail",
            threshold=threshold,
            measured=None if repeated is None else float(repeated[1]),
            detail="" if other is None else f"repeats {other}",
            other=other,
        )
