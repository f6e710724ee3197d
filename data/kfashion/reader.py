"""Streaming K-Fashion annotations and photos out of folders and archives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from data.archives import MemberError, read_member, split_reference
from data.errors import DataError, PhotoError, SourceError
from data.kfashion.diagnosis import diagnose
from data.kfashion.names import FirstSeen
from data.kfashion.photoindex import PhotoIndex, stem_of
from data.kfashion.records import record_of
from data.kfashion.wire import Annotation, decode
from data.photos import PHOTO_SUFFIXES, photo_size
from data.sourcefiles import SourceFile, files_under, require
from data.types import ImageRecord, Note, Problem

ReadResult = ImageRecord | Problem

_LABELS = frozenset({".json"})
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_RAW_BYTES = 2000


def read_kfashion(
    labels: Sequence[Path], images: Sequence[Path] = (), *, check_photos: bool = True
) -> Iterator[ReadResult]:
    """Read annotations with their photos, one after the other, in constant memory but for names and ids.

    Parameters
    ----------
    labels
        Folders, zips, or parts of split zips that hold the ``.json`` files, in any depth.
    images
        Those that hold the photos, where they are apart; photos beside the annotations are always found too.
    check_photos
        Read each photo's header: is it a picture, and of the annotated size? Costs a file access a photo.

    Yields
    ------
    ImageRecord
        What could be read, with a Note for all that was mended (``box_from_polygon``, ``box_clipped``, ``box_dropped``,
        ``polygon_dropped``) or is missing (``photo_missing``, ``photo_unreadable``, ``size_mismatch``,
        ``number_mismatch``).
    Problem
        A file, a member or an archive that was set aside; not ``blocking`` where only the photo is bad, the record
        following without it.

    Raises
    ------
    SourceError
        A path does not exist (at once), or there is no annotation under any of them (at the end).
    """
    for path in (*labels, *images):
        require(path)
    return _Reading(labels, images, check_photos).results()


class _Reading:
    """One pass: the photos' names first, then the annotations."""

    def __init__(self, labels: Sequence[Path], images: Sequence[Path], check_photos: bool) -> None:
        self._labels = labels
        self._images = images
        self._check_photos = check_photos
        self._photos = PhotoIndex()
        self._seen = FirstSeen()

    def results(self) -> Iterator[ReadResult]:
        yield from self._index_photos()
        found = False
        for path in self._labels:
            for file in files_under(path, _LABELS):
                found = True
                if isinstance(file, SourceFile):
                    yield from self._read(file)
                elif not _is_photo(file):
                    yield file
        if not found:
            places = ", ".join(str(path) for path in self._labels)
            raise SourceError(f"{places}: no annotation found; expected .json files in folders or zip archives")

    def _index_photos(self) -> Iterator[Problem]:
        """Photos of ``images`` come first; what is wrong with ``labels`` beside photos is told when those are read."""
        for path in self._images:
            for file in files_under(path, PHOTO_SUFFIXES):
                if isinstance(file, SourceFile):
                    self._photos.add(file.prefix, file.name)
                else:
                    yield msgspec.structs.replace(file, blocking=False)
        for path in self._labels:
            for file in files_under(path, PHOTO_SUFFIXES):
                if isinstance(file, SourceFile):
                    self._photos.add(file.prefix, file.name)
                elif _is_photo(file):
                    yield msgspec.structs.replace(file, blocking=False)

    def _read(self, file: SourceFile) -> Iterator[ReadResult]:
        try:
            raw = file.read()
        except (MemberError, OSError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error).removeprefix(f"{file.ref}: ")
            yield Problem(file=file.ref, field="file", reason=reason or str(error))
            return
        raw = raw.removeprefix(_BYTE_ORDER_MARK)
        try:
            annotation = decode(raw)
            record = record_of(annotation)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            field, reason = diagnose(raw)
            yield Problem(file=file.ref, field=field, reason=reason, raw=_shown(raw))
            return
        first = self._seen.add(annotation.picture.image_id, file.prefix, file.name)
        if first is None:
            yield from self._with_photo(file, annotation, record)
        elif record != self._again(first):
            reason = f"image {record.image_id} says something else in {first}; give each image its own number"
            yield Problem(
                file=file.ref, field="이미지 식별자", reason=reason, record_id=record.image_id, raw=_shown(raw)
            )

    def _with_photo(self, file: SourceFile, annotation: Annotation[str], record: ImageRecord) -> Iterator[ReadResult]:
        stem = stem_of(file.name)
        notes = _number_notes(annotation, stem)
        photo = self._photos.find(file.ref)
        if photo is None:
            notes.append(Note("photo_missing", "photo", f"no photo named {stem}"))
        elif self._check_photos:
            try:
                size = photo_size(photo)
            except PhotoError as error:
                yield Problem(file=photo, field="photo", reason=error.reason, record_id=record.image_id, blocking=False)
                notes.append(Note("photo_unreadable", "photo", error.reason))
                photo = None
            else:
                if size != (record.width, record.height):
                    said = f"annotation says {record.width} x {record.height}, photo is {size[0]} x {size[1]}"
                    notes.append(Note("size_mismatch", "photo", said))
        yield msgspec.structs.replace(record, photo=photo, notes=tuple(notes))

    def _again(self, ref: str) -> ImageRecord | None:
        """What was read at a reference before, without its photo; None where it cannot be read any more."""
        archive, member = split_reference(ref)
        try:
            raw = Path(ref).read_bytes() if member is None else read_member(archive, member)
            return record_of(decode(raw.removeprefix(_BYTE_ORDER_MARK)))
        except (OSError, DataError, msgspec.DecodeError):
            return None


def _number_notes(annotation: Annotation[str], stem: str) -> list[Note]:
    """The photo's number stands in three places; where they differ, 이미지 식별자 counts and the others are told."""
    image_id = annotation.picture.image_id
    notes: list[Note] = []
    if annotation.number is not None and annotation.number != image_id:
        notes.append(Note("number_mismatch", "파일 번호", f"{annotation.number}, but 이미지 식별자 is {image_id}"))
    if stem.isascii() and stem.isdigit() and int(stem) != image_id:
        notes.append(Note("number_mismatch", "file name", f"{stem}, but 이미지 식별자 is {image_id}"))
    return notes


def _is_photo(problem: Problem) -> bool:
    return Path(problem.file).suffix.lower() in PHOTO_SUFFIXES


def _shown(raw: bytes) -> str:
    return raw[:_RAW_BYTES].decode("utf-8", "replace")
